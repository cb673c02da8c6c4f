"""Retention while the line runs: what vendors see is the same with it as without."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from bridge.config.bridge_yaml import Retention
from bridge.engine.retention import EVERY, prune
from bridge.store.tables import deliveries, launches, ledger, links, runs
from connectors.azure_devops.simulator import Field
from tests.scenarios.world import World

AT_ONCE = Retention.model_construct(
    payloads=timedelta(0), texts=timedelta(0), transitions=timedelta(0)
)
"""Nothing is kept that need not be."""
TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"
CLOSED, OPEN = "4", "1"


async def pruned(world: World) -> None:
    world.hub.pruned.clear()
    while await prune(world.hub, "") - world.hub.now() < EVERY / 2:
        pass


async def count(world: World, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    async with world.hub.db.read() as connection:
        statement = sa.select(sa.func.count()).select_from(table).where(*where)
        return int(await connection.scalar(statement) or 0)


async def test_line_converges_while_everything_old_is_removed(world: World) -> None:
    world.hub.retention = AT_ONCE
    ended = asyncio.Event()

    async def again_and_again() -> int:
        rounds = 0
        while not ended.is_set():
            await pruned(world)
            rounds += 1
            await asyncio.sleep(0)
        return rounds

    pruning = asyncio.create_task(again_and_again())
    ids = [
        world.hubspot.person_creates_ticket(
            subject=f"Export {n} fails", category="Bug", company_id=world.acme
        )
        for n in range(3)
    ]
    await world.settle()
    for id in ids:
        world.hubspot.person_adds_note(id, "<p>#dev</p><p>it fails at noon</p>")
    await world.sweep("hubspot")
    for item in world.items():
        world.boards.person_moves_state(str(item.id), "Active")
    await world.settle()
    ended.set()
    assert await pruning > 1
    assert sorted(each.title for each in world.items()) == [
        f"[Acme] Export {n} fails" for n in range(3)
    ]
    assert [len(each.comments) for each in world.items()] == [1, 1, 1]
    assert {world.ticket(id)["work_stage"] for id in ids} == {"In development"}
    counts = [await count(world, each) for each in (links, launches, ledger)]
    assert counts == [3, 3, 3]
    await pruned(world)
    assert await count(world, deliveries) == await count(world, runs) == 0


async def test_ticket_reopened_after_its_words_went_is_read_again(world: World) -> None:
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Development Request", company_id=world.acme
    )
    await world.settle()
    [item] = world.items()
    world.boards.add_field(Field(TARGET_DATE, "Target Date", "dateTime"))
    world.boards.person_edits(str(item.id), {TARGET_DATE: "2027-03-01T00:00:00Z"})
    await world.settle()
    shown = world.ticket(id)
    assert shown["work_eta"]
    world.hubspot.person_edits_ticket(id, hs_pipeline_stage=CLOSED)
    await world.settle()
    world.hub.retention = AT_ONCE
    await pruned(world)
    answer = await world.client.get(f"/api/v1/tickets/hubspot/{id}", headers=world.admin)
    assert "Export fails" not in answer.text
    before = len(world.writes("hubspot"))
    world.hubspot.person_edits_ticket(id, hs_pipeline_stage=OPEN)
    await world.settle()
    # What is unknown now blanks nothing: not even for a moment.
    assert len(world.writes("hubspot")) == before
    assert world.ticket(id)["work_eta"] == shown["work_eta"]
    answer = await world.client.get(f"/api/v1/tickets/hubspot/{id}", headers=world.admin)
    assert answer.json()["subject"] == "Export fails"
    world.boards.person_moves_state(str(item.id), "Resolved")
    await world.settle()
    assert world.ticket(id)["work_stage"] != shown["work_stage"]
    assert len(world.items()) == 1
