"""A right or a limit that concerns a part of a vendor holds up that part and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections, queue
from tests.scenarios.test_findings import bug, found, work_on
from tests.scenarios.world import World

SCOPE = "crm.objects.tickets.sensitive.write"


def _forbidden(ticket: str) -> Fault:
    """HubSpot forbids every write to one ticket, and says what the token lacks."""
    body = {
        "status": "error",
        "category": "MISSING_SCOPES",
        "message": "This app hasn't been granted all required scopes",
        "errors": [{"context": {"requiredGranularScopes": [SCOPE]}}],
    }
    return Fault(
        rf"^PATCH .*/tickets/{ticket}$",
        FaultKind.ANSWER,
        status=403,
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
        times=99,
    )


async def _paused(world: World) -> bool:
    async with world.hub.db.read() as connection:
        state = await connections.load(connection, "hubspot")
    return state is not None and state.paused_by is not None


async def _until(world: World, true: Callable[[], bool]) -> None:
    """Let things go on till it is true; what waits for its time keeps the world from resting."""
    for _ in range(400):
        await world.deliver()
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("that did not come to be")


async def test_scope_that_one_ticket_needs_is_a_finding_there_and_all_others_follow(
    world: World,
) -> None:
    first, second = await bug(world), await bug(world, "Import fails")
    held, other = world.items()
    world.hubspot.faults.add(_forbidden(first))
    world.boards.person_moves_state(held.id, "Active")
    await _until(world, lambda: any(each.status == 403 for each in world.calls))
    world.boards.person_moves_state(other.id, "Active")
    await _until(world, lambda: world.ticket(second)["work_stage"] == "In development")
    assert not await _paused(world)
    assert world.ticket(first)["work_stage"] == "Reported to engineering"
    [finding] = await found(world, "RECORD_FORBIDDEN")
    assert (finding["ref"]["id"], finding["state"]) == (first, "open")
    assert SCOPE in finding["detail"]
    assert await world.findings() == {"RECORD_FORBIDDEN"}
    world.hubspot.faults.clear()
    assert (await work_on(world, finding, "retry"))["state"] == "resolved"
    assert world.ticket(first)["work_stage"] == "In development"


async def test_limit_of_searches_holds_the_sweep_and_no_ticket(world: World) -> None:
    id = await bug(world)
    [item] = world.items()
    world.hubspot.search_limit = 0
    async with world.hub.db.write() as connection:
        await queue.wake_timer(world.hub.db, connection, "sweep:hubspot")
    world.hub.work_wake.set()
    await _until(world, lambda: any(each.status == 429 for each in world.calls))
    world.boards.person_moves_state(item.id, "Active")
    await _until(world, lambda: world.ticket(id)["work_stage"] == "In development")
    async with world.hub.db.read() as connection:
        state = await connections.load(connection, "hubspot")
    assert state is not None
    assert state.throttled_until is None
    world.hubspot.search_limit = None
    await world.settle()
