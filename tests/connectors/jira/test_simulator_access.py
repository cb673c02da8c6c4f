"""Who may do what, how Jira says no, and how much it takes."""

from __future__ import annotations

import httpx
import pytest

from bridge.kit.faults import ConnectionLost, Fault, FaultKind
from connectors.jira.simulator import PUBLISHED_BURSTS, PUBLISHED_ISSUE_WRITES, JiraSimulator
from tests.connectors.jira.jira_world import (
    HandClock,
    api_client,
    make,
    new_issue,
    text_document,
)

ISSUE = "/rest/api/3/issue"


async def test_a_dead_token_is_answered_as_if_nobody_asked(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_project("OPEN", "Open", public=True)
    id = await make(api)
    shown = sim.person_creates("Public", project="OPEN")
    sim.dead_token = True
    readable = await api.get(f"{ISSUE}/{shown}")
    assert readable.status_code == 200
    assert readable.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    body = {"jql": "project in (DEMO, OPEN)"}
    found = (await api.post("/rest/api/3/search/jql", json=body)).json()
    assert [issue["id"] for issue in found["issues"]] == [shown]
    assert (await api.get(f"{ISSUE}/{id}")).status_code == 404
    assert (await api.get("/rest/api/3/myself")).status_code == 401
    assert (await api.get("/rest/api/3/serverInfo")).json()["deploymentType"] == "Cloud"


async def test_a_wrong_token_sets_the_header_and_no_token_does_not(sim: JiraSimulator) -> None:
    for token, told in (("wrong", "AUTHENTICATED_FAILED"), (None, None)):
        async with api_client(sim, token=token) as client:
            answer = await client.get("/rest/api/3/myself")
        assert answer.status_code == 401
        assert answer.headers.get("X-Seraph-LoginReason") == told


async def test_what_is_hidden_is_missing_and_what_is_forbidden_says_so(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    sim.withheld = {"EDIT_ISSUES", "ADD_COMMENTS"}
    assert (await api.put(f"{ISSUE}/{id}", json={"fields": {}})).status_code == 403
    comment = {"body": text_document("c")}
    assert (await api.post(f"{ISSUE}/{id}/comment", json=comment)).status_code == 403
    asked = {"permissions": "EDIT_ISSUES,BROWSE_PROJECTS", "projectKey": "DEMO"}
    held = (await api.get("/rest/api/3/mypermissions", params=asked)).json()["permissions"]
    assert held["EDIT_ISSUES"]["havePermission"] is False
    assert held["BROWSE_PROJECTS"]["havePermission"] is True
    sim.hidden_projects = {"DEMO"}
    assert (await api.get(f"{ISSUE}/{id}")).status_code == 404
    refused = await api.post(ISSUE, json=new_issue())
    assert refused.json()["errors"] == {"project": "Specify a valid project ID or key"}
    assert (await api.get("/rest/api/3/project/search")).json()["values"] == []


async def test_people_are_found_by_addresses_that_are_not_shown(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    params = {"query": "ana@"}
    (found,) = (await api.get("/rest/api/3/user/search", params=params)).json()
    assert found["accountId"] == sim.ana.account_id
    assert "emailAddress" not in found
    me = (await api.get("/rest/api/3/myself")).json()
    assert me["emailAddress"] == "hub@acme.example"
    everybody = {"project": "DEMO", "query": ""}
    able = (await api.get("/rest/api/3/user/assignable/search", params=everybody)).json()
    assert sim.app_user.account_id not in [user["accountId"] for user in able]


async def test_a_wrong_path_is_a_problem_document(api: httpx.AsyncClient) -> None:
    for method, path, status in (
        ("GET", "/rest/api/3/nothing", 404),
        ("GET", "/rest/api/9/myself", 404),
        ("DELETE", "/rest/api/3/myself", 405),
    ):
        answer = await api.request(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.json()["type"], answer.json()["instance"]) == ("about:blank", path)


async def test_every_answer_can_be_traced(api: httpx.AsyncClient) -> None:
    answers = [await api.get(path) for path in ("/rest/api/3/myself", "/rest/api/3/issue/1")]
    traces = {answer.headers["Atl-Traceid"] for answer in answers}
    assert len(traces) == 2
    assert answers[0].headers["Content-Type"] == "application/json;charset=UTF-8"


async def test_an_app_works_under_the_address_for_apps(sim: JiraSimulator) -> None:
    async with api_client(sim, bearer="app-test") as app:
        answer = await app.get(f"/ex/jira/{sim.site.cloud_id}/rest/api/3/myself")
    assert answer.json()["accountType"] == "app"


async def test_a_burst_of_one_endpoint_is_refused_and_others_go_on(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.burst_limits = PUBLISHED_BURSTS | {"GET": 2}
    first = await api.get("/rest/api/3/myself")
    assert first.headers["X-RateLimit-Remaining"] == "1"
    await api.get("/rest/api/3/myself")
    refused = await api.get("/rest/api/3/myself")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    assert refused.headers["X-RateLimit-Reset"] == "2026-11-22T12:00:01Z"
    assert (await api.get("/rest/api/3/serverInfo")).status_code == 200
    clock.move(seconds=1)
    assert (await api.get("/rest/api/3/myself")).status_code == 200


async def test_writes_on_one_issue_have_a_limit_of_their_own(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    id, other = await make(api), await make(api)
    sim.issue_write_limits = PUBLISHED_ISSUE_WRITES
    body = {"fields": {"summary": "S"}}
    for _ in range(20):
        assert (await api.put(f"{ISSUE}/{id}", json=body)).status_code == 204
    refused = await api.post(f"{ISSUE}/{id}/comment", json={"body": text_document("c")})
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert refused.headers["Retry-After"] == "2"
    assert (await api.put(f"{ISSUE}/{other}", json=body)).status_code == 204
    assert (await api.get(f"{ISSUE}/{id}")).status_code == 200
    clock.move(seconds=2)
    assert (await api.put(f"{ISSUE}/{id}", json=body)).status_code == 204


async def test_the_hourly_quota_counts_apps_and_spares_api_tokens(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.points_per_hour = 5
    clock.move(minutes=50)
    async with api_client(sim, bearer="app-test") as app:
        answers = [await app.get("/rest/api/3/myself") for _ in range(6)]
        near = [answer.headers.get("X-RateLimit-NearLimit") for answer in answers[:5]]
        assert near == [None, None, None, None, "true"]
        assert answers[5].status_code == 429
        assert answers[5].headers["RateLimit-Reason"] == "jira-quota-global-based"
        assert answers[5].headers["Retry-After"] == "600"
        clock.move(minutes=10)
        assert (await app.get("/rest/api/3/myself")).status_code == 200
    assert (await api.get("/rest/api/3/myself")).status_code == 200


async def test_a_create_whose_answer_was_lost_has_happened(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    sim.faults.add(Fault("POST /rest/api/3/issue", FaultKind.RESET_AFTER))
    with pytest.raises(ConnectionLost):
        await api.post(ISSUE, json=new_issue(labels=["hub-1"]))
    found = await api.post("/rest/api/3/search/jql", json={"jql": "labels = hub-1"})
    assert len(found.json()["issues"]) == 1
    assert [call.status for call in sim.calls] == [0, 200]
