"""What hangs on many tickets at once: a preview plans hundreds of them in a few reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.links import Fingerprint, Launch, LedgerEntry, Link
from bridge.domain.notices import Notice
from bridge.store import backfills, notices, records, wishes, work
from bridge.store.codec import fingerprint_from_json
from bridge.store.database import Row, rows
from bridge.store.records import StoredRecord
from bridge.store.tables import fingerprints, launches, ledger, links


@dataclass(slots=True)
class Surroundings:
    """By the keys of tickets: their rows and all that the hub keeps of them."""

    tickets: dict[str, StoredRecord]
    items: dict[str, StoredRecord]
    """The work items that hang on any of the tickets."""
    with_origin: set[str]
    """Those of them that ever had a signal as their origin."""
    links: dict[str, list[Link]] = field(default_factory=dict)
    launches: dict[str, list[Launch]] = field(default_factory=dict)
    pairs: dict[str, dict[str, Fingerprint]] = field(default_factory=dict)
    ledger: dict[str, dict[str, LedgerEntry]] = field(default_factory=dict)
    wishes: dict[str, frozenset[str]] = field(default_factory=dict)
    """The routes that people asked to launch."""
    notices: dict[str, list[Notice]] = field(default_factory=dict)


async def load(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> Surroundings:
    """The tickets of these keys, with all that a plan of each looks at."""
    joined = await rows(
        connection,
        sa.select(links)
        .where(links.c.ticket_key.in_(keys), links.c.state != "ended")
        .order_by(links.c.created_at, links.c.id),
    )
    on_items = sorted({each["work_item_key"] for each in joined})
    found = Surroundings(
        tickets=await records.load_many(connection, keys),
        items=await records.load_many(connection, on_items),
        with_origin=await work.with_origin(connection, on_items),
    )
    for key, group in _grouped(joined, "ticket_key").items():
        found.links[key] = [work.link_of(each) for each in group]
    made = await _of(connection, launches, launches.c.ticket_key, keys)
    for key, group in made.items():
        found.launches[key] = [work.launch_of(each) for each in group]
    held = await _of(connection, fingerprints, fingerprints.c.record_key, keys)
    for key, group in held.items():
        pairs = (fingerprint_from_json(each["field"], each["pair"]) for each in group)
        found.pairs[key] = {each.field: each for each in pairs}
    copied = await _of(connection, ledger, ledger.c.target_key, keys)
    for key, group in copied.items():
        found.ledger[key] = {each["source"]: work.entry_of(each) for each in group}
    found.notices.update(await notices.of_tickets(connection, keys))
    for key in await backfills.asked(connection, keys):
        found.wishes[key] = await wishes.routes_of(connection, key, now)
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


async def _of(
    connection: AsyncConnection, table: sa.Table, column: sa.Column[Any], keys: Sequence[str]
) -> dict[str, list[Row]]:
    found = await rows(connection, sa.select(table).where(column.in_(keys)))
    return _grouped(found, column.name)


def _grouped(found: Sequence[Row], name: str) -> dict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for each in found:
        grouped[each[name]].append(each)
    return grouped
