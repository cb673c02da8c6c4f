"""Decisions about held texts: each is about one text, and the gate has the last word."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.plan import plan_ticket
from bridge.core.reviewing import Birth, Shown, changes, seen_content, shown_of, why
from bridge.core.situation import Plan, TicketSituation
from bridge.domain.held import HeldState, HeldText
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.operations import AddTicketNote
from bridge.domain.records import COMMENTS, Comment
from bridge.store.run_inputs import inputs_of, ticket_from_inputs
from tests.unit.core.examples import NOW, linked, ticket, ticket_facts

SOURCE = "boards:7#comment/9"
DOUBTFUL = Comment("9", "<p>#customer</p><p>Our Sentry guards it.</p>", author="Ana", at="")
PROVEN = replace(DOUBTFUL, html="<p>#customer</p><p>J wrote:</p><blockquote>x</blockquote>")
HARMLESS = replace(DOUBTFUL, html="<p>#customer</p><p>Fixed in 4.2.</p>")
OWN_WORDS = "It works again."
DECIDED = [HeldState.RELEASED, HeldState.REWRITTEN, HeldState.REJECTED]


def situation(
    comment: Comment, state: HeldState, *, seen: Comment | None = None, has_origin: bool = False
) -> TicketSituation:
    """A ticket whose item has the comment; a person decided about it as it was `seen`."""
    content = seen_content(seen or comment)
    words = OWN_WORDS if state is HeldState.REWRITTEN else ""
    text = HeldText(SOURCE, content, "HELD_FOR_REVIEW", "sentry", state, words)
    entry = LedgerEntry(SOURCE, content, LedgerState.HELD, "tb-1")
    hanging = replace(linked("7", **{COMMENTS: [comment.as_value()]}), has_origin=has_origin)
    facts = ticket_facts(hs_ticket_category="Success", **{COMMENTS: []})
    return ticket(facts, items=(hanging,), ledger={SOURCE: entry}, held={SOURCE: text})


def notes(plan: Plan) -> list[AddTicketNote]:
    return [each for each in plan.operations if isinstance(each, AddTicketNote)]


def test_released_text_is_planned_under_its_old_marker() -> None:
    plan = plan_ticket(situation(DOUBTFUL, HeldState.RELEASED), NOW)
    [note] = notes(plan)
    assert (note.marker, note.html.rule) == ("tb-1", "released by a person")
    assert note.html.value.startswith("<p>Our Sentry guards it.</p>")
    assert (plan.held, [e.code for e in plan.findings]) == ((), [])


def test_rewritten_text_is_planned_in_the_persons_words() -> None:
    [note] = notes(plan_ticket(situation(PROVEN, HeldState.REWRITTEN), NOW))
    assert note.html.value.startswith(f"<p>{OWN_WORDS}</p>")


def test_rejected_text_is_not_mentioned_again() -> None:
    plan = plan_ticket(situation(DOUBTFUL, HeldState.REJECTED), NOW)
    assert (notes(plan), plan.held) == ([], ())
    assert "HELD_FOR_REVIEW" not in [each.code for each in plan.findings]


@pytest.mark.parametrize("state", DECIDED)
@pytest.mark.parametrize("edited", [HARMLESS, PROVEN])
def test_edited_text_waits_anew_whatever_was_decided(state: HeldState, edited: Comment) -> None:
    plan = plan_ticket(situation(edited, state, seen=DOUBTFUL), NOW)
    assert notes(plan) == []
    assert plan.held is not None
    [waiting] = plan.held
    assert waiting.content == seen_content(edited)
    assert "HELD_FOR_REVIEW" in [each.code for each in plan.findings]


def test_release_of_what_is_proven_by_now_is_not_followed() -> None:
    for s in (
        situation(PROVEN, HeldState.RELEASED),
        situation(DOUBTFUL, HeldState.RELEASED, has_origin=True),
    ):
        plan = plan_ticket(s, NOW)
        assert notes(plan) == []
        assert plan.held is not None
        # With the state that was not followed, so that the text waits anew.
        assert [each.state for each in plan.held] == [HeldState.RELEASED]


@pytest.mark.parametrize("state", [HeldState.OPEN, HeldState.WITHDRAWN])
def test_text_that_was_held_once_waits_though_the_gate_would_let_it_pass(state: HeldState) -> None:
    plan = plan_ticket(situation(HARMLESS, state), NOW)
    assert notes(plan) == []
    assert plan.held is not None
    assert [each.source for each in plan.held] == [SOURCE]


@given(
    st.sampled_from(HeldState), st.sampled_from([DOUBTFUL, PROVEN, HARMLESS]), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_note_is_planned_only_by_a_decision_about_this_text_that_the_gate_follows(
    state: HeldState, comment: Comment, edited: bool, has_origin: bool
) -> None:
    seen = replace(comment, html=f"{comment.html}<p>more</p>") if edited else None
    s = situation(comment, state, seen=seen, has_origin=has_origin)
    sent = notes(plan_ticket(s, NOW))
    right = {HeldState.REWRITTEN}
    if comment is HARMLESS or (comment is DOUBTFUL and not has_origin):
        right.add(HeldState.RELEASED)
    assert bool(sent) is (not edited and state in right)
    kept = json.loads(json.dumps(inputs_of(s)))
    assert plan_ticket(ticket_from_inputs(str(s.ref), kept, s.mapping), NOW) == plan_ticket(s, NOW)


def test_closed_ticket_withdraws_and_an_unseen_item_leaves_all_as_it_is() -> None:
    s = situation(DOUBTFUL, HeldState.OPEN)
    unseen = replace(s, items=tuple(replace(each, observation=None) for each in s.items))
    assert plan_ticket(unseen, NOW).held is None
    ended = replace(s, items=())
    assert plan_ticket(ended, NOW).held == ()


def test_person_sees_what_leaves_and_what_stays_line_by_line() -> None:
    item = linked("7", **{COMMENTS: [DOUBTFUL.as_value(), PROVEN.as_value() | {"id": "10"}]})
    assert item.observation is not None
    shown = shown_of(SOURCE, item.observation, Birth())
    assert shown is not None
    assert changes(shown) == [("drop", "#customer"), ("keep", "Our Sentry guards it.")]
    proven = shown_of("boards:7#comment/10", item.observation, Birth())
    assert proven is not None
    assert (proven.refusal, proven.sent) == ("attribution", ())
    assert {op for op, _ in changes(proven)} == {"drop"}
    assert shown_of("boards:7#comment/11", item.observation, Birth()) is None
    assert why("attribution").startswith("It quotes somebody")
    assert why("something new") == "Something new."


def test_nothing_of_a_long_text_leaves_unshown() -> None:
    lines = tuple(f"line {n}" for n in range(500))
    shown = Shown("hash", ("#customer", *lines), lines)
    told = changes(shown)
    leaving = [line for op, line in told if op in ("keep", "add")]
    assert set(leaving) == set(lines)


def test_decision_is_about_how_it_is_said_too() -> None:
    struck = Comment("9", "<p>#customer</p><p>It is <s>never</s> fixed</p>")
    plain = Comment("9", "<p>#customer</p><p>It is never fixed</p>")
    elsewhere = [
        Comment(
            "9",
            f'<p>#customer</p><p><a href="https://good.example{way}">https://good.example/x</a></p>',
        )
        for way in ("", "/x")
    ]
    assert seen_content(struck) != seen_content(plain)
    assert len({seen_content(each) for each in elsewhere}) == 2
