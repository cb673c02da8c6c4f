"""Messages to customers: where they go, in whose name, and when a person has to write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.receivers import reached
from bridge.domain.drafts import Approved
from bridge.domain.errors import Rejected, Throttled, UnknownOutcome
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Want
from bridge.ports.speaking import Message
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, connected
from tests.connectors.hubspot.hub_world import HandClock

MESSAGE = Message("<p>The fix is <b>with you</b>.</p>", "d-1")


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock, speaks_as=9002) as world:
        yield world


def asked(sim: HubSpotSimulator) -> str:
    ticket = sim.person_creates_ticket()
    sim.customer_writes(ticket, "It still fails.")
    return ticket


def body_of(world: World) -> dict[str, Any]:
    """The body of the last call that changed something."""
    found: dict[str, Any] = json.loads(
        next(each for each in reversed(world.requests) if each.method == "POST").content
    )
    return found


async def test_message_goes_by_the_channel_to_whoever_wrote_last(
    sim: HubSpotSimulator, world: World
) -> None:
    ticket = asked(sim)
    await world.helpdesk.say(ticket, MESSAGE)
    [thread] = sim.threads.values()
    email = sim.contacts[thread.contact_id].properties["email"]
    assert body_of(world) == {
        "type": "MESSAGE",
        "text": "The fix is with you.",
        "richText": "<p>The fix is <strong>with you</strong>.</p>",
        "senderActorId": "A-9002",
        "channelId": "1002",
        "channelAccountId": "424",
        "recipients": [
            {
                "deliveryIdentifiers": [{"type": "HS_EMAIL_ADDRESS", "value": email}],
                "recipientField": "TO",
            }
        ],
        "attachments": [],
    }


async def test_newest_conversation_is_written_in_and_none_in_the_bin(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = asked(sim)
    [old] = sim.threads.values()
    contact = old.contact_id
    clock.move(minutes=5)
    new = sim.portal.threads.open(ticket, contact)
    sim.portal.threads.post(
        new, type="MESSAGE", text="And here", rich_text="<p>And here</p>", created_by="V-1",
        client={"clientType": "HUBSPOT"}, direction="INCOMING", senders=old.messages[0].senders,
    )  # fmt: skip
    await world.helpdesk.say(ticket, MESSAGE)
    assert (len(old.messages), len(new.messages)) == (1, 2)
    sim.portal.threads.set_archived(new, archived=True)
    await world.helpdesk.say(ticket, MESSAGE)
    assert (len(old.messages), len(new.messages)) == (2, 2)


async def test_conversation_where_the_customer_wrote_last_is_taken_though_another_is_newer(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    """So does the hub tell who receives it; else it would be asked to approve it for ever."""
    ticket = asked(sim)
    [first] = sim.threads.values()
    ana = sim.add_contact("ana@client.example", "Ana")
    sim.person_names_contact(ticket, ana)
    clock.move(minutes=5)
    second = sim.portal.threads.open(ticket, ana)
    sim.portal.threads.post(
        second, type="MESSAGE", text="And I?", rich_text="<p>And I?</p>", created_by=f"V-{ana}",
        client={"clientType": "HUBSPOT"}, direction="INCOMING",
        senders=[{
            "actorId": f"V-{ana}",
            "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": "ana@client.example"},
        }],
    )  # fmt: skip
    clock.move(minutes=60)
    sim.portal.threads.post(
        first, type="MESSAGE", text="Soon.", rich_text="<p>Soon.</p>", created_by="A-9001",
        client={"clientType": "HUBSPOT"}, direction="OUTGOING",
    )  # fmt: skip
    seen = await world.helpdesk.fetch_ticket(ticket, Want(comments=True))
    assert reached(seen, last=True) == (ana,)
    await world.helpdesk.say(
        ticket, Message(MESSAGE.html, "d-1", approved=Approved((ana,), clock.now))
    )
    assert (len(first.messages), len(second.messages)) == (2, 2)
    assert second.messages[-1].recipients[0]["deliveryIdentifier"]["value"] == "ana@client.example"
    # Who is chosen is written to where they wrote.
    chosen = (first.contact_id,)
    await world.helpdesk.say(ticket, Message("<p>You too.</p>", "d-2", recipients=chosen))
    assert (len(first.messages), len(second.messages)) == (3, 2)


async def test_stranger_who_wrote_last_gets_nothing_until_the_ticket_names_them(
    sim: HubSpotSimulator, world: World
) -> None:
    """Whoever approved the message saw the ticket's contacts, and nobody else."""
    ticket = asked(sim)
    [thread] = sim.threads.values()
    stranger = sim.add_contact("eve@elsewhere.example", "Eve")
    sim.portal.threads.post(
        thread, type="MESSAGE", text="Me too", rich_text="<p>Me too</p>",
        created_by=f"V-{stranger}", client={"clientType": "HUBSPOT"}, direction="INCOMING",
        senders=[{
            "actorId": f"V-{stranger}",
            "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": "eve@elsewhere.example"},
        }],
    )  # fmt: skip
    with pytest.raises(Rejected, match="no contact of the ticket"):
        await world.helpdesk.say(ticket, MESSAGE)
    assert len(thread.messages) == 2
    sim.person_names_contact(ticket, stranger)
    await world.helpdesk.say(ticket, MESSAGE)
    assert len(thread.messages) == 3


async def test_assigned_agent_speaks_where_nobody_is_named(
    sim: HubSpotSimulator, clock: HandClock
) -> None:
    ticket = asked(sim)
    [thread] = sim.threads.values()
    async with connected(sim, clock) as world:
        with pytest.raises(Rejected, match="speaks_as"):
            await world.helpdesk.say(ticket, MESSAGE)
        sim.portal.threads.assign(thread, "A-9001")
        await world.helpdesk.say(ticket, MESSAGE)
    assert body_of(world)["senderActorId"] == "A-9001"


async def test_people_who_are_named_get_it_if_they_have_written(
    sim: HubSpotSimulator, world: World
) -> None:
    ticket = asked(sim)
    [thread] = sim.threads.values()
    named = Message(MESSAGE.html, "d-1", recipients=(thread.contact_id,))
    await world.helpdesk.say(ticket, named)
    assert len(body_of(world)["recipients"]) == 1
    with pytest.raises(Rejected, match="can be written to in the conversation"):
        await world.helpdesk.say(ticket, Message("<p>x</p>", "d-2", recipients=("666",)))
    assert len(thread.messages) == 2
    # A contact who has only read so far is written to where HubSpot has their mailbox.
    bo = sim.add_contact("bo@client.example", "Bo")
    sim.person_names_contact(ticket, bo)
    await world.helpdesk.say(ticket, Message("<p>x</p>", "d-3", recipients=(bo,)))
    assert [each["deliveryIdentifiers"][0]["value"] for each in body_of(world)["recipients"]] == [
        "bo@client.example"
    ]


async def test_customer_who_never_wrote_is_answered_as_the_contact_whom_the_team_wrote_to(
    sim: HubSpotSimulator, world: World
) -> None:
    ticket = sim.person_creates_ticket()
    sim.agent_replies(ticket, "We have opened a ticket for you.")
    await world.helpdesk.say(ticket, MESSAGE)
    [thread] = sim.threads.values()
    [first, said] = thread.messages
    assert said.recipients[0]["deliveryIdentifier"] == first.recipients[0]["deliveryIdentifier"]
    # Whoever else the team wrote to since, a colleague at a supplier say, is not answered.
    elsewhere = {"type": "HS_EMAIL_ADDRESS", "value": "eve@elsewhere.example"}
    first.recipients = [{"recipientField": "TO", "deliveryIdentifier": elsewhere}]
    thread.messages.remove(said)
    await world.helpdesk.say(ticket, MESSAGE)
    assert "customer-" in body_of(world)["recipients"][0]["deliveryIdentifiers"][0]["value"]
    thread.messages.pop()
    sim.person_names_contact(ticket, sim.add_contact("bo@client.example", "Bo"))
    with pytest.raises(Rejected, match="names no contact of the ticket"):
        await world.helpdesk.say(ticket, MESSAGE)


async def test_ticket_without_a_conversation_says_what_a_person_does(
    sim: HubSpotSimulator, world: World
) -> None:
    with pytest.raises(Rejected, match="write to the customer from the ticket"):
        await world.helpdesk.say(sim.person_creates_ticket(), MESSAGE)


@pytest.mark.parametrize("scope", ["conversations.read", "conversations.write"])
async def test_right_that_lacks_leaves_it_to_a_person_and_all_else_goes_on(
    sim: HubSpotSimulator, world: World, scope: str
) -> None:
    ticket = asked(sim)
    sim.withheld_scopes = {scope}
    with pytest.raises(Rejected, match=scope):
        await world.helpdesk.say(ticket, MESSAGE)
    [thread] = sim.threads.values()
    assert len(thread.messages) == 1


async def test_without_the_apps_id_nothing_is_said(sim: HubSpotSimulator, clock: HandClock) -> None:
    ticket = asked(sim)
    async with connected(sim, clock, speaks_as=9002, app_id=None) as world:
        with pytest.raises(Rejected, match="app_id"):
            await world.helpdesk.say(ticket, MESSAGE)
    assert not [each for each in world.requests if each.method == "POST"]


async def test_limit_is_no_silence(sim: HubSpotSimulator, world: World) -> None:
    ticket = asked(sim)
    sim.faults.add(Fault("^POST .*/messages", FaultKind.ANSWER, status=429))
    with pytest.raises(Throttled):
        await world.helpdesk.say(ticket, MESSAGE)


async def test_message_is_found_by_words_app_and_time(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = asked(sim)
    before = clock.now
    sim.faults.add(Fault("^POST .*/messages", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await world.helpdesk.say(ticket, MESSAGE)
    found = await world.helpdesk.find_said(ticket, MESSAGE, before)
    assert found is not None
    other = Message("<p>Something else.</p>", "d-1")
    assert await world.helpdesk.find_said(ticket, other, before) is None
    later = before + timedelta(minutes=1)
    assert await world.helpdesk.find_said(ticket, MESSAGE, later) is None
    known = Message(MESSAGE.html, "d-2", others=frozenset({found.id}))
    assert await world.helpdesk.find_said(ticket, known, before) is None
