"""An item with many tickets that were closed long ago: its changes are no work for those."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.waking import FAN_OUT
from bridge.store import queue, work
from bridge.store.queue import Mark
from bridge.store.tables import records
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

ENDS = """
closing:
  solved: ["3"]
  remind_after: 1d
"""


async def passes(world: World, tickets: list[str]) -> list[int]:
    """How many marks of each of these tickets were ever worked off."""
    keys = [f"hubspot:{each}" for each in tickets]
    r = records.c
    async with world.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(r.done_generation).where(r.key.in_(keys)).order_by(r.key)
        )
        return list(found.scalars())


async def linked(world: World, tickets: list[str], item: str) -> None:
    """The item hangs on all of them, as if each had been linked by hand."""
    db, here = world.hub.db, WorkItemRef("boards", item)
    refs = [TicketRef("hubspot", each) for each in tickets]
    async with db.write() as connection:
        for each in refs:
            now = world.hub.now()
            await work.add_link(db, connection, ticket=each, item=here, route=None, by="x", now=now)
        marks = [Mark(here, "linked"), *(Mark(each, "linked") for each in refs)]
        await queue.mark(db, connection, marks)
    world.hub.work_wake.set()
    await world.settle()


async def test_change_of_an_item_wakes_its_closed_tickets_only_where_their_end_hangs_on_it(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + ENDS) as world:
        open_, item = await bug(world, "Export fails")
        closed = [
            world.hubspot.person_creates_ticket(subject=f"{n}", company_id=world.acme)
            for n in range(FAN_OUT)
        ]
        for each in closed:
            world.hubspot.person_edits_ticket(each, hs_pipeline_stage="4")
        await world.settle()
        await linked(world, closed, item)
        assert await world.findings() == {"CLOSED_BEFORE_FIXED"}
        before = await passes(world, closed)
        world.boards.person_moves_state(item, "Active")
        await world.settle()
        assert world.ticket(open_)["work_stage"] == "In development"
        assert await passes(world, closed) == before
        # The work is done: now none of them was closed too early, and all were silently.
        world.boards.person_moves_state(item, "Closed")
        await world.settle()
        assert await world.findings() == {"CLOSED_SILENTLY"}
        after = await passes(world, closed)
        assert {now - then for now, then in zip(after, before, strict=True)} == {1}
