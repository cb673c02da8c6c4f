"""Webhooks: signatures, identifiers, retries, and bodies that are not what REST answers."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import httpx
import pytest

from connectors.jira.simulator import JiraSimulator, signature
from tests.connectors.jira.jira_world import (
    SECRET,
    URL,
    HandClock,
    Receiver,
    api_client,
    fields_of,
    make,
    text_document,
)

ADMIN = "/rest/webhooks/1.0/webhook"
APP = "/rest/api/3/webhook"


async def deliver(sim: JiraSimulator, receiver: Receiver) -> int:
    async with receiver.client() as client:
        return await sim.deliver(client)


def test_the_vendors_own_signature_comes_out() -> None:
    told = signature("It's a Secret to Everybody", b"Hello World!")
    assert told == "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


async def test_a_delivery_is_signed_over_its_raw_bytes_and_numbered(
    sim: JiraSimulator, receiver: Receiver
) -> None:
    sim.person_creates("Größe ✓")
    sim.person_creates("Second")
    assert await deliver(sim, receiver) == 2
    for request in receiver.requests:
        assert request.headers["X-Hub-Signature"] == signature(SECRET, request.content)
        assert request.headers["X-Atlassian-Webhook-Flow"] == "Primary"
        assert "X-Atlassian-Webhook-Retry" not in request.headers
    assert "Größe ✓".encode() in receiver.requests[0].content
    ids = {request.headers["X-Atlassian-Webhook-Identifier"] for request in receiver.requests}
    assert len(ids) == 2


async def test_a_webhook_without_a_secret_is_not_signed(sim: JiraSimulator) -> None:
    sim.add_webhook(URL, None)
    sim.person_creates("T")
    receiver = Receiver()
    await deliver(sim, receiver)
    assert "X-Hub-Signature" not in receiver.requests[0].headers


@pytest.mark.parametrize("status", [0, 408, 409, 425, 429, 500, 503])
async def test_a_delivery_that_was_not_taken_comes_back_under_the_same_identifier(
    sim: JiraSimulator, receiver: Receiver, clock: HandClock, status: int
) -> None:
    receiver.answers = [status] * 10
    sim.person_creates("T")
    for _ in range(8):
        await deliver(sim, receiver)
        clock.move(minutes=10)
    ids = {request.headers["X-Atlassian-Webhook-Identifier"] for request in receiver.requests}
    retries = [request.headers.get("X-Atlassian-Webhook-Retry") for request in receiver.requests]
    assert len(ids) == 1
    assert retries == [None, "1", "2", "3", "4", "5"]
    assert len(sim.given_up_deliveries) == 1


async def test_a_refusal_for_good_is_not_retried(
    sim: JiraSimulator, receiver: Receiver, clock: HandClock
) -> None:
    receiver.answers = [401]
    sim.person_creates("T")
    await deliver(sim, receiver)
    clock.move(hours=1)
    assert await deliver(sim, receiver) == 0
    assert len(sim.given_up_deliveries) == 1


async def test_deliveries_repeat_get_lost_and_change_places(
    sim: JiraSimulator, receiver: Receiver
) -> None:
    sim.duplicate_rate, sim.drop_webhooks, sim.reorder = 1.0, 1, True
    ids = [sim.person_creates(f"T{number}") for number in range(6)]
    await deliver(sim, receiver)
    marks = [r.headers["X-Atlassian-Webhook-Identifier"] for r in receiver.requests]
    assert (len(marks), len(set(marks))) == (10, 5)
    seen = list(dict.fromkeys(body["issue"]["id"] for body in receiver.bodies()))
    assert set(seen) == set(ids[1:])
    assert seen != ids[1:]


async def test_bodies_speak_version_2_and_hide_addresses(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    sim.hide_emails = False
    sim.site_zone = timezone(timedelta(hours=-7))
    id = await make(api, description=text_document("It fails."))
    await deliver(sim, receiver)
    (body,) = receiver.bodies()
    fields = body["issue"]["fields"]
    assert fields["description"] == "It fails."
    assert "/rest/api/2/" in body["issue"]["self"]
    assert fields["created"] == "2026-11-22T05:00:00.000-0700"
    assert "emailAddress" not in body["user"]
    assert "emailAddress" in (await fields_of(api, id))["reporter"]
    assert body["timestamp"] == 1795348800000


async def test_a_new_issue_carries_a_changelog_that_is_no_edit(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    await make(api)
    await deliver(sim, receiver)
    (body,) = receiver.bodies()
    assert body["issue_event_type_name"] == "issue_created"
    items = {item["fieldId"]: item for item in body["changelog"]["items"]}
    assert (items["summary"]["from"], items["summary"]["toString"]) == (None, "Export fails")


async def test_an_edit_tells_what_changed_and_how_it_is_called(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    id = await make(api)
    sim.person_moves_status(id, "Done", resolution={"name": "Done"})
    sim.person_edits(id, {"assignee": {"accountId": sim.ana.account_id}})
    sim.person_edits(id, {"summary": "New"})
    await deliver(sim, receiver)
    bodies = receiver.bodies()[1:]
    names = [body["issue_event_type_name"] for body in bodies]
    assert names == ["issue_generic", "issue_assigned", "issue_updated"]
    by_field = {item["fieldId"]: item for item in bodies[0]["changelog"]["items"]}
    assert by_field["status"]["toString"] == "Done"
    assert by_field["resolution"]["to"] == "10000"
    (assigned,) = bodies[1]["changelog"]["items"]
    assert assigned["tmpToAccountId"] == sim.ana.account_id
    assert bodies[0]["user"]["accountId"] == sim.ana.account_id
    log = (await api.get(f"/rest/api/3/issue/{id}/changelog")).json()["values"]
    assert [entry["id"] for entry in log] == [body["changelog"]["id"] for body in bodies]
    assert "tmpToAccountId" not in log[1]["items"][0]


async def test_an_edit_that_changes_nothing_sends_nothing(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    id = await make(api)
    await api.put(f"/rest/api/3/issue/{id}", json={"fields": {"summary": "Export fails"}})
    assert await deliver(sim, receiver) == 1


async def test_a_move_tells_the_old_key_and_the_new(sim: JiraSimulator, receiver: Receiver) -> None:
    sim.add_project("OPS", "Operations")
    id = sim.person_creates("T")
    sim.person_moves_project(id, "OPS")
    await deliver(sim, receiver)
    body = receiver.bodies()[-1]
    assert body["issue_event_type_name"] == "issue_moved"
    key = next(item for item in body["changelog"]["items"] if item["field"] == "Key")
    assert (key["fromString"], key["toString"]) == ("DEMO-1", "OPS-1")
    assert (body["issue"]["id"], body["issue"]["key"]) == (id, "OPS-1")


async def test_a_comment_event_has_few_fields_and_no_user_at_the_top(
    sim: JiraSimulator, receiver: Receiver
) -> None:
    id = sim.person_creates("T")
    comment = sim.person_comments(id, text_document("Seen."))
    sim.person_edits_comment(id, comment, text_document("Done."))
    sim.person_deletes_comment(id, comment)
    await deliver(sim, receiver)
    names = ["comment_created", "comment_updated", "comment_deleted"]
    assert receiver.events()[1:] == names
    for body in receiver.bodies()[1:]:
        assert "user" not in body
        expected = {"summary", "issuetype", "project", "assignee", "priority", "status"}
        assert body["issue"]["fields"].keys() == expected
    assert receiver.bodies()[-1]["comment"]["body"] == "Done."


async def test_a_comment_may_also_come_as_an_update_of_the_issue(
    sim: JiraSimulator, receiver: Receiver
) -> None:
    sim.comment_updates_issue = True
    sim.person_comments(sim.person_creates("T"), text_document("Seen."))
    await deliver(sim, receiver)
    assert receiver.events()[1:] == ["comment_created", "jira:issue_updated"]
    comment, update = receiver.bodies()[1:]
    assert update["comment"]["id"] == comment["comment"]["id"]


async def test_a_link_event_has_numbers_and_no_keys(sim: JiraSimulator, receiver: Receiver) -> None:
    first, second = sim.person_creates("A"), sim.person_creates("B")
    sim.person_links(first, second)
    await deliver(sim, receiver)
    body = receiver.bodies()[-1]
    assert body["webhookEvent"] == "issuelink_created"
    link = body["issueLink"]
    assert (link["sourceIssueId"], link["destinationIssueId"]) == (int(first), int(second))
    assert not {"issue", "user"} & body.keys()


async def test_a_deletion_is_followed_by_its_parts_as_secondary_effects(
    sim: JiraSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.secondary_delay = timedelta(minutes=15)
    id, other = sim.person_creates("A"), sim.person_creates("B")
    sim.person_comments(id, text_document("c"))
    sim.person_attaches(id, "a.txt", b"a")
    sim.person_links(id, other)
    await deliver(sim, receiver)
    receiver.requests.clear()
    sim.person_deletes(id)
    await deliver(sim, receiver)
    assert receiver.events() == ["jira:issue_deleted"]
    assert receiver.bodies()[0]["issue"]["fields"]["summary"] == "A"
    clock.move(minutes=15)
    await deliver(sim, receiver)
    parts = ["comment_deleted", "attachment_deleted", "issuelink_deleted"]
    assert receiver.events()[1:] == parts
    flows = {r.headers["X-Atlassian-Webhook-Flow"] for r in receiver.requests[1:]}
    assert flows == {"Secondary"}


async def test_version_events_tell_of_dates_releases_and_merges(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    old, new = sim.add_version("1.4"), sim.add_version("1.5")
    id = await make(api, fixVersions=[{"id": old.id}])
    receiver.requests.clear()
    sim.person_edits_version(old, releaseDate="2026-12-15", released=True)
    sim.person_edits_version(old, released=False)
    sim.person_merges_versions(old, new)
    await deliver(sim, receiver)
    names = [name for name in receiver.events() if name.startswith("jira:version")]
    assert names == [
        "jira:version_created",
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_updated",
        "jira:version_unreleased",
        "jira:version_deleted",
    ]
    assert receiver.bodies()[3]["version"]["releaseDate"] == "2026-12-15"
    assert receiver.bodies()[-1]["mergedTo"]["id"] == new.id
    assert [v["id"] for v in (await fields_of(api, id))["fixVersions"]] == [new.id]


async def test_an_administrator_registers_a_webhook_and_never_sees_the_secret_again(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    body: dict[str, Any] = {
        "name": "Hub",
        "url": URL,
        "events": ["jira:issue_created"],
        "secret": SECRET,
        "filters": {"issue-related-events-section": "project = DEMO AND type = Bug"},
    }
    made = await api.post(ADMIN, json=body)
    assert (made.status_code, made.json()["isSigned"]) == (201, True)
    (listed,) = (await api.get(ADMIN)).json()
    assert SECRET not in str(listed) + made.text
    sim.person_creates("T", type="Task")
    sim.person_creates("B")
    receiver = Receiver()
    assert await deliver(sim, receiver) == 1
    sim.account.admin = False
    assert (await api.post(ADMIN, json=body)).status_code == 403
    sim.account.admin = True
    assert (await api.delete(listed["self"])).status_code == 204
    assert (await api.get(ADMIN)).json() == []


async def test_a_dynamic_webhook_is_for_apps_expires_and_is_not_signed(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    fine = {"events": ["jira:issue_created"], "jqlFilter": "project = DEMO"}
    wrong = {"events": ["issuelink_created"], "jqlFilter": "summary ~ x"}
    body = {"url": URL, "webhooks": [fine, wrong]}
    assert (await api.post(APP, json=body)).status_code == 403
    receiver = Receiver()
    async with api_client(sim, bearer="app-test") as app:
        results = (await app.post(APP, json=body)).json()["webhookRegistrationResult"]
        number = results[0]["createdWebhookId"]
        assert len(results[1]["errors"]) == 3
        sim.person_creates("T")
        await deliver(sim, receiver)
        clock.move(days=29)
        named = {"webhookIds": [number, 999]}
        assert (await app.put(f"{APP}/refresh", json=named)).status_code == 200
        clock.move(days=29)
        sim.person_creates("U")
        await deliver(sim, receiver)
        clock.move(days=2)
        sim.person_creates("V")
        await deliver(sim, receiver)
        assert (await app.request("DELETE", APP, json=named)).status_code == 202
        assert (await app.get(APP)).json()["values"] == []
    assert [b["issue"]["fields"]["summary"] for b in receiver.bodies()] == ["T", "U"]
    assert receiver.bodies()[0]["matchedWebhookIds"] == [number]
    assert "X-Hub-Signature" not in receiver.requests[0].headers


async def test_an_app_may_filter_by_field_and_ask_for_what_was_given_up(
    sim: JiraSimulator,
) -> None:
    entry = {
        "events": ["jira:issue_updated"],
        "jqlFilter": "project = DEMO",
        "fieldIdsFilter": ["status"],
    }
    receiver = Receiver(answers=[404])
    async with api_client(sim, bearer="app-test") as app:
        await app.post(APP, json={"url": URL, "webhooks": [entry]})
        id = sim.person_creates("T")
        sim.person_edits(id, {"summary": "U"})
        sim.person_moves_status(id, "In Progress")
        assert await deliver(sim, receiver) == 1
        failed = (await app.get(f"{APP}/failed")).json()["values"]
    assert [entry["url"] for entry in failed] == [URL]


async def test_a_property_and_a_remote_link_tell_as_much_as_is_known(
    sim: JiraSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    id = await make(api)
    await api.put(f"/rest/api/3/issue/{id}/properties/hub.link", json={"ticket": 7})
    target = {"url": "https://desk.example/1", "title": "Ticket 1"}
    path = f"/rest/api/3/issue/{id}/remotelink"
    await api.post(path, json={"globalId": "a", "object": target})
    sim.remote_link_updates_issue = True
    await api.post(path, json={"globalId": "b", "object": target})
    await deliver(sim, receiver)
    names = ["jira:issue_created", "issue_property_set", "jira:issue_updated"]
    assert receiver.events() == names


async def test_deliveries_run_in_the_background(sim: JiraSimulator, receiver: Receiver) -> None:
    async with receiver.client() as client, sim.running(client, interval_s=0) as running:
        sim.person_creates("T")
        while running.pending_deliveries or not receiver.requests:
            await running.deliver(client)
    assert receiver.events() == ["jira:issue_created"]
