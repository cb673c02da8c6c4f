"""Check now: a person asks for a record, waits, and is told what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.errors import RecordMissing
from bridge.domain.refs import Ref, TicketRef
from bridge.engine import linking
from bridge.engine.hub import Hub
from bridge.store import explaining, history, queue, records
from bridge.store.queue import ClaimClass, Mark

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check came to. `outcome`: `converged`, `waiting` (go on later) or `failed`."""

    run: str | None
    outcome: str
    operations: int
    error: str | None = None


async def check_ticket(hub: Hub, ticket: TicketRef, wait_s: float) -> CheckResult | None:
    """`check` of a ticket, which is read first if the hub has never seen it.

    RecordMissing if the helpdesk does not show it, Paused, and the errors of its call.
    """
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ticket))
    if stored is not None and not isinstance(stored.ref, TicketRef):
        raise RecordMissing(f"{ticket} is no ticket")
    if stored is None:
        await linking.require_running(hub, ticket.connection)
        await linking.meet(hub, ticket)
    return await check(hub, ticket, wait_s)


async def check_several(
    hub: Hub, tickets: Sequence[TicketRef], wait_s: float
) -> dict[TicketRef, str]:
    """Have these tickets read and converged before all else; the outcome of each, as in a check.

    Those that the hub does not know are left out.
    """
    async with hub.db.write() as connection:
        known = await records.load_many(connection, [str(each) for each in tickets])
        there = [each for each in tickets if str(each) in known]
        marks = [Mark(each, "check", ClaimClass.PERSON, read=True) for each in there]
        await queue.mark(hub.db, connection, marks)
    hub.work_wake.set()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        async with hub.db.read() as connection:
            turns = await explaining.turns_of(connection, [str(each) for each in there])
        found = {each: _outcome(turns.get(str(each))) for each in there}
        if "waiting" not in found.values() or loop.time() >= deadline:
            return found
        await asyncio.sleep(POLL_S)


def _outcome(turn: explaining.Turn | None) -> str:
    if turn is None or turn.dead:
        return "failed"
    return "waiting" if turn.pending else "converged"


async def check(hub: Hub, ref: Ref, wait_s: float) -> CheckResult | None:
    """Have the record read and converged before all else; None if the hub does not know it."""
    key = str(ref)
    async with hub.db.write() as connection:
        before = await queue.progress(connection, key)
        if before is None:
            return None
        mark = Mark(ref, "check", ClaimClass.PERSON, read=True)
        await queue.mark(hub.db, connection, [mark])
        asked = await queue.progress(connection, key)
        since = await history.newest_run(connection, key)
    hub.work_wake.set()
    goal = before.dirty if asked is None else asked.dirty
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        async with hub.db.read() as connection:
            now = await queue.progress(connection, key)
            run = await history.newest_run(connection, key)
            operations = 0 if run is None else await history.count_operations(connection, run)
        fresh = None if run == since else run
        if now is not None and now.done >= goal:
            return CheckResult(fresh, "converged", operations if fresh else 0)
        if now is not None and now.dead:
            return CheckResult(fresh, "failed", 0, now.error)
        if loop.time() >= deadline:
            error = None if now is None else now.error
            return CheckResult(fresh, "waiting", 0, error)
        await asyncio.sleep(POLL_S)
