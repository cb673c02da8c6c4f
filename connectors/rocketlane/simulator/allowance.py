"""How much the account may still do: one bucket for everything, a smaller one for lists.

https://developer.rocketlane.com/docs/rate-limiting
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from connectors.rocketlane.simulator.dials import Dials
from connectors.rocketlane.simulator.problems import RocketlaneProblem

PUBLISHED_CALLS = 200
"""Calls a minute."""
PUBLISHED_LIST_CALLS = 60
"""Calls a minute of everything that the pages call "Get all"."""

_MINUTE = timedelta(minutes=1)


class Allowance:
    """The calls of the last minute."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._calls: deque[datetime] = deque()
        self._lists: deque[datetime] = deque()

    def take(self, now: datetime, *, is_list: bool) -> None:
        """Count a call; 429 for one too many, which is not counted."""
        buckets = [(self._calls, self._dials.calls_per_minute)]
        if is_list:
            buckets.append((self._lists, self._dials.list_calls_per_minute))
        for calls, limit in buckets:
            while calls and calls[0] <= now - _MINUTE:
                calls.popleft()
            if limit is not None and len(calls) >= limit:
                raise _refusal(calls[0] + _MINUTE)
        for calls, _ in buckets:
            calls.append(now)


def _refusal(until: datetime) -> RocketlaneProblem:
    # Epoch milliseconds at which to try again, and no other header.
    at = str(int(until.timestamp() * 1000))
    return RocketlaneProblem(
        429, "TOO_MANY_REQUEST", "Rate limit exceeded", headers={"X-Retry-After": at}
    )
