"""Dates far off are told as ranges, and a range holds until its end (O28)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.eta_ranges import names_range, told_date
from bridge.domain.mapping_tell import EtaRanges

PARTS = EtaRanges(parts_after=timedelta(days=45))
RANGES = EtaRanges(parts_after=timedelta(days=45), quarters_after=timedelta(days=120))
ON = date(2027, 1, 4)
LAST = date(9999, 8, 30)
"""A day after the end of its quarter must still be a date."""


@pytest.mark.parametrize(
    ("day", "when", "ends"),
    [
        (date(2027, 2, 17), "on 17 February 2027", date(2027, 2, 17)),
        (date(2027, 2, 18), "in mid to late February 2027", date(2027, 2, 28)),
        (date(2027, 3, 10), "in early to mid March 2027", date(2027, 3, 20)),
        (date(2027, 3, 11), "in mid to late March 2027", date(2027, 3, 31)),
        (date(2027, 3, 21), "in late March or early April 2027", date(2027, 4, 10)),
        (date(2027, 5, 3), "in early to mid May 2027", date(2027, 5, 20)),
        (date(2027, 5, 4), "in the second quarter of 2027", date(2027, 6, 30)),
        (date(2027, 12, 31), "in the fourth quarter of 2027", date(2027, 12, 31)),
        # What is over already, and the ends of the calendar.
        (date(2026, 12, 24), "on 24 December 2026", date(2026, 12, 24)),
        (date.max, "in the fourth quarter of 9999", date.max),
    ],
)
def test_date_is_told_the_less_exactly_the_farther_it_is_off(
    day: date, when: str, ends: date
) -> None:
    told = told_date(day, "en", RANGES, ON)
    assert (told.when, told.day) == (when, ends)


def test_part_of_a_month_at_the_turn_of_the_year_names_both_years() -> None:
    told = told_date(date(2027, 12, 28), "en-GB", PARTS, ON)
    assert told.noun == "late December 2027 or early January 2028"
    assert told_date(date.max, "en", PARTS, ON).noun == "late December 9999"


def test_other_languages_read_figures_and_nobody_reads_a_range_unasked() -> None:
    day = date(2027, 3, 11)
    told = told_date(day, "de", RANGES, ON)
    assert told.when == told.noun == "2027-03-11 - 2027-03-31"
    assert told_date(day, "de").when == "2027-03-11"
    assert told_date(day, "en", None, ON) == told_date(day, "en", RANGES)


@given(
    st.dates(date(2000, 1, 1), LAST),
    st.dates(date(2000, 1, 1)),
    st.sampled_from(("en", "de", "en-US")),
)
def test_date_lies_within_what_is_told_and_the_words_name_its_end(
    day: date, on: date, language: str
) -> None:
    for ranges in (RANGES, PARTS):
        told = told_date(day, language, ranges, on)
        assert day <= told.day
        if told.day != day:
            assert told.day - day <= timedelta(days=92)
            assert names_range(f"We expect it {told.when}.", told.day)
            assert not names_range(told.when, told.day + timedelta(days=1))
