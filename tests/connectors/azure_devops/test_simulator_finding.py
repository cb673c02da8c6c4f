"""Queries, the reporting feed, comments, attachments and metadata."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.azure_devops.simulator import AzureDevOpsSimulator, Field
from tests.connectors.azure_devops.simulator_kit import Clock, client_of, make, ops, patch

FEED = "Platform/_apis/wit/reporting/workitemrevisions"


async def ids(client: httpx.AsyncClient, where: str, **query: str) -> list[int]:
    columns = "SELECT [System.Id], [System.Title] FROM WorkItems WHERE "
    text = columns + where + " ORDER BY [System.Id]"
    url = "Platform/_apis/wit/wiql"
    answer = await client.post(url, json={"query": text}, params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()["workItems"]
    assert all(set(row) == {"id", "url"} for row in found)
    return [row["id"] for row in found]


async def test_queries_answer_ids_by_project_tag_type_author_and_day() -> None:
    clock = Clock()
    sim = AzureDevOpsSimulator(projects=("Platform", "Mobile"), clock=clock)
    async with client_of(sim) as client:
        await make(client)
        await patch(client, "_apis/wit/workitems/1", ops(Tags="hub; o'neil"))
        sim.person_creates("Task", "T", **{"System.Tags": "hubris"})
        sim.person_creates("Bug", "T", project="Mobile")
        clock.forward(days=1)
        sim.person_edits("2", {"System.Title": "T2"})
        assert await ids(client, "[System.TeamProject] = @project") == [1, 2]
        assert await ids(client, "[System.TeamProject] = 'mobile'") == [3]
        assert await ids(client, "[System.Tags] CONTAINS 'HUB'") == [1]
        assert await ids(client, "[System.Tags] CONTAINS 'o''neil'") == [1]
        assert await ids(client, "[System.CreatedBy] = @Me") == [1]
        assert await ids(client, "[System.WorkItemType] IN ('Bug', 'Epic')") == [1, 3]
        assert await ids(client, "[System.ChangedDate] >= '2026-03-03'") == [2]
        assert await ids(client, "[System.ChangedDate] >= @today - 1") == [1, 2, 3]
        both = "[System.WorkItemType] = 'Bug' AND NOT [System.TeamProject] = @project"
        assert await ids(client, both) == [3]
        assert await ids(client, "[System.Id] > 0", **{"$top": "2"}) == [1, 2]


async def test_a_time_needs_time_precision_else_dates_count_by_day() -> None:
    sim = AzureDevOpsSimulator(clock=Clock())
    sim.person_creates("Bug", "T")
    async with client_of(sim) as client:
        later = "[System.CreatedDate] >= '2026-03-02T10:00:00Z'"
        assert await ids(client, later, timePrecision="true") == []
        assert await ids(client, "[System.CreatedDate] <= '2026-03-02'") == [1]
        text = " ".join(("SELECT [System.Id] FROM WorkItems WHERE", later))
        answer = await client.post("Platform/_apis/wit/wiql", json={"query": text})
    assert answer.status_code == 400
    assert "date precision" in answer.json()["message"]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "SELECT [System.Id] FROM WorkItems WHERE [No.Field] = 1",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Id] =",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '" + "x" * 33_000 + "'",
    ],
)
async def test_a_query_that_can_not_be_read_is_400(text: str) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        answer = await client.post("Platform/_apis/wit/wiql", json={"query": text})
    assert answer.status_code == 400


async def test_the_query_index_lags_as_dialled() -> None:
    clock = Clock()
    sim = AzureDevOpsSimulator(clock=clock)
    sim.wiql_lag = timedelta(seconds=30)
    sim.person_creates("Bug", "T")
    async with client_of(sim) as client:
        assert await ids(client, "[System.Id] > 0") == []
        clock.forward(seconds=30)
        assert await ids(client, "[System.Id] > 0") == [1]
        sim.person_deletes("1")
        assert await ids(client, "[System.Id] > 0") == [1]


async def feed(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get(FEED, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def seen(batch: dict[str, Any]) -> list[tuple[int, int]]:
    return [(value["id"], value["rev"]) for value in batch["values"]]


async def test_the_feed_pages_by_token_and_goes_on_from_the_last() -> None:
    sim = AzureDevOpsSimulator()
    for _ in range(3):
        sim.person_creates("Bug", "T", **{"System.Description": "<p>long</p>"})
    async with client_of(sim) as client:
        first = await feed(client, **{"$maxPageSize": "2"})
        token = first["continuationToken"]
        second = await feed(client, continuationToken=token)
        empty = await feed(client, continuationToken=second["continuationToken"])
        sim.person_edits("1", {"System.Title": "new"})
        after = await feed(client, continuationToken=empty["continuationToken"])
        both = await client.get(FEED, params={"continuationToken": token, "startDateTime": "2026"})
        whole = await feed(client, **{"$expand": "fields"})
    assert (seen(first), first["isLastBatch"]) == ([(1, 1), (2, 1)], False)
    assert (seen(second), second["isLastBatch"]) == ([(3, 1)], True)
    assert (seen(empty), empty["isLastBatch"]) == ([], True)
    assert seen(after) == [(1, 2)]
    assert both.status_code == 400
    assert "System.Description" not in first["values"][0]["fields"]
    assert whole["values"][0]["fields"]["System.Description"] == "<p>long</p>"


async def test_the_feed_filters_latest_deleted_types_and_fields() -> None:
    sim = AzureDevOpsSimulator(projects=("Platform", "Mobile"))
    sim.person_creates("Bug", "T")
    sim.person_edits("1", {"System.Title": "2"})
    sim.person_creates("Task", "T")
    sim.person_creates("Bug", "T", project="Mobile")
    sim.person_deletes("2")
    async with client_of(sim) as client:
        plain = await feed(client)
        latest = await feed(client, includeLatestOnly="true", includeDeleted="true")
        tasks = await feed(client, types="Task", includeDeleted="true", fields="System.Id")
        wanted = {"includeLatestOnly": True, "includeIdentityRef": True, "types": ["Bug"]}
        posted = (await client.post(FEED, json=wanted)).json()
    assert seen(plain) == [(1, 1), (1, 2)]
    assert seen(latest) == [(1, 2), (2, 2)]
    assert tasks["values"][-1]["fields"] == {"System.Id": 2, "System.IsDeleted": True}
    assert plain["values"][0]["fields"]["System.CreatedBy"] == "Ana Dev <ana@acme.example>"
    author = posted["values"][0]["fields"]["System.CreatedBy"]
    assert author["uniqueName"] == "Ana Dev <ana@acme.example>"


async def test_the_feed_lags_without_losing_anything() -> None:
    clock = Clock()
    sim = AzureDevOpsSimulator(clock=clock)
    sim.feed_lag = timedelta(minutes=1)
    sim.person_creates("Bug", "T")
    async with client_of(sim) as client:
        early = await feed(client)
        clock.forward(minutes=1)
        later = await feed(client, continuationToken=early["continuationToken"])
    assert (seen(early), seen(later)) == ([], [(1, 1)])


async def test_comments_page_keep_versions_and_are_deleted_softly() -> None:
    sim = AzureDevOpsSimulator()
    url = "Platform/_apis/wit/workItems/1/comments"
    async with client_of(sim, "7.2-preview.4") as client:
        await make(client)
        for text in ("a", "b", "c"):
            await client.post(url, json={"text": text}, params={"format": "0"})
        edited = (await client.patch(f"{url}/1", json={"text": "A"})).json()
        await client.delete(f"{url}/2")
        page = (await client.get(url, params={"$top": "1", "order": "asc"})).json()
        rest = (
            await client.get(
                url, params={"order": "asc", "continuationToken": page["continuationToken"]}
            )
        ).json()
        everything = (await client.get(url, params={"includeDeleted": "true"})).json()
        item = (await client.get("_apis/wit/workitems/1")).json()
        gone = await client.get(f"{url}/2")
    assert (edited["version"], edited["format"], edited["id"]) == (2, "markdown", 1)
    assert [c["text"] for c in page["comments"] + rest["comments"]] == ["A", "c"]
    assert (page["totalCount"], page["count"]) == (2, 1)
    assert [c["isDeleted"] for c in everything["comments"]] == [False, True, False]
    assert (item["rev"], item["fields"]["System.CommentCount"]) == (6, 2)
    assert gone.status_code == 404


async def test_history_in_a_patch_is_a_comment() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        await make(client)
        await patch(client, "_apis/wit/workitems/1", ops(History="said"))
        await patch(client, "_apis/wit/workitems/1", ops(Title="next"))
    assert [c.text for c in sim.items[1].comments] == ["said"]
    assert "System.History" not in sim.items[1].fields


async def test_attachments_go_up_whole_or_in_chunks_and_come_down() -> None:
    sim = AzureDevOpsSimulator()
    url = "Platform/_apis/wit/attachments"
    async with client_of(sim) as client:
        await make(client)
        up = await client.post(f"{url}?fileName=a%20b.png", content=b"12345")
        value = {"rel": "AttachedFile", "url": up.json()["url"], "attributes": {"comment": "c"}}
        linked = await patch(
            client, "_apis/wit/workitems/1", [{"op": "add", "path": "/relations/-", "value": value}]
        )
        down = await client.get(up.json()["url"])
        part = await client.post(f"{url}?fileName=big&uploadType=chunked")
        whole = f"{url}/{part.json()['id']}"
        first = await client.put(whole, content=b"ab", headers={"Content-Range": "bytes 0-1/3"})
        gap = await client.put(whole, content=b"x", headers={"Content-Range": "bytes 3-3/4"})
        last = await client.put(whole, content=b"c", headers={"Content-Range": "bytes 2-2/3"})
        sim.attachment_limit = 4
        large = await client.post(f"{url}?fileName=large", content=b"12345")
    attributes = linked.json()["relations"][0]["attributes"]
    assert up.status_code == 201
    assert (attributes["name"], attributes["resourceSize"]) == ("a b.png", 5)
    assert (down.content, down.headers["content-type"]) == (b"12345", "image/png")
    assert (first.status_code, gap.status_code, last.status_code) == (202, 400, 201)
    assert sim.attachments[part.json()["id"]].content == b"abc"
    assert large.status_code == 413


@pytest.mark.parametrize(
    ("process", "type_", "states"),
    [
        ("Agile", "User Story", ["Proposed", "InProgress", "Resolved", "Completed", "Removed"]),
        ("Agile", "Issue", ["InProgress", "Completed"]),
        ("Basic", "Issue", ["Proposed", "InProgress", "Completed"]),
        (
            "Scrum",
            "Product Backlog Item",
            ["Proposed", "Proposed", "InProgress", "Completed", "Removed"],
        ),
    ],
)
async def test_states_carry_the_category_of_their_process(
    process: str, type_: str, states: list[str]
) -> None:
    sim = AzureDevOpsSimulator(process=process)
    async with client_of(sim) as client:
        answer = await client.get(f"Platform/_apis/wit/workitemtypes/{type_}/states")
        project = await client.get("_apis/projects/Platform?includeCapabilities=true")
    assert [state["category"] for state in answer.json()["value"]] == states
    template = project.json()["capabilities"]["processTemplate"]
    assert template["templateName"] == process


async def test_metadata_for_a_mapping_editor() -> None:
    sim = AzureDevOpsSimulator()
    sim.add_iteration("Platform\\Release 1")
    sim.add_iteration("Platform\\Release 1\\Sprint 1", "2026-03-02", "2026-03-13")
    sim.add_field(Field("Custom.Plan", "Plan", "string", allowed=("Basic", "Elite")))
    sim.person_creates("Bug", "T", **{"System.IterationPath": "Platform\\Release 1\\Sprint 1"})
    wit = "Platform/_apis/wit"
    async with client_of(sim) as client:
        fields = await client.get(f"{wit}/workitemtypes/Bug/fields?$expand=all")
        bare = await client.get(f"{wit}/workitemtypes/Bug/fields")
        tree = (await client.get(f"{wit}/classificationnodes/iterations?$depth=10")).json()
        leaf = await client.get(f"{wit}/classificationnodes/Iterations/Release%201/Sprint%201")
        who = (await client.get("_apis/connectionData")).json()["authenticatedUser"]
        found = await client.get(
            "_apis/identities?searchFilter=General&filterValue=ANA@acme.example"
        )
        categories = await client.get(f"{wit}/workitemtypecategories")
    by_name = {f["referenceName"]: f for f in fields.json()["value"]}
    assert by_name["Custom.Plan"]["allowedValues"] == ["Basic", "Elite"]
    assert by_name["Microsoft.VSTS.Common.Priority"]["allowedValues"] == ["1", "2", "3", "4"]
    assert "allowedValues" not in bare.json()["value"][0]
    sprint = tree["children"][0]["children"][0]
    assert sprint["path"] == "\\Platform\\Iteration\\Release 1\\Sprint 1"
    assert sprint["attributes"]["finishDate"] == "2026-03-13T00:00:00Z"
    assert leaf.json()["identifier"] == sprint["identifier"]
    assert who["id"] == sim.service_account.id
    assert found.json()["value"][0]["properties"]["Account"]["$value"] == "ana@acme.example"
    assert "Microsoft.RequirementCategory" in [
        c["referenceName"] for c in categories.json()["value"]
    ]
