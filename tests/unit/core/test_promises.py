"""How promises stand, told as days of one ticket whose hub looks now and then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bridge.core.plan import plan_ticket
from bridge.core.situation import Earlier, Telling
from bridge.core.wanted import needs_all_messages, ticket_want
from bridge.domain.drafts import Said
from bridge.domain.notices import NoticeState
from bridge.domain.promises import PromiseState
from bridge.domain.records import COMMENTS, MESSAGES_HIDDEN, Fact
from tests.unit.core.examples import linked, mapping
from tests.unit.core.promise_desk import (
    AT_RISK,
    BOSS,
    BREACHED,
    CHANNELS,
    DAILY,
    KEPT,
    LEAD,
    ON_CALL,
    PAUSED,
    PEOPLE,
    RUNNING,
    STATUS_ETA,
    TRIAGE,
    WEEKDAYS,
    Desk,
    desk,
    local,
    one,
)

# ------------------------------------------------------- a critical ticket, at night (O2 to O7)

NIGHT = local("2026-12-05T22:00")


def minutes(number: float) -> datetime:
    return NIGHT + timedelta(minutes=number)


def test_critical_ticket_at_night_is_warned_of_broken_and_escalated_each_once() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    plan = told.follow(minutes(1), minutes(60))
    assert one(plan, "triage").state is BREACHED
    assert one(plan, "triage").due_at == minutes(15)
    assert told.told == [
        (minutes(5), "warning", ON_CALL),
        (minutes(15) + timedelta(seconds=1), "breach", ON_CALL),
        (minutes(25), "breach", BOSS),
    ]
    assert {each.code for each in plan.findings} >= {"PROMISE_BROKEN"}
    # Looking again and again, also with a clock that was set back, tells nobody anew: it cuts the
    # chase for an answer off, and takes it up again.
    for again in (30, 3, 16, 26, 90):
        told.look(minutes(again))
    assert told.told[3:] == [(minutes(16), "breach again", ON_CALL)]


def test_triage_in_time_is_kept_and_the_warning_is_repeated_no_more() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(1), minutes(7))
    assert [kind for _, kind, _ in told.told] == ["warning"]
    told.set(minutes(8), owner="41")
    plan = told.look(minutes(9))
    assert (one(plan, "triage").state, one(plan, "triage").ended_at) == (KEPT, minutes(8))
    assert [each.state for each in told.notices] == [NoticeState.OVER]
    assert one(told.follow(minutes(10), minutes(90)), "triage").state is KEPT
    assert len(told.told) == 1


def test_severity_by_default_is_no_triage() -> None:
    rule = {**TRIAGE, "when": None}
    told = desk(NIGHT, {k: v for k, v in rule.items() if v is not None})
    told.set(NIGHT, owner="41")
    assert one(told.look(minutes(1)), "triage").state is RUNNING


def test_boss_is_not_told_of_what_somebody_acknowledged() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(1), minutes(16))
    told.notices = [replace(each, state=NoticeState.ACKNOWLEDGED) for each in told.notices]
    told.follow(minutes(17), minutes(60))
    assert BOSS not in {who for *_, who in told.told}


def test_clock_starts_when_the_ticket_became_critical_not_when_it_was_made() -> None:
    told = desk(NIGHT, TRIAGE)
    told.look(minutes(1))
    told.set(minutes(120), hs_ticket_priority="HIGH")
    plan = told.look(minutes(121))
    assert one(plan, "triage").due_at == minutes(135)
    # And once started it is not started anew by going down and up again.
    told.set(minutes(122), hs_ticket_priority="LOW")
    assert told.look(minutes(122)).promises == ()
    told.set(minutes(130), hs_ticket_priority="HIGH")
    assert one(told.look(minutes(130)), "triage").due_at == minutes(135)


def test_status_counts_only_with_the_date_that_is_known() -> None:
    told = desk(NIGHT, STATUS_ETA)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.items = (linked("99", TargetDate="2026-12-09"),)
    told.says(minutes(5), "We received your request.", own=True)
    told.says(minutes(10), "We are on it.")
    assert one(told.look(minutes(12)), "status").state is RUNNING
    told.says(minutes(30), "It will work again on 9 December.")
    found = one(told.look(minutes(31)), "status")
    assert (found.state, found.ended_at) == (KEPT, minutes(30))
    # A date that slips later does not unsay it.
    told.items = (linked("99", TargetDate="2026-12-20"),)
    assert one(told.look(minutes(300)), "status").state is KEPT


@pytest.mark.parametrize(
    ("by", "eta", "state"),
    [
        ("ana@acme.com", date(2026, 12, 9), KEPT),
        ("ana@acme.com", None, BREACHED),
        # tell: send, nobody approved it.
        ("", date(2026, 12, 9), BREACHED),
    ],
)
def test_message_of_the_hub_counts_if_a_person_let_it_go_and_it_says_the_date(
    by: str, eta: date | None, state: PromiseState
) -> None:
    told = desk(NIGHT, STATUS_ETA)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.said = (Said("m1", minutes(20), by, "d1", eta=eta),)
    assert one(told.look(minutes(61)), "status").state is state


@pytest.mark.parametrize(
    "more", [{"internal": True}, {"inbound": True}, {"own": True}, {"app": True}, {"opening": True}]
)
def test_what_no_person_of_the_team_wrote_to_the_customer_keeps_nothing(
    more: dict[str, bool],
) -> None:
    told = desk(NIGHT, {**STATUS_ETA, "must_say": None} | {})
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.says(minutes(10), "Done.", **more)
    assert one(told.look(minutes(61)), "status").state is BREACHED


def test_late_message_ends_the_breach_and_stays_late() -> None:
    rule = {k: v for k, v in STATUS_ETA.items() if k != "must_say"}
    told = desk(NIGHT, rule)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.look(minutes(61))
    told.says(minutes(70), "Sorry, we are late.")
    plan = told.look(minutes(71))
    found = one(plan, "status")
    assert (found.state, found.ended_at, found.is_pressing) == (BREACHED, minutes(70), False)
    assert "PROMISE_BROKEN" not in {each.code for each in plan.findings}


def test_broken_promise_of_a_ticket_that_is_closed_asks_nobody_to_act() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    assert one(told.look(minutes(20)), "triage").is_pressing
    told.status(minutes(21), "solved")
    plan = told.look(minutes(22))
    found = one(plan, "triage")
    assert (found.state, found.is_pressing, found.is_live) == (BREACHED, False, False)
    assert "PROMISE_BROKEN" not in {each.code for each in plan.findings}


def test_nothing_is_claimed_of_a_closed_ticket_of_which_no_message_was_read() -> None:
    told = desk(NIGHT, STATUS_ETA)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.status(minutes(120), "solved")
    seen = told.situation(minutes(200))
    assert one(plan_ticket(seen, minutes(200)), "status").state is BREACHED
    facts = {name: fact for name, fact in seen.observation.facts.items() if name != COMMENTS}
    blind = replace(seen, observation=replace(seen.observation, facts=facts))
    assert plan_ticket(blind, minutes(200)).promises == ()


def test_message_that_is_seen_late_was_in_time() -> None:
    rule = {k: v for k, v in STATUS_ETA.items() if k != "must_say"}
    told = desk(NIGHT, rule)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.look(minutes(1))
    told.says(minutes(59), "We are on it.")
    assert one(told.look(minutes(200)), "status").state is KEPT


def test_nothing_is_called_broken_by_what_was_seen_before_it_was_due() -> None:
    rule = {k: v for k, v in STATUS_ETA.items() if k != "must_say"}
    told = desk(NIGHT, rule, read_at=minutes(30))
    told.set(NIGHT, hs_ticket_priority="HIGH")
    assert told.look(minutes(61)).read_self
    told.read_at = minutes(61)
    assert not told.look(minutes(61)).read_self


def test_messages_that_cannot_be_seen_break_no_promise() -> None:
    told = desk(NIGHT, STATUS_ETA, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.facts[MESSAGES_HIDDEN] = Fact(True, NIGHT)
    plan = told.follow(minutes(1), minutes(300))
    assert one(plan, "status").state is PromiseState.UNOBSERVABLE
    # What can be seen is still judged.
    assert one(plan, "triage").state is BREACHED
    assert {each.route.split(":")[1] for each in told.notices} == {"triage"}


def test_messages_that_are_hidden_for_one_look_end_no_chase_for_an_acknowledgement() -> None:
    tell = {"to": "on_call", "via": "mail", "until_acknowledged": True}
    told = desk(NIGHT, {**STATUS_ETA, "tell": tell})
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(1), minutes(61))
    told.facts[MESSAGES_HIDDEN] = Fact(True, minutes(62))
    assert told.look(minutes(62)).notices.drop == ()
    del told.facts[MESSAGES_HIDDEN]
    assert one(told.look(minutes(63)), "status").state is BREACHED
    chased = [e.route.split(":")[2] for e in told.notices if e.state is NoticeState.DUE]
    assert chased == ["breach"]
    # What turns out to be kept, or ends with the ticket, is repeated no more.
    told.facts[MESSAGES_HIDDEN] = Fact(True, minutes(64))
    told.status(minutes(64), "solved")
    told.look(minutes(65))
    assert {each.state for each in told.notices} == {NoticeState.OVER}


# ------------------------------------------------ an update each business day (D1, D11, D16)

FRIDAY = local("2026-12-04T18:00")


def test_daily_update_starts_anew_with_each_message() -> None:
    told = desk(local("2026-11-30T10:00"), DAILY)
    assert one(told.look(local("2026-11-30T10:05")), "daily").due_at == local("2026-12-01T10:00")
    told.says(local("2026-11-30T16:00"), "We look into it.")
    found = one(told.look(local("2026-11-30T16:01")), "daily")
    assert (found.due_at, found.kept_before) == (local("2026-12-01T16:00"), 1)
    plan = told.follow(local("2026-11-30T16:02"), local("2026-12-01T15:00"))
    assert one(plan, "daily").state is AT_RISK
    assert told.told == [(local("2026-12-01T14:00"), "warning", LEAD)]
    told.says(local("2026-12-01T15:30"), "Still looking.")
    assert one(told.look(local("2026-12-01T15:31")), "daily").state is RUNNING
    told.follow(local("2026-12-01T15:32"), local("2026-12-02T18:00"))
    assert [kind for _, kind, _ in told.told] == ["warning", "warning", "breach"]


def test_silence_misses_each_word_that_was_due_and_is_told_once() -> None:
    told = desk(local("2026-11-30T10:00"), DAILY)
    # Seven days a week, but for three holidays.
    found = one(told.follow(local("2026-11-30T10:05"), local("2027-02-01T10:00")), "daily")
    assert (found.state, found.missed, found.kept_before) == (BREACHED, 59, 0)
    assert found.due_at == local("2026-12-01T10:00")
    assert [kind for _, kind, _ in told.told] == ["warning", "breach"]
    # The word that comes at last starts the clock anew, and what was missed stays counted.
    told.says(local("2027-02-01T10:30"), "Sorry.")
    told.says(local("2027-02-01T15:00"), "It works again.")
    found = one(told.look(local("2027-02-01T15:05")), "daily")
    assert (found.state, found.missed, found.kept_before) == (RUNNING, 60, 1)


def test_silence_of_a_ticket_that_waits_or_is_closed_misses_nothing_more() -> None:
    told = desk(local("2026-11-30T10:00"), DAILY)
    told.follow(local("2026-11-30T10:05"), local("2026-12-02T11:00"))
    told.status(local("2026-12-02T11:00"), "pending")
    plan = told.follow(local("2026-12-02T11:01"), local("2026-12-14T10:00"))
    assert (one(plan, "daily").missed, one(plan, "daily").state) == (2, BREACHED)
    told.status(local("2026-12-14T10:00"), "open")
    assert (
        one(told.follow(local("2026-12-14T10:00"), local("2026-12-15T10:30")), "daily").missed == 3
    )
    told.status(local("2026-12-15T11:00"), "solved")
    plan = told.follow(local("2026-12-15T11:00"), local("2026-12-30T11:00"))
    assert (one(plan, "daily").missed, one(plan, "daily").lapsed) == (3, True)
    assert [kind for _, kind, _ in told.told] == ["warning", "breach"]


def test_chase_that_a_close_ended_goes_on_when_the_ticket_is_open_again() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(1), minutes(20))
    told.status(minutes(21), "solved")
    told.look(minutes(21))
    assert {each.state for each in told.notices} == {NoticeState.OVER}
    told.status(minutes(40), "open")
    told.follow(minutes(41), minutes(60))
    assert [(kind, who) for _, kind, who in told.told] == [
        ("warning", ON_CALL), ("breach", ON_CALL), ("breach", BOSS), ("breach again", ON_CALL),
    ]  # fmt: skip
    # Somebody who knows it already is not told again.
    told.notices = [replace(each, state=NoticeState.ACKNOWLEDGED) for each in told.notices]
    for at, status in ((61, "solved"), (70, "open")):
        told.status(minutes(at), status)
        told.look(minutes(at))
    assert len(told.told) == 4


def test_weekend_with_hours_is_a_business_day_and_a_holiday_is_none() -> None:
    told = desk(FRIDAY, DAILY)
    assert one(told.look(FRIDAY), "daily").due_at == local("2026-12-05T17:00")
    office = desk(FRIDAY, {**DAILY, "calendar": "weekdays"})
    # After hours on Friday: it starts on Monday morning.
    assert one(office.look(FRIDAY), "daily").due_at == local("2026-12-08T09:00")
    eve = local("2026-12-24T10:00")
    assert one(desk(eve, DAILY).look(eve), "daily").due_at == local("2026-12-26T10:00")


def test_waiting_on_the_customer_pauses_and_their_answer_goes_on_from_there() -> None:
    told = desk(local("2026-11-30T10:00"), DAILY)
    told.look(local("2026-11-30T10:01"))
    told.status(local("2026-11-30T11:00"), "pending")
    plan = told.follow(local("2026-11-30T11:00"), local("2026-12-07T12:00"))
    found = one(plan, "daily")
    assert (found.state, found.due_at) == (PAUSED, None)
    assert (found.paused_since, found.paused_for) == (local("2026-11-30T11:00"), "customer")
    assert told.told == []
    told.status(local("2026-12-08T09:00"), "open")
    # 23 hours of a working day's reading were left as it was asked; it rested a week and more.
    due = one(told.look(local("2026-12-08T09:05")), "daily").due_at
    assert due is not None
    assert due > local("2026-12-09T07:00")


def test_pause_shifts_the_end_by_exactly_the_business_time_that_it_took() -> None:
    rule = {**DAILY, "every": "4bh", "calendar": "weekdays", "warn_before": None}
    told = desk(local("2026-11-30T10:00"), {k: v for k, v in rule.items() if v is not None})
    told.look(local("2026-11-30T10:01"))
    told.status(local("2026-11-30T16:00"), "pending")
    # It was over at two already: a pause that begins later mends nothing.
    assert one(told.look(local("2026-11-30T16:01")), "daily").state is BREACHED
    other = desk(local("2026-11-30T15:00"), {k: v for k, v in rule.items() if v is not None})
    other.look(local("2026-11-30T15:01"))
    other.status(local("2026-11-30T16:00"), "pending")
    other.look(local("2026-11-30T16:00"))
    other.status(local("2026-12-01T10:00"), "open")
    found = one(other.look(local("2026-12-01T10:00")), "daily")
    # One hour before the pause, three after it.
    assert found.due_at == local("2026-12-01T13:00")


def test_solved_ticket_rests_and_a_reopened_one_goes_on() -> None:
    told = desk(local("2026-11-30T10:00"), DAILY)
    told.look(local("2026-11-30T10:01"))
    told.status(local("2026-11-30T12:00"), "solved")
    assert told.follow(local("2026-11-30T12:00"), local("2026-12-03T12:00")).promises == ()
    assert told.told == []
    told.status(local("2026-12-03T12:00"), "open")
    found = one(told.look(local("2026-12-03T12:01")), "daily")
    assert found.state is RUNNING
    assert found.due_at is not None
    assert found.due_at > local("2026-12-03T12:01")


def test_own_condition_pauses_where_the_helpdesk_knows_no_waiting() -> None:
    rests = {"field": "property:stage", "is": "2"}
    told = desk(local("2026-11-30T10:00"), {**DAILY, "pause_while": rests})
    told.set(local("2026-11-30T11:00"), stage="2")
    assert one(told.look(local("2026-11-30T11:00")), "daily").state is PAUSED


# ------------------------------------------------------------------ by what the ticket says


def test_span_is_taken_from_the_table_of_severity_and_plan() -> None:
    table = {
        "from": "severity",
        "by": "plan",
        "values": {"high": {"Elite": "2h", "Standard": "1bd"}, "normal": "none"},
    }
    rule = {"id": "word", "within": table, "calendar": "weekdays", "kept_by": "told_customer"}
    told = desk(local("2026-11-30T10:00"), rule)
    told.set(told.created, hs_ticket_priority="HIGH")
    assert one(told.look(told.created), "word").due_at == local("2026-11-30T12:00")
    told.set(told.created, hs_ticket_priority="MEDIUM")
    assert told.look(told.created).promises == ()


def test_calendar_is_chosen_by_condition() -> None:
    cases = [{"when": {"field": "property:region", "is": "au"}, "use": "au"}, {"use": "weekdays"}]
    au = {"zone": "Australia/Sydney", "hours": {"mon-fri": "08:00-18:00"}}
    rule = {"id": "word", "within": "1bh", "calendar": cases, "kept_by": "told_customer"}
    told = desk(local("2026-11-30T20:00"), rule, calendars={"weekdays": WEEKDAYS, "au": au})
    assert one(told.look(told.created), "word").due_at == local("2026-12-01T10:00")
    told.set(told.created, region="au")
    assert one(told.look(told.created), "word").due_at == local("2026-11-30T21:00")


def test_stage_reached_keeps_what_was_promised_for_it_and_for_those_before() -> None:
    rule = {"id": "fix", "within": "10d", "kept_by": "stage:in_development"}
    told = desk(local("2026-11-30T10:00"), rule)
    told.items = (linked("99", "New"),)
    assert one(told.look(told.created), "fix").state is RUNNING
    told.items = (linked("99", "Resolved"),)
    assert one(told.look(told.created + timedelta(days=2)), "fix").state is KEPT


# --------------------------------------------------------------------------- hubs that start late


def test_what_broke_before_the_hub_first_started_is_listed_and_told_nobody() -> None:
    created = local("2026-11-02T10:00")
    told = desk(created, DAILY, start_mark=local("2026-11-30T10:00"))
    plan = told.follow(local("2026-11-30T10:01"), local("2026-12-04T10:00"))
    assert one(plan, "daily").state is BREACHED
    assert told.told == []


def test_what_broke_before_the_mapping_promised_it_is_told_nobody() -> None:
    started = local("2026-11-30T10:00")
    before = Earlier(mapping(), local("2026-11-01T10:00"))
    telling = Telling(PEOPLE, CHANNELS, "", started, (before,))
    told = desk(local("2026-11-02T10:00"), DAILY, telling=telling)
    told.follow(started, local("2026-12-04T10:00"))
    assert told.told == []
    # A version that promised it as well makes it no news.
    earlier = (Earlier(told.mapping, local("2026-11-01T10:00")),)
    told.telling = replace(telling, earlier=earlier)
    told.follow(started, local("2026-12-04T10:00"))
    assert [kind for _, kind, _ in told.told] == ["breach"]


def test_what_broke_while_the_hub_was_away_is_told_once_without_its_warning() -> None:
    told = desk(NIGHT, TRIAGE)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(180), minutes(300))
    assert [kind for _, kind, who in told.told if who == ON_CALL] == ["breach"]


# --------------------------------------------------------------------- at which hours, to whom


def test_on_call_hears_of_what_happens_after_hours_and_the_office_in_the_morning() -> None:
    rule = {
        **TRIAGE,
        "tell": [
            {"to": "on_call", "via": "mail", "at": "breach", "outside": "weekdays"},
            {"to": "leads", "via": "mail", "at": "breach", "during": "weekdays"},
        ],
    }
    told = desk(NIGHT, rule)
    told.set(NIGHT, hs_ticket_priority="HIGH")
    told.follow(minutes(1), local("2026-12-07T12:00"))
    assert told.told == [
        (minutes(15) + timedelta(seconds=1), "breach", ON_CALL),
        (local("2026-12-07T09:00"), "breach", LEAD),
    ]
    noon = local("2026-12-07T12:00")
    day = desk(noon, rule)
    day.set(noon, hs_ticket_priority="HIGH")
    day.follow(noon, noon + timedelta(hours=1))
    assert [who for *_, who in day.told] == [LEAD]


def test_role_that_nobody_plays_is_a_finding() -> None:
    told = desk(NIGHT, TRIAGE, telling=Telling({}, CHANNELS, ""))
    told.set(NIGHT, hs_ticket_priority="HIGH")
    plan = told.look(minutes(6))
    assert "NOBODY_TO_TELL" in {each.code for each in plan.findings}


def test_notice_says_what_when_and_what_to_do() -> None:
    told = desk(FRIDAY, DAILY)
    told.look(FRIDAY)
    plan = told.look(local("2026-12-05T15:30"))
    [notice] = plan.notices.new
    assert notice.content is not None
    assert notice.content.title.value == "At risk: Daily update (Initech)"
    said = {label: value.value for label, value in notice.content.facts}
    assert said["Due"] == "Sat 5 Dec 17:00 America/Chicago"
    assert said["To do"] == "Write to the customer"


def test_mapping_without_promises_plans_as_before() -> None:
    told = Desk(NIGHT, mapping())
    plan = told.look(minutes(1))
    assert (plan.timeline, plan.promises) == (None, ())


def test_ticket_read_brings_what_promises_depend_on() -> None:
    rests = {"field": "property:stage", "is": "2"}
    cases = [
        {"when": {"field": "property:region", "is": "au"}, "use": "weekdays"},
        {"use": "weekdays"},
    ]
    told = desk(
        NIGHT,
        {**DAILY, "pause_while": rests, "calendar": cases},
        {**TRIAGE, "within": {"from": "property:kind", "values": {"a": "1h"}}},
    )
    want = ticket_want(told.mapping)
    assert want.fields >= {"stage", "region", "kind"}
    assert want.timed >= {"stage", "hs_ticket_priority"}
    assert needs_all_messages(told.mapping)
    assert not needs_all_messages(mapping())


def test_letter_that_is_shown_later_is_one_word() -> None:
    told = desk(FRIDAY, {**DAILY, "calendar": "weekdays"})
    at = FRIDAY + timedelta(hours=1)
    for name in ("posted:<1>", "tried:<1>", "unshown:<1>", "posted:<1>", "tried:<1>", "7700"):
        told.said = (Said(name, at, "ada", "d1"),)
        told.look(at + timedelta(minutes=5))
        assert [each.id for each in told.words] == [name]
    assert one(told.look(at + timedelta(minutes=6)), "daily").kept_before == 1


def test_automatic_mail_that_moves_the_status_lets_the_clock_rest_until_a_person_writes() -> None:
    opened = local("2026-11-30T10:00")
    office = desk(opened, {**DAILY, "calendar": "weekdays", "every": "8bh"})
    office.status(opened + timedelta(hours=1), "pending")
    assert one(office.look(opened + timedelta(hours=1)), "daily").state is PAUSED
    note = opened + timedelta(hours=2)
    office.says(note, "I am away", inbound=True, automatic=True)
    office.status(note, "open")
    for hours in (2, 30):
        assert one(office.look(opened + timedelta(hours=hours)), "daily").state is PAUSED
    reply = opened + timedelta(hours=31)
    office.says(reply, "Here I am", inbound=True)
    again = one(office.look(reply), "daily")
    # One business hour had passed before; the rest began with the reply, not with the note.
    assert (again.state, again.due_at) == (RUNNING, local("2026-12-02T16:00"))
