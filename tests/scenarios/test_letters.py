"""Customers of tickets without a conversation are written to by mail, once (C14)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.drafts import DraftState
from bridge.domain.refs import TicketRef
from bridge.engine import telling
from bridge.engine.whom import Beside
from bridge.kit.clock import Clock
from bridge.kit.faults import Fault, FaultKind
from connectors.email.simulator import EmailSimulator
from tests.scenarios.saying import WORDS, approve, later, shape, state_of
from tests.scenarios.test_drafts import drafts, press
from tests.scenarios.test_findings import found, work_on
from tests.scenarios.world import BRIDGE_YAML, World, open_world
from tests.shipped import SHIPPED

ANA, BO = "ana@client.example", "bo@client.example"
TELL = """
tell:
  mail: {via: mail, from: support@acme.com, reply_to: help@acme.com, subject: About your request}
"""
LINE = '  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Hub <hub@acme.com>"}}\n'


@dataclass
class Desk:
    """The world, with a mail server."""

    world: World
    mail: EmailSimulator

    async def filed(self, subject: str = "Export fails", *others: str) -> str:
        """A ticket that a form made, with its contact; its id."""
        ticket = self.world.hubspot.person_creates_ticket(
            subject, category="Bug", company_id=self.world.acme
        )
        for each in (ANA, *others):
            known = self.world.hubspot.contacts.values()
            ids = [one.id for one in known if one.properties["email"] == each]
            contact = ids[0] if ids else self.world.hubspot.add_contact(each, "Ana")
            self.world.hubspot.person_names_contact(ticket, contact)
        await self.world.settle()
        return ticket

    async def told(self, ticket: str) -> str:
        """A message that a person approved, after all that the hub does about it."""
        id = await approve(self.world, f"hubspot:{ticket}")
        await self.world.settle()
        return id

    def shown(self, ticket: str) -> list[str | None]:
        """The mail that staff see on the ticket."""
        mails = self.world.hubspot.tickets[ticket].emails
        return [each.properties["hs_email_text"] for each in mails]

    def person(self, address: str) -> str:
        """The id of the contact of that address."""
        known = self.world.hubspot.contacts.values()
        return next(each.id for each in known if each.properties["email"] == address)

    @property
    def letters(self) -> list[EmailMessage]:
        """All that the server took for the customer, the same one twice included."""
        return [each.message for each in self.mail.mails if each.recipient == ANA]


@asynccontextmanager
async def open_desk(
    folder: Path, mapping: str = SHIPPED + TELL, clock: Clock | None = None
) -> AsyncIterator[Desk]:
    """A hub that writes letters, with its mail server."""
    async with EmailSimulator().running() as mail:
        yaml = BRIDGE_YAML.replace("search_lag_s: 0", "search_lag_s: 0\n    emails: true", 1)
        yaml += LINE.format(port=mail.port)
        async with open_world(folder, mapping=mapping, bridge_yaml=yaml, clock=clock) as world:
            yield Desk(world, mail)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_customer_gets_one_letter_and_the_ticket_shows_it(desk: Desk) -> None:
    ticket = await desk.filed()
    # The server takes it at the second try.
    desk.mail.answers = ["451 4.3.0 Later"]
    # The answer to the write that shows it is lost, and it is shown once all the same.
    desk.world.hubspot.faults.add(Fault(r"^POST .*/emails$", FaultKind.RESET_AFTER))
    id = await desk.told(ticket)
    await later(desk.world, minutes=5)
    [letter] = desk.letters
    assert [str(letter[each]) for each in ("From", "Reply-To", "Subject")] == [
        "support@acme.com", "help@acme.com", "Re: Export fails",
    ]  # fmt: skip
    assert WORDS in str(letter.get_body(("plain",)))
    assert desk.shown(ticket) == [f"{WORDS}."]
    [mail] = desk.world.hubspot.tickets[ticket].emails
    draft = await state_of(desk.world, id)
    assert (draft.state, draft.message) == (DraftState.SENT, mail.id)
    assert mail.properties["hs_email_to_email"] == ANA
    assert (await shape(desk.world, f"hubspot/{ticket}"))["eta"]["told"] == "2027-05-14"
    assert await desk.world.findings() == set()


async def test_letter_whose_fate_is_not_known_is_a_persons_to_decide(desk: Desk) -> None:
    ticket = await desk.filed()
    desk.mail.lose_answers = 1
    id = await desk.told(ticket)
    await later(desk.world, minutes=5)
    await later(desk.world, minutes=10)
    assert (await state_of(desk.world, id)).state is DraftState.UNCLEAR
    assert len(desk.letters) == 1
    [finding] = await found(desk.world, "MESSAGE_UNDECIDED")
    await work_on(desk.world, finding, "retry")
    await desk.world.settle()
    # Sent again knowingly it is the same mail, and a mailbox that has it need not show it twice.
    assert (len(desk.letters), len(desk.mail.box(ANA))) == (2, 1)
    assert (await state_of(desk.world, id)).state is DraftState.SENT
    assert desk.shown(ticket) == [f"{WORDS}."]


async def test_letter_that_nobody_takes_is_a_persons_to_decide(desk: Desk) -> None:
    ticket = await desk.filed()
    desk.mail.unknown = {ANA}
    id = await desk.told(ticket)
    assert (await state_of(desk.world, id)).state is DraftState.REFUSED
    [finding] = await found(desk.world, "MESSAGE_REFUSED")
    assert "takes no mail for the recipient" in finding["sentence"]


async def test_helpdesk_that_does_not_show_the_letter_is_a_finding_and_no_second_letter(
    desk: Desk,
) -> None:
    ticket = await desk.filed()
    desk.world.hubspot.withheld_scopes = {"crm.objects.contacts.write"}
    id = await desk.told(ticket)
    [finding] = await found(desk.world, "LETTER_UNSHOWN")
    assert "sales-email-read" in finding["detail"]
    assert ((await state_of(desk.world, id)).state, len(desk.letters)) == (DraftState.SENT, 1)
    desk.world.hubspot.withheld_scopes = set()
    assert (await work_on(desk.world, finding, "retry"))["state"] == "resolved"
    await desk.world.settle()
    assert (desk.shown(ticket), len(desk.letters)) == ([f"{WORDS}."], 1)


@pytest.mark.parametrize(
    ("lacks", "fault", "stands"),
    [
        # It stands there, and the hub can't look; it does not, and the hub has looked.
        ("sales-email-read", FaultKind.RESET_AFTER, 1),
        ("", FaultKind.RESET, 0),
    ],
)
async def test_letter_whose_showing_has_no_answer_is_never_shown_a_second_time_by_itself(
    desk: Desk, lacks: str, fault: FaultKind, stands: int
) -> None:
    ticket = await desk.filed()
    desk.world.hubspot.withheld_scopes = {lacks}
    desk.world.hubspot.faults.add(Fault(r"^POST .*/emails$", fault))
    id = await desk.told(ticket)
    for _ in range(3):
        await later(desk.world, minutes=10)
    assert (len(desk.shown(ticket)), len(desk.letters)) == (stands, 1)
    [finding] = await found(desk.world, "LETTER_UNSHOWN")
    assert "whether the ticket shows it" in finding["detail"]
    assert (await state_of(desk.world, id)).state is DraftState.SENT
    # What a person has seen decides: it is there, or the hub puts it there after all.
    await work_on(desk.world, finding, "resolve" if stands else "retry")
    await later(desk.world, minutes=10)
    assert (len(desk.shown(ticket)), len(desk.letters)) == (1, 1)
    assert await desk.world.findings() == set()


async def test_letter_names_no_error_tracking_and_goes_to_nobody_by_guess(desk: Desk) -> None:
    ticket = await desk.filed("Sentry CHECKOUT-4K in the export")
    await desk.told(ticket)
    assert [str(each["Subject"]) for each in desk.letters] == ["About your request"]
    several = await desk.filed("Export fails", BO)
    id = await desk.told(several)
    assert (await state_of(desk.world, id)).state is DraftState.REFUSED
    [finding] = await found(desk.world, "MESSAGE_REFUSED")
    assert "choose who receives it" in finding["sentence"]
    # Whoever of them writes is answered.
    desk.world.hubspot.customer_mails(several, "Any news?", ANA)
    await work_on(desk.world, finding, "retry")
    await desk.world.settle()
    assert (await state_of(desk.world, id)).state is DraftState.SENT
    assert len(desk.letters) == 2


async def test_work_that_goes_back_takes_back_what_was_approved_for_another_too(desk: Desk) -> None:
    world = desk.world
    ticket = await desk.filed("Export fails", BO)
    [item] = world.items()
    world.boards.person_moves_state(item.id, "Closed")
    await world.settle()
    [draft] = await drafts(world)
    again: Any = {
        "recipients": [desk.person(ANA)],
        "beside": Beside("It works for you too.", (desk.person(BO),)),
    }
    desk.mail.answers = ["451 4.3.0 Later"] * 20
    await telling.approve(world.hub, draft["id"], seen=draft["digest"], by="Kim", **again)
    assert [each["state"] for each in await drafts(world, state="all")] == ["approved"] * 2
    world.boards.person_moves_state(item.id, "Active")
    await world.settle()
    assert [each["state"] for each in await drafts(world, state="all")] == ["superseded"] * 2
    world.boards.person_moves_state(item.id, "Closed")
    await world.settle()
    desk.mail.answers = []
    [draft] = await drafts(world)
    # The API gives the words for the other kind of reader, and takes them for whom they are.
    path = f"/api/v1/drafts/{draft['id']}"
    other = (await world.client.get(path, headers=world.admin)).json()["other"]
    assert (other["audience"], "Reference " in other["text"]) == ("power_user", True)
    words = {"text": "It works for you too.", "recipients": [desk.person(BO)]}
    assert (await press(world, draft, "approve", beside=words)).status_code == 200
    await later(world, minutes=10)
    told = [(each.recipient, "for you too" in str(each.message)) for each in desk.mail.mails]
    assert told == [(ANA, False), (BO, True)]
    assert len(desk.shown(ticket)) == 2


async def test_message_that_names_several_goes_to_each_whoever_approves_it(desk: Desk) -> None:
    world = desk.world
    ref = TicketRef("hubspot", await desk.filed("Export fails", BO))
    people = [desk.person(ANA), desk.person(BO)]
    await telling.write(world.hub, ref, "We are at it.", by="Kim", recipients=people)
    [draft] = await drafts(world)
    assert (await press(world, draft, "approve")).status_code == 200
    await world.settle()
    assert [each.recipient for each in desk.mail.mails] == [ANA, BO]
    assert [each["state"] for each in await drafts(world, state="all")] == ["sent"] * 2
