"""Search: an index that lags, pages without a total, and a strict language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.jira.simulator import JiraSimulator
from tests.connectors.jira.jira_world import HandClock, api_client, make, text_document

SEARCH = "/rest/api/3/search/jql"


async def found(api: httpx.AsyncClient, jql: str, **more: Any) -> list[str]:
    """The ids that a query finds."""
    answer = await api.post(SEARCH, json={"jql": jql} | more)
    assert answer.status_code == 200, answer.text
    return [issue["id"] for issue in answer.json()["issues"]]


async def test_a_search_without_fields_answers_ids_and_nothing_else(api: httpx.AsyncClient) -> None:
    id = await make(api)
    told = (await api.post(SEARCH, json={"jql": "project = DEMO"})).json()
    assert told == {"issues": [{"id": id}], "isLast": True}
    full = (await api.get(SEARCH, params={"jql": "project = DEMO", "fields": "summary"})).json()
    assert full["issues"][0]["fields"] == {"summary": "Export fails"}
    assert full["issues"][0]["key"] == "DEMO-1"


async def test_pages_go_on_by_token_until_there_is_none(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    ids = [await make(api) for _ in range(5)]
    sim.search_page_cap = 2
    body: dict[str, Any] = {"jql": "project = DEMO ORDER BY key ASC", "maxResults": 100}
    seen: list[str] = []
    while True:
        page = (await api.post(SEARCH, json=body)).json()
        assert "total" not in page
        seen += [issue["id"] for issue in page["issues"]]
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert "nextPageToken" not in page
    assert seen == ids
    clock.move(days=7)
    refused = await api.post(SEARCH, json=body)
    assert refused.json()["errorMessages"] == [
        "The provided next page token is invalid or expired."
    ]
    counted = await api.post("/rest/api/3/search/approximate-count", json={"jql": "key = DEMO-1"})
    assert counted.json() == {"count": 1}


async def test_the_index_lags_and_reconciling_reads_what_was_just_written(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.search_lag = timedelta(seconds=30)
    id = await make(api, labels=["hub-1"])
    assert (await api.get(f"/rest/api/3/issue/{id}")).status_code == 200
    assert await found(api, "labels = hub-1") == []
    assert await found(api, "labels = hub-1", reconcileIssues=[int(id)]) == [id]
    clock.move(seconds=30)
    assert await found(api, "labels = hub-1") == [id]
    await api.put(f"/rest/api/3/issue/{id}", json={"fields": {"labels": []}})
    assert await found(api, "labels = hub-1") == [id]


async def test_a_stale_answer_survives_what_it_refers_to(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    version, other = sim.add_version("1.4"), sim.add_version("1.5")
    id = await make(api, fixVersions=[{"id": version.id}])
    child = await make(api, issuetype={"name": "Sub-task"}, parent={"id": id})
    clock.move(minutes=1)
    sim.search_lag = timedelta(seconds=30)
    sim.person_merges_versions(version, other)
    sim.person_deletes(id)
    body = {"jql": "project = DEMO ORDER BY key ASC", "fields": ["fixVersions", "parent"]}
    told = (await api.post(SEARCH, json=body)).json()["issues"]
    assert [issue["id"] for issue in told] == [id, child]
    assert [issue["fields"]["parent"] for issue in told] == [None, None]


async def test_an_issue_that_was_found_may_vanish_for_a_while(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    assert await found(api, "project = DEMO") == [id]
    sim.search_hides = {id}
    assert await found(api, "project = DEMO") == []
    assert await found(api, "project = DEMO", reconcileIssues=[int(id)]) == [id]
    sim.search_hides = set()
    assert await found(api, "project = DEMO") == [id]


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("", "Unbounded JQL queries are not allowed here."),
        ("ORDER BY created", "Unbounded JQL queries are not allowed here."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("colour = red", "Field 'colour' does not exist"),
        ("project = DEMO AND", "JQL"),
        ("project DEMO", "Error in the JQL Query"),
        ("project = DEMO ORDER BY a,b,c,d,e,f,g,h", "more than 7 fields"),
        ("created > yesterday", "Date value 'yesterday' is invalid."),
        ("summary > 3", "operator '>' is not supported"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(
    api: httpx.AsyncClient, jql: str, sentence: str
) -> None:
    refused = await api.post(SEARCH, json={"jql": jql})
    assert refused.status_code == 400
    assert sentence in refused.json()["errorMessages"][0]


async def test_unknown_values_find_nothing_for_nobody_in_particular(sim: JiraSimulator) -> None:
    async with api_client(sim, token=None) as nobody:
        assert await found(nobody, "project = NOPE") == []


@pytest.mark.parametrize(
    ("jql", "places"),
    [
        ("labels = a", [0]),
        ("labels != a", [1]),
        ("labels is EMPTY", [2]),
        ("labels in (a, b) ORDER BY key ASC", [0, 1]),
        ("labels not in (b)", [0]),
        ("status = Done", [1]),
        ("statusCategory != Done ORDER BY key ASC", [0, 2]),
        ("NOT status = Done AND (labels = a OR summary ~ 'import')", [2, 0]),
        ('text ~ "slow import"', [2]),
        ("assignee = currentUser()", [0]),
        ("assignee is not EMPTY", [0]),
        ("cf[10050] = High", [1]),
        ('"Severity" = High', [1]),
        ("key = demo-3", [2]),
        ("created >= -1h", []),
        ("created >= -3h AND created < -2h", [2, 1, 0]),
        ('created >= "2026-11-22 12:00"', [2, 1, 0]),
        ('created >= "2026-11-22 12:01"', []),
        ("updated >= -1m", [2]),
        ("duedate <= 2026-12-01", [0]),
        ('issue in issuesWithRemoteLinksByGlobalId("g1")', [1]),
        ("fixVersion = '1.4'", [0]),
    ],
)
async def test_a_query_finds_what_the_language_means(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock, jql: str, places: list[int]
) -> None:
    field = sim.add_field("Severity", "option", ("High", "Low"))
    sim.add_version("1.4")
    me = {"accountId": sim.account.account_id}
    fix = [{"name": "1.4"}]
    first = await make(api, labels=["a"], assignee=me, duedate="2026-12-01", fixVersions=fix)
    second = await make(api, labels=["b"], **{field.id: {"value": "High"}})
    third = await make(api, summary="The import is slow")
    target = {"url": "https://desk.example/1", "title": "Ticket 1"}
    link = {"globalId": "g1", "object": target}
    await api.post(f"/rest/api/3/issue/{second}/remotelink", json=link)
    sim.person_moves_status(second, "Done", resolution={"name": "Done"})
    clock.move(hours=2, minutes=30)
    sim.person_comments(third, text_document("c"))
    ids = [first, second, third]
    assert await found(api, jql) == [ids[place] for place in places]


async def test_a_date_in_a_query_is_in_the_zone_of_who_asks(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    sim.account.time_zone = "America/New_York"
    assert await found(api, 'created >= "2026-11-22 07:00"') == [id]
    assert await found(api, 'created >= "2026-11-22 08:00"') == []


async def test_the_old_search_is_gone(api: httpx.AsyncClient) -> None:
    for answer in (
        await api.get("/rest/api/3/search", params={"jql": "project = DEMO"}),
        await api.post("/rest/api/2/search", json={"jql": "project = DEMO"}),
    ):
        assert answer.status_code == 410
        assert "/rest/api/3/search/jql" in answer.json()["errorMessages"][0]
