"""Wall clocks: days, holidays, and the two nights on which a clock is set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.workdays import due_today, is_on, next_time, open_on, wall_moment
from bridge.domain.mapping_hygiene import DigestTime
from bridge.domain.mapping_promises import CalendarSpec

FRIDAY = date(2026, 3, 6)


def on(day: date, **when: object) -> bool:
    return is_on(DigestTime.model_validate({"at": "16:00", **when}), day)


def test_working_days_are_the_rule_and_holidays_are_none() -> None:
    week = [FRIDAY + timedelta(days=n) for n in range(-4, 3)]
    assert [on(each) for each in week] == [True] * 5 + [False] * 2
    assert [on(each, days="daily") for each in week] == [True] * 7
    assert [on(each, days=["mon", "sat"]) for each in week] == [
        True, False, False, False, False, True, False,
    ]  # fmt: skip
    assert not on(FRIDAY, not_on=[FRIDAY])


def test_calendar_decides_where_one_is_named() -> None:
    when = DigestTime.model_validate({"at": "16:00", "days": "us"})
    assert is_on(when, FRIDAY, lambda name, day: (name, day) == ("us", FRIDAY))
    assert not is_on(when, FRIDAY)


def test_day_of_a_calendar_is_one_on_which_it_has_hours() -> None:
    office = {
        "zone": "America/Chicago",
        "hours": {"mon-fri": "09:00-17:00"},
        "holidays": {"country": "US"},
        "open": {"2026-07-04": ["10:00-12:00"]},
    }
    open_days = open_on({"office": CalendarSpec.model_validate(office)})
    when = DigestTime.model_validate({"at": "16:00", "days": "office"})
    # The Friday before the fourth of July is the public holiday of that year.
    days = [date(2026, 7, each) for each in (1, 2, 3, 4, 5, 6)]
    assert [is_on(when, each, open_days) for each in days] == [
        True, True, False, True, False, True,
    ]  # fmt: skip
    other = DigestTime.model_validate({"at": "16:00", "days": "elsewhere"})
    assert not is_on(other, FRIDAY, open_days)


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        (date(2026, 1, 5), "02:30", "America/Chicago", "2026-01-05T08:30"),
        (date(2026, 7, 6), "02:30", "America/Chicago", "2026-07-06T07:30"),
        (date(2026, 3, 29), "02:30", "Europe/Berlin", "2026-03-29T01:30"),  # skipped
        (date(2026, 10, 25), "02:30", "Europe/Berlin", "2026-10-25T00:30"),  # shown twice
        (date(2028, 2, 29), "00:00", "UTC", "2028-02-29T00:00"),
        (date(2026, 5, 5), "08:00", "Australia/Sydney", "2026-05-04T22:00"),
    ],
)
def test_wall_clock_is_followed_over_the_year(day: date, at: str, zone: str, utc: str) -> None:
    assert wall_moment(day, at, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_day_is_the_one_on_the_wall_there() -> None:
    now = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)
    assert due_today("08:00", "Australia/Sydney", now) == (date(2026, 3, 7), True)
    assert due_today("18:00", "America/Chicago", now) == (FRIDAY, False)


EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
moments = st.integers(0, 5 * 365 * 24 * 60).map(lambda n: EARLIEST + timedelta(minutes=n))
zones = st.sampled_from(["UTC", "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"])
times = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


@given(now=moments, zone=zones, at=times)
def test_next_time_lies_ahead_within_a_day_and_is_due_then(
    now: datetime, zone: str, at: str
) -> None:
    coming = next_time(at, zone, now)
    assert now < coming <= now + timedelta(hours=25)
    day, come = due_today(at, zone, coming)
    assert come
    assert (
        not due_today(at, zone, coming - timedelta(microseconds=1))[1]
        or day != (coming - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    )
