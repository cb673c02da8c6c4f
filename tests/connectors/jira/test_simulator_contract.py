"""Answers and addresses against the vendor's published description, texts against its schema."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft4Validator

from connectors.jira.simulator import JiraSimulator, adf
from connectors.jira.simulator.api.app import JiraApi
from connectors.jira.simulator.wiki import from_wiki, to_wiki
from tests.connectors.jira.jira_world import (
    Contract,
    Receiver,
    api_client,
    make,
    new_issue,
    text_document,
)
from tests.contracts import need_contracts

ONE = "/rest/api/3/issue/10001"
TARGET = {"url": "https://desk.example/1", "title": "Ticket 1"}
LINK = {
    "type": {"name": "Relates"},
    "inwardIssue": {"id": "10001"},
    "outwardIssue": {"id": "10002"},
}
APP_HOOK = {"events": ["jira:issue_created"], "jqlFilter": "project = DEMO"}
_OURS = ("/rest/webhooks/", "/rest/api/3/webhook")

CASES: list[tuple[str, str, Any, str]] = [
    ("POST", "issue", new_issue(), "CreatedIssue"),
    ("POST", "issue/bulk", {"issueUpdates": [new_issue(), {"fields": {}}]}, "CreatedIssues"),
    ("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["10001", "7"]}, "BulkIssueResults"),
    ("GET", "issue/10001?expand=changelog,transitions,names,renderedFields", None, "IssueBean"),
    ("GET", "issue/10001/editmeta", None, "IssueUpdateMetadata"),
    ("GET", "issue/10001/transitions?expand=transitions.fields", None, "Transitions"),
    ("GET", "issue/10001/changelog?maxResults=1", None, "PageBeanChangelog"),
    ("POST", "changelog/bulkfetch", {"issueIdsOrKeys": ["10001"]}, "BulkChangelogResponseBean"),
    ("GET", "issue/10001/comment?expand=renderedBody", None, "PageOfComments"),
    ("POST", "issue/10001/comment", {"body": text_document("c")}, "Comment"),
    ("POST", "comment/list", {"ids": [10100]}, "PageBeanComment"),
    ("GET", "issue/10001/properties", None, "PropertyKeys"),
    ("GET", "issue/10001/properties/hub.link", None, "EntityProperty"),
    ("POST", "issue/10001/remotelink", {"object": TARGET}, "RemoteIssueLinkIdentifies"),
    ("GET", "issue/10001/remotelink", None, "[RemoteIssueLink]"),
    ("GET", "issueLinkType", None, "IssueLinkTypes"),
    ("GET", "issueLink/10000", None, "IssueLink"),
    ("GET", "attachment/10000", None, "AttachmentMetadata"),
    ("GET", "attachment/meta", None, "AttachmentSettings"),
    (
        "POST",
        "search/jql",
        {"jql": "project = DEMO", "fields": ["*all"]},
        "SearchAndReconcileResults",
    ),
    ("POST", "search/approximate-count", {"jql": "project = DEMO"}, "JQLCountResultsBean"),
    ("GET", "issue/createmeta/DEMO/issuetypes", None, "PageOfCreateMetaIssueTypes"),
    ("GET", "issue/createmeta/DEMO/issuetypes/10004", None, "PageOfCreateMetaIssueTypeWithField"),
    ("GET", "field", None, "[FieldDetails]"),
    ("GET", "issuetype", None, "[IssueTypeDetails]"),
    ("GET", "status", None, "[StatusDetails]"),
    ("GET", "statuses/search", None, "PageOfStatuses"),
    ("GET", "statuscategory", None, "[StatusCategory]"),
    ("GET", "priority/search", None, "PageBeanPriority"),
    ("GET", "resolution", None, "[Resolution]"),
    ("GET", "resolution/search", None, "PageBeanResolutionJsonBean"),
    ("GET", "label", None, "PageBeanString"),
    ("GET", "project/search", None, "PageBeanProject"),
    ("GET", "project/DEMO", None, "Project"),
    ("GET", "project/DEMO/statuses", None, "[IssueTypeWithStatus]"),
    ("GET", "project/DEMO/components", None, "[ProjectComponent]"),
    ("GET", "project/DEMO/versions", None, "[Version]"),
    ("GET", "project/DEMO/version?maxResults=1", None, "PageBeanVersion"),
    ("POST", "version", {"name": "2.0", "projectId": 10000}, "Version"),
    ("GET", "myself", None, "User"),
    ("GET", "user/search?query=ana", None, "[User]"),
    ("GET", "mypermissions?permissions=EDIT_ISSUES", None, "Permissions"),
    ("GET", "serverInfo", None, "ServerInformation"),
]


@pytest.fixture
def contract() -> Contract:
    return Contract(need_contracts("jira"))


async def living(sim: JiraSimulator, api: httpx.AsyncClient) -> None:
    """A site in which every kind of thing exists."""
    sim.add_component("Web")
    version = sim.add_version("1.4", release_date="2026-12-01")
    sim.add_version("1.5")
    field = sim.add_field("Severity", "option", ("High", "Low"))
    more = {field.id: {"value": "High"}, "fixVersions": [{"id": version.id}]}
    text = text_document("It fails.")
    await make(api, description=text, components=[{"name": "Web"}], labels=["a"], **more)
    await make(api)
    sim.person_comments("10001", text_document("c"))
    sim.person_edits("10001", {"assignee": {"accountId": sim.ana.account_id}, "labels": ["b"]})
    sim.person_attaches("10001", "a.txt", b"a")
    sim.person_links("10001", "10002")
    await api.put(f"{ONE}/properties/hub.link", json={"ticket": 7})
    link = {"globalId": "g", "relationship": "reported by", "object": TARGET}
    await api.post(f"{ONE}/remotelink", json=link | {"application": {"type": "hub", "name": "H"}})


@pytest.mark.parametrize(("method", "path", "body", "schema"), CASES)
async def test_an_answer_fits_its_schema(
    sim: JiraSimulator,
    api: httpx.AsyncClient,
    contract: Contract,
    method: str,
    path: str,
    body: Any,
    schema: str,
) -> None:
    await living(sim, api)
    answer = await api.request(method, f"/rest/api/3/{path}", json=body)
    assert answer.is_success, answer.text
    assert contract.faults(schema, answer.json()) == []


async def test_uploads_and_webhooks_of_apps_fit_their_schemas(
    sim: JiraSimulator, api: httpx.AsyncClient, contract: Contract
) -> None:
    await living(sim, api)
    token = {"X-Atlassian-Token": "no-check"}
    files = {"file": ("a.txt", b"a", "text/plain")}
    uploaded = await api.post(f"{ONE}/attachments", files=files, headers=token)
    assert contract.faults("[Attachment]", uploaded.json()) == []
    async with api_client(sim, bearer="app-test") as app:
        path = "/rest/api/3/webhook"
        url = "https://hub.example.test/in"
        made = (await app.post(path, json={"url": url, "webhooks": [APP_HOOK]})).json()
        listed = (await app.get(path)).json()
        sim.person_creates("T")
        async with Receiver(answers=[404]).client() as client:
            await sim.deliver(client)
        failed = (await app.get(f"{path}/failed")).json()
    assert contract.faults("ContainerForRegisteredWebhooks", made) == []
    assert contract.faults("PageBeanWebhook", listed) == []
    assert len(failed["values"]) == 1
    assert contract.faults("FailedWebhooks", failed) == []


async def test_refusals_fit_the_error_schema(
    sim: JiraSimulator, api: httpx.AsyncClient, contract: Contract
) -> None:
    for refused in (
        await api.get("/rest/api/3/issue/7"),
        await api.post("/rest/api/3/issue", json={"fields": {}}),
        await api.post("/rest/api/3/issue", json=[]),
    ):
        assert contract.faults("ErrorCollection", refused.json()) == []


async def test_the_checker_finds_wrong_types_and_members_too_many(contract: Contract) -> None:
    assert len(contract.faults("IssueBean", {"id": 5, "colour": "red"})) == 2


def test_every_address_of_version_3_is_one_of_the_vendors(
    sim: JiraSimulator, contract: Contract
) -> None:
    known = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/rest/api/3/")))
        for path, operations in contract.document["paths"].items()
        for method in operations
    }
    served = {
        (method, re.sub(r"\{[^}]*\}", "{}", "/".join(parts[1:])))
        for method, parts, _ in JiraApi(sim.jira).routes.entries
        if parts[0] == "api"
    }
    assert len(served) > 60
    assert served - known == set()


SAMPLES: list[list[dict[str, Any]]] = [
    [],
    from_wiki("h1. A\n\n* one\n* two\n\n# x\n\n{quote}\nsaid\n{quote}\n\n{code}\nx\n{code}")[
        "content"
    ],
    from_wiki("*b* _i_ {{c}} [l|https://x.example/] [~accountid:712020:x]\nnext")["content"],
    [{"type": "panel", "attrs": {"panelType": "info"}, "content": [adf.paragraph("p")]}],
    [{"type": "rule"}],
    [
        {
            "type": "table",
            "content": [
                {
                    "type": "tableRow",
                    "content": [{"type": "tableCell", "content": [adf.paragraph("c")]}],
                }
            ],
        }
    ],
    [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
    [{"type": "text", "text": "loose"}],
    [{"type": "heading", "content": []}],
    [{"type": "blockquote", "content": [{"type": "blockquote", "content": [adf.paragraph("x")]}]}],
    [{"type": "bulletList", "content": [adf.paragraph("no item")]}],
    [{"type": "bulletList", "content": []}],
    [{"type": "listItem", "content": [adf.paragraph("x")]}],
    [
        {
            "type": "codeBlock",
            "content": [{"type": "text", "text": "x", "marks": [{"type": "strong"}]}],
        }
    ],
    [{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "big"}]}]}],
    [{"type": "unheardOf"}],
]


@pytest.mark.parametrize("content", SAMPLES)
def test_a_document_is_refused_where_the_published_schema_refuses_it(
    content: list[dict[str, Any]],
) -> None:
    schema = json.loads((need_contracts("jira") / "adf-schema.full.json").read_text())
    document = {"type": "doc", "version": 1, "content": content}
    valid = Draft4Validator(schema).is_valid(document)
    assert (adf.breaches(document) == []) is valid


def test_markup_survives_the_way_there_and_back() -> None:
    text = (
        "h2. Title\n\n* one\n* two\n\n*bold* and [a link|https://x.example/1]\n\n{quote}said{quote}"
    )
    assert to_wiki(from_wiki(text)) == text


SHAPES = {
    "cloud-jira-issue_created.json": "jira:issue_created",
    "cloud-jira-issue_updated-resolved.json": "jira:issue_updated",
    "cloud-jira-issue_deleted.json": "jira:issue_deleted",
    "cloud-comment_created.json": "comment_created",
    "cloud-comment_updated.json": "comment_updated",
    "cloud-comment_deleted.json": "comment_deleted",
}


@pytest.mark.parametrize(("file", "event"), SHAPES.items())
async def test_a_webhook_has_the_members_of_the_captured_one(
    sim: JiraSimulator, receiver: Receiver, file: str, event: str
) -> None:
    captured = json.loads((need_contracts("jira") / "webhook-samples" / file).read_text())
    id = sim.person_creates("T", description="text")
    comment = sim.person_comments(id, text_document("c"))
    sim.person_edits_comment(id, comment, text_document("d"))
    sim.person_deletes_comment(id, comment)
    sim.person_moves_status(id, "Done", resolution={"name": "Done"})
    sim.person_deletes(id)
    async with receiver.client() as client:
        await sim.deliver(client)
    body = next(b for b in receiver.bodies() if b["webhookEvent"] == event)
    assert body.keys() == captured.keys()
    assert body["issue"].keys() == captured["issue"].keys()
    for name in ("status", "issuetype", "project"):
        ours, theirs = (b["issue"]["fields"][name].keys() for b in (body, captured))
        assert theirs - ours <= {"avatarId"}
    if event.startswith("comment"):
        assert body["issue"]["fields"].keys() == captured["issue"]["fields"].keys()
        assert body["comment"].keys() == captured["comment"].keys()
    if "changelog" in captured:
        # Only people's fields carry these two besides.
        also = {"tmpFromAccountId", "tmpToAccountId"}
        items = [b["changelog"]["items"][0].keys() - also for b in (body, captured)]
        assert items[0] == items[1]
