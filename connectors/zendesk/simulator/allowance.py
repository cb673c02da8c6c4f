"""How many requests may still be made, counted over rolling windows.

https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.problems import Refusal


class Allowance:
    """Counts requests under names; each take tells the headers or raises 429."""

    def __init__(self, dials: Dials, clock: Callable[[], datetime]) -> None:
        self._dials = dials
        self._clock = clock
        self._spent: dict[str, deque[datetime]] = {}

    def take_any(self) -> dict[str, str]:
        """One request against the plan's limit."""
        most = self._dials.requests_per_minute
        if most is None:
            return {}
        left, resets = self._take("plan", most, 60)
        return {
            "X-Rate-Limit": str(most),
            "X-Rate-Limit-Remaining": str(left),
            "ratelimit-limit": str(most),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(resets),
        }

    def take_endpoint(self, name: str, about: str = "") -> dict[str, str]:
        """One request against the limit of an endpoint, or of one record of it."""
        limit = self._dials.endpoint_limits.get(name)
        if limit is None:
            return {}
        left, resets = self._take(f"{name} {about}", *limit)
        told = f"total={limit[0]}; remaining={left}; resets={resets}"
        return {f"zendesk-ratelimit-{name}": told}

    def take_update(self, user_id: int, ticket_id: str) -> None:
        """One PUT on a ticket: per user and ticket, and for the whole account."""
        if self._dials.updates_per_ticket is not None:
            self._take(f"ticket {user_id} {ticket_id}", self._dials.updates_per_ticket, 600)
        if self._dials.updates_per_minute is not None:
            self._take("updates", self._dials.updates_per_minute, 60)

    def _take(self, name: str, most: int, seconds: int) -> tuple[int, int]:
        now, window = self._clock(), timedelta(seconds=seconds)
        spent = self._spent.setdefault(name, deque())
        while spent and spent[0] + window <= now:
            spent.popleft()
        if len(spent) >= most:
            wait = max(1, -int((now - spent[0] - window).total_seconds() // 1))
            body = self._dials.throttle_body
            raise Refusal(429, body, {"Retry-After": str(wait)})
        spent.append(now)
        return most - len(spent), int((spent[0] + window - now).total_seconds())
