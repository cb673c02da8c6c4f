"""Service hooks: payloads, retries, probation, loss."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest

from connectors.azure_devops.simulator import AzureDevOpsSimulator
from tests.connectors.azure_devops.simulator_kit import Clock, Receiver, client_of, make

URL = "http://127.0.0.1:9/hooks"


def subscribed(*events: str) -> tuple[AzureDevOpsSimulator, Clock]:
    clock = Clock()
    sim = AzureDevOpsSimulator(clock=clock)
    if events:
        sim.subscribe(URL, "hub", "secret", events)
    else:
        sim.subscribe(URL, "hub", "secret")
    return sim, clock


def body_of(**consumer: str) -> dict[str, Any]:
    return {
        "publisherId": "tfs",
        "eventType": "workitem.updated",
        "resourceVersion": "1.0",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "publisherInputs": {"projectId": ""},
        "consumerInputs": {"url": URL} | consumer,
    }


async def test_updated_payload_has_update_number_item_number_and_string_identities() -> None:
    sim, _clock = subscribed("workitem.updated")
    sim.person_creates("Bug", "target")
    number = sim.person_creates("Bug", "T")
    async with client_of(sim) as api:
        url = (await api.get("_apis/wit/workitems/1")).json()["url"]
        value = {"rel": "System.LinkTypes.Related", "url": url}
        operation = [{"op": "add", "path": "/relations/-", "value": value}]
        await api.patch(
            f"_apis/wit/workitems/{number}",
            json=operation,
            headers={"Content-Type": "application/json-patch+json"},
        )
    sim.person_edits("1", {"System.AssignedTo": "Ana Dev <ana@acme.example>"})
    receiver = Receiver()
    async with receiver.client() as client:
        await sim.deliver(client)
    last = receiver.bodies[-1]["resource"]
    assert (last["id"], last["workItemId"], last["rev"]) == (3, 1, 2)
    assert last["fields"]["System.AssignedTo"] == {"newValue": "Ana Dev <ana@acme.example>"}
    assert last["fields"]["System.Rev"] == {"oldValue": 1, "newValue": 2}
    assert last["revisedBy"]["uniqueName"] == "ana@acme.example"
    assert last["revision"]["fields"]["System.ChangedBy"] == "Ana Dev <ana@acme.example>"
    assert last["revision"]["relations"][0]["rel"] == "System.LinkTypes.Related"
    assert "relations" not in last


async def test_every_event_has_its_shape_and_basic_credential() -> None:
    sim, _clock = subscribed()
    number = sim.person_creates("Bug", "T")
    sim.person_comments(number, "<div>hello</div>")
    sim.person_deletes(number)
    sim.person_restores(number)
    receiver = Receiver()
    async with receiver.client() as client:
        assert await sim.deliver(client) == 5
    by_kind = {body["eventType"]: body for body in receiver.bodies}
    assert sorted(by_kind) == [
        "workitem.commented",
        "workitem.created",
        "workitem.deleted",
        "workitem.restored",
        "workitem.updated",
    ]
    created = by_kind["workitem.created"]["resource"]
    assert (created["id"], created["rev"]) == (1, 1)
    assert created["fields"]["System.CreatedBy"] == "Ana Dev <ana@acme.example>"
    commented = by_kind["workitem.commented"]["resource"]
    assert commented["fields"]["System.History"] == "<div>hello</div>"
    assert commented["commentVersionRef"]["commentId"] == 1
    updated = by_kind["workitem.updated"]["resource"]
    assert updated["fields"]["System.History"]["newValue"] == "<div>hello</div>"
    assert updated["rev"] == commented["rev"] == 2
    assert "/recyclebin/1" in by_kind["workitem.deleted"]["resource"]["url"]
    assert "/workItems/1" in by_kind["workitem.restored"]["resource"]["url"]
    expected = "Basic " + base64.b64encode(b"hub:secret").decode()
    assert {headers["authorization"] for headers in receiver.headers} == {expected}


async def test_editing_or_deleting_a_comment_raises_updated_only() -> None:
    sim, _clock = subscribed()
    number = sim.person_creates("Bug", "T")
    comment = sim.person_comments(number, "a")
    before = len(sim.pending_notifications)
    sim.person_edits_comment(number, comment, "b")
    sim.person_deletes_comment(number, comment)
    events = [n.event for n in sim.pending_notifications][before:]
    assert {event["eventType"] for event in sim_events(sim)[-2:]} == {"workitem.updated"}
    assert len(events) == 2
    assert sim.items[1].fields["System.CommentCount"] == 0
    assert "System.History" not in sim.items[1].fields


def sim_events(sim: AzureDevOpsSimulator) -> list[dict[str, Any]]:
    found = [n for s in sim.subscriptions for n in s.notifications]
    return [n.event for n in sorted(found, key=lambda n: n.event["resource"]["rev"])]


async def test_transient_failures_are_sent_again_up_to_eight_times() -> None:
    sim, clock = subscribed("workitem.created")
    sim.person_creates("Bug", "T")
    receiver = Receiver(*[503] * 9)
    waits = []
    async with receiver.client() as client:
        while sim.pending_notifications:
            due = sim.pending_notifications[0].due
            waits.append((due - clock.at).total_seconds())
            clock.at = due
            await sim.deliver(client)
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert len({(b["subscriptionId"], b["notificationId"]) for b in receiver.bodies}) == 1
    assert sim.subscriptions[0].status == "onProbation"


async def test_an_enduring_failure_is_not_sent_again_and_what_follows_is_lost() -> None:
    sim, clock = subscribed("workitem.created")
    sim.person_creates("Bug", "refused")
    receiver = Receiver(500)
    async with receiver.client() as client:
        await sim.deliver(client)
        assert sim.subscriptions[0].status == "onProbation"
        sim.person_creates("Bug", "lost")
        assert await sim.deliver(client) == 0
        clock.forward(minutes=20)
        sim.person_creates("Bug", "the try")
        await sim.deliver(client)
    titles = [b["resource"]["fields"]["System.Title"] for b in receiver.bodies]
    assert titles == ["refused", "the try"]
    assert sim.subscriptions[0].status == "enabled"


async def test_seven_failed_tries_disable_the_subscription() -> None:
    sim, clock = subscribed("workitem.created")
    receiver = Receiver(*[401] * 20)
    async with receiver.client() as client:
        for _ in range(12):
            sim.person_creates("Bug", "T")
            await sim.deliver(client)
            clock.forward(hours=16)
    assert len(receiver.bodies) == 8
    assert sim.subscriptions[0].status == "disabledBySystem"


async def test_requests_that_fail_together_begin_one_probation() -> None:
    sim, _clock = subscribed("workitem.created")
    for _ in range(20):
        sim.person_creates("Bug", "T")
    asked = 0

    async def refuse(_request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return httpx.Response(500)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        assert await sim.deliver(client) == asked
    (subscription,) = sim.subscriptions
    assert 1 < asked < 20
    assert (subscription.status, subscription.probation_retries) == ("onProbation", 0)
    assert not sim.pending_notifications


async def test_410_disables_at_once() -> None:
    sim, _clock = subscribed("workitem.created")
    sim.person_creates("Bug", "T")
    sim.person_creates("Bug", "T2")
    async with Receiver(410).client() as client:
        assert await sim.deliver(client) == 1
    assert sim.subscriptions[0].status == "disabledBySystem"
    assert not sim.pending_notifications


async def test_dropped_doubled_and_shuffled_deliveries_are_seeded() -> None:
    async def run() -> list[int]:
        sim, _clock = subscribed("workitem.created")
        sim.drop_hooks, sim.duplicate_rate, sim.reorder = 2, 0.5, True
        for n in range(12):
            sim.person_creates("Bug", str(n))
        receiver = Receiver()
        async with receiver.client() as client:
            await sim.deliver(client)
        return [body["resource"]["id"] for body in receiver.bodies]

    first, second = await run(), await run()
    assert first == second
    assert set(first) == set(range(3, 13))
    assert len(first) > 10
    assert list(dict.fromkeys(first)) != sorted(set(first))


async def test_subscription_by_rest_masks_the_password_but_not_the_headers() -> None:
    sim = AzureDevOpsSimulator()
    inputs = {"basicAuthUsername": "hub", "basicAuthPassword": "pw", "httpHeaders": "X-Hub:t"}
    async with client_of(sim) as api:
        made = (await api.post("_apis/hooks/subscriptions", json=body_of(**inputs))).json()
        url = f"_apis/hooks/subscriptions/{made['id']}"
        await api.put(url, json=made)
        listed = (await api.get("_apis/hooks/subscriptions?eventType=workitem.updated")).json()
        none = (await api.get("_apis/hooks/subscriptions?eventType=workitem.created")).json()
        number = await make(api)
        sim.person_edits(number["id"], {"System.Title": "changed"})
        receiver = Receiver()
        async with receiver.client() as client:
            await sim.deliver(client)
        history = (await api.get(f"{url}/notifications")).json()["value"]
        one = (await api.get(f"{url}/notifications/{history[0]['id']}")).json()
        gone = await api.delete(url)
    assert made["consumerInputs"]["basicAuthPassword"] == "********"
    assert made["consumerInputs"]["httpHeaders"] == "X-Hub:t"
    assert made["status"] == "enabled"
    assert (listed["count"], none["count"]) == (1, 0)
    assert receiver.headers[0]["authorization"].endswith(base64.b64encode(b"hub:pw").decode())
    assert receiver.headers[0]["x-hub"] == "t"
    assert (history[0]["status"], history[0]["result"]) == ("completed", "succeeded")
    assert one["details"]["event"]["eventType"] == "workitem.updated"
    assert "pw" not in one["details"]["consumerInputs"]["basicAuthPassword"]
    assert gone.status_code == 204


@pytest.mark.parametrize(
    "inputs",
    [
        {"url": "not an address"},
        {"basicAuthPassword": "with blank"},
        {"httpHeaders": "Authorization: Bearer x"},
        {"resourceDetailsToSend": "some"},
    ],
)
async def test_impossible_inputs_are_refused(inputs: dict[str, str]) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as api:
        answer = await api.post("_apis/hooks/subscriptions", json=body_of(**inputs))
    assert answer.status_code == 400


async def test_filters_and_minimal_details_are_kept() -> None:
    sim = AzureDevOpsSimulator()
    wanted = body_of(resourceDetailsToSend="minimal", messagesToSend="none")
    wanted["publisherInputs"] |= {"workItemType": "Bug", "changedFields": "System.State"}
    async with client_of(sim) as api:
        await api.post("_apis/hooks/subscriptions", json=wanted)
    bug, task = sim.person_creates("Bug", "T"), sim.person_creates("Task", "T")
    sim.person_edits(bug, {"System.Title": "other"})
    sim.person_moves_state(task, "Active")
    sim.person_moves_state(bug, "Active")
    (only,) = sim.pending_notifications
    assert sorted(only.event["resource"]) == ["id", "rev", "url", "workItemId"]
    assert "message" not in only.event


async def test_running_delivers_in_the_background() -> None:
    sim = AzureDevOpsSimulator()
    sim.delivery_interval = 0
    sim.subscribe(URL, "hub", "secret", ("workitem.created",))
    receiver = Receiver()
    async with receiver.client() as client, sim.running(client):
        sim.person_creates("Bug", "T")
        await asyncio.wait_for(receiver.arrived.wait(), 10)
    assert receiver.kinds() == ["workitem.created"]


async def test_a_slow_answer_holds_up_no_other_notification() -> None:
    sim = AzureDevOpsSimulator()
    sim.delivery_interval = 0
    sim.subscribe(URL, "hub", "secret", ("workitem.created",))
    second = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if b'"System.Title":"slow"' in request.content.replace(b": ", b":"):
            await second.wait()
        else:
            second.set()
        return httpx.Response(200)

    vendor = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=vendor) as client, sim.running(client):
        sim.person_creates("Bug", "slow")
        sim.person_creates("Bug", "fast")
        await asyncio.wait_for(second.wait(), 10)
