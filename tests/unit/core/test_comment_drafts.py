"""What an engineer marks for the customer as a draft: once, followed while it waits, never sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.core.drafting import CLOSED, GONE, MOVED_ON, UNLINKED
from bridge.core.plan import plan_ticket
from bridge.core.situation import Telling, TicketSituation, Voice
from bridge.domain.drafts import DraftState
from bridge.domain.links import LinkState
from bridge.domain.operations import AddTicketNote, SayToCustomer
from bridge.domain.records import COMMENTS, Comment
from tests.unit.core.examples import CREATED, NOW, linked, mapping, ticket
from tests.unit.core.test_drafting import MINUTE, step, telling

AS_DRAFT = {"to_ticket": "marked", "as": "draft"}
ANSWER = Comment("9", "<p>#customer Fixed in 4.2.</p>", "u", "Kim", CREATED.isoformat())


def commented(*comments: Comment, has_origin: bool = False, **more: Any) -> TicketSituation:
    item = linked("99", "Active", **{COMMENTS: [each.as_value() for each in comments]})
    given = {"mapping": mapping(stages=telling(), comments=AS_DRAFT), "voice": Voice(), **more}
    return ticket(items=(replace(item, has_origin=has_origin),), **given)


def test_marked_comment_waits_as_a_draft_and_no_note_tells_it() -> None:
    other = replace(ANSWER, id="10", html="<p>Internal.</p>")
    plan = plan_ticket(commented(ANSWER, other), NOW)
    [draft] = plan.drafts.new
    assert (draft.state, draft.html, draft.approved_by) == (
        *(DraftState.OPEN, "<p>Fixed in 4.2.</p>"),
        "",
    )
    sent = [each for each in plan.operations if isinstance(each, AddTicketNote | SayToCustomer)]
    assert sent == []
    # A second look changes nothing.
    assert not plan_ticket(step(commented(ANSWER, other)), NOW + MINUTE).drafts


def test_open_draft_follows_its_comment_and_a_decided_one_does_not() -> None:
    s = step(commented(ANSWER))
    edited = replace(ANSWER, html="<p>#customer Fixed in 4.3.</p>")
    later = replace(commented(edited), drafts=s.drafts)
    [said] = plan_ticket(later, NOW).drafts.reworded
    assert (said.id, said.html) == (s.drafts[0].id, "<p>Fixed in 4.3.</p>")
    for state in (DraftState.APPROVED, DraftState.SENT, DraftState.DISCARDED):
        decided = replace(s.drafts[0], state=state, approved_by="kim", intended_at=NOW)
        plan = plan_ticket(replace(later, drafts=(decided,)), NOW)
        assert not plan.drafts
        assert not [each for each in plan.operations if isinstance(each, SayToCustomer)]


def test_draft_is_taken_back_where_the_mark_or_the_link_is_gone() -> None:
    s = step(commented(ANSWER))
    unmarked = replace(commented(replace(ANSWER, html="<p>Wait</p>")), drafts=s.drafts)
    assert plan_ticket(unmarked, NOW).drafts.over == ((s.drafts[0].id, MOVED_ON),)
    assert plan_ticket(replace(s, items=()), NOW).drafts.over == ((s.drafts[0].id, UNLINKED),)
    unseen = replace(s, items=(replace(s.items[0], observation=None),))
    assert not plan_ticket(unseen, NOW).drafts.over


def test_old_comments_and_those_from_before_the_mapping_said_so_make_none() -> None:
    old = replace(ANSWER, at=(CREATED - timedelta(days=900)).isoformat())
    assert not plan_ticket(commented(old), NOW).drafts
    since = Telling(since=CREATED + timedelta(hours=1))
    assert not plan_ticket(commented(ANSWER, telling=since), NOW).drafts


def test_what_names_error_tracking_waits_for_an_operator_and_is_no_draft() -> None:
    doubtful = replace(ANSWER, html="<p>#customer see https://a.sentry.io/issues/1</p>")
    for s in (commented(doubtful), commented(ANSWER, has_origin=True)):
        plan = plan_ticket(s, NOW)
        assert not plan.drafts
        assert [each.source for each in plan.held or ()] == ["boards:99#comment/9"]
        assert "HELD_FOR_REVIEW" in [each.code for each in plan.findings]


def test_draft_comes_back_once_what_took_it_back_has_passed() -> None:
    s = step(commented(ANSWER))
    unmarked = step(replace(commented(replace(ANSWER, html="<p>Wait</p>")), drafts=s.drafts))
    unlinked = step(replace(s, items=()))
    missing = replace(s, drafts=(replace(s.drafts[0], state=DraftState.SUPERSEDED, error=GONE),))
    notes = step(replace(s, mapping=mapping(stages=telling(), comments={"to_ticket": "marked"})))
    for gone in (unmarked, unlinked, missing, notes):
        assert [each.state for each in gone.drafts] == [DraftState.SUPERSEDED]
        there = step(replace(gone, items=s.items, mapping=s.mapping))
        assert [(each.id, each.state) for each in there.drafts] == [
            (s.drafts[0].id, DraftState.OPEN)
        ]
        assert not plan_ticket(there, NOW + MINUTE).drafts
        edited = commented(replace(ANSWER, html="<p>#customer In 4.3.</p>"))
        assert step(replace(edited, drafts=gone.drafts)).drafts[0].html == "<p>In 4.3.</p>"
    closed = replace(s, drafts=(replace(s.drafts[0], state=DraftState.SUPERSEDED, error=CLOSED),))
    assert not plan_ticket(closed, NOW).drafts


def test_broken_link_takes_no_draft_back() -> None:
    s = step(commented(ANSWER))
    [item] = s.items
    broken = replace(item, link=replace(item.link, state=LinkState.BROKEN))
    assert not plan_ticket(replace(s, items=(broken,)), NOW).drafts
