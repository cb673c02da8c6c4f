"""A store as a measure needs it, written in big transactions: many tickets, each with its work.

One ticket and its bug go the usual way: read by the connector, observed, linked. The others are
the same but for their ids and addresses, and so are their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench.stage import Stage
from bridge.core.situation import TicketSituation
from bridge.domain import records as facts
from bridge.domain.records import Fact, Observation, Source, Value
from bridge.domain.refs import Ref, TicketRef, WorkItemRef
from bridge.engine import retention
from bridge.engine.hub import Hub
from bridge.engine.record import ticket_digest
from bridge.engine.references import reference_of
from bridge.engine.situations import ticket_situation
from bridge.engine.sweep import want_of
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store import queue, records, tables, work
from bridge.store.codec import observation_to_json
from bridge.store.connection import AsyncConnection
from bridge.store.queue import Mark

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_PART = 1000


def bug(id: str, state: str = "Active", hyperlinks: list[Value] | None = None) -> Observation:
    """A whole observation of an Azure DevOps bug, as a webhook would bring it."""
    known = {
        facts.STATUS: state,
        facts.TYPE: "Bug",
        facts.PROJECT: "Platform",
        facts.KEY: f"#{id}",
        facts.URL: f"http://boards.test/acme/Platform/_workitems/edit/{id}",
        facts.SUBJECT: f"Bug {id}",
        facts.ATTACHMENTS: [],
        facts.COMMENTS: [],
        facts.HYPERLINKS: hyperlinks or [],
    }
    return Observation(
        ref=WorkItemRef("boards", id),
        facts={name: Fact(value, SINCE) for name, value in known.items()},  # type: ignore[arg-type]  # JSON values
        seen_at=datetime.now(UTC),
        source=Source.READ,
        revision=1,
        whole=True,
    )


async def link_each(hub: Hub, tickets: list[str], items: list[str]) -> None:
    """Store every ticket as read, linked to the bug beside it in the list; none is due."""
    await reference_of(hub, "hubspot", fresh=True)
    await reference_of(hub, "boards", fresh=True)
    pairs = list(zip(tickets, items, strict=True))
    pattern = await _first(hub, *pairs[0])
    stored = {pairs[0][1]}
    for start in range(1, len(pairs), _PART):
        made = [_like(pattern, *each) for each in pairs[start : start + _PART]]
        new = {each.items[0].link.work_item.id for each in made} - stored
        stored |= new
        async with hub.db.write(durable=False) as connection:
            await _insert(hub, connection, made, new)


async def _first(hub: Hub, id: str, item: str) -> TicketSituation:
    """Read and link one ticket; what a pass over it would look at."""
    (seen,) = await hub.helpdesk("hubspot").fetch_tickets([id], want_of(hub, "hubspot"))
    none = Fact([], SINCE)
    known = {**seen.facts, facts.ATTACHMENTS: none, facts.COMMENTS: none}
    read = Observation(seen.ref, known, seen.seen_at, seen.source, None, True)
    ref, other = TicketRef("hubspot", id), WorkItemRef("boards", item)
    async with hub.db.write() as connection:
        await records.observe(hub.db, connection, read, shown=lambda _: "", counter=None)
        await records.observe(hub.db, connection, bug(item), shown=lambda _: "", counter=None)
        await work.add_link(
            hub.db, connection, ticket=ref, item=other, route="bug", by="bench", now=hub.now()
        )
    situation = await ticket_situation(
        hub, ref, read, mapping=hub.mappings["hubspot"].data, company=None,
        reference=await reference_of(hub, "hubspot"),
    )  # fmt: skip
    async with hub.db.write() as connection:
        await records.set_active(connection, str(ref), True, ticket_digest(situation))
    return situation


def _like(pattern: TicketSituation, id: str, item: str) -> TicketSituation:
    """The same situation of another ticket and its bug."""
    old, linked = pattern.ref.id, pattern.items[0]
    known = dict(pattern.observation.facts)
    for name in (facts.KEY, facts.URL):
        known[name] = Fact(pattern.observation.text(name).replace(old, id), known[name].at)
    ref, other = TicketRef("hubspot", id), WorkItemRef("boards", item)
    link = replace(linked.link, id=new_id(), ticket=ref, work_item=other)
    return replace(
        pattern,
        ref=ref,
        observation=replace(pattern.observation, ref=ref, facts=known),
        items=(replace(linked, link=link, observation=bug(item)),),
    )


async def _insert(
    hub: Hub, connection: AsyncConnection, made: list[TicketSituation], bugs: set[str]
) -> None:
    """The rows of tickets, links and references, and of these bugs."""
    now = to_ms(hub.now())
    rows = [_row(each.observation, ticket_digest(each), active=True) for each in made]
    rows += [_row(bug(each), None, active=False) for each in sorted(bugs)]
    links = [
        {
            "id": each.items[0].link.id,
            "ticket_key": str(each.ref),
            "work_item_key": str(each.items[0].link.work_item),
            "route": "bug",
            "state": "active",
            "created_at": now,
            "created_by": "bench",
        }
        for each in made
    ]
    await connection.execute(sa.insert(tables.records), rows)
    await connection.execute(sa.insert(tables.links), links)
    if references := [row for each in made for row in _references(each)]:
        await connection.execute(sa.insert(tables.record_references), references)


def _row(seen: Observation, digest: str | None, *, active: bool) -> dict[str, Any]:
    ref: Ref = seen.ref
    return {
        "key": str(ref),
        "kind": ref.kind.value,
        "connection": ref.connection,
        "vendor_id": ref.id,
        "observation": observation_to_json(seen),
        "read_at": to_ms(seen.seen_at),
        "active": active,
        "mirror_digest": digest,
    }


def _references(each: TicketSituation) -> Iterator[dict[str, str]]:
    seen = each.observation
    named = [("contact", id) for id in seen.texts(facts.CONTACTS)]
    for kind, id in [*named, ("company", seen.text(facts.CUSTOMER))]:
        if id:
            yield {"connection": "hubspot", "kind": kind, "id": id, "record_key": str(each.ref)}


async def at_rest(hub: Hub) -> None:
    """Nothing is due, and sweeps and patrols are far off: only what the measure does happens."""
    far = 2**50
    async with hub.db.write() as connection:
        for name in ("hubspot", "boards"):
            for kind in ("sweep", "patrol"):
                await queue.ensure_timer(hub.db, connection, f"{kind}:{name}")
        await queue.ensure_timer(hub.db, connection, "campaign")
        await queue.ensure_timer(hub.db, connection, retention.TIMER)
        await connection.execute(
            sa.update(tables.records)
            .where(sa.or_(tables.records.c.kind == "timer", tables.records.c.due_at.is_not(None)))
            .values(
                done_generation=tables.records.c.dirty_generation,
                due_at=sa.case((tables.records.c.kind == "timer", far), else_=sa.null()),
                not_before=sa.case((tables.records.c.kind == "timer", far), else_=0),
            )
        )


async def seed(stage: Stage, count: int) -> list[str]:
    """So many tickets, each linked to a bug of its own and due: one write is wanted by each."""
    tickets: list[str] = await stage.vendors.do("tickets", count)
    async with stage.filling() as hub:
        await link_each(hub, tickets, [f"9{each}" for each in tickets])
        await at_rest(hub)
        marks = [Mark(TicketRef("hubspot", each), "bench") for each in tickets]
        for start in range(0, count, _PART):
            async with hub.db.write() as connection:
                await queue.mark(hub.db, connection, marks[start : start + _PART])
    return tickets
