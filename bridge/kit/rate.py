"""A token bucket for calls out, and reading what a vendor says about waiting."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from bridge.kit.clock import Clock

PART = "/"
"""Between a connection's name and that of a part of its calls with a limit of its own."""


class Bucket:
    """At most `rate` calls a second with bursts of `burst`; None lets everything through."""

    def __init__(self, rate: float | None, clock: Clock, *, burst: int = 10) -> None:
        self._rate = rate
        self._clock = clock
        self._burst = float(max(1, burst))
        self._tokens = self._burst
        self._at = clock.monotonic()

    async def take(self) -> None:
        """Wait until one more call is allowed."""
        if self._rate is None:
            return
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        # Taken before the wait, so that those who come meanwhile queue behind.
        self._tokens -= 1
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._rate)


class Grants(Protocol):
    """Where processes that share one account's limit ask for their part of it."""

    async def reserve(self, name: str, rate: float, calls: int) -> float:
        """Take that many calls in a row, `rate` a second; seconds until the first may be made."""
        ...


class SharedBucket:
    """At most `rate` calls a second of all processes together."""

    def __init__(self, name: str, rate: float, grants: Grants, clock: Clock) -> None:
        self._name = name
        self._rate = rate
        self._grants = grants
        self._clock = clock
        self._turn = asyncio.Lock()
        self._slots: deque[float] = deque()
        self._waiting = 0

    async def take(self) -> None:
        """Wait until one more call is allowed. Raises what the place of the grants raises."""
        self._waiting += 1
        try:
            async with self._turn:
                if not self._slots:
                    await self._reserve()
                slot = self._slots.popleft()
        finally:
            self._waiting -= 1
        wait = slot - self._clock.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _reserve(self) -> None:
        # As many as wait here, so that a busy process asks once for all, and an idle one keeps
        # nothing from the others.
        calls = max(1, min(self._waiting, math.ceil(self._rate)))
        first = self._clock.monotonic() + await self._grants.reserve(self._name, self._rate, calls)
        self._slots.extend(first + n / self._rate for n in range(calls))


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The time until which `Retry-After` (seconds or HTTP date) asks to wait; None without it."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return now + timedelta(seconds=max(0.0, float(text)))
    except (ValueError, OverflowError):
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
