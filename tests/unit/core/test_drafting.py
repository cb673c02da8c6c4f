"""Messages to the customer: which are drafted, which are taken back, and none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.drafting import (
    ASKED,
    BACK_SOON,
    CLOSED,
    DOUBLED,
    MOVED_ON,
    TOLD,
    UNLINKED,
    draft_digest,
    open_drafts,
    plan_drafts,
)
from bridge.core.plan import plan_ticket
from bridge.core.situation import (
    DraftPlan,
    Earlier,
    LinkedItem,
    Telling,
    TicketSituation,
    Voice,
)
from bridge.core.wanted import needs_messages, ticket_want
from bridge.domain.drafts import Draft, DraftState, Reached, Said
from bridge.domain.links import Launch, LaunchState
from bridge.domain.operations import SayToCustomer
from bridge.domain.records import COMMENTS, STATUS, SUBJECT, Comment, Fact
from tests.unit.core.examples import (
    CREATED,
    MAPPING,
    NOW,
    START,
    TICKET,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

MINUTE = timedelta(minutes=1)


def telling(**tells: str) -> list[dict[str, Any]]:
    """The example's stages, telling as it is said here."""
    return [{**each, "tell": tells.get(each["id"], "no")} for each in MAPPING["stages"]]


def told(tell: dict[str, Any] | None = None, **tells: str) -> Any:
    """The example mapping that tells of these stages."""
    return mapping(stages=telling(**tells), tell=tell or {})


DRAFTS = told(available="draft")


def work(status: str = "Closed", at: datetime = CREATED, id: str = "99") -> LinkedItem:
    """An item that came to its status at that time."""
    item = linked(id, status)
    assert item.observation is not None
    facts = {**item.observation.facts, STATUS: Fact(status, at)}
    return replace(item, observation=replace(item.observation, facts=facts))


def situation(*items: LinkedItem, **changes: Any) -> TicketSituation:
    settings: dict[str, Any] = {"mapping": DRAFTS, "items": items or (work(),), **changes}
    return ticket(**settings)


def wrote(at: datetime, **more: Any) -> Any:
    """A ticket on which somebody wrote a public message then."""
    said = Comment("c1", "<p>Done!</p>", "u1", "Kim", at.isoformat(), **{"internal": False, **more})
    return observation(TICKET, ticket_facts(**{COMMENTS: [said.as_value()]}))


def kept(s: TicketSituation, plan: DraftPlan, reached: Reached | None) -> TicketSituation:
    """The situation once the plan was kept."""
    drafts = {each.id: each for each in s.drafts}
    for id, why in plan.over:
        drafts[id] = replace(drafts[id], state=DraftState.SUPERSEDED, error=why)
    for id in plan.reopened:
        drafts[id] = replace(drafts[id], state=DraftState.OPEN, error="")
    for said in plan.reworded:
        drafts[said.id] = replace(drafts[said.id], html=said.html, digest=said.digest, eta=said.eta)
        if said.recipients is not None:
            drafts[said.id] = replace(drafts[said.id], recipients=said.recipients)
    for each in plan.new:
        drafts[each.id] = each
    return replace(s, drafts=tuple(drafts.values()), reached=reached or s.reached)


def step(s: TicketSituation, now: datetime = NOW) -> TicketSituation:
    plan = plan_ticket(s, now)
    return kept(s, plan.drafts, plan.reached)


def states(s: TicketSituation) -> list[str]:
    return [each.state.value for each in s.drafts]


def test_reached_stage_is_drafted_once() -> None:
    plan = plan_ticket(situation(), NOW)
    [draft] = plan.drafts.new
    assert (draft.reason, draft.stage, draft.state) == ("stage:available", "available", "open")
    assert draft.ticket == str(TICKET)
    assert draft.digest == draft_digest(draft.html)
    assert "you can use it now" in draft.html
    assert "Export &lt;fails&gt;" in draft.html
    assert plan.reached == Reached("available", NOW)
    assert not plan_ticket(step(situation()), NOW + MINUTE).drafts


@pytest.mark.parametrize("state", list(DraftState))
def test_draft_in_any_state_is_not_made_again(state: DraftState) -> None:
    s = step(situation())
    s = replace(s, drafts=(replace(s.drafts[0], state=state),))
    for later in (MINUTE, timedelta(days=30)):
        assert not plan_ticket(s, NOW + later).drafts.new


def test_stage_that_tells_nobody_is_not_drafted() -> None:
    assert not plan_ticket(situation(work("Active")), NOW).drafts
    assert not plan_ticket(situation(mapping=mapping()), NOW).drafts


def test_mapping_that_sends_approves_by_itself() -> None:
    [draft] = plan_ticket(situation(mapping=told(available="send")), NOW).drafts.new
    assert (draft.state, draft.approved_by, draft.approved_at) == (DraftState.APPROVED, "", NOW)


def test_message_that_names_sentry_waits_for_a_person_even_where_the_mapping_sends() -> None:
    seen = observation(TICKET, ticket_facts(**{SUBJECT: "See https://acme.sentry.io/issues/42/"}))
    s = situation(mapping=told(available="send"), observation=seen)
    [draft] = plan_ticket(s, NOW).drafts.new
    assert draft.state is DraftState.OPEN


# ------------------------------------------------------------------------- what is news


def test_stage_from_before_the_start_is_left_in_peace() -> None:
    old = work(at=START - timedelta(days=9))
    s = situation(replace(old, link=replace(old.link, created_at=START - timedelta(days=9))))
    assert not plan_ticket(s, NOW).drafts


def test_old_work_that_is_linked_now_is_left_in_peace() -> None:
    """Adopting the links of years floods nobody."""
    assert not plan_ticket(situation(work(at=START - timedelta(days=9))), NOW).drafts


def test_work_done_before_it_was_linked_waits_for_a_person_even_where_the_mapping_sends() -> None:
    done = work(at=CREATED - 2 * MINUTE)
    [draft] = plan_ticket(situation(done, mapping=told(available="send")), NOW).drafts.new
    assert draft.state is DraftState.OPEN
    seen = wrote(CREATED - MINUTE)
    # And what was said before it was linked was said about something else.
    assert plan_ticket(situation(done, observation=seen), NOW).drafts.new


@pytest.mark.parametrize(("age", "state"), [(MINUTE, "approved"), (timedelta(days=9), "open")])
def test_launched_item_is_told_by_itself_and_an_adopted_one_by_a_person(
    age: timedelta, state: str
) -> None:
    """A tracker's clock may be a little behind: the item's status is older than its link."""
    made = CREATED - age
    launch = Launch(TICKET, "bug", "boards", "m", LaunchState.CREATED, made, work_item_id="99")
    done = work(at=CREATED - timedelta(seconds=1))
    s = situation(done, mapping=told(available="send"), launches=(launch,))
    assert [each.state for each in plan_ticket(s, NOW).drafts.new] == [state]


def test_stage_that_was_shown_before_times_were_kept_is_left_in_peace() -> None:
    assert not plan_ticket(situation(reached=Reached("available", None)), NOW).drafts


def test_edit_of_an_item_that_stood_there_long_is_no_news() -> None:
    """Some vendors tell the time of the newest edit, not that of the status."""
    s = situation(work(at=NOW), reached=Reached("available", START - timedelta(days=3)))
    assert not plan_ticket(s, NOW).drafts


def test_activated_mapping_drafts_nothing_for_what_was_reached_before() -> None:
    since = CREATED + MINUTE
    for before in (mapping(), told(in_testing="draft")):
        s = situation(telling=Telling(since=since, earlier=(Earlier(before),)))
        assert not plan_ticket(s, NOW).drafts
    # A table that leads to the stage only now is no news of engineering's either.
    other = {**MAPPING["status"]["boards"], "Closed": "in_testing"}
    before = mapping(stages=telling(available="draft"), status={"boards": other})
    s = situation(telling=Telling(since=since, earlier=(Earlier(before),)))
    assert not plan_ticket(s, NOW).drafts


def test_what_the_earlier_mapping_told_too_is_still_told() -> None:
    s = situation(telling=Telling(since=CREATED + MINUTE, earlier=(Earlier(DRAFTS),)))
    assert plan_ticket(s, NOW).drafts.new


def test_last_of_several_items_brings_the_news() -> None:
    first = work(at=START - timedelta(days=3))
    second = work(at=CREATED, id="100")
    assert plan_ticket(situation(first, second), NOW).drafts.new


# -------------------------------------------------------------------- told by a person


@pytest.mark.parametrize("before", [True, False])
def test_public_message_after_the_stage_satisfies_it(before: bool) -> None:
    s = situation() if before else step(situation())
    s = replace(s, observation=wrote(CREATED + MINUTE))
    plan = plan_ticket(s, NOW + MINUTE).drafts
    assert not plan.new
    assert plan.over == (() if before else ((s.drafts[0].id, TOLD),))
    assert not plan_ticket(kept(s, plan, None), NOW + 2 * MINUTE).drafts


@pytest.mark.parametrize(
    "more", [{"internal": True}, {"inbound": True}, {"own": True}, {"app": True}]
)
def test_note_customer_and_programs_satisfy_nothing(more: dict[str, bool]) -> None:
    s = situation(observation=wrote(CREATED + MINUTE, **more))
    assert plan_ticket(s, NOW).drafts.new


def test_message_from_before_the_stage_satisfies_nothing() -> None:
    assert plan_ticket(situation(observation=wrote(CREATED - MINUTE)), NOW).drafts.new


def test_what_a_person_let_the_hub_say_satisfies_it_and_what_went_by_itself_does_not() -> None:
    s = step(situation())
    said = Said("m1", NOW, "token ada", "d-other")
    assert plan_ticket(replace(s, said=(said,)), NOW).drafts.over == ((s.drafts[0].id, TOLD),)
    assert not plan_ticket(replace(s, said=(replace(said, by=""),)), NOW).drafts


def test_draft_that_a_person_approved_is_not_taken_back_by_a_message() -> None:
    s = step(situation())
    approved = replace(s.drafts[0], state=DraftState.APPROVED, approved_by="token ada")
    s = replace(s, drafts=(approved,), observation=wrote(NOW))
    assert not plan_ticket(s, NOW + MINUTE).drafts


# ------------------------------------------------------------------------- taken back


def test_stage_that_moved_on_takes_its_draft_back() -> None:
    s = replace(step(situation()), items=(work("Active", NOW),))
    assert plan_ticket(s, NOW + MINUTE).drafts.over == ((s.drafts[0].id, MOVED_ON),)


def test_draft_about_to_be_sent_is_not_taken_back() -> None:
    s = step(situation())
    going = replace(s.drafts[0], state=DraftState.APPROVED, intended_at=NOW)
    s = replace(s, drafts=(going,), items=(work("Active", NOW),))
    assert not plan_ticket(s, NOW + MINUTE).drafts


def test_stage_that_holds_takes_nothing_back() -> None:
    s = replace(step(situation()), items=(work("Parked", NOW),))
    plan = plan_ticket(s, NOW + MINUTE)
    assert (plan.stage, bool(plan.drafts)) == (None, False)
    assert plan.reached == s.reached


def test_unlinked_item_takes_its_draft_back_and_linked_again_brings_it_back() -> None:
    s = replace(step(situation()), items=())
    plan = plan_ticket(s, NOW + MINUTE).drafts
    assert plan.over == ((s.drafts[0].id, UNLINKED),)
    again = replace(step(s, NOW + MINUTE), items=(work(),))
    assert plan_ticket(again, NOW + timedelta(hours=5)).drafts.reopened == (s.drafts[0].id,)


def test_message_that_somebody_asked_for_is_taken_back_as_the_stages_is() -> None:
    """Whether the stage tells by itself or not."""
    for tells in ("draft", "no"):
        s = step(situation(mapping=told(available="draft")))
        asked = replace(s.drafts[0], id="d-2", reason=f"{ASKED}available")
        discarded = replace(s.drafts[0], state=DraftState.DISCARDED)
        s = replace(s, drafts=(discarded, asked), mapping=told(available=tells))
        assert not plan_ticket(s, NOW + MINUTE).drafts
        back = replace(s, items=(work("Active"),))
        assert plan_ticket(back, NOW + MINUTE).drafts.over == (("d-2", MOVED_ON),)
        assert plan_ticket(replace(s, items=()), NOW).drafts.over == (("d-2", UNLINKED),)
        heard = replace(s, observation=wrote(NOW + MINUTE))
        assert plan_ticket(heard, NOW + 2 * MINUTE).drafts.over == (("d-2", TOLD),)


def test_closed_ticket_takes_the_stage_back_and_keeps_what_was_written_by_hand() -> None:
    s = step(situation())
    hand = replace(s.drafts[0], id="hand", reason="by_hand", stage=None)
    seen = observation(TICKET, ticket_facts(**{STATUS: "4"}))
    s = replace(s, drafts=(*s.drafts, hand), observation=seen)
    assert plan_ticket(s, NOW).drafts.over == ((s.drafts[0].id, CLOSED),)


def test_back_and_forth_within_minutes_is_one_draft() -> None:
    s, now = step(situation()), NOW
    for status in ("Active", "Closed", "Active", "Closed"):
        now += 4 * MINUTE
        s = step(replace(s, items=(work(status, now),)), now)
    assert states(s) == ["open"]


def test_back_and_forth_after_it_was_sent_says_it_once() -> None:
    s = step(situation())
    s = replace(s, drafts=(replace(s.drafts[0], state=DraftState.SENT),))
    later = NOW + timedelta(days=2)
    s = step(replace(s, items=(work("Active", later),)), later)
    s = step(replace(s, items=(work("Closed", later + MINUTE),)), later + MINUTE)
    assert states(s) == ["sent"]
    assert not plan_ticket(s, later + timedelta(days=1)).drafts


def test_stage_reached_anew_after_real_work_is_told_anew() -> None:
    s = step(situation())
    s = replace(s, drafts=(replace(s.drafts[0], state=DraftState.SENT),))
    left = NOW + timedelta(days=2)
    s = step(replace(s, items=(work("Active", left),)), left)
    back = left + BACK_SOON + MINUTE
    s = step(replace(s, items=(work("Closed", back),)), back)
    assert states(s) == ["sent", "open"]
    assert s.drafts[0].id != s.drafts[1].id


moved = st.lists(
    st.tuples(
        st.sampled_from(["New", "Active", "Resolved", "Closed", "Parked"]), st.integers(0, 90)
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(moved)
def test_whatever_moves_one_draft_of_the_shown_stage_waits_and_a_second_look_changes_nothing(
    moves: list[tuple[str, int]],
) -> None:
    s = situation(work("New"), mapping=told(available="draft", in_testing="draft"))
    now = NOW
    for status, minutes in moves:
        now += timedelta(minutes=minutes)
        s = replace(s, items=(work(status, now),))
        before = s.drafts
        plan = plan_ticket(s, now)
        s = kept(s, plan.drafts, plan.reached)
        assert not plan_ticket(s, now).drafts
        waiting = [each for each in s.drafts if each.state is DraftState.OPEN]
        assert len(waiting) <= 1
        if plan.stage is not None and waiting:
            assert waiting[0].stage == plan.stage
        assert {each.id for each in before} <= {each.id for each in s.drafts}
        open_now = open_drafts(replace(s, drafts=before), plan.drafts)
        assert {each.id for each in waiting} == {each.id for each in open_now}


# --------------------------------------------------------------------------- the date

ETA = date(2026, 5, 12)


def due(day: date | None, *more: LinkedItem) -> TicketSituation:
    item = linked("99", "Active", TargetDate=None if day is None else day.isoformat())
    return situation(item, *more, reached=Reached("in_development", CREATED))


def test_date_later_than_told_is_drafted_once_for_each_date() -> None:
    s = replace(due(ETA + timedelta(days=8)), said=(Said("m1", CREATED, "ada", "d1", None, ETA),))
    [draft] = plan_ticket(s, NOW).drafts.new
    assert (draft.reason, draft.eta) == ("eta", ETA + timedelta(days=8))
    assert "20 May 2026" in draft.html
    s = step(s)
    assert not plan_ticket(s, NOW + MINUTE).drafts
    later = replace(due(ETA + timedelta(days=9)), said=s.said, drafts=s.drafts)
    plan = plan_ticket(later, NOW + MINUTE).drafts
    assert plan.over == ((s.drafts[0].id, MOVED_ON),)
    assert [each.eta for each in plan.new] == [ETA + timedelta(days=9)]


def test_date_that_moves_within_the_range_that_was_told_is_no_news() -> None:
    """O28: what was told is the range's end."""
    ranges = {"parts_after": "45d"}
    far = (NOW + timedelta(days=70)).date().replace(day=12)
    end, past = (far + timedelta(days=31)).replace(day=1), (far + timedelta(days=31)).replace(day=5)
    s = replace(due(far), mapping=told({"ranges": ranges}), reached=None)
    s = replace(s, said=(Said("m1", CREATED, "ada", "d1", None, end - timedelta(days=1)),))
    assert not plan_ticket(s, NOW).drafts
    within = replace(due(far.replace(day=25)), mapping=s.mapping, said=s.said)
    assert not plan_ticket(within, NOW).drafts
    beyond = replace(due(past), mapping=s.mapping, said=s.said)
    [draft] = plan_ticket(beyond, NOW).drafts.new
    assert "we now expect it in early to mid" in draft.html
    assert draft.eta == past.replace(day=20)
    again = step(beyond)
    assert not plan_ticket(again, NOW + MINUTE).drafts


def test_calendar_takes_back_no_moved_date_that_somebody_approved() -> None:
    far = (NOW + timedelta(days=70)).date().replace(day=5)
    s = replace(due(far), mapping=told({"ranges": {"parts_after": "45d"}}))
    early = NOW.date() + timedelta(days=10)
    s = step(replace(s, said=(Said("m1", CREATED, "ada", "d1", None, early),)))
    [draft] = s.drafts
    assert draft.eta == far.replace(day=20)
    near = NOW + timedelta(days=40)
    kim = replace(draft, state=DraftState.APPROVED, approved_by="kim", approved_at=NOW)
    for going in (kim, replace(kim, eta=None), replace(kim, approved_at=near, eta=far)):
        approved = replace(s, drafts=(going,))
        assert not plan_ticket(approved, near).drafts
        back = step(replace(approved, items=(work("Closed", NOW),)), near)
        assert (back.drafts[0].state, back.drafts[0].error) == (DraftState.SUPERSEDED, MOVED_ON)
    moved = linked("99", "Active", TargetDate=(far + timedelta(days=60)).isoformat())
    plan = plan_ticket(replace(s, drafts=(kim,), items=(moved,)), near).drafts
    assert plan.over == ((draft.id, MOVED_ON),)
    # What waits gets the words of the day.
    plan = plan_ticket(s, near).drafts
    assert plan.over == ((draft.id, MOVED_ON),)
    assert [each.eta for each in plan.new] == [far]


@pytest.mark.parametrize("days", [-3, 0, 1])
def test_date_as_told_or_earlier_is_no_news(days: int) -> None:
    s = due(ETA + timedelta(days=days))
    assert not plan_ticket(replace(s, said=(Said("m", CREATED, "a", "d", None, ETA),)), NOW).drafts


def test_date_of_which_nobody_was_told_is_no_news() -> None:
    assert not plan_ticket(due(ETA), NOW).drafts


def test_open_draft_follows_the_date_that_it_names() -> None:
    told_at = told(in_development="draft")
    s = replace(due(ETA), mapping=told_at, reached=None)
    s = step(replace(s, items=(linked("99", "Active", TargetDate=ETA.isoformat()),)))
    assert s.drafts[0].eta == ETA
    later = replace(s, items=(linked("99", "Active", TargetDate="2026-05-14"),))
    [draft] = plan_ticket(later, NOW + MINUTE).drafts.reworded
    assert (draft.id, draft.eta) == (s.drafts[0].id, date(2026, 5, 14))
    assert draft.digest != s.drafts[0].digest


@pytest.mark.parametrize("state", ["open", "approved"])
def test_moved_date_is_not_told_once_the_work_is_with_the_customer(state: str) -> None:
    s = replace(due(ETA + timedelta(days=8)), said=(Said("m1", CREATED, "ada", "d1", None, ETA),))
    s = step(s)
    going = replace(s.drafts[0], state=DraftState(state), approved_by="kim" * (state != "open"))
    s = replace(s, drafts=(going,), voice=Voice())
    # Held, because it can't be seen: that proves nothing.
    assert not plan_ticket(replace(s, items=(work("Parked", NOW),)), NOW + MINUTE).drafts.over
    plan = plan_ticket(replace(s, items=(work("Closed", NOW),)), NOW + MINUTE)
    assert (going.id, MOVED_ON) in plan.drafts.over
    assert not [each for each in plan.operations if isinstance(each, SayToCustomer)]


def test_moved_date_that_a_person_told_meanwhile_is_not_told_again() -> None:
    later = ETA + timedelta(days=8)
    s = replace(due(later), said=(Said("m1", CREATED, "ada", "d1", None, ETA),))
    s = step(s)
    told_it = Said("m2", NOW, "kim", "by-hand", None, later)
    plan = plan_ticket(replace(s, said=(*s.said, told_it)), NOW + MINUTE).drafts
    assert plan.over == ((s.drafts[0].id, TOLD),)


# ------------------------------------------------------------------- two tickets became one


def merged(one: str, other: str) -> TicketSituation:
    """A ticket into which another was merged, each with a draft that the work is available."""
    s = step(situation(voice=Voice()))
    [made] = s.drafts
    first, second = (
        replace(
            made,
            id=id,
            made_at=made.made_at + timedelta(seconds=after),
            state=DraftState(state),
            approved_by="kim" if state == "approved" else "",
        )
        for id, state, after in (("d-1", one, 0), ("d-2", other, 1))
    )
    return replace(s, drafts=(first, second))


@pytest.mark.parametrize(
    ("one", "other", "over"),
    [
        ("open", "open", "d-1"),
        ("approved", "open", "d-2"),
        ("open", "approved", "d-1"),
        ("approved", "approved", "d-1"),
    ],
)
def test_of_two_drafts_for_one_occasion_one_is_said(one: str, other: str, over: str) -> None:
    s = merged(one, other)
    plan = plan_ticket(s, NOW + MINUTE)
    assert plan.drafts.over == ((over, DOUBLED),)
    said = [each.draft for each in plan.operations if isinstance(each, SayToCustomer)]
    assert said == [e.id for e in s.drafts if e.state is DraftState.APPROVED and e.id != over]
    assert not plan_ticket(kept(s, plan.drafts, plan.reached), NOW + 2 * MINUTE).drafts


def test_stage_that_another_message_told_is_not_told_again_though_a_person_approved_it() -> None:
    s = merged("sent", "approved")
    said = Said("m1", NOW + MINUTE, "", "d-1", "available")
    plan = plan_ticket(replace(s, said=(said,)), NOW + 2 * MINUTE)
    assert plan.drafts.over == (("d-2", DOUBLED),)
    assert not [each for each in plan.operations if isinstance(each, SayToCustomer)]


def test_messages_by_hand_are_all_said_on_a_closed_ticket_too() -> None:
    s = merged("approved", "approved")
    hand = tuple(replace(each, reason="by_hand", stage=None) for each in s.drafts)
    closed = observation(TICKET, ticket_facts(**{STATUS: "4"}))
    for seen in (s.observation, closed):
        plan = plan_ticket(replace(s, observation=seen, drafts=hand), NOW + MINUTE)
        assert plan.drafts.over == ()
        said = [each.draft for each in plan.operations if isinstance(each, SayToCustomer)]
        assert said == ["d-1", "d-2"]
    twice = plan_ticket(replace(s, observation=closed), NOW + MINUTE).drafts
    assert twice.over == (("d-1", DOUBLED),)


# --------------------------------------------------------------------------- the rest


def test_what_nobody_knows_is_named_instead_of_drafted() -> None:
    wording = [{"for": "available", "text": "It comes on {{ eta }}."}]
    s = situation(mapping=told({"wording": wording}, available="draft"))
    plan = plan_ticket(s, NOW)
    assert not plan.drafts.new
    [finding] = [each for each in plan.findings if each.code == "WORDING_INCOMPLETE"]
    assert finding.data["lacks"] == "eta"


def test_messages_are_read_where_somebody_is_told() -> None:
    silent = mapping(comments={"to_work_item": "none", "to_ticket": "none"})
    asks = told(available="send").model_copy(update={"comments": silent.comments})
    assert [needs_messages(each) for each in (silent, asks)] == [False, True]
    assert [ticket_want(each).comments for each in (silent, asks)] == [False, True]


def test_ids_of_drafts_are_the_same_for_ever() -> None:
    one, other = (plan_drafts(situation(), "available", None, at) for at in (NOW, NOW + MINUTE))
    assert [e.id for e in one.plan.new] == [e.id for e in other.plan.new]
    assert isinstance(one.plan.new[0], Draft)
