"""Time as a dependency: the system's, or one that a test moves by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Clock(Protocol):
    """Where the hub takes its time from."""

    def now(self) -> datetime:
        """The wall-clock time, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only for measuring spans within this process."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """The machine's wall-clock time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The machine's monotonic clock."""
        return time.monotonic()


class SteeredClock:
    """A clock that is told what is right: where replicas differ, their database counts."""

    TOLERATED = timedelta(seconds=0.5)
    """A difference up to here is left: to follow it would make the time jitter."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The base's wall-clock time, put right."""
        return self._base.now() + self._ahead

    def monotonic(self) -> float:
        """The base's monotonic clock."""
        return self._base.monotonic()

    def agree(self, right: datetime) -> None:
        """It is this time now."""
        if abs(right - self.now()) > self.TOLERATED:
            self._ahead = right - self._base.now()


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """The same time in seconds."""
        return self._now.timestamp()

    def advance(self, span: timedelta) -> None:
        """Move on by `span` (backwards too: clocks are set back)."""
        self._now += span


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since the epoch: never later than the moment itself.

    Rounded up, a stored moment would lie after what happened in the same instant: a ticket created
    as the hub first started would count as older than the start.
    """
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The aware UTC time of milliseconds since the epoch."""
    return _EPOCH + ms * _MS


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: how times leave the hub."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
