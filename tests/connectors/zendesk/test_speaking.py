"""Messages to requesters: public outright, found by a name that nobody reads, never cut."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.domain.errors import Rejected, Stale, Throttled, UnknownOutcome
from bridge.kit.faults import Fault, FaultKind
from bridge.ports.roles import Want
from bridge.ports.speaking import Message
from connectors.zendesk.manifest import COMMENT_BYTES, UPDATES
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock
from tests.connectors.zendesk.connector_kit import Desk

MESSAGE = Message("<p>The fix is <b>with you</b>.</p>", "d-1")


async def found(desk: Desk, ticket: int, marker: str = "d-1") -> str | None:
    spoken = await desk.helpdesk.find_said(str(ticket), Message("", marker), datetime.now(UTC))
    return None if spoken is None else spoken.id


def ticket_body(desk: Desk, method: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.sent(method)[-1].content)["ticket"]
    return body


async def test_message_changes_nothing_but_the_conversation(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    before = dict(sim.tickets[ticket].values)
    spoken = await desk.helpdesk.say(str(ticket), MESSAGE)
    assert sim.tickets[ticket].values == before
    comment = sim.tickets[ticket].comments[-1]
    assert (str(comment.id), comment.public) == (spoken.id, True)
    assert set(ticket_body(desk, "PUT")) == {"comment", "metadata"}


async def test_agent_who_may_not_answer_customers_is_a_refusal(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    sim.may_answer = False
    with pytest.raises(Rejected, match="may not answer customers"):
        await desk.helpdesk.say(str(ticket), MESSAGE)
    assert not sim.tickets[ticket].comments[-1].public
    assert await found(desk, ticket) is None


async def test_message_that_would_be_cut_is_not_sent(sim: ZendeskSimulator, desk: Desk) -> None:
    ticket = sim.customer_creates_ticket()
    long = Message(f"<p>{'ä' * (COMMENT_BYTES // 2)}</p>", "d-1")
    with pytest.raises(Rejected, match="longer than Zendesk takes"):
        await desk.helpdesk.say(str(ticket), long)
    assert desk.sent("PUT") == []


async def test_placeholders_are_words(sim: ZendeskSimulator, desk: Desk) -> None:
    ticket = sim.customer_creates_ticket()
    await desk.helpdesk.say(str(ticket), Message("<p>{{ticket.requester.email}}</p>", "d-1"))
    assert "@" not in sim.tickets[ticket].comments[-1].body


async def test_limit_of_one_ticket_stops_the_message_before_it_is_sent(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    for number in range(UPDATES):
        await desk.helpdesk.say(str(ticket), Message("<p>x</p>", f"d-{number}"))
    calls = len(desk.requests)
    with pytest.raises(Throttled):
        await desk.helpdesk.say(str(ticket), MESSAGE)
    assert len(desk.requests) == calls


async def test_only_an_audit_of_the_hubs_own_agent_counts(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    spoken = await desk.helpdesk.say(str(ticket), MESSAGE)
    assert await found(desk, ticket) == spoken.id
    assert await found(desk, ticket, "d-2") is None
    # Another program that knows the name has said it under another account.
    audit = sim.tickets[ticket].audits[-1]
    audit.by = type(audit.by)(sim.agent_id, "api", custom=audit.by.custom)
    assert await found(desk, ticket) is None


async def test_closed_ticket_is_stale_and_a_follow_up_names_its_people(
    sim: ZendeskSimulator, clock: HandClock, desk: Desk
) -> None:
    boss = sim.add_customer("Boss", "boss@client.example")
    ticket = sim.customer_creates_ticket("Export fails", email_cc_ids=[boss], tags=["vip"])
    sim.automation_closes(ticket)
    with pytest.raises(Stale):
        await desk.helpdesk.say(str(ticket), MESSAGE)
    sim.faults.add(Fault("^POST /api/v2/tickets", FaultKind.RESET_AFTER))
    with pytest.raises(UnknownOutcome):
        await desk.helpdesk.follow_up(str(ticket), MESSAGE)
    spoken = await desk.helpdesk.follow_up(str(ticket), MESSAGE)
    [new] = [each for each in sim.tickets.values() if each.id != ticket]
    source = sim.tickets[ticket]
    for name in ("requester_id", "organization_id", "email_cc_ids", "subject", "tags"):
        assert new.values[name] == source.values[name], name
    assert (spoken.ticket, spoken.id) == (str(new.id), str(new.comments[0].id))
    assert await found(desk, ticket) == spoken.id
    seen = await desk.helpdesk.fetch_ticket(str(new.id), Want())
    assert seen.texts("@aliases") == [str(ticket)]


async def test_follow_up_carries_its_key(sim: ZendeskSimulator, desk: Desk) -> None:
    ticket = sim.customer_creates_ticket()
    sim.automation_closes(ticket)
    await desk.helpdesk.follow_up(str(ticket), MESSAGE)
    [request] = desk.sent("POST")
    assert request.headers["idempotency-key"] == "d-1"
    assert ticket_body(desk, "POST")["via_followup_source_id"] == ticket
