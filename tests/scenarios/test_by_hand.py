"""Launching by hand: once for ever, whoever asks how often, and whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.engine.service import Service
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections
from bridge.store.tables import audit_log, launches, wishes
from tests.scenarios.world import World, make_boards, make_hubspot, open_world


def refusal() -> Fault:
    """The tracker refuses the next create."""
    return Fault(
        r"^POST .*/workitems/\$",
        FaultKind.ANSWER,
        status=400,
        headers={"content-type": "application/json; charset=utf-8"},
        body=b'{"$id":"1","message":"TF401320: Rule Error for field Area.",'
        b'"typeKey":"RuleValidationException","errorCode":0}',
    )


@asynccontextmanager
async def process_after(world: World) -> AsyncIterator[None]:
    """The process that comes after the one that was stopped, on the same store."""
    world.hub.stopping.clear()
    service = Service(world.hub)
    world.service, world.app.state.reception = service, service.reception
    await service.start()
    try:
        yield
    finally:
        await service.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def before(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A hub that came to a helpdesk with an old bug, an old question and an old closed ticket."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    vendors = make_hubspot(SystemClock()), make_boards(SystemClock())
    acme = vendors[0].add_company("Acme", success_plan="Elite")
    for subject, category in (("Bug", "Bug"), ("Ask", "Customer Success Ticket"), ("Gone", "Bug")):
        vendors[0].person_creates_ticket(subject=subject, category=category, company_id=acme)
    vendors[0].person_edits_ticket(_old(vendors[0], "Gone"), hs_pipeline_stage="4")
    # Nobody was there to hear of them.
    vendors[0].pending_events.clear()
    await asyncio.sleep(0.01)
    async with open_world(tmp_path, database_url=url, vendors=vendors) as world:
        await world.settle()
        yield world


def _old(hubspot: Any, subject: str) -> str:
    return next(
        str(id) for id, each in hubspot.tickets.items() if each.properties["subject"] == subject
    )


async def launch(
    world: World, id: str, route: str = "bug", *, wait: float = 20, **more: Any
) -> httpx.Response:
    path = f"/api/v1/tickets/hubspot/{id}/launch?wait={wait}"
    return await world.client.post(path, headers=world.admin, json={"route": route}, **more)


async def count(world: World, table: sa.Table) -> int:
    async with world.hub.db.read() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_ticket_the_hub_never_saw_is_read_and_launched_once(before: World) -> None:
    id = _old(before.hubspot, "Bug")
    assert before.items() == []
    first = await launch(before, id)
    assert first.status_code == 201, first.text
    made = first.json()
    [item] = before.items()
    assert (made["work_item"]["id"], made["route"]) == (str(item.id), "bug")
    assert (made["state"], made["created_by"]) == ("active", "BRIDGE_ADMIN_TOKEN")
    await before.settle()
    assert before.ticket(id)["work_items"] == f"#{item.id}"
    again = await launch(before, id)
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    await before.client.delete(f"/api/v1/links/{made['id']}", headers=before.admin)
    await before.settle()
    ended = await launch(before, id)
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    await before.settle()
    assert len(before.items()) == 1
    async with before.hub.db.read() as connection:
        found = await connection.execute(sa.select(audit_log.c.action))
    assert [action for (action,) in found].count("launch") == 1


async def test_ticket_that_would_stay_is_launched_where_a_person_wants_it(before: World) -> None:
    id = _old(before.hubspot, "Ask")
    assert (await launch(before, id, "development-request")).status_code == 201
    await before.settle()
    [item] = before.items()
    assert item.fields["System.WorkItemType"] == "User Story"
    assert before.ticket(id)["work_stage"] == "Reported to engineering"


async def test_two_clicks_at_once_make_one_item(before: World) -> None:
    id = _old(before.hubspot, "Bug")
    answers = await asyncio.gather(*(launch(before, id) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [200, 200, 201]
    assert len({each.json()["id"] for each in answers}) == 1
    assert len(before.items()) == 1


async def test_wish_outlives_the_process_that_took_it(before: World) -> None:
    id = _old(before.hubspot, "Bug")
    await before.service.stop()
    waiting = await launch(before, id, wait=0)
    assert waiting.status_code == 202
    assert waiting.json()["ticket"]["id"] == id
    assert waiting.json()["sentence"]
    assert before.items() == []
    async with process_after(before):
        await before.settle()
    [item] = before.items()
    assert before.ticket(id)["work_items"] == f"#{item.id}"


async def test_lost_answer_to_a_create_by_hand_gives_one_item(before: World) -> None:
    before.boards.faults.add(Fault(r"^POST .*/workitems/\$", FaultKind.RESET_AFTER))
    answer = await launch(before, _old(before.hubspot, "Bug"))
    assert before.boards.faults.struck
    assert answer.status_code == 201, answer.text
    await before.settle()
    assert len(before.items()) == 1


async def test_create_that_never_arrived_is_sent_again_for_the_same_wish(before: World) -> None:
    before.boards.faults.add(Fault(r"^POST .*/workitems/\$", FaultKind.ANSWER, status=503))
    assert (await launch(before, _old(before.hubspot, "Bug"))).status_code == 201
    assert before.boards.faults.struck
    assert len(before.items()) == 1


async def test_what_cannot_be_launched_is_refused_and_changes_nothing(before: World) -> None:
    bug, gone = _old(before.hubspot, "Bug"), _old(before.hubspot, "Gone")
    refusals = [
        (await launch(before, bug, "bugs"), (422, "unknown_route")),
        (await launch(before, bug, "customer-success"), (422, "route_stays")),
        (await launch(before, gone), (409, "ticket_closed")),
        (await launch(before, "404404"), (404, "record_missing")),
    ]
    before.hub.launch_limit = 0
    limited = await launch(before, bug)
    assert limited.headers["retry-after"] == "600"
    refusals.append((limited, (429, "launch_limit")))
    async with before.hub.db.write() as connection:
        now = before.hub.now()
        await connections.pause(connection, "boards", by="person", reason="move", now=now)
    refusals.append((await launch(before, bug), (409, "connection_paused")))
    item = {"connection": "boards", "id": before.boards.person_creates("Bug", "Known for long")}
    wanted = {"ticket": {"connection": "hubspot", "id": bug}, "work_item": item}
    linked = await before.client.post("/api/v1/links", headers=before.admin, json=wanted)
    refusals.append((linked, (409, "connection_paused")))
    for answer, expected in refusals:
        assert said(answer) == expected, answer.text
    assert "development-request" in refusals[0][0].json()["detail"]
    assert (await count(before, wishes), await count(before, launches)) == (0, 0)
    assert [each.fields["System.Title"] for each in before.items()] == ["Known for long"]


async def test_helpdesk_without_answer_is_told_and_nothing_is_kept(before: World) -> None:
    before.hubspot.faults.add(Fault(r"/tickets", FaultKind.ANSWER, times=99))
    answer = await launch(before, _old(before.hubspot, "Bug"))
    assert said(answer) == (503, "vendor_unavailable")
    assert await count(before, wishes) == 0


async def test_refused_create_is_told_and_asking_again_sends_it_once_more(before: World) -> None:
    before.boards.faults.add(refusal())
    id = _old(before.hubspot, "Bug")
    answer = await launch(before, id)
    assert said(answer) == (422, "vendor_refused")
    assert "field Area" in answer.json()["detail"]
    await before.settle()
    assert "LAUNCH_REJECTED" in await before.findings()
    assert (await launch(before, id)).status_code == 201
    await before.settle()
    assert "LAUNCH_REJECTED" not in await before.findings()
    assert len(before.items()) == 1


async def test_wish_waits_for_the_customer_and_is_met_when_it_comes(world: World) -> None:
    id = world.hubspot.person_creates_ticket(subject="Ask", category="Customer Success Ticket")
    await world.settle()
    waiting = await launch(world, id, wait=0.3)
    assert (waiting.status_code, waiting.json()["verdict"]) == (202, "WAITING_ITEM_CREATE")
    world.hubspot.person_associates(id, world.acme)
    await world.settle()
    assert len(world.items()) == 1


async def test_wish_moves_with_a_merge_and_is_met_by_the_ticket_that_stays(before: World) -> None:
    old, kept = _old(before.hubspot, "Bug"), _old(before.hubspot, "Ask")
    await before.service.stop()
    assert (await launch(before, old, wait=0)).status_code == 202
    before.hubspot.person_merges(kept, old)
    async with process_after(before):
        await before.settle()
    assert len(before.items()) == 1
    listed = (await before.client.get("/api/v1/links", headers=before.admin)).json()["items"]
    assert {each["state"] for each in listed} == {"active"}
