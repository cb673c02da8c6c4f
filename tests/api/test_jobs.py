"""Jobs and campaigns through the API: seen by everybody, steered by those who may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.domain.refs import TicketRef
from bridge.store import jobs, queue
from bridge.store.jobs import Job, JobState
from bridge.store.queue import Mark
from tests.api.doors import Doors, ids, refused
from tests.api.test_mappings import REWORDED, drafted, in_force
from tests.unit.config.samples import GOOD

CAMPAIGN = "/mappings/small/campaign"


async def added(doors: Doors, kind: str = "backfill", target: str = "hubspot") -> Job:
    async with doors.hub.db.write() as connection:
        return await jobs.add(
            doors.hub.db, connection, kind=kind, target=target, params={}, by="ada",
            now=doors.hub.now(), total=7,
        )  # fmt: skip


async def going_over(doors: Doors) -> None:
    """A mapping comes into force over a ticket that is there: a campaign begins."""
    async with doors.hub.db.write() as connection:
        await queue.mark(doors.hub.db, connection, [Mark(TicketRef("hubspot", "7"), "test")])
    await in_force(doors)


async def state(doors: Doors, id: str) -> str:
    answer = await doors.ask("GET", f"/jobs/{id}")
    assert answer.status_code == 200
    said: str = answer.json()["state"]
    return said


async def test_jobs_are_listed_newest_first_and_page_by_page(doors: Doors) -> None:
    made = []
    for kind in ("backfill", "preview", "backfill"):
        made.append(await added(doors, kind))
        await asyncio.sleep(0.002)
    wanted = [each.id for each in reversed(made)]
    assert ids(await doors.ask("GET", "/jobs")) == wanted
    assert ids(await doors.ask("GET", "/jobs?kind=backfill")) == [wanted[0], wanted[2]]
    assert ids(await doors.ask("GET", "/jobs?state=done")) == []
    first = (await doors.ask("GET", "/jobs?limit=2")).json()
    assert [each["id"] for each in first["items"]] == wanted[:2]
    rest = await doors.ask("GET", f"/jobs?limit=2&cursor={first['next_cursor']}")
    assert ids(rest) == wanted[2:]
    refused(await doors.ask("GET", "/jobs?cursor=AAAA"), 422, "bad_cursor")
    refused(await doors.ask("GET", "/jobs?sort=x"), 422, "invalid_request")


async def test_job_is_read_with_its_progress(doors: Doors) -> None:
    job = await added(doors)
    found = (await doors.ask("GET", f"/jobs/{job.id}")).json()
    assert (found["kind"], found["target"], found["state"]) == ("backfill", "hubspot", "waiting")
    assert (found["done"], found["total"], found["result"]) == (0, 7, None)
    assert found["created_by"] == "ada"
    refused(await doors.ask("GET", "/jobs/nothing"), 404, "not_found")


async def test_job_is_paused_resumed_and_cancelled(doors: Doors) -> None:
    job = await added(doors)
    for order, wanted in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        answer = await doors.ask("POST", f"/jobs/{job.id}/{order}", role="operator")
        assert (answer.status_code, answer.json()["state"]) == (200, wanted)
    refused(await doors.ask("POST", f"/jobs/{job.id}/pause", role="operator"), 409, "job_over")
    again = await doors.ask("POST", f"/jobs/{job.id}/cancel", role="operator")
    assert again.json()["state"] == "cancelled"


@pytest.mark.parametrize("role", ["viewer", "csm"])
async def test_those_who_only_look_can_steer_nothing(doors: Doors, role: str) -> None:
    job = await added(doors)
    for order in ("pause", "resume", "cancel"):
        answer = await doors.ask("POST", f"/jobs/{job.id}/{order}", role=role)
        refused(answer, 403, "forbidden")
    refused(await doors.ask("POST", "/backfill", role=role, json={}), 403, "forbidden")
    assert await state(doors, job.id) == "waiting"


async def test_campaign_is_an_admins_to_steer_by_whichever_door(doors: Doors) -> None:
    await going_over(doors)
    job = (await doors.ask("GET", CAMPAIGN)).json()["id"]
    for path in (f"{CAMPAIGN}/pause", f"/jobs/{job}/pause"):
        refused(await doors.ask("POST", path, role="operator"), 403, "forbidden")
    for order, wanted in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        answer = await doors.ask("POST", f"{CAMPAIGN}/{order}", role="admin")
        assert (answer.status_code, answer.json()["state"]) == (200, wanted)
    refused(await doors.ask("POST", f"{CAMPAIGN}/resume", role="admin"), 409, "job_over")
    assert (await doors.ask("GET", CAMPAIGN)).json()["state"] == "cancelled"


async def test_newer_activation_takes_the_place_of_the_campaign_before(doors: Doors) -> None:
    await going_over(doors)
    first = (await doors.ask("GET", CAMPAIGN)).json()["id"]
    await in_force(doors, REWORDED)
    second = (await doors.ask("GET", CAMPAIGN)).json()
    assert (second["id"] != first, second["state"]) == (True, "waiting")
    before: dict[str, Any] = (await doors.ask("GET", f"/jobs/{first}")).json()
    assert before["state"] == JobState.CANCELLED.value
    assert "newer campaign" in before["error"]


async def test_mapping_without_a_campaign_says_so(doors: Doors) -> None:
    refused(await doors.ask("GET", CAMPAIGN), 404, "not_found")
    await drafted(doors, GOOD)
    refused(await doors.ask("GET", CAMPAIGN), 404, "not_found")
    refused(await doors.ask("POST", f"{CAMPAIGN}/pause", role="admin"), 404, "not_found")


async def test_preview_of_a_draft_is_told_by_its_hash(doors: Doors) -> None:
    active = await in_force(doors)
    refused(await doors.ask("POST", "/mappings/small/preview"), 404, "not_found")
    made = await drafted(doors, REWORDED, active)
    said = (await doors.ask("POST", "/mappings/small/preview")).json()
    assert (said["active"], said["draft"], said["records"]) == (active, made, 0)
    assert set(said["counts"].values()) == {0}


async def test_preview_of_a_bad_draft_names_its_mistakes(doors: Doors) -> None:
    headers = {"Content-Type": "application/yaml"}
    answer = await doors.ask(
        "POST", "/mappings/small/preview", content=GOOD.replace("in: boards", "in: board"),
        headers=headers, role="admin",
    )  # fmt: skip
    assert refused(answer, 422, "mapping_invalid")["problems"]


async def test_preview_changes_nothing_in_the_store(doors: Doors) -> None:
    await in_force(doors)
    await doors.headers("admin")
    before = await doors.stored()
    headers = {"Content-Type": "application/yaml"}
    path = "/mappings/small/preview"
    answer = await doors.ask("POST", path, content=REWORDED, headers=headers, role="admin")
    assert answer.status_code == 200
    assert await doors.stored() == before
