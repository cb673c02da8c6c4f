"""Whether a text names a day: every common form of it, and none of another day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.dates_said import names_day

DAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "Expected on 2026-03-05.",
        "by 5.3.2026",
        "by 05/03/2026, at the latest",
        "by 3/5/26",
        "on the 5th of March",
        "5 March 2026",
        "March 5th, 2026",
        "mar. 5",
        "(5 Mar)",
    ],
)
def test_forms_of_a_day(text: str) -> None:
    assert names_day(text, DAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-15",
        "15 March",
        "March 51",
        "5 March 2025",
        "March 5, 2027",
        "2026-03-05-17",
        "version 2026-03-051",
        "5 May",
    ],
)
def test_another_day_is_not_it(text: str) -> None:
    assert not names_day(text, DAY)


@given(st.dates(), st.text())
def test_total(day: date, text: str) -> None:
    assert names_day(text, day) in (True, False)


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(1, 27))
def test_iso_names_its_day_and_no_other(day: date, days: int) -> None:
    text = f"Expected {day.isoformat()}."
    assert names_day(text, day)
    assert not names_day(text, day + timedelta(days=days))
