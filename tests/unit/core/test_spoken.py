"""Sentences as people say them: times, keys, parts that are left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.reasons import REASONS, sentence
from bridge.core.spoken import filled, said_time
from tests.unit.core.examples import NOW


@pytest.mark.parametrize(
    ("offset", "said"),
    [
        (timedelta(minutes=4), "12:04 UTC, in 4 min"),
        (timedelta(seconds=20), "12:00 UTC, in a moment"),
        (-timedelta(minutes=59), "11:01 UTC, 59 min ago"),
        (-timedelta(hours=2, minutes=20), "09:40 UTC, 2 h ago"),
        (timedelta(days=1), "3 March, 12:00 UTC, in 1 day"),
        (-timedelta(days=3), "27 February, 12:00 UTC, 3 days ago"),
        (timedelta(days=365), "2 March 2027, 12:00 UTC, in 365 days"),
    ],
)
def test_time_is_said_with_its_distance(offset: timedelta, said: str) -> None:
    assert said_time(NOW + offset, NOW) == said


def test_time_without_a_now_is_said_with_its_day() -> None:
    assert said_time(NOW) == "2 March 2026, 12:00 UTC"


def test_part_in_brackets_is_said_only_if_all_in_it_is_known() -> None:
    template = "Frozen[ until {until}][ by {who} in {place}]."
    assert filled(template, {}) == "Frozen."
    assert filled(template, {"who": "Ana"}) == "Frozen."
    assert filled(template, {"until": "noon", "who": "Ana", "place": "HubSpot"}) == (
        "Frozen until noon by Ana in HubSpot."
    )


def test_ref_is_said_by_its_key_and_a_time_by_the_clock() -> None:
    data = {"item": "boards:12", "at": (NOW - timedelta(minutes=5)).isoformat()}
    said = sentence("NOT_CUSTOMER_RELEVANT", data, now=NOW, names={"boards:12": "#12"})
    assert said == (
        "Engineering changed something on #12 at 11:55 UTC, 5 min ago that tickets do not show."
    )


def test_override_without_an_end_reads_as_a_whole_sentence() -> None:
    said = sentence("HUMAN_OVERRIDE", {"field": "work_stage", "until": ""})
    assert said == "Somebody set work_stage by hand; the hub leaves it alone."


@given(
    st.sampled_from(sorted(REASONS)),
    st.dictionaries(st.sampled_from(["item", "field", "until", "reason", "label"]), st.text()),
)
def test_any_data_makes_a_sentence(code: str, data: dict[str, str]) -> None:
    assert sentence(code, data, now=NOW).strip()
    assert sentence(code, data).strip()
