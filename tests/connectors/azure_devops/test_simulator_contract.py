"""Answers against the vendor's published Swagger."""

from __future__ import annotations

import pytest

from connectors.azure_devops.simulator import AzureDevOpsSimulator
from tests.connectors.azure_devops.simulator_kit import Receiver, client_of, make, ops, patch
from tests.connectors.azure_devops.swagger import Definitions
from tests.contracts import need_contracts


@pytest.fixture(scope="module")
def wit() -> Definitions:
    return Definitions(need_contracts("azure_devops") / "wit/7.1/workItemTracking.json")


@pytest.fixture(scope="module")
def hooks() -> Definitions:
    return Definitions(need_contracts("azure_devops") / "hooks/7.1/serviceHooks.json")


async def world() -> AzureDevOpsSimulator:
    sim = AzureDevOpsSimulator()
    sim.add_iteration("Platform\\Sprint 1", "2026-03-02", "2026-03-13")
    async with client_of(sim) as client:
        parent, child = await make(client), await make(client)
        value = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": parent["url"]}
        link = {"rel": "Hyperlink", "url": "https://desk.example/1"}
        operations = [{"op": "add", "path": "/relations/-", "value": v} for v in (value, link)]
        more = ops(Tags="hub", AssignedTo="hub@acme.example")
        answer = await patch(client, f"_apis/wit/workitems/{child['id']}", [*operations, *more])
        assert answer.status_code == 200, answer.text
    sim.person_comments("2", "<div>c</div>")
    sim.person_creates("Task", "gone")
    sim.person_deletes("3")
    return sim


ONE = [
    ("_apis/wit/workitems/2?$expand=all", "WorkItem"),
    ("_apis/wit/workitems/2/revisions/2", "WorkItem"),
    ("_apis/wit/workitems/2/updates/2", "WorkItemUpdate"),
    ("Platform/_apis/wit/workItems/2/comments", "CommentList"),
    ("Platform/_apis/wit/workItems/2/comments/1?$expand=all", "Comment"),
    ("Platform/_apis/wit/workitemtypes/Bug", "WorkItemType"),
    ("Platform/_apis/wit/fields/System.State", "WorkItemField2"),
    ("Platform/_apis/wit/classificationnodes/iterations?$depth=3", "WorkItemClassificationNode"),
    ("Platform/_apis/wit/recyclebin/3", "WorkItemDelete"),
]
MANY = [
    ("_apis/wit/workitems?ids=1,2&$expand=all", "WorkItem"),
    ("_apis/wit/workitems/1/updates", "WorkItemUpdate"),
    ("Platform/_apis/wit/workitemtypes/Bug/states", "WorkItemStateColor"),
    ("Platform/_apis/wit/workitemtypes/Bug/fields?$expand=all", "WorkItemTypeFieldWithReferences"),
    ("Platform/_apis/wit/fields", "WorkItemField2"),
    ("Platform/_apis/wit/tags", "WorkItemTagDefinition"),
    ("Platform/_apis/wit/workitemtypecategories", "WorkItemTypeCategory"),
    ("_apis/wit/workitemrelationtypes", "WorkItemRelationType"),
    ("Platform/_apis/wit/recyclebin", "WorkItemDeleteShallowReference"),
]


@pytest.mark.parametrize(("path", "name"), ONE)
async def test_a_record_is_as_published(wit: Definitions, path: str, name: str) -> None:
    async with client_of(await world(), "7.1-preview.4") as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert wit.problems(name, answer.json()) == []


@pytest.mark.parametrize(("path", "name"), MANY)
async def test_a_list_is_as_published(wit: Definitions, path: str, name: str) -> None:
    async with client_of(await world()) as client:
        answer = (await client.get(path)).json()
    assert answer["count"] == len(answer["value"]) > 0
    assert [wit.problems(name, value) for value in answer["value"]] == [[]] * answer["count"]


async def test_the_feed_is_as_published(wit: Definitions) -> None:
    async with client_of(await world()) as client:
        batch = (await client.get("_apis/wit/reporting/workitemrevisions")).json()
    values = batch.pop("values")
    assert wit.problems("ReportingWorkItemRevisionsBatch", batch) == []
    assert [wit.problems("WorkItem", value) for value in values] == [[]] * len(values)
    assert len(values) == 4


async def test_a_query_result_and_an_attachment_are_as_published(wit: Definitions) -> None:
    text = {"query": "SELECT [System.Id] FROM WorkItems ORDER BY [System.Id] DESC"}
    async with client_of(await world()) as client:
        found = (await client.post("Platform/_apis/wit/wiql", json=text)).json()
        file = (await client.post("_apis/wit/attachments?fileName=a", content=b"x")).json()
    assert wit.problems("WorkItemQueryResult", found) == []
    assert [row["id"] for row in found["workItems"]] == [2, 1]
    assert wit.problems("AttachmentReference", file) == []


async def test_events_and_subscriptions_are_as_published(
    wit: Definitions, hooks: Definitions
) -> None:
    sim = AzureDevOpsSimulator()
    made = sim.subscribe("https://hub.example/hook", "hub", "secret")
    number = sim.person_creates("Bug", "T")
    sim.person_comments(number, "c")
    sim.person_deletes(number)
    receiver = Receiver()
    async with receiver.client() as client:
        await sim.deliver(client)
    async with client_of(sim) as api:
        url = f"_apis/hooks/subscriptions/{made[0].id}"
        subscription = (await api.get(url)).json()
        notification = (await api.get(f"{url}/notifications/1")).json()
        consumer = (await api.get("_apis/hooks/consumers/webHooks")).json()
    extra = ("subscriptionId", "notificationId")
    assert [hooks.problems("Event", body, also=extra) for body in receiver.bodies] == [[]] * 4
    for body in receiver.bodies:
        name = "WorkItemUpdate" if body["eventType"] == "workitem.updated" else "WorkItem"
        assert wit.problems(name, body["resource"], also=("revision",)) == []
    assert hooks.problems("Subscription", subscription) == []
    event = notification["details"].pop("event")
    assert hooks.problems("Notification", notification) == []
    assert hooks.problems("Event", event, also=extra) == []
    assert hooks.problems("Consumer", consumer) == []


def test_the_resolver_finds_a_wrong_type_and_an_unknown_property(wit: Definitions) -> None:
    assert wit.problems("WorkItem", {"id": "1"})
    assert wit.problems("WorkItem", {"commentId": 1})
