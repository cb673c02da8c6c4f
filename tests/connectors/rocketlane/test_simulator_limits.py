"""The key, the two buckets of calls, pages and their tokens, and bad days."""

from __future__ import annotations

import httpx
import pytest

from bridge.kit.faults import ConnectionLost, Fault, FaultKind
from connectors.rocketlane.simulator import (
    PUBLISHED_CALLS,
    PUBLISHED_LIST_CALLS,
    RocketlaneSimulator,
)
from connectors.rocketlane.simulator.records import Project
from tests.connectors.rocketlane.rocketlane_world import TASKS, HandClock, api_client, make


@pytest.mark.parametrize("key", [None, "", "wrong"])
async def test_without_the_key_nothing_is_answered(
    sim: RocketlaneSimulator, key: str | None
) -> None:
    async with api_client(sim, key) as nobody:
        refused = await nobody.get(TASKS)
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["errorCode"] == "NOT_AUTHORIZED"


async def test_key_that_expired_is_refused(
    sim: RocketlaneSimulator, api: httpx.AsyncClient
) -> None:
    sim.dead_key = True
    assert (await api.get(TASKS)).status_code == 401


async def test_lists_of_every_kind_share_one_bucket_and_other_calls_go_on(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project, clock: HandClock
) -> None:
    sim.list_calls_per_minute = PUBLISHED_LIST_CALLS
    made = await make(api, project.id)
    for path in ["tasks", "projects", "users"] * (PUBLISHED_LIST_CALLS // 3):
        assert (await api.get(f"/api/1.0/{path}")).status_code == 200
        clock.move(milliseconds=500)
    refused = await api.get("/api/1.0/fields")
    assert refused.status_code == 429
    assert refused.json()["errors"][0]["errorCode"] == "TOO_MANY_REQUEST"
    assert (await api.get(f"{TASKS}/{made['taskId']}")).status_code == 200
    # Milliseconds since 1970, not seconds to wait; no other header helps.
    at = int(refused.headers["x-retry-after"])
    assert "retry-after" not in refused.headers
    assert at == int((clock.now.timestamp() + 30) * 1000)
    clock.move(seconds=29.9)
    assert (await api.get(TASKS)).status_code == 429
    clock.move(seconds=0.1)
    assert (await api.get(TASKS)).status_code == 200


async def test_every_call_counts_for_the_large_bucket(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project
) -> None:
    sim.calls_per_minute = PUBLISHED_CALLS
    id = (await make(api, project.id))["taskId"]
    statuses = [(await api.get(f"{TASKS}/{id}")).status_code for _ in range(PUBLISHED_CALLS)]
    assert (statuses.count(200), statuses[-1]) == (PUBLISHED_CALLS - 1, 429)


async def test_pages_follow_their_token_which_lives_fifteen_minutes(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project, clock: HandClock
) -> None:
    for number in range(105):
        sim.person_creates(f"T{number}", project)
    first = (await api.get(TASKS, params={"pageSize": 500, "sortOrder": "ASC"})).json()
    assert (len(first["data"]), first["pagination"]["totalRecordCount"]) == (100, 105)
    token = first["pagination"]["nextPageToken"]
    assert token in first["pagination"]["nextPage"]
    asked = {"pageToken": token, "pageSize": 100, "sortOrder": "ASC"}
    clock.move(minutes=15)
    rest = (await api.get(TASKS, params=asked)).json()
    assert [each["taskName"] for each in rest["data"]] == [f"T{n}" for n in range(100, 105)]
    assert (rest["pagination"]["hasMore"], "nextPageToken" in rest["pagination"]) == (False, False)
    clock.move(seconds=1)
    assert (await api.get(TASKS, params=asked)).status_code == 400


@pytest.mark.parametrize(
    ("kind", "made"), [(FaultKind.RESET, 0), (FaultKind.RESET_AFTER, 1)], ids=["before", "after"]
)
async def test_lost_reply_may_or_may_not_have_had_its_effect(
    sim: RocketlaneSimulator, api: httpx.AsyncClient, project: Project, kind: FaultKind, made: int
) -> None:
    sim.faults.add(Fault("POST /api/1.0/tasks", kind))
    with pytest.raises(ConnectionLost):
        await make(api, project.id)
    assert (len(sim.workspace.tasks), sim.calls[-1].status) == (made, 0)


async def test_page_of_a_proxy_comes_with_200(
    sim: RocketlaneSimulator, api: httpx.AsyncClient
) -> None:
    html = {"Content-Type": "text/html"}
    sim.faults.add(Fault("", FaultKind.ANSWER, status=200, headers=html, body=b"<html>"))
    answer = await api.get(TASKS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


async def test_body_is_json_and_nothing_else(api: httpx.AsyncClient, project: Project) -> None:
    for content, kind in ((b"{", "application/json"), (b"{}", "multipart/form-data")):
        refused = await api.post(TASKS, content=content, headers={"Content-Type": kind})
        assert refused.status_code == 400
