"""A clock that is told what is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.kit.clock import ManualClock, SteeredClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_clock_that_is_an_hour_slow_is_put_right_and_goes_on() -> None:
    base = ManualClock(NOON - HOUR)
    clock = SteeredClock(base)
    clock.agree(NOON)
    base.advance(timedelta(seconds=5))
    assert clock.now() == NOON + timedelta(seconds=5)
    assert clock.monotonic() == base.monotonic()


def test_clock_that_was_mended_meanwhile_is_not_put_wrong() -> None:
    base = ManualClock(NOON - HOUR)
    clock = SteeredClock(base)
    clock.agree(NOON)
    base.advance(HOUR)
    clock.agree(NOON)
    assert clock.now() == NOON


def test_small_differences_do_not_make_the_time_jitter() -> None:
    clock = SteeredClock(ManualClock(NOON))
    clock.agree(NOON + timedelta(milliseconds=300))
    assert clock.now() == NOON
