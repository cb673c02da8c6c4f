"""Threads and messages."""

from __future__ import annotations

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator

ROOT = "/conversations/v3/conversations"


async def test_a_ticket_without_conversation_has_no_thread(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket, other = sim.person_creates_ticket(), sim.person_creates_ticket()
    sim.customer_writes(other, "Hello")
    body = (await api.get(f"{ROOT}/threads?associatedTicketId={ticket}")).json()
    assert body["results"] == []
    (thread,) = (await api.get(f"{ROOT}/threads?associatedTicketId={other}")).json()["results"]
    assert thread["threadAssociations"] == {"associatedTicketId": other}


@pytest.mark.parametrize(
    "root", [ROOT, "/conversations/conversations/2026-03", "/conversations/conversations/2026-09"]
)
async def test_customer_and_agent_messages_are_told_apart(
    sim: HubSpotSimulator, api: httpx.AsyncClient, root: str
) -> None:
    ticket = sim.person_creates_ticket()
    file_id = sim.person_uploads("shot.png", b"png", "image/png")
    sim.customer_writes(ticket, "Broken", attachments=[file_id])
    sim.agent_replies(ticket, "We look into it")
    thread = next(iter(sim.threads))
    first, second = (await api.get(f"{root}/threads/{thread}/messages")).json()["results"]
    assert (first["direction"], first["createdBy"][:2]) == ("INCOMING", "V-")
    assert (second["direction"], second["createdBy"]) == ("OUTGOING", "A-9001")
    assert second["client"] == {"clientType": "HUBSPOT"}
    (attachment,) = first["attachments"]
    assert (attachment["fileId"], attachment["fileUsageType"]) == (file_id, "IMAGE")
    assert (await api.get(attachment["url"])).content == b"png"


async def test_a_comment_and_a_message_by_api_differ_only_by_type_and_carry_the_app(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "Broken")
    thread = next(iter(sim.threads))
    path = f"{ROOT}/threads/{thread}/messages"
    public = {
        "type": "MESSAGE",
        "text": "It is fixed",
        "senderActorId": "A-9001",
        "channelId": "1002",
        "channelAccountId": "424",
        "recipients": [
            {
                "deliveryIdentifiers": [
                    {"type": "HS_EMAIL_ADDRESS", "value": "ana@client.example"}
                ],
                "recipientField": "TO",
            }
        ],
    }
    posted = await api.post(path, json=public)
    comment = await api.post(path, json={"type": "COMMENT", "text": "Internal"})
    assert (posted.status_code, comment.status_code) == (201, 201)
    app = {"clientType": "INTEGRATION", "integrationAppId": 1357911}
    assert [m.client for m in sim.threads[thread].messages[1:]] == [app, app]
    assert posted.json()["recipients"][0]["deliveryIdentifier"]["value"] == "ana@client.example"
    without = {"type": "MESSAGE", "text": "To nobody"}
    assert (await api.post(path, json=without)).status_code == 400
    assert len(sim.threads[thread].messages) == 3


async def test_a_long_message_comes_back_cut_with_the_rest_elsewhere(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.truncate_messages_at = 5
    ticket = sim.person_creates_ticket()
    message = sim.customer_writes(ticket, "Hello world")
    thread = next(iter(sim.threads))
    path = f"{ROOT}/threads/{thread}/messages/{message}"
    body = (await api.get(path)).json()
    assert (body["text"], body["truncationStatus"]) == ("Hello", "TRUNCATED")
    assert (await api.get(f"{path}/original-content")).json()["text"] == "Hello world"


async def test_a_customer_reopens_a_closed_thread(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    sim.subscribe_all()
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "Hello")
    thread = next(iter(sim.threads))
    body = (await api.patch(f"{ROOT}/threads/{thread}", json={"status": "CLOSED"})).json()
    assert (body["status"], body["closedAt"] is None) == ("CLOSED", False)
    sim.customer_writes(ticket, "Again")
    assert sim.threads[thread].status == "OPEN"
    changes = [
        event["propertyValue"]
        for event in sim.pending_events
        if event["subscriptionType"] == "conversation.propertyChange"
    ]
    assert changes == ["CLOSED", "OPEN"]


async def test_actors_tell_agents_from_visitors(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "Hello")
    visitor = f"V-{next(iter(sim.contacts))}"
    body = {"inputs": ["A-9001", visitor]}
    answer = (await api.post(f"{ROOT}/actors/batch/read", json=body)).json()
    assert [actor["type"] for actor in answer["results"]] == ["AGENT", "VISITOR"]
    assert (await api.get(f"{ROOT}/actors/A-1")).status_code == 404


async def test_a_merged_tickets_thread_belongs_to_the_successor(
    sim: HubSpotSimulator, api: httpx.AsyncClient
) -> None:
    one, two = sim.person_creates_ticket(), sim.person_creates_ticket()
    sim.customer_writes(two, "Hello")
    new = sim.person_merges(one, two)
    body = (await api.get(f"{ROOT}/threads?associatedTicketId={new}")).json()
    assert len(body["results"]) == 1
