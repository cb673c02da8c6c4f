"""Drain: a backlog of tickets, one write each, against the same calls by bare httpx."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.stage import Stage, staged, until
from bridge.domain import records as facts
from bridge.domain.records import Fact, Observation, Source, Value
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.record import ticket_digest
from bridge.engine.references import reference_of
from bridge.engine.situations import ticket_situation
from bridge.engine.sweep import want_of
from bridge.ports.roles import Want
from bridge.store import queue, records, tables, work
from bridge.store.queue import Mark

IN_FLIGHT = 16
DELAY_S = 0.02
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


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


async def link_each(hub: Hub, tickets: list[str], *, item: str | None = None) -> None:
    """Store every ticket as read, linked to a bug of its own (or all to `item`); none is due."""
    await reference_of(hub, "hubspot", fresh=True)
    await reference_of(hub, "boards", fresh=True)
    async with hub.db.write() as connection:
        for name in ("hubspot", "boards"):
            for kind in ("sweep", "patrol"):
                await queue.ensure_timer(hub.db, connection, f"{kind}:{name}")
        await queue.ensure_timer(hub.db, connection, "campaign")
    desk = hub.helpdesk("hubspot")
    want: Want = want_of(hub, "hubspot")
    for start in range(0, len(tickets), 100):
        some = tickets[start : start + 100]
        seen = await desk.fetch_tickets(some, want)
        async with hub.db.write(durable=False) as connection:
            for each in seen:
                none = Fact([], SINCE)
                known = {**each.facts, facts.ATTACHMENTS: none, facts.COMMENTS: none}
                read = Observation(each.ref, known, each.seen_at, each.source, None, True)
                await records.observe(hub.db, connection, read, shown=lambda _: "")
                other = bug(item or f"9{each.ref.id}")
                await records.observe(hub.db, connection, other, shown=lambda _: "")
                await work.add_link(
                    hub.db, connection, ticket=TicketRef("hubspot", each.ref.id),
                    item=WorkItemRef("boards", other.ref.id), route="bug", by="bench",
                    now=hub.now(),
                )  # fmt: skip
        await _told(hub, some)


async def at_rest(connection: AsyncConnection) -> None:
    """Nothing is due, and sweeps and patrols are far off: only what the measure does happens."""
    far = 2**50
    await connection.execute(
        sa.update(tables.records).values(
            done_generation=tables.records.c.dirty_generation,
            due_at=sa.case((tables.records.c.kind == "timer", far), else_=sa.null()),
            not_before=sa.case((tables.records.c.kind == "timer", far), else_=0),
        )
    )


async def _told(hub: Hub, tickets: list[str]) -> None:
    """Store that the work items know what the tickets show: nothing is left to be told to them."""
    mapping = hub.mappings["hubspot"].data
    for id in tickets:
        ref = TicketRef("hubspot", id)
        async with hub.db.read() as connection:
            stored = await records.load(connection, str(ref))
        assert stored is not None
        assert stored.observation is not None
        situation = await ticket_situation(
            hub, ref, stored.observation, mapping=mapping, company=None,
            reference=await reference_of(hub, "hubspot"),
        )  # fmt: skip
        async with hub.db.write(durable=False) as connection:
            await records.set_active(connection, str(ref), True, ticket_digest(situation))


async def seed(stage: Stage, count: int) -> list[str]:
    """So many tickets, each linked to a bug of its own and due: one write is wanted by each."""
    tickets: list[str] = await stage.vendors.do("tickets", count)
    async with stage.filling() as hub:
        await link_each(hub, tickets)
        async with hub.db.write() as connection:
            await at_rest(connection)
            marks = [Mark(TicketRef("hubspot", each), "bench") for each in tickets]
            await queue.mark(hub.db, connection, marks)
    return tickets


async def _bare(stage: Stage, tickets: list[str]) -> float:
    """Writes a second by httpx alone."""
    waiting = iter(tickets)
    headers = {"Authorization": "Bearer pat-test"}
    async with httpx.AsyncClient(
        base_url=stage.vendors.hubspot, headers=headers, trust_env=False
    ) as client:

        async def one() -> None:
            for id in waiting:
                body = {"properties": {"work_items": "#0", "work_stage": "x"}}
                answer = await client.patch(f"/crm/objects/2026-03/tickets/{id}", json=body)
                answer.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(IN_FLIGHT)))
        return len(tickets) / (time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Drained:
    """Writes a second, and the CPU milliseconds of the hub for each."""

    rate: float
    cpu_ms: float


async def drained(
    stage: Stage,
    tickets: list[str],
    *,
    delay_s: float = DELAY_S,
    replicas: int = 1,
    profile: Path | None = None,
) -> Drained:
    """Start hubs on the stage and wait until every ticket has its write."""
    await stage.vendors.do("delay", delay_s)
    before = await _patched(stage)
    hubs = [await stage.start(profile=profile) for _ in range(replicas)]
    used, began = sum(each.used_s() for each in hubs), time.perf_counter()
    # What the first did while the second was starting does not count.
    already = await _patched(stage)

    async def done() -> bool:
        return await _patched(stage) - before >= len(tickets)

    await until(done)
    took = time.perf_counter() - began
    count = len(tickets) - (already - before)
    spent = sum(each.used_s() for each in hubs) - used
    return Drained(count / took, spent / count * 1000)


async def _patched(stage: Stage) -> int:
    asked: dict[str, dict[str, int]] = await stage.vendors.do("asked")
    return asked["hubspot"].get("PATCH", 0)


async def drain(count: int = 5000, *, profile: Path | None = None) -> tuple[Drained, float]:
    """The hub's drain, and the writes a second of bare calls."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            tickets = await seed(stage, count)
            await stage.vendors.do("delay", DELAY_S)
            reference = await _bare(stage, tickets)
            return await drained(stage, tickets, profile=profile), reference


if __name__ == "__main__":
    import sys

    where = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    print(asyncio.run(drain(int(sys.argv[1]), profile=where)))
