"""Tickets from before the hub's time: counted, launched in measure, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.engine import backfill
from bridge.engine.service import Service
from bridge.kit.clock import SystemClock
from tests.scenarios.world import World, make_boards, make_hubspot, open_world

OLD = [("Export fails", "Bug"), ("Import fails", "Bug"), ("Dark mode", "Development Request"),
       ("How do I", "Customer Success Ticket"), ("What is", None)]  # fmt: skip


@asynccontextmanager
async def old_desk(folder: Path, url: str | None = None) -> AsyncIterator[World]:
    """A hub that came to a helpdesk with five open tickets and a closed one."""
    vendors = make_hubspot(SystemClock()), make_boards(SystemClock())
    acme = vendors[0].add_company("Acme", success_plan="Elite")
    for subject, category in OLD:
        vendors[0].person_creates_ticket(subject=subject, category=category, company_id=acme)
    closed = vendors[0].person_creates_ticket(subject="Gone", category="Bug", company_id=acme)
    vendors[0].person_edits_ticket(closed, hs_pipeline_stage="4")
    await asyncio.sleep(0.01)
    async with open_world(folder, database_url=url, vendors=vendors) as world:
        await world.settle()
        yield world


@pytest.fixture(params=["sqlite", "postgresql"])
async def settled(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The same on each database."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with old_desk(tmp_path, url) as world:
        yield world


async def started(world: World, **said: Any) -> dict[str, Any]:
    answer = await world.client.post("/api/v1/backfill", headers=world.admin, json=said)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def run(world: World, **said: Any) -> dict[str, Any]:
    job = await world.settle_job((await started(world, **said))["id"])
    await world.settle()
    return job


async def test_dry_run_counts_and_changes_nothing(settled: World) -> None:
    job = await run(settled, dry_run=True)
    assert (job["state"], job["done"], job["total"]) == ("done", 0, 3)
    assert job["result"]["routes"] == {"bug": 2, "development-request": 1}
    assert job["result"]["skipped"] == {"CLOSED": 1, "NO_CATEGORY": 1, "NOT_ROUTED": 1}
    assert settled.items() == []


@pytest.mark.parametrize(
    ("asked", "where", "said"),
    [
        ({"since": "2999-01-01T00:00:00Z"}, "body.since", "it lies in the future"),
        ({"adopt": True, "property": "work_item"}, "body.property", "have no field 'work_item'"),
        ({"route": "bugs"}, "body.route", "no route"),
    ],
)
async def test_backfill_that_would_find_nothing_is_refused(
    settled: World, asked: dict[str, Any], where: str, said: str
) -> None:
    answer = await settled.client.post("/api/v1/backfill", headers=settled.admin, json=asked)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert said in problem["detail"]
    assert [each["where"] for each in problem["errors"]] == [where]
    listed = await settled.client.get("/api/v1/jobs?kind=backfill", headers=settled.admin)
    assert listed.json()["items"] == []


async def test_backfill_launches_each_old_ticket_once(settled: World) -> None:
    assert settled.items() == []
    job = await run(settled)
    assert (job["state"], job["done"], job["total"]) == ("done", 3, 3)
    assert job["result"]["launched"] == {"bug": 2, "development-request": 1}
    assert sorted(each.fields["System.Title"] for each in settled.items()) == [
        "[Acme] Dark mode", "[Acme] Export fails", "[Acme] Import fails",
    ]  # fmt: skip
    again = await run(settled)
    assert (again["done"], again["result"]["skipped"]["LAUNCHED"]) == (0, 3)
    assert len(settled.items()) == 3


async def test_backfill_of_one_route_leaves_the_others(settled: World) -> None:
    job = await run(settled, route="development-request")
    assert job["result"]["skipped"]["OTHER_ROUTE"] == 2
    assert [each.fields["System.Title"] for each in settled.items()] == ["[Acme] Dark mode"]


async def test_backfill_stops_at_half_the_limit_and_waits(settled: World) -> None:
    settled.hub.launch_limit = 4
    job = await started(settled)
    for _ in range(400):
        await settled.deliver()
        if len(settled.items()) == 2:
            break
        await asyncio.sleep(0.02)
    await settled.settle()
    answer = await settled.client.get(f"/api/v1/jobs/{job['id']}", headers=settled.admin)
    assert (answer.json()["state"], answer.json()["done"]) == ("running", 2)
    assert len(settled.items()) == 2
    assert "LAUNCH_LIMIT" not in await settled.findings()
    second = await settled.client.post("/api/v1/backfill", headers=settled.admin, json={})
    assert (second.status_code, second.json()["code"]) == (409, "job_running")


async def test_backfill_of_a_hub_that_keeps_restarting_makes_nothing_twice(
    tmp_path: Path,
) -> None:
    async with old_desk(tmp_path) as world:
        job = await started(world)
        for _ in range(4):
            await world.service.stop()
            world.hub.stopping.clear()
            world.service = Service(world.hub)
            world.app.state.reception = world.service.reception
            await world.service.start()
            await asyncio.sleep(0.02)
        assert (await world.settle_job(job["id"]))["done"] == 3
        await world.settle()
        assert len(world.items()) == 3


async def test_ticket_from_the_hubs_own_time_needs_no_backfill(settled: World) -> None:
    settled.hubspot.person_creates_ticket(
        subject="New", category="Bug", company_id=settled.hubspot.add_company("Other")
    )
    await settled.settle()
    assert len(settled.items()) == 1
    job = await run(settled, dry_run=True, since="2020-01-01T00:00:00Z")
    assert job["result"]["skipped"]["LAUNCHED"] == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"route": "nothing"}, "invalid_request"),
        ({"route": "customer-success"}, "invalid_request"),
        ({"connection": "boards"}, "not_configured"),
        ({"property": "work_items"}, "invalid_request"),
        ({"adopt": True, "route": "bug"}, "invalid_request"),
        ({"since": "yesterday"}, "invalid_request"),
    ],
)
async def test_backfill_that_makes_no_sense_is_refused(
    world: World, said: dict[str, Any], code: str
) -> None:
    answer = await world.client.post("/api/v1/backfill", headers=world.admin, json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    listed = await world.client.get("/api/v1/jobs?kind=backfill", headers=world.admin)
    assert listed.json()["items"] == []


def test_place_of_a_job_is_read_as_it_was_written() -> None:
    for place in (backfill.Place(), backfill.Place(True, None), backfill.Place(False, "x")):
        assert backfill.Place.parse(place.text()) == place
    assert backfill.Place.parse("") == backfill.Place(False, None)
