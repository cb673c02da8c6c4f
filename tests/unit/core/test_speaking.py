"""Saying what was approved: once, through the gate, in order, and never simply again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.plan import plan_ticket
from bridge.core.situation import Plan, TicketSituation, Voice
from bridge.core.speaking import LOOKS
from bridge.domain.drafts import Draft, DraftState, Said
from bridge.domain.operations import FindSaid, SayToCustomer, SetTicketFields
from bridge.domain.records import (
    ALIASES,
    COMMENTS,
    CONTACTS,
    MERGED_AWAY,
    STATUS,
    Comment,
)
from bridge.domain.texts import Audience
from tests.unit.core.examples import NOW, TICKET, linked, observation, ticket, ticket_facts

GRACE = timedelta(seconds=30)
FINAL = Voice(follows_up=True, grace=GRACE)
WRITABLE = Voice(grace=GRACE)
CLOSED = {STATUS: "4"}


def draft(id: str = "d-1", **more: Any) -> Draft:
    given: dict[str, Any] = {
        "id": id,
        "ticket": str(TICKET),
        "reason": "by_hand",
        "html": "<p>We are working on it.</p>",
        "digest": "x",
        "state": DraftState.APPROVED,
        "made_at": NOW,
        "approved_by": "kim@acme.example",
    }
    return Draft(**(given | more))


def situation(
    *drafts: Draft, voice: Voice | None = FINAL, facts: dict[str, Any] | None = None, **more: Any
) -> TicketSituation:
    given: dict[str, Any] = {CONTACTS: ["301", "302"], **(facts or {})}
    seen = observation(TICKET, ticket_facts(**given), revision=7)
    items = more.pop("items", (linked("99"),))
    return ticket(observation=seen, items=items, drafts=drafts, voice=voice, **more)


def planned(s: TicketSituation, after: timedelta = timedelta(0)) -> Plan:
    return plan_ticket(s, NOW + after)


def said(plan: Plan) -> list[SayToCustomer]:
    return [each for each in plan.operations if isinstance(each, SayToCustomer)]


def looks(plan: Plan) -> list[FindSaid]:
    return [each for each in plan.operations if isinstance(each, FindSaid)]


def codes(plan: Plan) -> list[str]:
    return [each.code for each in plan.findings if each.code.startswith("MESSAGE")]


def test_approved_draft_is_said_after_the_fields_are_written() -> None:
    plan = planned(situation(draft()))
    [operation] = said(plan)
    assert plan.operations[-1] is operation
    assert any(isinstance(each, SetTicketFields) for each in plan.operations)
    assert (operation.draft, operation.marker, operation.revision) == ("d-1", "d-1", 7)
    assert operation.html.audience is Audience.CUSTOMER
    assert "We are working on it." in operation.html.value


@pytest.mark.parametrize("state", [each for each in DraftState if each is not DraftState.APPROVED])
def test_draft_in_any_other_state_is_not_said(state: DraftState) -> None:
    plan = planned(situation(draft(state=state)))
    assert (said(plan), looks(plan)) == ([], [])
    assert plan.unsaid == ()


def test_several_are_said_in_the_order_in_which_they_were_made() -> None:
    plan = planned(situation(draft("d-1"), draft("d-2", html="<p>It is fixed.</p>")))
    assert [each.draft for each in said(plan)] == ["d-1", "d-2"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>See https://acme.sentry.io/issues/4711/</p>",
        '<p>See <a href="https://acme.sentry.io/issues/4711/">here</a></p>',
        "<p>Sentry Issue: PLATFORM-1A2</p>",
        "<p> </p>",
    ],
)
def test_what_the_gate_holds_is_refused_and_never_said(html: str) -> None:
    plan = planned(situation(draft(html=html)))
    assert said(plan) == []
    [(id, why)] = plan.unsaid
    assert (id, codes(plan)) == ("d-1", ["MESSAGE_REFUSED"])
    assert "gate" in why
    assert "4711" not in str(plan.findings)


def test_helpdesk_without_a_voice_refuses() -> None:
    plan = planned(situation(draft(), voice=None))
    assert said(plan) == []
    assert [id for id, _ in plan.unsaid] == ["d-1"]


def test_forgotten_words_are_not_said() -> None:
    assert planned(situation(draft(html=""))).unsaid


def test_message_goes_to_people_of_the_ticket_only() -> None:
    assert said(planned(situation(draft(recipients=("301",)))))[0].recipients == ("301",)
    plan = planned(situation(draft(recipients=("301", "666"))))
    assert said(plan) == []
    assert "666" in plan.unsaid[0][1]


# ---------------------------------------------------------------------------- closed and merged


def test_closed_ticket_asks_a_person_before_it_is_continued() -> None:
    plan = planned(situation(draft(), facts=CLOSED))
    assert said(plan) == []
    assert codes(plan) == ["MESSAGE_NEEDS_FOLLOW_UP"]
    [(id, _)] = plan.unsaid
    refused = replace(draft(id), state=DraftState.REFUSED)
    assert codes(planned(situation(refused, facts=CLOSED))) == ["MESSAGE_NEEDS_FOLLOW_UP"]


def test_closed_ticket_is_continued_where_a_person_let_it() -> None:
    [operation] = said(planned(situation(draft(follow_up=True), facts=CLOSED)))
    assert (operation.follow_up, operation.revision) == (True, None)


def test_open_ticket_is_never_continued() -> None:
    [operation] = said(planned(situation(draft(follow_up=True))))
    assert not operation.follow_up


def test_closed_ticket_that_can_be_written_takes_the_message() -> None:
    [operation] = said(planned(situation(draft(), voice=WRITABLE, facts=CLOSED)))
    assert not operation.follow_up


def test_ticket_merged_into_one_not_yet_known_waits() -> None:
    plan = planned(situation(draft(follow_up=True), facts={**CLOSED, MERGED_AWAY: True}))
    assert said(plan) == []
    assert plan.unsaid == ()


# ------------------------------------------------------------------- sent, and no answer came


def sent(**more: Any) -> Draft:
    return draft(intended_at=NOW, **more)


def test_what_was_sent_without_an_answer_is_looked_for_after_the_grace_and_not_sent() -> None:
    plan = planned(situation(sent()))
    assert (said(plan), looks(plan), plan.wake_at) == ([], [], NOW + GRACE)
    merged = situation(
        sent(intended_on="hubspot:8"),
        facts={ALIASES: ["7"]},
        said=(Said("c-1", NOW, "kim@acme.example", "d-0"),),
    )
    [look] = looks(planned(merged, GRACE))
    assert (look.draft, look.also, look.others) == ("d-1", ("8", "7"), ("c-1",))


def test_second_look_is_later_than_the_first() -> None:
    once = situation(sent(probes=1))
    assert looks(planned(once, GRACE)) == []
    assert looks(planned(once, 2 * GRACE))


def test_what_was_approved_later_waits_for_what_is_on_its_way() -> None:
    plan = planned(situation(sent(), draft("d-2")), GRACE)
    assert said(plan) == []
    assert [each.draft for each in looks(plan)] == ["d-1"]


def test_it_is_looked_for_on_a_ticket_that_was_closed_meanwhile() -> None:
    assert looks(planned(situation(sent(), facts=CLOSED), GRACE))


def test_what_is_not_found_is_a_persons_to_decide() -> None:
    plan = planned(situation(draft(state=DraftState.UNCLEAR, intended_at=NOW, probes=LOOKS)))
    assert (said(plan), looks(plan)) == ([], [])
    assert codes(plan) == ["MESSAGE_UNDECIDED"]


def test_refusal_is_told_until_something_newer_was_said() -> None:
    refused = draft(state=DraftState.REFUSED, error="no conversation")
    plan = planned(situation(refused))
    [finding] = [each for each in plan.findings if each.code == "MESSAGE_REFUSED"]
    assert finding.data["reason"] == "no conversation"
    newer = draft("d-2", state=DraftState.SENT, made_at=NOW + timedelta(hours=1))
    assert codes(planned(situation(refused, newer))) == []


@given(
    st.lists(st.sampled_from(DraftState), max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.booleans(),
    st.sampled_from([FINAL, WRITABLE, None]),
)
def test_nothing_but_the_approved_that_was_never_sent_is_said(
    states: list[DraftState], intended: list[bool], closed: bool, voice: Voice | None
) -> None:
    drafts = [
        draft(f"d-{n}", state=state, intended_at=NOW if intended[n] else None)
        for n, state in enumerate(states)
    ]
    plan = planned(situation(*drafts, voice=voice, facts=CLOSED if closed else None), 9 * GRACE)
    fresh = {
        each.id for each in drafts if each.state is DraftState.APPROVED and not each.intended_at
    }
    assert {each.draft for each in said(plan)} <= fresh
    assert {id for id, _ in plan.unsaid} <= fresh
    assert not looks(plan) or not said(plan)


def test_what_the_same_pass_takes_back_is_not_said() -> None:
    """Approved for a stage that the ticket does not show any more when it is to be said."""
    old = draft(reason="stage:available", stage="available", made_at=NOW - timedelta(hours=1))
    plan = planned(situation(old))
    assert said(plan) == []
    assert [id for id, _ in plan.drafts.over] == ["d-1"]
    # It may have gone out: then it is looked for, whatever the ticket shows.
    sent = replace(old, intended_at=NOW - timedelta(hours=1))
    assert [each.draft for each in looks(planned(situation(sent)))] == ["d-1"]


# ----------------------------------------------------------------------------- for whom it is

LAST = Voice(grace=GRACE, answers_last=True)


def approved(*people: str, **more: Any) -> Draft:
    return draft(approved_at=NOW, approved_for=people, **more)


def wrote(*who: str) -> dict[str, Any]:
    """Messages of the customer's people, in that order."""
    return {
        COMMENTS: [
            Comment(
                str(n),
                "<p>?</p>",
                f"V-{id}",
                f"C{id}",
                f"2026-05-04T10:0{n}:00Z",
                False,
                inbound=True,
            ).as_value()
            for n, id in enumerate(who)
        ]
    }


@pytest.mark.parametrize(
    ("one", "voice", "facts", "goes"),
    [
        (approved("301", "302"), WRITABLE, {}, True),
        # Of those who were to read it one is gone: nobody reads what they were not to.
        (approved("301", "302", "303"), WRITABLE, {}, True),
        (approved("301"), WRITABLE, {}, False),
        (approved(), WRITABLE, {}, False),
        (approved("301"), LAST, wrote("302", "301"), True),
        (approved("301"), LAST, wrote("301", "302"), False),
        # Whose people nobody kept, who was named, and what no person approved goes as it is.
        (draft(approved_at=NOW), LAST, wrote("301", "302"), True),
        (approved("301", recipients=("301",)), LAST, wrote("302"), True),
        (approved("301", approved_by=""), LAST, wrote("302"), True),
    ],
)
def test_what_would_reach_somebody_else_than_approved_is_a_draft_again(
    one: Draft, voice: Voice, facts: dict[str, Any], goes: bool
) -> None:
    plan = planned(situation(one, voice=voice, facts=facts))
    assert len(said(plan)) == goes
    assert [id for id, _ in plan.drafts.back] == ([] if goes else ["d-1"])
    assert (plan.unsaid, codes(plan)) == ((), [])
    assert all("C302" in why for _, why in plan.drafts.back if facts)
    # What may have gone is looked for, whomever it would reach now.
    sent = planned(situation(replace(one, intended_at=NOW), voice=voice, facts=facts), GRACE)
    assert (len(looks(sent)), sent.drafts.back) == (1, ())


@pytest.mark.parametrize("reason", ["by_hand", "stage:available"])
def test_approval_that_does_not_hold_on_a_closed_ticket_is_refused_and_told(reason: str) -> None:
    """Whether this very pass takes it back, or an earlier one did before the ticket was closed."""
    one = approved("666", reason=reason, stage="available")
    before = replace(one, state=DraftState.OPEN, approved_by="", error="it would go to Bo now")
    for each in (one, before):
        plan = planned(situation(each, voice=WRITABLE, facts=CLOSED))
        assert (said(plan), plan.drafts.over, plan.drafts.back) == ([], (), ())
        assert [id for id, _ in plan.unsaid] == ["d-1"]
        assert codes(plan) == ["MESSAGE_REFUSED"]
    # What nobody approved is nobody's loss.
    never = replace(before, error="", reason="stage:available")
    plan = planned(situation(never, voice=WRITABLE, facts=CLOSED))
    assert ([id for id, _ in plan.drafts.over], plan.unsaid) == (["d-1"], ())
