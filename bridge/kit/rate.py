"""A token bucket for calls out, and reading what a vendor says about waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from bridge.kit.clock import Clock


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
