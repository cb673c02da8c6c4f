"""Webhooks out: shape, signatures, batches, retries, loss and disorder."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from connectors.hubspot.simulator.signing import sign_v1, sign_v2, sign_v3
from tests.connectors.hubspot.hub_world import NOON, SECRET, HandClock, Receiver

NOON_MS = int(NOON.timestamp() * 1000)
URL = "https://hub.example.test/webhooks/hubspot"


def of_type(sim: HubSpotSimulator, name: str) -> list[dict[str, Any]]:
    return [event for event in sim.pending_events if event["subscriptionType"] == name]


async def test_a_property_change_by_a_person_has_the_documented_shape(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    ticket = sim.person_creates_ticket()
    async with receiver.client() as client:
        await sim.deliver(client)
        sim.person_edits_ticket(ticket, by=9007, hs_pipeline_stage="3")
        assert await sim.deliver(client) == 1
    (event,) = receiver.batches()[-1]
    assert isinstance(event.pop("eventId"), int)
    assert isinstance(event.pop("subscriptionId"), int)
    assert event == {
        "portalId": 24680135,
        "appId": 1357911,
        "occurredAt": NOON_MS,
        "subscriptionType": "ticket.propertyChange",
        "attemptNumber": 0,
        "objectId": int(ticket),
        "propertyName": "hs_pipeline_stage",
        "propertyValue": "3",
        "changeSource": "CRM_UI",
        "sourceId": "userId:9007",
    }


async def test_a_write_by_the_app_comes_back_as_an_event_with_its_own_id(
    sim: HubSpotSimulator, receiver: Receiver, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    path = f"/crm/v3/objects/tickets/{ticket}"
    await api.patch(path, json={"properties": {"hs_ticket_priority": ""}})
    event = of_type(sim, "ticket.propertyChange")[-1]
    assert (event["changeSource"], event["sourceId"]) == ("INTEGRATION", "1357911")
    assert event["propertyValue"] == ""


async def test_dates_are_iso_in_the_api_and_milliseconds_in_events(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    sim.add_property("tickets", "work_eta", "date", "date")
    ticket = sim.person_creates_ticket()
    sim.subscribe_all()
    sim.person_edits_ticket(ticket, work_eta="2026-11-30")
    assert sim.tickets[ticket].properties["work_eta"] == "2026-11-30"
    assert of_type(sim, "ticket.propertyChange")[-1]["propertyValue"] == "1795996800000"


async def test_the_life_of_a_ticket_is_announced(sim: HubSpotSimulator, receiver: Receiver) -> None:
    one, two = sim.person_creates_ticket(), sim.person_creates_ticket()
    sim.person_deletes(two)
    sim.person_restores(two)
    new = sim.person_merges(one, two)
    assert [e["objectId"] for e in of_type(sim, "ticket.creation")] == [int(one), int(two)]
    assert of_type(sim, "ticket.deletion")[0]["changeFlag"] == "DELETED"
    assert of_type(sim, "ticket.restore")[0]["changeFlag"] == "RESTORED"
    (merged,) = of_type(sim, "ticket.merge")
    assert "objectId" not in merged
    assert (merged["primaryObjectId"], merged["mergedObjectIds"]) == (int(one), [int(two)])
    assert merged["newObjectId"] == int(new)


async def test_a_company_associated_later_is_announced_from_both_ends(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    ticket, company = sim.person_creates_ticket(), sim.add_company("Acme")
    sim.person_associates(ticket, company)
    (event,) = of_type(sim, "ticket.associationChange")
    assert event["associationType"] == "TICKET_TO_COMPANY"
    assert (event["fromObjectId"], event["toObjectId"]) == (int(ticket), int(company))
    assert (event["associationRemoved"], event["isPrimaryAssociation"]) == (False, True)
    assert event["changeSource"] == "USER"
    assert of_type(sim, "company.associationChange")[0]["associationType"] == "COMPANY_TO_TICKET"
    sim.person_dissociates(ticket, company)
    assert of_type(sim, "ticket.associationChange")[-1]["associationRemoved"] is True


async def test_notes_are_not_announced(sim: HubSpotSimulator, receiver: Receiver) -> None:
    ticket = sim.person_creates_ticket()
    before = len(sim.pending_events)
    sim.person_adds_note(ticket, "<p>Nobody will know</p>")
    assert len(sim.pending_events) == before


async def test_a_message_is_announced_without_its_text(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    ticket = sim.person_creates_ticket()
    message = sim.customer_writes(ticket, "It fails again")
    sim.agent_comments(ticket, "internal")
    first, second = of_type(sim, "conversation.newMessage")
    assert (first["messageId"], first["messageType"]) == (message, "MESSAGE")
    assert second["messageType"] == "COMMENT"
    assert "It fails again" not in str(sim.pending_events)


async def test_a_generic_subscription_names_the_object_type(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    sim.subscribe("object.propertyChange", "subject", "0-5")
    sim.add_company("Acme")
    sim.person_creates_ticket("S")
    (event,) = sim.pending_events
    assert (event["subscriptionType"], event["objectTypeId"]) == ("object.propertyChange", "0-5")


async def test_unsubscribed_and_unsubscribable_properties_are_silent(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    sim.add_property("tickets", "later")
    ticket = sim.person_creates_ticket()
    before = len(sim.pending_events)
    sim.person_edits_ticket(ticket, later="x")
    assert len(sim.pending_events) == before
    names = {event.get("propertyName") for event in sim.pending_events}
    assert "hs_lastmodifieddate" not in names


async def test_posts_are_signed_over_the_configured_uri(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    sim.webhook_url = f"{URL}?src=a%3Ab"
    sim.person_creates_ticket("Zürich \u2013 naïve")
    async with receiver.client() as client:
        await sim.deliver(client)
    request = receiver.requests[0]
    headers, body = request.headers, request.content
    assert headers["X-HubSpot-Request-Timestamp"] == str(NOON_MS)
    wanted = sign_v3(SECRET, "POST", f"{URL}?src=a:b", body, NOON_MS)
    assert headers["X-HubSpot-Signature-v3"] == wanted
    assert headers["X-HubSpot-Signature"] == sign_v1(SECRET, body)
    assert headers["X-HubSpot-Signature-Version"] == "v1"
    as_seen_behind_a_proxy = sign_v3(SECRET, "POST", "http://127.0.0.1:8080/", body, NOON_MS)
    assert headers["X-HubSpot-Signature-v3"] != as_seen_behind_a_proxy


async def test_more_than_a_hundred_events_travel_in_several_posts(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    sim.property_events_on_creation = False
    for _ in range(205):
        sim.person_creates_ticket()
    async with receiver.client() as client:
        assert await sim.deliver(client) == 3
    assert sorted(len(batch) for batch in receiver.batches()) == [5, 100, 100]
    assert sim.pending_events == []


async def test_a_failed_batch_comes_again_with_the_next_attempt_number(
    sim: HubSpotSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.retry_delays = (timedelta(seconds=10), timedelta(seconds=20))
    receiver.answers = [httpx.Response(503), httpx.Response(503)]
    ticket = sim.person_creates_ticket()
    async with receiver.client() as client:
        assert await sim.deliver(client) == 1
        assert await sim.deliver(client, now=clock.now + timedelta(seconds=9)) == 0
        assert await sim.deliver(client, now=clock.now + timedelta(seconds=10)) == 1
        assert await sim.deliver(client, now=clock.now + timedelta(seconds=30)) == 1
    attempts = [{event["attemptNumber"] for event in batch} for batch in receiver.batches()]
    assert attempts == [{0}, {1}, {2}]
    ids = [{event["eventId"] for event in batch} for batch in receiver.batches()]
    assert ids[0] == ids[1] == ids[2]
    assert receiver.batches()[2][0]["objectId"] == int(ticket)
    assert sim.pending_events == []


async def test_a_lost_connection_is_retried_and_given_up_in_the_end(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    sim.retry_delays = (timedelta(0),)
    sim.person_creates_ticket()
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as client:
        assert await sim.deliver(client) == 1
        assert sim.pending_events[0]["attemptNumber"] == 1
        assert await sim.deliver(client) == 1
    assert sim.pending_events == []
    assert sim.given_up_events


@pytest.mark.parametrize(("dial", "pending"), [(False, False), (True, True)])
async def test_a_4xx_is_retried_only_where_the_dial_says_so(
    sim: HubSpotSimulator, receiver: Receiver, dial: bool, pending: bool
) -> None:
    sim.retry_on_4xx = dial
    receiver.answers = [httpx.Response(404)]
    sim.person_creates_ticket()
    async with receiver.client() as client:
        await sim.deliver(client)
    assert bool(sim.pending_events) is pending
    assert bool(sim.given_up_events) is not pending


async def test_retry_after_of_a_429_is_respected(
    sim: HubSpotSimulator, receiver: Receiver, clock: HandClock
) -> None:
    sim.retry_delays = (timedelta(seconds=1),)
    receiver.answers = [httpx.Response(429, headers={"Retry-After": "60"})]
    sim.person_creates_ticket()
    async with receiver.client() as client:
        await sim.deliver(client)
        assert await sim.deliver(client, now=clock.now + timedelta(seconds=59)) == 0
        assert await sim.deliver(client, now=clock.now + timedelta(seconds=60)) == 1


async def test_dropped_events_never_arrive(sim: HubSpotSimulator, receiver: Receiver) -> None:
    sim.property_events_on_creation = False
    sim.drop_webhooks = 1
    lost, kept = sim.person_creates_ticket(), sim.person_creates_ticket()
    assert [event["objectId"] for event in sim.pending_events] == [int(kept)]
    assert lost in sim.tickets


async def test_duplicates_and_disorder_follow_the_seed(clock: HandClock) -> None:
    async def sent(seed: int) -> list[int]:
        sim = HubSpotSimulator(seed=seed, clock=clock)
        sim.subscribe_all()
        sim.webhook_url = URL
        sim.duplicate_rate, sim.reorder = 0.5, True
        receiver = Receiver()
        for _ in range(5):
            sim.person_creates_ticket()
        async with receiver.client() as client:
            await sim.deliver(client)
        return [event["eventId"] for batch in receiver.batches() for event in batch]

    first = await sent(1)
    assert first == await sent(1) != await sent(2)
    assert len(first) > len(set(first))
    assert first[: len(set(first))] != sorted(set(first))


async def test_a_service_key_account_sends_nothing(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    sim.service_key_mode = True
    sim.person_creates_ticket()
    assert sim.pending_events == []


async def test_running_delivers_as_events_occur(sim: HubSpotSimulator, receiver: Receiver) -> None:
    async with receiver.client() as client, sim.running(client, flush_s=0.001):
        sim.person_creates_ticket()
        await receiver.arrived.wait()
    assert receiver.batches()[0][0]["subscriptionType"] == "ticket.creation"


async def test_subscriptions_are_managed_by_api_and_start_inactive(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    root = "/webhooks/v3/1357911"
    await api.put(f"{root}/settings", json={"targetUrl": URL})
    made = await api.post(
        f"{root}/subscriptions",
        json={"eventType": "ticket.propertyChange", "propertyName": "subject"},
    )
    assert (made.status_code, made.json()["active"]) == (201, False)
    sim.person_creates_ticket()
    assert sim.pending_events == []
    await api.patch(f"{root}/subscriptions/{made.json()['id']}", json={"active": True})
    sim.person_creates_ticket()
    assert [event["propertyName"] for event in sim.pending_events] == ["subject"]
    assert sim.webhook_url == URL
    forbidden = {"eventType": "ticket.propertyChange", "propertyName": "hs_lastmodifieddate"}
    assert (await api.post(f"{root}/subscriptions", json=forbidden)).status_code == 400


async def test_the_card_proxy_signs_the_uri_with_its_appended_parameters(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    async with receiver.client() as client:
        await sim.open_card(client, "https://hub.example.test/card?ticket=1")
    (request,) = receiver.requests
    assert "&userId=9001&portalId=24680135&userEmail=" in str(request.url)
    uri = str(request.url).replace("%40", "@")
    signed = request.headers["X-HubSpot-Signature-v3"]
    assert signed == sign_v3(SECRET, "GET", uri, b"", NOON_MS)
    assert signed != sign_v3(SECRET, "GET", "https://hub.example.test/card?ticket=1", b"", NOON_MS)


async def test_a_workflow_posts_the_object_under_v2(
    sim: HubSpotSimulator, receiver: Receiver
) -> None:
    ticket = sim.person_creates_ticket()
    async with receiver.client() as client:
        await sim.run_workflow(client, URL, ticket)
    (request,) = receiver.requests
    assert not request.content.startswith(b"[")
    assert request.headers["X-HubSpot-Signature"] == sign_v2(SECRET, "POST", URL, request.content)
    assert len(request.headers["X-HubSpot-Signature"]) == len(hashlib.sha256().hexdigest())
