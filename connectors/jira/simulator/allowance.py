"""How much a caller may still do.

https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from connectors.jira.simulator.dials import Dials
from connectors.jira.simulator.errors import JiraProblem

_SECOND = timedelta(seconds=1)
_TOLD = "Rate limit exceeded."


class Allowance:
    """Bursts per endpoint, writes per issue, and the hourly points of apps."""

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._bursts: dict[tuple[str, str], deque[datetime]] = {}
        self._writes: dict[str, deque[datetime]] = {}
        self._hour: datetime | None = None
        self._points = 0

    def take(self, method: str, endpoint: str, now: datetime, *, app: bool) -> dict[str, str]:
        """Count a call: the headers of its answer, or the 429 of one too many."""
        told = self._take_points(now) if app else {}
        limit = self._dials.burst_limits.get(method)
        if limit is None:
            return told
        calls = self._bursts.setdefault((method, endpoint), deque())
        _forget(calls, now - _SECOND)
        if len(calls) >= limit:
            raise refusal("jira-burst-based", limit, now, calls[0] + _SECOND)
        calls.append(now)
        left = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(limit - len(calls))}
        return left | told

    def take_write(self, issue_id: str, now: datetime) -> None:
        """Count a write on one issue; 429 for one too many."""
        limits = self._dials.issue_write_limits
        if not limits:
            return
        writes = self._writes.setdefault(issue_id, deque())
        _forget(writes, now - timedelta(seconds=max(seconds for _, seconds in limits)))
        for limit, seconds in limits:
            span = timedelta(seconds=seconds)
            recent = [at for at in writes if at > now - span]
            if len(recent) >= limit:
                raise refusal("jira-per-issue-on-write", limit, now, recent[-limit] + span)
        writes.append(now)

    def _take_points(self, now: datetime) -> dict[str, str]:
        limit = self._dials.points_per_hour
        if limit is None:
            return {}
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._hour != hour:
            self._hour, self._points = hour, 0
        if self._points >= limit:
            raise refusal("jira-quota-global-based", limit, now, hour + timedelta(hours=1))
        self._points += 1
        left = limit - self._points
        told = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
        return told | ({"X-RateLimit-NearLimit": "true"} if left < limit * 0.2 else {})


def refusal(reason: str, limit: int, now: datetime, reset: datetime) -> JiraProblem:
    """A 429 with everything that the vendor tells of it."""
    wait = max(1, -int((now - reset).total_seconds() // 1))
    headers = {
        "Retry-After": str(wait),
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "RateLimit-Reason": reason,
    }
    return JiraProblem(429, _TOLD, headers=headers)


def _forget(window: deque[datetime], before: datetime) -> None:
    while window and window[0] <= before:
        window.popleft()
