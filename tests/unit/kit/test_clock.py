"""Moments as the store keeps them: whole milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.kit.clock import from_ms, to_ms

MOMENTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=120_000)).map(
    lambda span: datetime(1970, 1, 1, tzinfo=UTC) + span
)


@given(MOMENTS)
def test_stored_moment_is_never_later_and_less_than_a_millisecond_earlier(moment: datetime) -> None:
    assert timedelta(0) <= moment - from_ms(to_ms(moment)) < timedelta(milliseconds=1)


@given(st.integers(min_value=0, max_value=10**13))
def test_milliseconds_survive_the_way_there_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
