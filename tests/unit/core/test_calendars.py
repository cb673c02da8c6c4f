"""Business hours: what they mean on the days that surprise people, and laws for all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.calendars import (
    ROUND_THE_CLOCK,
    Calendar,
    Span,
    add,
    between,
    compiled,
    is_open,
    next_opening,
    read_span,
    take,
)
from bridge.core.instants import LAST
from bridge.domain.mapping_promises import CalendarSpec

CHICAGO = "America/Chicago"


def calendar(zone: str = CHICAGO, **said: object) -> Calendar:
    spec = {"zone": zone, "hours": {"mon-fri": "07:00-19:00", "sat-sun": "09:00-17:00"}, **said}
    return compiled("support", CalendarSpec.model_validate(spec))


def weekdays(zone: str = CHICAGO, **said: object) -> Calendar:
    return calendar(zone, hours={"mon-fri": ["09:00-12:00", "13:00-17:00"]}, **said)


def local(text: str, known: Calendar) -> datetime:
    """The moment of a wall-clock time in the calendar's zone."""
    assert known.zone is not None
    return datetime.fromisoformat(text).replace(tzinfo=known.zone).astimezone(UTC)


def after(start: str, span: str, known: Calendar) -> str:
    """When the span is over, as the clock on the wall shows it."""
    return add(known, local(start, known), read_span(span)).astimezone(known.zone).strftime(
        "%a %Y-%m-%d %H:%M"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-30T10:00", "1h", "Mon 2026-11-30 11:00"),
        # Over lunch, over night, over the weekend.
        ("2026-11-30T11:30", "1h", "Mon 2026-11-30 13:30"),
        ("2026-11-30T16:30", "1bh", "Tue 2026-12-01 09:30"),
        ("2026-12-04T16:30", "4bh", "Mon 2026-12-07 13:30"),
        # Ending with the day's end is still that day.
        ("2026-11-30T15:00", "2h", "Mon 2026-11-30 17:00"),
        # A business day: the same reading of the clock on the next day that opens.
        ("2026-11-30T10:00", "1bd", "Tue 2026-12-01 10:00"),
        ("2026-12-04T16:59", "1bd", "Mon 2026-12-07 16:59"),
        ("2026-12-05T22:00", "1bd", "Tue 2026-12-08 09:00"),
        ("2026-11-30T07:00", "2bd", "Wed 2026-12-02 09:00"),
        ("2026-11-30T20:00", "1bd", "Wed 2026-12-02 09:00"),
        # Thanksgiving and the days beside it.
        ("2026-11-25T10:00", "1bd", "Fri 2026-11-27 10:00"),
        ("2026-11-25T16:00", "2h", "Fri 2026-11-27 10:00"),
        # A leap day is a day.
        ("2028-02-28T10:00", "1bd", "Tue 2028-02-29 10:00"),
        ("2028-02-28T10:00", "2bd", "Wed 2028-03-01 10:00"),
    ],
)
def test_span_in_business_hours_ends_when_people_would_say(start: str, span: str, due: str) -> None:
    assert after(start, span, weekdays(holidays={"country": "US"})) == due


def test_weekend_has_hours_of_its_own() -> None:
    # D1: Monday to Friday 7 to 19, Saturday and Sunday 9 to 17.
    known = calendar()
    assert after("2026-12-04T18:30", "1h", known) == "Sat 2026-12-05 09:30"
    assert after("2026-12-05T18:00", "1bd", known) == "Mon 2026-12-07 09:00"
    # The reading of a long day is past a short day's end: that day's end.
    assert after("2026-12-04T18:30", "1bd", known) == "Sat 2026-12-05 17:00"


def test_own_days_close_and_open_whatever_weekday_they_are() -> None:
    known = weekdays(closed=["2026-12-01"], open={"2026-12-05": "10:00-12:00"})
    assert after("2026-11-30T10:00", "1bd", known) == "Wed 2026-12-02 10:00"
    assert after("2026-12-04T16:00", "3h", known) == "Sat 2026-12-05 12:00"


def test_daylight_saving_moves_no_business_hour() -> None:
    # The clocks go forward on 2026-03-08 and back on 2026-11-01 in Chicago.
    known = weekdays()
    assert after("2026-03-06T10:00", "1bd", known) == "Mon 2026-03-09 10:00"
    assert after("2026-10-30T10:00", "1bd", known) == "Mon 2026-11-02 10:00"
    week = between(known, local("2026-03-02T00:00", known), local("2026-03-09T00:00", known))
    assert week == timedelta(hours=35)


def test_night_that_lacks_an_hour_has_an_hour_less_and_the_long_one_an_hour_more() -> None:
    night = calendar(hours={"mon-sun": "00:00-24:00"})
    assert between(
        night, local("2026-03-08T00:00", night), local("2026-03-09T00:00", night)
    ) == timedelta(hours=23)
    assert between(
        night, local("2026-11-01T00:00", night), local("2026-11-02T00:00", night)
    ) == timedelta(hours=25)


def test_hours_within_the_skipped_hour_are_none() -> None:
    known = calendar(hours={"sun": "02:00-03:00"})
    start = local("2026-03-07T00:00", known)
    assert next_opening(known, start) == local("2026-03-15T02:00", known)


def test_half_past_zone_of_another_continent_counts_in_its_own_time() -> None:
    known = weekdays("Australia/Adelaide", holidays={"country": "AU", "subdivision": "SA"})
    # Australia Day.
    assert after("2026-01-23T16:30", "1bh", known) == "Tue 2026-01-27 09:30"
    opening = next_opening(known, datetime(2026, 1, 27, tzinfo=UTC))
    assert opening == datetime(2026, 1, 27, 0, 0, tzinfo=UTC), "10:30 on the wall"


def test_always_is_open_round_the_clock() -> None:
    moment = datetime(2026, 12, 25, 3, tzinfo=UTC)
    assert is_open(ROUND_THE_CLOCK, moment)
    assert add(ROUND_THE_CLOCK, moment, read_span("15m")) == moment + timedelta(minutes=15)
    assert add(ROUND_THE_CLOCK, moment, read_span("1bd")) == moment + timedelta(days=1)
    assert between(ROUND_THE_CLOCK, moment, moment + timedelta(hours=3)) == timedelta(hours=3)


def test_moment_of_closing_is_closed_and_that_of_opening_open() -> None:
    known = weekdays()
    assert not is_open(known, local("2026-11-30T17:00", known))
    assert not is_open(known, local("2026-11-30T12:00", known))
    assert is_open(known, local("2026-11-30T13:00", known))


def test_calendar_that_never_opens_ends_every_question() -> None:
    never = calendar(hours={"mon": "09:00-09:00"})
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    assert next_opening(never, moment) == LAST
    assert add(never, moment, read_span("1bd")) == LAST
    assert add(never, moment, read_span("1h")) == LAST
    assert between(never, moment, moment + timedelta(days=30)) == timedelta()


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1 h", "1w", "1bdx"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no span"):
        read_span(text)


# -------------------------------------------------------------------------------------- laws

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=1826)).map(
    lambda since: datetime(2024, 1, 1, tzinfo=UTC) + since
)
TIMES = st.timedeltas(timedelta(0), timedelta(hours=60))
SPANS = st.one_of(
    st.builds(Span, time=TIMES), st.builds(Span, days=st.integers(1, 6), time=st.just(timedelta()))
)
CALENDARS = st.sampled_from(
    [
        ROUND_THE_CLOCK,
        calendar(),
        weekdays(holidays={"country": "US"}),
        weekdays("Australia/Lord_Howe"),
        calendar("Europe/Berlin", hours={"mon-sun": "00:00-24:00"}),
        # Hours about the change itself, and a zone whose day once lacked its midnight.
        calendar("Europe/Berlin", hours={"fri-mon": ["01:30-02:30", "02:45-03:15"]}),
        calendar("Africa/Cairo", hours={"mon-sun": ["00:00-01:00", "23:00-24:00"]}),
    ]
)


@given(CALENDARS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), SPANS)
def test_law_later_start_never_ends_earlier(
    known: Calendar, start: datetime, wait: timedelta, span: Span
) -> None:
    assert add(known, start, span) <= add(known, start + wait, span)


@given(CALENDARS, MOMENTS, TIMES, TIMES)
def test_law_two_spans_of_time_after_each_other_are_their_sum(
    known: Calendar, start: datetime, a: timedelta, b: timedelta
) -> None:
    assert add(known, add(known, start, Span(a)), Span(b)) == add(known, start, Span(a + b))


@given(CALENDARS, MOMENTS, st.integers(1, 4), st.integers(1, 4))
def test_law_days_after_each_other_are_their_sum(
    known: Calendar, start: datetime, a: int, b: int
) -> None:
    twice = add(known, add(known, start, Span(days=a)), Span(days=b))
    assert twice == add(known, start, Span(days=a + b))


@given(CALENDARS, MOMENTS, TIMES)
def test_law_as_much_time_lies_between_as_was_added(
    known: Calendar, start: datetime, span: timedelta
) -> None:
    assert between(known, start, add(known, start, Span(span))) == span


@given(
    CALENDARS,
    MOMENTS,
    st.lists(st.timedeltas(timedelta(0), timedelta(days=5)), min_size=2, max_size=2),
)
def test_law_time_between_adds_up(known: Calendar, start: datetime, steps: list[timedelta]) -> None:
    middle = start + steps[0]
    end = middle + steps[1]
    assert between(known, start, middle) + between(known, middle, end) == between(known, start, end)


@given(CALENDARS, MOMENTS, SPANS)
def test_law_span_counted_back_is_over_in_time_and_a_little_later_is_not(
    known: Calendar, end: datetime, span: Span
) -> None:
    start = take(known, end.replace(microsecond=0), span)
    assert add(known, start, span) <= end
    assert start <= end


@given(CALENDARS, st.one_of(MOMENTS, st.just(LAST), st.just(datetime(1, 1, 1, tzinfo=UTC))))
def test_law_next_opening_is_open_and_not_before(known: Calendar, moment: datetime) -> None:
    opening = next_opening(known, moment)
    if opening != LAST:
        assert opening >= moment or moment.year in (1, 9999)
        assert is_open(known, opening)
