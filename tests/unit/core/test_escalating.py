"""Escalation: the checklist, who is told, and what the ticket itself may ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.escalating import (
    AT_THE_TICKET,
    intake_of,
    may_be_escalated,
    owner_of_escalation,
)
from bridge.core.escalation_notices import ROUTE
from bridge.core.facts import Facts
from bridge.core.plan import plan_ticket
from bridge.core.situation import Telling, TicketSituation
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.domain.mapping import Mapping
from bridge.domain.notices import Channel, NoticeState
from bridge.domain.records import STATUS
from bridge.domain.texts import Audience
from tests.unit.core.examples import (
    NOW,
    TICKET,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

SPEC: dict[str, Any] = {
    "requires": {
        "reproduced": {"property": "repro", "is": True, "label": "Reproduced by support"},
        "steps": {"property": "steps"},
    },
    "severity": True,
    "impact": {"property": "impact"},
    "versions": {"property": "version", "major": ["12", "11"]},
    "deciders": ["escalation_managers", "on.call@acme.example"],
    "via": ["mail"],
    "resend": "10m",
}
GIVEN = {"repro": True, "steps": "Press Export", "impact": "blocked", "version": "12.3.1"}
PEOPLE = {"escalation_managers": ("mia@acme.example",)}
TELLING = Telling(people=PEOPLE, channels={"mail": Channel(Audience.SUPPORT, addressed=True)})


def request(**more: Any) -> EscalationRequest:
    """A request that waits for a decision."""
    given: dict[str, Any] = {
        "id": "e1",
        "ticket": str(TICKET),
        "state": EscalationState.OPEN,
        "reason": "They can not restore",
        "contact": "Kim, +1 555 0100",
        "asked_by": "cs@acme.example",
        "asked_at": NOW,
    }
    return EscalationRequest(**{**given, **more})


def asked(
    *requests: EscalationRequest, spec: dict[str, Any] | None = None, **facts: Any
) -> TicketSituation:
    """A ticket with these requests, which says all that the checklist asks for."""
    seen = observation(TICKET, ticket_facts(**{**GIVEN, **facts}))
    mine = mapping(escalation=SPEC if spec is None else spec)
    return ticket(observation=seen, mapping=mine, escalations=requests, telling=TELLING)


def read(s: TicketSituation) -> Facts:
    """The ticket read through its mapping."""
    return Facts(s.ref, s.observation, s.mapping, s.reference, s.company)


def codes(s: TicketSituation) -> set[str]:
    """What a person must see of it."""
    found = {each.code for each in plan_ticket(s, NOW).findings}
    return found & {"ESCALATION_ASKED", "ESCALATION_INCOMPLETE", "VERSION_UNSUPPORTED"}


def test_ticket_that_says_everything_lacks_nothing() -> None:
    intake = intake_of(read(asked()))
    assert (intake.missing, intake.blocking, intake.version) == ((), (), "")


@pytest.mark.parametrize(
    ("facts", "missing", "blocking"),
    [
        ({"repro": False}, "Reproduced by support", False),
        ({"steps": ""}, "Steps", False),
        ({"impact": None}, "Impact", True),
        ({"hs_ticket_priority": None}, "Severity", True),
    ],
)
def test_what_the_ticket_does_not_say_is_named(
    facts: dict[str, Any], missing: str, blocking: bool
) -> None:
    # A default severity is not a set one (the example's default is normal).
    intake = intake_of(read(asked(**facts)))
    assert intake.missing == (missing,)
    assert intake.blocking == ((missing,) if blocking else ())


@pytest.mark.parametrize(
    ("version", "unsupported"),
    [("12.3.1", False), ("v11", False), ("11", False), ("10.9", True), ("1.12", True), ("", False)],
)
def test_version_counts_by_its_major_number(version: str, unsupported: bool) -> None:
    assert (intake_of(read(asked(version=version))).version == version) is (
        unsupported or not version
    )
    assert ("VERSION_UNSUPPORTED" in codes(asked(request(), version=version))) is unsupported


def test_open_request_waits_for_a_decision_and_a_decided_one_does_not() -> None:
    assert codes(asked(request())) == {"ESCALATION_ASKED"}
    assert codes(asked(request(), steps="")) == {"ESCALATION_ASKED", "ESCALATION_INCOMPLETE"}
    declined = request(state=EscalationState.DECLINED, decided_at=NOW)
    assert codes(asked(declined, steps="")) == set()


def test_those_who_decide_are_told_until_they_say_so() -> None:
    told = plan_ticket(asked(request()), NOW).notices.new
    assert {each.recipient for each in told} == {"mia@acme.example", "on.call@acme.example"}
    assert all(each.until_acknowledged for each in told)
    assert {each.resend for each in told} == {timedelta(minutes=10)}
    said = dict(told[0].content.facts) if told[0].content else {}
    assert said["Why"].value == "They can not restore"
    assert not any("555" in each.value for each in said.values())


def test_those_who_decide_are_told_again_once_a_closed_ticket_is_open_again() -> None:
    told = plan_ticket(asked(request()), NOW).notices.new
    facts: dict[str, Any] = {STATUS: "4"}
    closed = replace(asked(request(), **facts), notices=told)
    assert set(plan_ticket(closed, NOW).notices.drop) == {each.id for each in told}
    over = tuple(replace(each, state=NoticeState.OVER, content=None) for each in told)
    back = plan_ticket(replace(asked(request()), notices=over), NOW).notices
    assert (back.new, {each.id for each in back.again}) == ((), {each.id for each in told})
    assert all(each.content is not None for each in back.again)
    heard = tuple(replace(each, state=NoticeState.ACKNOWLEDGED) for each in told)
    assert plan_ticket(replace(asked(request()), notices=heard), NOW).notices.again == ()
    decided = request(state=EscalationState.DECLINED, decided_at=NOW)
    assert plan_ticket(replace(asked(decided), notices=over), NOW).notices.again == ()


def test_nobody_is_told_twice_and_a_decision_ends_the_telling() -> None:
    told = plan_ticket(asked(request()), NOW).notices.new
    s = replace(asked(request()), notices=told)
    again = plan_ticket(s, NOW).notices
    assert [each for each in again.new if each.route.startswith(ROUTE)] == []
    assert again.drop == ()
    decided = request(state=EscalationState.ACCEPTED, decided_at=NOW)
    over = plan_ticket(replace(s, escalations=(decided,)), NOW).notices
    assert set(over.drop) == {each.id for each in told}
    sent = tuple(replace(each, state=NoticeState.ACKNOWLEDGED) for each in told)
    kept = replace(s, escalations=(decided,), notices=sent)
    assert plan_ticket(kept, NOW).notices.drop == ()


def test_work_item_that_somebody_took_does_not_end_the_telling() -> None:
    told = plan_ticket(asked(request()), NOW).notices.new
    item = linked("99", "Active", **{"@assignee": "Dev"})
    s = replace(asked(request()), notices=told, items=(item,))
    assert plan_ticket(s, NOW).notices.stop == ()


def test_reason_that_names_error_tracking_goes_into_no_notice() -> None:
    named = request(reason="see https://acme.sentry.io/issues/4711/")
    told = plan_ticket(asked(named), NOW).notices.new
    assert told
    for each in told:
        assert each.content is not None
        assert "Why" in each.content.held
        assert "sentry" not in str(each.content.facts)


def test_name_that_leads_to_nobody_is_a_finding() -> None:
    s = replace(asked(request()), telling=replace(TELLING, people={}))
    assert "NOBODY_TO_TELL" in {each.code for each in plan_ticket(s, NOW).findings}


# ---------------------------------------------------------------------- asked for at the ticket

BY_FIELD = {
    **SPEC,
    "requested_by_field": {"property": "escalate", "is": True, "reason": "why"},
}


def test_field_of_the_ticket_asks_once() -> None:
    s = asked(spec=BY_FIELD, escalate=True, why="Nobody can work")
    [made] = plan_ticket(s, NOW).escalations
    assert (made.reason, made.asked_by, made.state) == (
        "Nobody can work",
        AT_THE_TICKET,
        EscalationState.OPEN,
    )
    assert plan_ticket(s, NOW + timedelta(days=1)).escalations[0].id == made.id
    assert plan_ticket(replace(s, escalations=(made,)), NOW).escalations == ()


def test_field_that_stays_set_after_the_decision_asks_for_nothing_more() -> None:
    s = asked(spec=BY_FIELD, escalate=True)
    [made] = plan_ticket(s, NOW).escalations
    decided = replace(made, state=EscalationState.DECLINED, decided_at=NOW)
    assert plan_ticket(replace(s, escalations=(decided,)), NOW).escalations == ()
    before = replace(decided, decided_at=NOW - timedelta(days=1))
    [again] = plan_ticket(replace(s, escalations=(before,)), NOW).escalations
    assert again.id != made.id


def test_field_that_is_not_set_or_was_set_before_the_hub_began_asks_for_nothing() -> None:
    assert plan_ticket(asked(spec=BY_FIELD, escalate=False), NOW).escalations == ()
    old = replace(asked(spec=BY_FIELD, escalate=True), start_mark=NOW)
    assert plan_ticket(old, NOW).escalations == ()


def test_closed_ticket_asks_for_nothing() -> None:
    s = asked(spec=BY_FIELD, escalate=True, **{STATUS: "4"})
    assert plan_ticket(s, NOW).escalations == ()


def test_only_tickets_that_the_mapping_lets_may_be_escalated() -> None:
    spec = {**BY_FIELD, "open_to": {"property": "asked_for_by", "is": "power user"}}
    user = asked(spec=spec, escalate=True, asked_for_by="power user")
    contact = asked(spec=spec, escalate=True, asked_for_by="contact")
    assert may_be_escalated(read(user))
    assert not may_be_escalated(read(contact))
    assert plan_ticket(contact, NOW).escalations == ()


def test_who_carries_a_ticket_is_said_by_the_newest_request_that_was_accepted() -> None:
    first = request(state=EscalationState.ACCEPTED, owner="mia")
    last = request(id="e2", state=EscalationState.DECLINED, owner="")
    assert owner_of_escalation((first, last)) == "mia"
    assert owner_of_escalation((last,)) == ""


def test_mapping_without_escalation_requires_nothing() -> None:
    plain: Mapping = mapping()
    s = replace(asked(request()), mapping=plain)
    assert codes(s) == {"ESCALATION_ASKED"}
    assert plan_ticket(s, NOW).notices.new == ()
