"""Records that are claimed together are read together; each is still a pass of its own."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from bridge.domain.refs import TicketRef
from bridge.store import connections, queue
from bridge.store.queue import Mark
from bridge.store.tables import records
from tests.scenarios.test_findings import bug
from tests.scenarios.world import World


async def test_row_that_can_not_be_read_holds_up_no_other(world: World) -> None:
    ids = [await bug(world, f"Export {n} fails") for n in range(3)]
    broken, *others = ids
    for each in world.items():
        world.boards.person_moves_state(each.id, "Resolved")
    row = records.c.key == f"hubspot:{broken}"
    async with world.hub.db.write() as connection:
        spoilt = {"facts": {"subject": "neither a value nor a time"}}
        await connection.execute(sa.update(records).where(row).values(observation=spoilt))
    await world.deliver()
    async with world.hub.db.write() as connection:
        marks = [Mark(TicketRef("hubspot", each), "all at once") for each in ids]
        await queue.mark(world.hub.db, connection, marks)
    world.hub.work_wake.set()

    async def how_it_stands() -> tuple[list[str], str | None]:
        await world.deliver()
        async with world.hub.db.read() as connection:
            error = await connection.scalar(sa.select(records.c.last_error).where(row))
        return [world.ticket(each)["work_stage"] for each in others], error

    for _ in range(1000):
        stand = await how_it_stands()
        if stand[0] == ["In testing"] * 2 and stand[1] is not None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"they were held up: {await how_it_stands()}")


async def test_customer_of_many_tickets_at_once_is_read_once(world: World) -> None:
    await bug(world)
    async with world.hub.db.write() as connection:
        await connections.forget_company(connection, "hubspot", world.acme)
    world.hubspot.drop_webhooks = 100
    for n in range(8):
        world.hubspot.person_creates_ticket(
            subject=f"Import {n} fails", category="Bug", company_id=world.acme
        )
    world.calls.clear()
    await world.sweep("hubspot")
    asked = [each for each in world.calls if f"/companies/{world.acme}" in each.path]
    assert len(world.items()) == 9
    assert len(asked) == 1, asked
