"""The rhythm of deliveries: bursts count once, a night is one gap, and too little is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.rhythm import BURST, ENOUGH_DELIVERIES, unlike, usual_gap

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


def after(*minutes: float) -> list[datetime]:
    """Moments, each so many minutes after the one before."""
    at, found = NOON, [NOON]
    for each in minutes:
        at += timedelta(minutes=each)
        found.append(at)
    return found


def test_even_gaps_are_the_usual_gap() -> None:
    assert usual_gap(after(*[5] * 20)) == timedelta(minutes=5)


def test_deliveries_of_one_burst_make_no_gap() -> None:
    burst_each_hour = [0.01, 0.01, 0.01, 60] * 10
    gap = usual_gap(after(*burst_each_hour))
    assert gap is not None
    assert timedelta(minutes=59) < gap < timedelta(minutes=61)


def test_night_does_not_make_the_day_forgotten() -> None:
    gap = usual_gap(after(*[2] * 100, 12 * 60, *[2] * 3))
    assert gap is not None
    assert gap < timedelta(minutes=4)


@pytest.mark.parametrize("minutes", [[], [5], [5, 5, 5, 5], [0.01] * 10])
def test_few_deliveries_are_no_rhythm(minutes: list[float]) -> None:
    assert usual_gap(after(*minutes)) is None


def test_connection_that_never_rests_has_the_shortest_gap() -> None:
    assert usual_gap(after(*[0.05] * ENOUGH_DELIVERIES)) == BURST


def test_silence_is_unlike_from_ten_usual_gaps_on() -> None:
    assert unlike(timedelta(minutes=50), timedelta(minutes=5))
    assert not unlike(timedelta(minutes=49), timedelta(minutes=5))
    assert not unlike(timedelta(days=99), None)
