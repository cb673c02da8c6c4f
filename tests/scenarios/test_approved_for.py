"""A message reaches those for whom a person approved it, and nobody else (C14)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.drafts import DraftState
from bridge.domain.refs import TicketRef
from bridge.engine import telling
from tests.scenarios.saying import state_of
from tests.scenarios.test_drafts import drafts, needs, press
from tests.scenarios.test_findings import found, work_on
from tests.scenarios.test_letters import ANA, BO, Desk, open_desk
from tests.scenarios.test_saying import messages
from tests.scenarios.zendesk_shop import open_shop

WORDS = "We are at it."


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def approved_then(desk: Desk, ref: TicketRef, deed: Any) -> dict[str, Any]:
    """A message by hand that a person approves while the hub stands still, and what comes then."""
    await telling.write(desk.world.hub, ref, WORDS, by="Kim")
    [draft] = await drafts(desk.world)
    assert (await press(desk.world, draft, "approve")).status_code == 200
    deed()
    await desk.world.settle()
    return draft


async def test_letter_for_one_contact_goes_to_no_other_and_is_a_draft_again(desk: Desk) -> None:
    ticket = await desk.filed()
    sim, ref = desk.world.hubspot, TicketRef("hubspot", ticket)
    bo = sim.add_contact(BO, "Bo")

    def requester_changes() -> None:
        sim.person_drops_contact(ticket, desk.person(ANA))
        sim.person_names_contact(ticket, bo)

    draft = await approved_then(desk, ref, requester_changes)
    assert desk.mail.mails == []
    kept = await state_of(desk.world, draft["id"])
    assert (kept.state, kept.approved_by, kept.approved_for) == (DraftState.OPEN, "", None)
    [again] = await drafts(desk.world)
    assert "approve it again" in again["why"]
    assert again["receivers"] == [{"id": bo, "name": None}]
    assert "to_tell" in await needs(desk.world, ticket)
    assert await desk.world.findings() == set()
    # What was looked at when it went to another is approved for nobody.
    assert (await press(desk.world, draft, "approve")).json()["code"] == "draft_changed"
    # Approved for whom it reaches now, it goes, once.
    assert (await press(desk.world, again, "approve")).status_code == 200
    await desk.world.settle()
    assert [each.recipient for each in desk.mail.mails] == [BO]
    assert (await state_of(desk.world, draft["id"])).approved_for == (bo,)


async def test_approval_that_does_not_hold_when_the_ticket_is_solved_is_told_and_not_forgotten(
    desk: Desk,
) -> None:
    ticket = await desk.filed()
    sim, [item] = desk.world.hubspot, desk.world.items()
    bo = sim.add_contact(BO, "Bo")
    desk.world.boards.person_moves_state(item.id, "Closed")
    await desk.world.settle()
    [draft] = await drafts(desk.world)
    assert (await press(desk.world, draft, "approve")).status_code == 200
    sim.person_names_contact(ticket, bo)
    sim.person_drops_contact(ticket, desk.person(ANA))
    sim.person_edits_ticket(ticket, hs_pipeline_stage="4")
    await desk.world.settle()
    await desk.world.sweep("hubspot")
    assert desk.mail.mails == []
    assert (await state_of(desk.world, draft["id"])).state is DraftState.REFUSED
    [finding] = await found(desk.world, "MESSAGE_REFUSED")
    assert "would go to" in finding["sentence"]
    # Whoever has looked who is on the ticket lets it go, once.
    await work_on(desk.world, finding, "retry")
    await desk.world.settle()
    assert [each.recipient for each in desk.mail.mails] == [BO]


async def test_words_beside_others_bring_the_first_to_nobody_who_was_not_shown(desk: Desk) -> None:
    world, ticket = desk.world, await desk.filed("Export fails", BO, "cy@client.example")
    sim, [ana, bo] = world.hubspot, [desk.person(each) for each in (ANA, BO)]
    sim.portal.threads.assign(sim.portal.threads.open(ticket, ana), "A-9001")
    sim.customer_writes(ticket, "Any news?")
    await world.sweep("hubspot")
    detail = {"text": "We are at it, in detail.", "recipients": [bo]}
    named: list[dict[str, Any]] = [{}, {"recipients": []}]
    for more in named:
        await telling.write(world.hub, TicketRef("hubspot", ticket), WORDS, by="Kim")
        [draft] = await drafts(world)
        assert [each["id"] for each in draft["receivers"]] == [ana]
        assert (await press(world, draft, "approve", beside=detail, **more)).status_code == 200
    await telling.write(world.hub, TicketRef("hubspot", ticket), "Or so.", by="Kim")
    [draft] = await drafts(world)
    decided = [e["id"] for e in await drafts(world, state="all") if e["id"] != draft["id"]]
    kept = [await state_of(world, each) for each in decided]
    assert sorted((each.html, each.recipients) for each in kept) == [
        *[("<p>We are at it, in detail.</p>", (bo,))] * 2,
        *[(f"<p>{WORDS}</p>", (ana,))] * 2,
    ]
    # What is discarded reaches nobody: it may be, whoever it would go to by now.
    sim.person_drops_contact(ticket, ana)
    await world.settle()
    assert (await press(world, draft, "approve")).json()["code"] == "draft_changed"
    assert (await press(world, draft, "discard")).status_code == 200


async def test_conversation_begun_by_somebody_else_takes_no_message_meant_for_the_first(
    desk: Desk,
) -> None:
    ticket = await desk.filed()
    sim, ref = desk.world.hubspot, TicketRef("hubspot", ticket)

    def bo_writes() -> None:
        bo = sim.add_contact(BO, "Bo")
        sim.person_names_contact(ticket, bo)
        thread = sim.portal.threads.open(ticket, bo)
        sim.portal.threads.assign(thread, "A-9001")
        sim.customer_writes(ticket, "And I?")

    draft = await approved_then(desk, ref, bo_writes)
    assert (desk.mail.mails, messages(desk.world, ticket)) == ([], [])
    assert (await state_of(desk.world, draft["id"])).state is DraftState.OPEN


async def test_mail_of_another_contact_since_the_approval_is_seen_by_the_one_who_sends(
    desk: Desk,
) -> None:
    """No webhook told the hub of that mail: whose turn it is only HubSpot knows."""
    ticket = await desk.filed("Export fails", BO)
    sim, ref = desk.world.hubspot, TicketRef("hubspot", ticket)
    sim.customer_mails(ticket, "Any news?", ANA)
    await desk.world.settle()
    draft = await approved_then(desk, ref, lambda: sim.customer_mails(ticket, "And I?", BO))
    assert desk.mail.mails == []
    kept = await state_of(desk.world, draft["id"])
    assert (kept.state, "somebody else" in kept.error) == (DraftState.OPEN, True)
    [again] = await drafts(desk.world)
    # By now the hub has read it, and knows by the address whose it is.
    assert [each["id"] for each in again["receivers"]] == [desk.person(BO)]
    answer = await press(desk.world, again, "approve", recipients=[desk.person(ANA)])
    assert answer.status_code == 200
    await desk.world.settle()
    assert [each.recipient for each in desk.mail.mails] == [ANA]


async def test_zendesk_requester_who_is_another_by_now_gets_nothing(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        ticket, _ = await shop.bug()
        ref = TicketRef("zendesk", str(ticket))
        await telling.write(shop.world.hub, ref, WORDS, by="Kim")
        [draft] = await drafts(shop.world)
        assert (await press(shop.world, draft, "approve")).status_code == 200
        shop.clock.seconds += 2
        other = shop.zendesk.add_customer("Bo", BO)
        shop.zendesk.person_edits_ticket(ticket, requester_id=other)
        await shop.world.settle()
        kept = await state_of(shop.world, draft["id"])
        assert (kept.state, "approve it again" in kept.error) == (DraftState.OPEN, True)
        assert WORDS not in str(shop.zendesk.tickets[ticket].comments)
