"""Roll-out days and groups: arithmetic with laws, and whom a release has reached (O10-O13, C18)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.rollout import Reach, is_rollout_day, reach, rollout_day, start_of, today
from bridge.domain.mapping_releases import DAYS, Releases
from bridge.domain.releases import KnownRelease, Release

TUESDAY = date(2026, 3, 3)
DAYS_DRAWN = st.dates(date(2026, 1, 1), date(2028, 12, 31))
SPECS = st.builds(
    lambda days, dates, never: spec(rollout_days=days, rollout_dates=dates, never_on=never),
    st.lists(st.sampled_from(DAYS), unique=True),
    st.lists(DAYS_DRAWN, max_size=4),
    st.lists(DAYS_DRAWN, max_size=4),
)


def spec(**said: object) -> Releases:
    return Releases.model_validate({"until_then": "in_release", **said})


def release(day: date | None = TUESDAY, *, released: bool | None = False) -> Release:
    return Release("r", "jira", "10001", "5.4", day, released)


@given(SPECS, DAYS_DRAWN, DAYS_DRAWN)
def test_rollout_day_is_one_never_earlier_and_keeps_the_order(
    known: Releases, one: date, other: date
) -> None:
    first, second = sorted((one, other))
    found = rollout_day(known, first)
    assert found >= first
    assert is_rollout_day(known, found)
    assert rollout_day(known, found) == found
    assert rollout_day(known, second) >= found


@given(SPECS, DAYS_DRAWN)
def test_no_rollout_day_lies_between_a_day_and_the_one_found(known: Releases, day: date) -> None:
    found = rollout_day(known, day)
    passed = (day + timedelta(days=n) for n in range((found - day).days))
    assert not any(is_rollout_day(known, each) for each in passed)


def test_date_moves_to_the_next_day_of_the_week_and_past_a_freeze() -> None:
    known = spec(rollout_days=["tue", "thu"], never_on=[date(2026, 3, 5)])
    assert rollout_day(known, date(2026, 3, 4)) == date(2026, 3, 10)
    assert rollout_day(known, TUESDAY) == TUESDAY


def test_calendar_of_monthly_releases_comes_before_the_days_of_the_week() -> None:
    known = spec(rollout_days=["tue"], rollout_dates=[date(2026, 3, 11), date(2026, 4, 8)])
    assert rollout_day(known, TUESDAY) == date(2026, 3, 11)
    assert rollout_day(known, date(2026, 3, 12)) == date(2026, 4, 8)
    assert rollout_day(known, date(2026, 4, 9)) == date(2026, 4, 14)


def test_last_days_of_the_calendar_do_no_harm() -> None:
    assert rollout_day(spec(rollout_days=["mon"]), date.max) == date.max


def test_day_begins_where_the_rollouts_are() -> None:
    late = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    paris = spec(time_zone="Europe/Paris")
    assert (today(spec(), late), today(paris, late)) == (date(2026, 3, 29), date(2026, 3, 30))
    # The clocks go forward on that Sunday: the day after it begins an hour earlier in UTC.
    assert start_of(paris, date(2026, 3, 29)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert start_of(paris, date(2026, 3, 30)) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_release_without_groups_reaches_everyone_once_it_is_out() -> None:
    known = spec()
    assert reach(known, "everyone", release(), None, TUESDAY) == Reach(False, TUESDAY)
    assert reach(known, "everyone", release(released=True), None, TUESDAY) == Reach(True, TUESDAY)
    early = release(TUESDAY + timedelta(days=9), released=True)
    assert reach(known, "everyone", early, None, TUESDAY) == Reach(True, TUESDAY)


def test_what_is_out_is_out_whatever_the_calendar_says() -> None:
    monday = TUESDAY - timedelta(days=1)
    known = spec(rollout_days=["tue"], groups={"all": {"after": "0d"}})
    assert reach(known, "all", release(monday, released=True), None, monday) == Reach(True, monday)
    assert reach(known, "all", release(monday), None, monday) == Reach(False, TUESDAY)


def test_group_that_comes_later_gets_it_that_many_days_after_and_on_a_rollout_day() -> None:
    known = spec(rollout_days=["tue"], groups={"all": {"after": "8d"}})
    due = date(2026, 3, 17)
    for on, reached in ((TUESDAY, False), (date(2026, 3, 16), False), (due, True)):
        assert reach(known, "all", release(released=True), None, on) == Reach(reached, due)
    # Not out, not reached, however late it is.
    assert not reach(known, "all", release(), None, due).reached


def test_day_on_which_it_was_seen_as_released_counts_where_it_has_none() -> None:
    known = spec(groups={"all": {"after": "2d"}})
    kept = KnownRelease("5.4", released_at=datetime(2026, 3, 3, 12, tzinfo=UTC))
    assert reach(known, "all", release(None, released=True), kept, TUESDAY) == Reach(
        False, date(2026, 3, 5)
    )
    assert reach(known, "all", release(None, released=True), kept, date(2026, 3, 5)).reached


@pytest.mark.parametrize("released", [False, True, None])
def test_group_without_a_span_is_reached_only_when_a_person_says_so(released: bool | None) -> None:
    known = spec(groups={"all": {}})
    late = TUESDAY + timedelta(days=90)
    assert not reach(known, "all", release(released=released), None, late).reached
    said = KnownRelease("5.4", reached={"all": late})
    assert reach(known, "all", release(released=released), said, late) == Reach(True, late)
    # A day that is still to come is a promise, not a fact.
    early = late - timedelta(days=1)
    assert reach(known, "all", release(released=released), said, early) == Reach(False, late)


def test_release_of_which_the_tracker_says_nothing_is_out_on_its_day() -> None:
    known = spec()
    before = TUESDAY - timedelta(days=1)
    assert not reach(known, "everyone", release(released=None), None, before).reached
    assert reach(known, "everyone", release(released=None), None, TUESDAY).reached
    assert not reach(known, "everyone", release(None, released=None), None, TUESDAY).reached
