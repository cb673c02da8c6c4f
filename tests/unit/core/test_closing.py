"""Three endings that are never taken for one: work done, customer told, ticket closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.closing import plan_closing, remembered, standing_of, told_since, work_of
from bridge.core.plan import plan_ticket
from bridge.core.situation import Earlier, Plan, Telling, TicketSituation
from bridge.core.values import digest
from bridge.domain.closures import Closure, Standing
from bridge.domain.drafts import Said
from bridge.domain.links import Fingerprint, LinkState
from bridge.domain.operations import SetTicketFields
from bridge.domain.records import COMMENTS, STATUS, Comment, Reference, StatusInfo
from tests.unit.core.examples import (
    HELPDESK,
    NOW,
    TICKET,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

DESK = Reference(
    statuses={
        **HELPDESK.statuses,
        "2": StatusInfo("2", "Waiting on contact"),
        "3": StatusInfo("3", "Solved"),
    }
)
CLOSING: dict[str, Any] = {
    "solved": ["solved"],
    "pending": ["2"],
    "solved_after": "2d",
    "pending_after": "7d",
    "to": {"property": "hs_pipeline_stage", "value": "Closed"},
}
AGO = NOW - timedelta(days=10)
"""When the work was done."""
BEFORE = NOW - timedelta(days=30)
"""When the hub started with the helpdesk."""


def said(days_ago: float, **more: Any) -> Comment:
    """A public message of a person, that many days ago."""
    at = NOW - timedelta(days=days_ago)
    given: dict[str, Any] = {"html": "Done", "at": at.isoformat(), "internal": False, **more}
    return Comment(f"m{days_ago}", **given)


def ending(
    status: str = "1",
    item: str = "Closed",
    *comments: Comment,
    since: float = 8,
    spec: dict[str, Any] | None = None,
    **changes: Any,
) -> TicketSituation:
    """A ticket in that status since so many days, with one work item and what was said."""
    facts = ticket_facts(**{STATUS: status, COMMENTS: [each.as_value() for each in comments]})
    at = NOW - timedelta(days=since)
    seen = observation(TICKET, facts, at=at)
    items = (linked("99", item),) if item else ()
    mine = mapping(closing=CLOSING if spec is None else spec)
    given: dict[str, Any] = {"start_mark": BEFORE, **changes}
    made = ticket(observation=seen, reference=DESK, mapping=mine, items=items, **given)
    if "closure" in changes:
        return made
    done = AGO if work_of(made, NOW).done else None
    return replace(made, closure=Closure(standing_of(made), at, done))


def codes(s: TicketSituation, now: datetime = NOW) -> set[str]:
    """The codes about the ticket's end."""
    found = {each.code for each in plan_ticket(s, now).findings}
    return found & {"CLOSED_BEFORE_FIXED", "CLOSED_SILENTLY", "DONE_NOT_CLOSED"}


def written(plan: Plan) -> dict[str, str]:
    """What would be written on the ticket's status."""
    fields = [f for o in plan.operations if isinstance(o, SetTicketFields) for f in o.fields]
    return {f.field: f.value.value for f in fields if f.field == "hs_pipeline_stage"}


@pytest.mark.parametrize("status", ["3", "4"], ids=["solved", "closed"])
def test_ticket_that_ends_before_its_work_is_done_is_a_finding_that_names_the_work(
    status: str,
) -> None:
    s = ending(status, "Active", said(1))
    [found] = [e for e in plan_ticket(s, NOW).findings if e.code == "CLOSED_BEFORE_FIXED"]
    assert found.data["items"] == "#99"
    assert codes(ending(status, "Closed", said(1))) == set()
    assert codes(ending("1", "Active", said(1))) == set()


def test_item_that_can_not_be_seen_is_neither_done_nor_open() -> None:
    s = ending("3", "Active", said(1))
    lost = replace(s, items=(linked("99", "Active", state=LinkState.BROKEN),))
    assert codes(lost) == set()
    assert not work_of(lost, NOW).done


def test_last_stage_of_the_way_is_done_whatever_the_tracker_thinks_of_the_status() -> None:
    table = {"boards": {**mapping().status["boards"], "Resolved": "available"}}
    s = ending("3", "Resolved", said(1))
    assert codes(s) == {"CLOSED_BEFORE_FIXED"}
    there = replace(s, mapping=mapping(closing=CLOSING, status=table))
    assert "CLOSED_BEFORE_FIXED" not in codes(there)


@pytest.mark.parametrize(
    ("comments", "silent"),
    [
        ([], True),
        ([said(11)], True),
        ([said(9, internal=True)], True),
        ([said(9, inbound=True)], True),
        ([said(9, own=True)], True),
        ([said(9, app=True)], True),
        ([said(9)], False),
    ],
    ids=["nothing", "before", "internal", "by_customer", "by_hub", "by_program", "by_person"],
)
def test_closed_silently_is_said_unless_a_person_told_the_customer_since(
    comments: list[Comment], silent: bool
) -> None:
    assert (codes(ending("4", "Closed", *comments)) == {"CLOSED_SILENTLY"}) is silent


def test_what_the_hub_said_on_approval_is_no_silence() -> None:
    told = Said("m1", NOW - timedelta(days=9), "ana@acme.example", "d1")
    assert codes(ending("4", "Closed", said=(told,))) == set()


def test_message_of_whole_seconds_is_not_before_what_came_in_the_same_second() -> None:
    told = Said("m1", AGO.replace(microsecond=0), "ana@acme.example", "d1")
    s = ending("4", "Closed", said=(told,))
    assert told_since(s, told.at + timedelta(milliseconds=453)) is True
    assert told_since(s, told.at + timedelta(seconds=1)) is False


def test_messages_that_can_not_be_seen_prove_no_silence() -> None:
    s = ending("4", "Closed")
    blind = {k: v for k, v in s.observation.facts.items() if k != COMMENTS}
    assert codes(replace(s, observation=replace(s.observation, facts=blind))) == set()


def test_done_work_under_an_open_ticket_is_said_after_the_days_of_the_mapping() -> None:
    s = ending("1", "Closed", said(1), spec={"remind_after": "12d"})
    assert codes(s) == set()
    assert plan_closing(s, NOW).wake_at == AGO + timedelta(days=12)
    assert codes(s, NOW + timedelta(days=2)) == {"DONE_NOT_CLOSED"}


def test_mapping_without_closing_says_and_writes_nothing_about_the_end() -> None:
    s = replace(ending("3", "Active"), mapping=mapping())
    assert codes(s) == set()
    assert written(plan_ticket(s, NOW + timedelta(days=99))) == {}


def test_solved_ticket_is_closed_when_its_days_are_over_and_not_before() -> None:
    s = ending("3", "Closed", said(9), since=2)
    assert written(plan_ticket(s, NOW)) == {"hs_pipeline_stage": "4"}
    early = ending("3", "Closed", said(9), since=1.5)
    plan = plan_ticket(early, NOW)
    assert written(plan) == {}
    assert plan.wake_at == NOW + timedelta(days=0.5)


def test_ticket_without_work_is_closed_as_well_once_its_customer_was_answered() -> None:
    assert written(plan_ticket(ending("3", "", said(3)), NOW)) == {"hs_pipeline_stage": "4"}
    assert written(plan_ticket(ending("3", ""), NOW)) == {}


@pytest.mark.parametrize(
    ("item", "comments"),
    [
        ("Active", [said(9)]),
        ("Closed", []),
        ("Closed", [said(11)]),
        ("Closed", [said(9), said(1, inbound=True)]),
    ],
    ids=["work_not_done", "nobody_told", "told_before_it_was_done", "customer_replied"],
)
def test_hub_never_closes(item: str, comments: list[Comment]) -> None:
    for status in ("2", "3"):
        assert written(plan_ticket(ending(status, item, *comments), NOW)) == {}


@pytest.mark.parametrize(("by", "closes"), [("ana@acme.example", True), ("", False)])
def test_hub_closes_on_what_a_person_approved_and_not_on_its_own_word(
    by: str, closes: bool
) -> None:
    told = Said("m1", NOW - timedelta(days=9), by, "d1")
    s = ending("3", "Closed", said=(told,))
    assert bool(written(plan_ticket(s, NOW))) is closes
    # The customer knows in either case.
    assert codes(ending("4", "Closed", said=(told,))) == set()


def test_pending_ticket_is_closed_after_its_own_days() -> None:
    assert written(plan_ticket(ending("2", "", said(9), since=6), NOW)) == {}
    assert written(plan_ticket(ending("2", "", said(9), since=7), NOW)) == {
        "hs_pipeline_stage": "4"
    }


@pytest.mark.parametrize("status", ["2", "3", "4"], ids=["pending", "solved", "closed"])
def test_reply_opens_again_what_the_helpdesk_leaves_ended_if_the_mapping_says_so(
    status: str,
) -> None:
    answered = (said(9), said(1, inbound=True))
    spec = {**CLOSING, "reopen_to": {"property": "hs_pipeline_stage", "value": "New"}}
    assert written(plan_ticket(ending(status, "Closed", *answered, spec=spec), NOW)) == {
        "hs_pipeline_stage": "1"
    }
    assert written(plan_ticket(ending(status, "Closed", *answered), NOW)) == {}


def test_reply_that_came_as_the_hub_closed_opens_the_ticket_again() -> None:
    spec = {**CLOSING, "reopen_to": {"property": "hs_pipeline_stage", "value": "New"}}
    closed_at = NOW - timedelta(minutes=5)
    pair = Fingerprint("hs_pipeline_stage", digest("4"), digest("4"), closed_at)
    answer = said(6 / 1440, inbound=True)
    s = ending("4", "", answer, since=5 / 1440, spec=spec)
    by_hub = replace(s, fingerprints={pair.field: pair})
    assert written(plan_ticket(by_hub, NOW)) == {"hs_pipeline_stage": "1"}
    # Who closed it themselves has read it; so has who closed it again after the hub did.
    assert written(plan_ticket(s, NOW)) == {}
    earlier = replace(pair, written_at=closed_at - timedelta(hours=1))
    assert written(plan_ticket(replace(s, fingerprints={pair.field: earlier}), NOW)) == {}


def test_status_that_the_ticket_has_already_is_not_written_again_and_again() -> None:
    spec = {**CLOSING, "reopen_to": {"property": "hs_pipeline_stage", "value": "Solved"}}
    s = ending("3", "Closed", said(9), said(1, inbound=True), spec=spec)
    plan = plan_ticket(s, NOW)
    assert written(plan) == {}
    assert plan_closing(s, NOW).wake_at is None


def test_answer_to_a_survey_opens_nothing() -> None:
    spec = {
        **CLOSING,
        "reopen_to": {"property": "hs_pipeline_stage", "value": "New"},
        "survey_channels": ["satisfaction"],
    }
    answer = said(1, inbound=True, channel="satisfaction")
    s = ending("4", "Closed", said(9), answer, spec=spec)
    assert written(plan_ticket(s, NOW)) == {}


REOPENING = {**CLOSING, "reopen_to": {"property": "hs_pipeline_stage", "value": "New"}}
"""How tickets end where a reply opens them again, too."""
THANKS = said(899, inbound=True)


@pytest.mark.parametrize("comments", [(said(900),), (said(900), THANKS)], ids=["told", "answered"])
def test_ticket_that_ended_before_the_hub_started_is_left_as_it_is(
    comments: tuple[Comment, ...],
) -> None:
    for status in ("2", "3", "4"):
        s = ending(status, "", *comments, since=900, spec=REOPENING)
        assert plan_closing(s, NOW).fields == ()
        assert plan_closing(replace(s, start_mark=None), NOW).fields == ()


def test_ticket_that_ended_before_its_mapping_closed_any_is_left_as_it_is() -> None:
    now_in_force = Telling(since=NOW - timedelta(days=1))
    solved, answered = (
        ending(status, "", said(9), *more, since=8, spec=REOPENING, telling=now_in_force)
        for status, more in (("3", ()), ("4", (said(2, inbound=True),)))
    )
    assert plan_closing(solved, NOW).fields == plan_closing(answered, NOW).fields == ()
    silent = Earlier(mapping(), NOW - timedelta(days=20))
    same = replace(silent, mapping=mapping(closing=REOPENING))
    for before, wrote in ((silent, False), (same, True)):
        telling = replace(now_in_force, earlier=(before,))
        for each in (solved, answered):
            assert bool(plan_closing(replace(each, telling=telling), NOW).fields) is wrote


def test_old_ticket_is_opened_again_where_its_customer_replies_now_or_a_person_asks() -> None:
    telling = Telling(since=NOW - timedelta(days=2))
    replied = ending("4", "", said(1, inbound=True), since=900, spec=REOPENING, telling=telling)
    assert written(plan_ticket(replied, NOW)) == {"hs_pipeline_stage": "1"}
    closure = Closure(Standing.CLOSED, NOW - timedelta(days=900), asked_at=NOW)
    asked = ending("4", "", since=900, spec=REOPENING, telling=telling, closure=closure)
    assert written(plan_ticket(asked, NOW)) == {"hs_pipeline_stage": "1"}


# ----------------------------------------------------------------------- what is remembered


def test_moment_of_an_ending_stays_however_often_the_ticket_is_read() -> None:
    s = ending("3", "Closed", said(9), closure=None, since=5)
    first = remembered(s, NOW)
    assert first is not None
    later = ending("3", "Closed", said(9), closure=first, since=1)
    assert remembered(later, NOW) == first


def test_work_that_goes_on_forgets_that_it_was_done() -> None:
    s = ending("1", "Active")
    done = replace(s, closure=Closure(Standing.OPEN, AGO, AGO))
    kept = remembered(done, NOW)
    assert kept is not None
    assert kept.done_since is None


@given(
    st.sampled_from(["1", "2", "3", "4"]),
    st.sampled_from(["Active", "Closed", ""]),
    st.none()
    | st.builds(
        Closure,
        st.sampled_from(Standing),
        st.just(AGO),
        st.none() | st.just(AGO),
        st.sampled_from(["", "7"]),
    ),
    st.booleans(),
)
def test_remembering_twice_is_remembering_once(
    status: str, item: str, before: Closure | None, replied: bool
) -> None:
    comments = [said(1, inbound=True)] if replied else []
    s = ending(status, item, *comments, closure=before)
    once = remembered(s, NOW)
    assert remembered(replace(s, closure=once), NOW) == once
