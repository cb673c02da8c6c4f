"""What hangs on many tickets at once: passes claimed together, and the hundreds of a preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.closures import Closure
from bridge.domain.drafts import Draft, Reached, Said
from bridge.domain.escalations import EscalationRequest
from bridge.domain.held import HeldText
from bridge.domain.links import Fingerprint, Launch, LedgerEntry, Link
from bridge.domain.notices import Notice
from bridge.domain.promises import Timeline
from bridge.store import (
    closures,
    drafts,
    escalations,
    held,
    notices,
    promises,
    proofs,
    records,
    release_strays,
    releases,
    wishes,
    work,
)
from bridge.store.codec import fingerprint_from_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.records import StoredRecord
from bridge.store.releases import KeptReleases
from bridge.store.tables import fingerprints, launches, ledger, links


@dataclass(slots=True)
class Surroundings:
    """By the keys of tickets: all that the hub keeps of them besides their own rows."""

    items: dict[str, StoredRecord]
    """The work items that hang on any of the tickets."""
    with_origin: set[str]
    """Those of them that ever had a signal as their origin."""
    proven: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of these the comments that are copies of notes made at a signal."""
    links: dict[str, list[Link]] = field(default_factory=dict)
    launches: dict[str, list[Launch]] = field(default_factory=dict)
    pairs: dict[str, dict[str, Fingerprint]] = field(default_factory=dict)
    ledger: dict[str, dict[str, LedgerEntry]] = field(default_factory=dict)
    wishes: dict[str, frozenset[str]] = field(default_factory=dict)
    """The routes that people asked to launch."""
    notices: dict[str, list[Notice]] = field(default_factory=dict)
    held: dict[str, dict[str, HeldText]] = field(default_factory=dict)
    """The texts that were ever held for a person, by their source."""
    drafts: dict[str, list[Draft]] = field(default_factory=dict)
    """Messages to customers, the ended ones too."""
    said: dict[str, list[Said]] = field(default_factory=dict)
    timelines: dict[str, Timeline] = field(default_factory=dict)
    """What promises are reckoned from, where that was asked for."""
    reached: dict[str, Reached] = field(default_factory=dict)
    """The stage that each showed last."""
    releases: KeptReleases = field(default_factory=KeptReleases)
    expected: dict[str, list[tuple[datetime, date]]] = field(default_factory=dict)
    """The dates that tickets ever showed as expected."""
    closures: dict[str, Closure] = field(default_factory=dict)
    """What is remembered of their end."""
    escalations: dict[str, list[EscalationRequest]] = field(default_factory=dict)
    """Whoever asked to escalate them."""


_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_LINKS = (
    sa.select(links)
    .where(links.c.ticket_key.in_(_KEYS), links.c.state != "ended")
    .order_by(links.c.created_at, links.c.id)
)
_LAUNCHES = sa.select(launches).where(launches.c.ticket_key.in_(_KEYS))
_PAIRS = sa.select(fingerprints).where(fingerprints.c.record_key.in_(_KEYS))
_LEDGER = sa.select(ledger).where(ledger.c.target_key.in_(_KEYS))


async def load(
    connection: AsyncConnection,
    keys: Sequence[str],
    now: datetime,
    *,
    promising: bool = False,
    dates: bool = False,
    endings: bool = False,
) -> Surroundings:
    """All that a plan of each of these tickets looks at, but for the tickets themselves.

    `promising`: a mapping of any of them makes promises. `dates`: releases and the dates that were
    expected too, which few mappings need. `endings`: what is remembered of how they ended.
    """
    joined = await _grouped(connection, _LINKS, keys, "ticket_key")
    on_items = sorted({each["work_item_key"] for group in joined.values() for each in group})
    found = Surroundings(
        items=await records.load_many(connection, on_items),
        with_origin=await work.with_origin(connection, on_items),
    )
    found.proven = await proofs.proven(connection, found.with_origin)
    for key, group in joined.items():
        found.links[key] = [work.link_of(each) for each in group]
    for key, group in (await _grouped(connection, _LAUNCHES, keys, "ticket_key")).items():
        found.launches[key] = [work.launch_of(each) for each in group]
    for key, group in (await _grouped(connection, _PAIRS, keys, "record_key")).items():
        pairs = (fingerprint_from_json(each["field"], each["pair"]) for each in group)
        found.pairs[key] = {each.field: each for each in pairs}
    for key, group in (await _grouped(connection, _LEDGER, keys, "target_key")).items():
        found.ledger[key] = {each["source"]: work.entry_of(each) for each in group}
    found.notices = await notices.of_tickets(connection, keys)
    found.held = await held.of_tickets(connection, keys)
    found.drafts, found.reached = await drafts.of_tickets(connection, keys)
    found.said = await drafts.said_on(connection, list(found.drafts)) if found.drafts else {}
    found.timelines = await promises.timelines_of(connection, keys) if promising else {}
    if dates:
        found.releases = await releases.of_items(connection, on_items)
        found.releases.strays = await release_strays.load(connection, keys, found.releases)
        found.expected = await releases.expected_of(connection, keys)
    found.closures = await closures.of_tickets(connection, keys) if endings else {}
    asked = await wishes.asked_of(connection, keys, now)
    found.wishes = asked.routes
    found.escalations = await escalations.of_tickets(connection, sorted(asked.escalated))
    return found


async def first_tickets(
    connection: AsyncConnection, name: str, items: Sequence[str]
) -> dict[str, str]:
    """Work item → the first ticket of the connection, by key, that hangs on it."""
    first = f"{name}:"
    statement = (
        sa.select(links.c.work_item_key, sa.func.min(links.c.ticket_key).label("ticket"))
        .where(
            links.c.work_item_key.in_(items),
            links.c.state != "ended",
            sa.func.substr(links.c.ticket_key, 1, len(first)) == first,
        )
        .group_by(links.c.work_item_key)
    )
    return {each["work_item_key"]: each["ticket"] for each in await rows(connection, statement)}


async def _grouped(
    connection: AsyncConnection, statement: Any, keys: Sequence[str], name: str
) -> dict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for each in await rows(connection, statement, {"p_keys": list(keys)}):
        grouped[each[name]].append(each)
    return grouped
