"""What every helpdesk must do in which the hub can say something to a customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import pytest

from bridge.domain.errors import RecordMissing, Rejected, Stale, Unavailable, UnknownOutcome
from bridge.domain.records import comments_of
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.manifest import Role
from bridge.ports.roles import Want
from bridge.ports.speaking import ContinuingHelpdesk, Message, SpeakingHelpdesk
from connectors.registry import CONNECTORS
from tests.conformance.pages import page_of
from tests.conformance.rig import HelpdeskRig
from tests.conformance.stand import Stand

Desk = Stand[HelpdeskRig]

MARKER = "0199c2c4f0d1e2b3c4d5e6f708"
WORDS = "The fix is with you since this morning"
MESSAGE = Message(f"<p>{WORDS}.</p><p>Your support</p>", MARKER)
HELPDESKS = [
    pytest.param(each.manifest, id=vendor)
    for vendor, each in CONNECTORS.items()
    if Role.HELPDESK in each.manifest.roles
]


def voice(desk: Desk) -> SpeakingHelpdesk:
    """The role; every helpdesk that there is today has it, so that nothing is left out here."""
    assert desk.manifest.speaks
    return cast("SpeakingHelpdesk", desk.helpdesk)


def asked(desk: Desk) -> str:
    """A ticket on which the customer has written."""
    id = desk.rig.person_creates()
    desk.rig.customer_writes(id, "It still fails.")
    return id


def since(desk: Desk) -> datetime:
    return desk.rig.clock.now() - timedelta(minutes=5)


async def found(desk: Desk, id: str) -> str | None:
    """The id under which the message is found on the ticket."""
    spoken = await voice(desk).find_said(id, MESSAGE, since(desk))
    return None if spoken is None else spoken.id


@pytest.mark.parametrize("manifest", HELPDESKS)
def test_manifest_names_the_page_that_says_whether_customers_can_be_answered(
    manifest: object,
) -> None:
    vendor = next(each for each in CONNECTORS.values() if each.manifest is manifest)
    assert page_of(vendor.manifest, "speaks")
    assert not vendor.manifest.follows_up or page_of(vendor.manifest, "follows_up")
    assert not vendor.manifest.shows_mail or page_of(vendor.manifest, "shows_mail")


async def test_message_is_read_by_the_customer_once_and_found_again(desk: Desk) -> None:
    id = asked(desk)
    spoken = await voice(desk).say(id, MESSAGE)
    assert spoken.ticket == id
    assert desk.rig.shown_to_customer(id).count(f"<p>{WORDS}.</p>") == 1
    desk.restart()
    assert await found(desk, id) == spoken.id


async def test_customer_reads_nothing_by_which_the_hub_finds_it(desk: Desk) -> None:
    id = asked(desk)
    await voice(desk).say(id, MESSAGE)
    assert MARKER not in desk.rig.shown_to_customer(id)


async def test_own_message_comes_back_as_the_hubs_and_as_no_persons(desk: Desk) -> None:
    id = asked(desk)
    spoken = await voice(desk).say(id, MESSAGE)
    desk.restart()
    seen = comments_of(await desk.helpdesk.fetch_ticket(id, Want(comments=True)))
    (own,) = (each for each in seen if each.id == spoken.id)
    assert (own.own, own.internal, own.inbound) == (True, False, False)


async def test_nothing_is_found_where_nothing_was_said(desk: Desk) -> None:
    assert await found(desk, asked(desk)) is None


async def test_colleague_who_says_the_same_is_not_taken_for_the_hub(desk: Desk) -> None:
    id = asked(desk)
    desk.rig.staff_answers(id, f"{WORDS}.\n\nYour support")
    assert await found(desk, id) is None


async def test_message_whose_reply_was_lost_is_unknown_and_found(desk: Desk) -> None:
    id = asked(desk)
    await voice(desk).find_said(id, MESSAGE, since(desk))
    desk.rig.line.strike(Fault(r"^(POST|PUT) ", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await voice(desk).say(id, MESSAGE)
    assert await found(desk, id) is not None


async def test_refusal_without_an_answer_of_the_vendors_own_is_unknown(desk: Desk) -> None:
    id = asked(desk)
    desk.rig.line.strike(Fault(r"^(POST|PUT) ", FaultKind.ANSWER, status=502))
    with pytest.raises((UnknownOutcome, Unavailable)) as raised:
        await voice(desk).say(id, MESSAGE)
    assert raised.type is UnknownOutcome
    assert await found(desk, id) is None


async def test_message_on_what_is_not_there_is_refused(desk: Desk) -> None:
    gone = asked(desk)
    desk.rig.person_deletes(gone)
    for id in (gone, *desk.rig.unknown_ids):
        with pytest.raises((RecordMissing, Rejected)):
            await voice(desk).say(id, MESSAGE)


async def test_ticket_that_somebody_changed_meanwhile_is_looked_at_again(desk: Desk) -> None:
    id = asked(desk)
    revision = (await desk.helpdesk.fetch_ticket(id, Want())).revision
    desk.rig.clock.advance(seconds=5)
    desk.rig.staff_answers(id, "Here is what we know.")
    message = Message(MESSAGE.html, MARKER, revision=revision)
    if revision is None:
        # Without revisions there is nothing to go by, and both are read.
        await voice(desk).say(id, message)
        return
    with pytest.raises(Stale):
        await voice(desk).say(id, message)
    assert WORDS not in desk.rig.shown_to_customer(id)


async def test_closed_ticket_takes_the_message_or_is_continued_once(desk: Desk) -> None:
    id = asked(desk)
    desk.rig.person_closes(id)
    if not desk.manifest.follows_up:
        await voice(desk).say(id, MESSAGE)
        assert WORDS in desk.rig.shown_to_customer(id)
        return
    with pytest.raises(Stale):
        await voice(desk).say(id, MESSAGE)
    continuing = cast("ContinuingHelpdesk", desk.helpdesk)
    spoken = await continuing.follow_up(id, MESSAGE)
    assert spoken.ticket != id
    assert WORDS in desk.rig.shown_to_customer(spoken.ticket)
    assert WORDS not in desk.rig.shown_to_customer(id)
    assert await continuing.follow_up(id, MESSAGE) == spoken
    desk.rig.clock.advance(hours=3)
    assert await continuing.follow_up(id, MESSAGE) == spoken
    assert await found(desk, id) == spoken.id


async def test_one_message_is_one_call_that_changes_something(desk: Desk) -> None:
    id = asked(desk)
    calls = len(desk.rig.line.requests)
    await voice(desk).say(id, MESSAGE)
    changing = [each for each in desk.rig.line.requests[calls:] if each.method != "GET"]
    assert len(changing) == 1
