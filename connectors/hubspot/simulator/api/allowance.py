"""How many requests a token may still make.

https://developers.hubspot.com/docs/api/usage-details
"""

from __future__ import annotations

from collections import deque
from datetime import date, datetime, timedelta
from typing import Any

from connectors.hubspot.simulator.dials import Dials

_BURST_WINDOW = timedelta(seconds=10)
_SEARCH_WINDOW = timedelta(seconds=1)


class Allowance:
    """Rolling windows per token, and per account for search; days end at midnight UTC."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._bursts: dict[str, deque[datetime]] = {}
        self._searches: deque[datetime] = deque()
        self._day: date | None = None
        self._used = 0

    def used_today(self, now: datetime) -> int:
        """Requests since midnight."""
        if self._day != now.date():
            self._day, self._used = now.date(), 0
        return self._used

    def take(self, token: str, now: datetime, *, search: bool, oauth: bool) -> str | None:
        """Counts one request, or names the policy that forbids it."""
        dials, used = self._dials, self.used_today(now)
        burst = self._bursts.setdefault(token, deque())
        _forget(burst, now - _BURST_WINDOW)
        _forget(self._searches, now - _SEARCH_WINDOW)
        if dials.daily_limit is not None and not oauth and used >= dials.daily_limit:
            return "DAILY"
        if search:
            if dials.search_limit is not None and len(self._searches) >= dials.search_limit:
                return "SECONDLY"
            self._searches.append(now)
        elif dials.burst_limit is not None and len(burst) >= dials.burst_limit:
            return "TEN_SECONDLY_ROLLING"
        else:
            burst.append(now)
        self._used += 1
        return None

    def headers(self, token: str, now: datetime, *, oauth: bool) -> dict[str, str]:
        """What the vendor tells of the allowance; search answers go without."""
        dials, out = self._dials, {}
        if dials.burst_limit is not None:
            left = max(0, dials.burst_limit - len(self._bursts.get(token, ())))
            out = {
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                "X-HubSpot-RateLimit-Max": str(dials.burst_limit),
                "X-HubSpot-RateLimit-Remaining": str(left),
            }
        if dials.daily_limit is not None and not oauth:
            left = max(0, dials.daily_limit - self.used_today(now))
            out["X-HubSpot-RateLimit-Daily"] = str(dials.daily_limit)
            out["X-HubSpot-RateLimit-Daily-Remaining"] = str(left)
        return out


_MESSAGES = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


def refusal(policy: str, correlation_id: str) -> dict[str, Any]:
    """The body of a 429, which differs from that of other errors."""
    return {
        "status": "error",
        "message": _MESSAGES[policy],
        "errorType": "RATE_LIMIT",
        "correlationId": correlation_id,
        "policyName": policy,
    }


def _forget(window: deque[datetime], before: datetime) -> None:
    while window and window[0] <= before:
        window.popleft()
