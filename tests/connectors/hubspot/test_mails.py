"""Mail on tickets without a conversation: read as what was said, and letters shown there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.core.known_to_customer import is_told
from bridge.core.receivers import reached
from bridge.domain.errors import Rejected
from bridge.domain.mails import Addressee, SentLetter
from bridge.domain.records import MESSAGES_HIDDEN, comments_of
from bridge.domain.texts import Audience, Releasable
from bridge.ports.roles import Want
from bridge.ports.speaking import Message
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import World, connected
from tests.connectors.hubspot.hub_world import HandClock

TALK = Want(comments=True)
ANA = "ana@client.example"


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock, emails=True) as world:
        yield world


def filed(sim: HubSpotSimulator, *addresses: str) -> str:
    ticket = sim.person_creates_ticket()
    for each in addresses:
        sim.person_names_contact(ticket, sim.add_contact(each, "Ana", "Klein"))
    return ticket


async def said(world: World, ticket: str) -> list[tuple[str, bool, bool]]:
    """What the ticket's messages say, whether they came in, and whether they are the hub's own.

    Read alone and read among many it is the same.
    """
    alone = await world.helpdesk.fetch_ticket(ticket, TALK)
    [many] = await world.helpdesk.fetch_tickets([ticket], TALK)
    assert comments_of(alone) == comments_of(many)
    assert alone.value(MESSAGES_HIDDEN) == many.value(MESSAGES_HIDDEN)
    return [(each.html, each.inbound, each.own) for each in comments_of(alone)]


async def test_mail_is_what_was_said_where_there_is_no_conversation(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA)
    sim.mail_is_logged(ticket, "We look into it.")
    clock.move(minutes=1)
    sim.customer_mails(ticket, "Thank you", ANA)
    for direction, status in (("EMAIL", "BOUNCED"), ("FORWARDED_EMAIL", "SENT")):
        sim.mail_is_logged(
            ticket, "Nobody read it", hs_email_direction=direction, hs_email_status=status
        )
    mails = [("<p>We look into it.</p>", False, False), ("<p>Thank you</p>", True, False)]
    assert await said(world, ticket) == mails
    seen = await world.helpdesk.fetch_ticket(ticket, TALK)
    assert seen.value(MESSAGES_HIDDEN) is False
    # HubSpot keeps a conversation's messages as mail too: they are not counted twice. What was
    # told before it began was told.
    clock.move(minutes=1)
    sim.customer_mails(ticket, "Here I am", ANA)
    clock.move(seconds=1)
    sim.customer_writes(ticket, "Here I am")
    sim.mail_is_logged(ticket, "Copy of an answer")
    assert await said(world, ticket) == [*mails, ("<p>Here I am</p>", True, False)]


async def test_mail_names_the_contact_who_wrote_it_and_asks_for_addresses_once_an_hour(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    def asked() -> int:
        ways = [each.url.path for each in world.requests]
        return sum("/objects/" in e and e.endswith("/contacts/batch/read") for e in ways)

    ticket = filed(sim, ANA, "bo@client.example")
    people = sim.tickets[ticket].linked("contacts")
    sim.customer_mails(ticket, "Any news?", "Bo@Client.example")
    seen = await world.helpdesk.fetch_ticket(ticket, TALK)
    bo = next(each.id for each in people if each.properties["email"] != ANA)
    assert reached(seen, last=True) == (bo,)
    clock.move(minutes=5)
    sim.customer_mails(ticket, "And I?", ANA)
    clock.move(minutes=5)
    assert reached(await world.helpdesk.fetch_ticket(ticket, TALK), last=True) != (bo,)
    # Whose mail a stranger's is nobody knows: it may be for any of them.
    sim.customer_mails(ticket, "Me too", "eve@elsewhere.example")
    [seen] = await world.helpdesk.fetch_tickets([ticket], TALK)
    assert [each.contact != "" for each in comments_of(seen)] == [True, True, False]
    assert set(reached(seen, last=True) or ()) == {each.id for each in people}
    assert asked() == 1
    clock.move(minutes=60)
    # Without the right all else is read as before.
    sim.withheld_scopes = {"crm.objects.contacts.read"}
    seen = await world.helpdesk.fetch_ticket(ticket, TALK)
    assert [each.contact for each in comments_of(seen)] == ["", "", ""]


async def test_mail_of_another_app_tells_the_customer_nothing(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA)
    sim.mail_is_logged(ticket, "We received your request", app="990017")
    clock.move(minutes=1)
    sim.mail_is_logged(ticket, "We look into it.")
    seen = await world.helpdesk.fetch_ticket(ticket, TALK)
    told = [(each.app, is_told(each)) for each in comments_of(seen)]
    assert told == [(True, False), (False, True)]


async def test_mail_is_left_out_where_it_may_not_be_read_or_nobody_asked_for_it(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA)
    sim.mail_is_logged(ticket, "We look into it.")
    async with connected(sim, clock) as other:
        assert await said(other, ticket) == []
        seen = await other.helpdesk.fetch_ticket(ticket, TALK)
        assert seen.value(MESSAGES_HIDDEN) is True
        assert not [each for each in other.requests if "emails" in str(each.url)]
    sim.withheld_scopes = {"sales-email-read"}
    assert await said(world, ticket) == []
    assert world.connection.missing_scopes == ("sales-email-read",)


async def test_sweep_finds_a_mail_once_and_goes_on_without_the_right(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA)
    since, cursor = clock.now, None
    found: list[str] = []
    clock.move(minutes=10)
    sim.customer_mails(ticket, "Any news?", ANA)
    for withheld in ("", "", "sales-email-read"):
        clock.move(minutes=1)
        sim.withheld_scopes = {withheld}
        more = True
        while more:
            page = await world.helpdesk.list_changed(cursor, since, TALK)
            cursor, more, found = page.cursor, page.more, [*found, *page.changed_ids]
    assert found == [ticket]


async def test_letter_is_for_the_one_contact_or_whoever_was_chosen_or_wrote_last(
    sim: HubSpotSimulator, world: World
) -> None:
    ask = world.helpdesk.addressee
    assert await ask(filed(sim, ANA), ()) == Addressee(ANA, "Ana Klein")
    two = filed(sim, "bo@client.example", "cy@client.example")
    with pytest.raises(Rejected, match="choose who receives it"):
        await ask(two, ())
    bo, cy = (each.id for each in sim.contacts.values() if each.properties["email"] != ANA)
    assert (await ask(two, (cy,))).address == "cy@client.example"
    sim.customer_mails(two, "Any news?", "Bo@client.example")
    assert (await ask(two, ())).address == "bo@client.example"
    assert (await ask(two, (bo,))).address == "bo@client.example"
    for nobody in (filed(sim), filed(sim, "")):
        with pytest.raises(Rejected):
            await ask(nobody, ())


async def test_letter_is_shown_once_and_another_of_the_same_words_too(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA)
    html = Releasable("<p>It is <b>done</b>.</p>", Audience.CUSTOMER, "")
    subject = Releasable("Re: Export", Audience.CUSTOMER, "")
    letter = SentLetter(html, subject, "support@acme.com", clock.now)
    id = await world.helpdesk.show_letter(ticket, letter)
    assert await world.helpdesk.show_letter(ticket, letter) == id
    again = SentLetter(letter.html, letter.subject, letter.sender, clock.now + timedelta(hours=1))
    assert await world.helpdesk.show_letter(ticket, again) != id
    assert await said(world, ticket) == [("<p>It is <strong>done</strong>.</p>", False, True)] * 2
    shown = sim.portal.crm.shelves["emails"][id].properties
    assert (shown["hs_email_from_email"], shown["hs_email_to_email"]) == ("support@acme.com", ANA)


async def test_letter_is_shown_as_for_whom_it_was_though_somebody_else_wrote_since(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    ticket = filed(sim, ANA, "bo@client.example")
    sim.customer_mails(ticket, "Any news?", ANA)
    clock.move(minutes=1)
    html = Releasable("<p>It is done.</p>", Audience.CUSTOMER, "")
    subject = Releasable("Re: Export", Audience.CUSTOMER, "")
    letter = SentLetter(html, subject, "support@acme.com", clock.now)
    clock.move(minutes=1)
    sim.customer_mails(ticket, "And I?", "bo@client.example")
    id = await world.helpdesk.show_letter(ticket, letter)
    shown = sim.portal.crm.shelves["emails"][id].properties
    assert shown["hs_email_to_email"] == ANA
    # And the same words for somebody else are not taken for theirs.
    ana, bo = (each.id for each in sim.contacts.values())
    begun = clock.now - timedelta(hours=1)
    for whom, found in ((bo, None), (ana, id)):
        message = Message(html.value, "tb-1", (whom,))
        spoken = await world.helpdesk.find_said(ticket, message, begun)
        assert (None if spoken is None else spoken.id) == found
