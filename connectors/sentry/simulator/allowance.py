"""How many calls of one endpoint fit into a window; told in the headers of every answer.

https://docs.sentry.io/api/ratelimits/
"""

from __future__ import annotations

import math
from datetime import datetime

from connectors.sentry.simulator.dials import Dials
from connectors.sentry.simulator.problems import Refusal

_WINDOW_S = 1
_UNTOLD = 40


class Allowance:
    """Counts by endpoint in fixed windows."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._windows: dict[str, tuple[int, int]] = {}

    def take(self, endpoint: str, now: datetime) -> dict[str, str]:
        """One call; the headers, or 429."""
        window = math.floor(now.timestamp() / _WINDOW_S)
        begun, spent = self._windows.get(endpoint, (window, 0))
        spent = spent + 1 if begun == window else 1
        self._windows[endpoint] = (window, spent)
        limit = self._dials.calls_per_window
        shown = _UNTOLD if limit is None else limit
        headers = {
            "X-Sentry-Rate-Limit-Limit": str(shown),
            "X-Sentry-Rate-Limit-Remaining": str(max(0, shown - spent)),
            "X-Sentry-Rate-Limit-Reset": str((window + 1) * _WINDOW_S),
            "X-Sentry-Rate-Limit-ConcurrentLimit": str(self._dials.concurrent_limit),
            "X-Sentry-Rate-Limit-ConcurrentRemaining": str(self._dials.concurrent_limit - 1),
        }
        if limit is not None and spent > limit:
            more = {"Retry-After": "1"} if self._dials.retry_after else {}
            told = (
                "You are attempting to use this endpoint too frequently. "
                f"Limit is {limit} requests in {_WINDOW_S} seconds"
            )
            raise Refusal(429, {"detail": told}, headers | more)
        return headers
