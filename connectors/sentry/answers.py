"""What an answer means: one table from status to what happens next. Nothing is retried by default.

https://docs.sentry.io/api/ratelimits/ - a 429 need not say `Retry-After`: its window ends at
`X-Sentry-Rate-Limit-Reset`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.kit.rate import retry_after

_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_BEHIND_RESET = timedelta(milliseconds=250)
"""Clocks differ, and a window that has just begun is everybody's."""

_SIGNED_OUT = (
    "Sentry does not accept the token. It may have been revoked: make a new one in the internal "
    "integration and set it in bridge.yaml."
)
_FORBIDDEN = (
    "The token may not do this. The internal integration needs Issue & Event: Read, Project: "
    "Read and Organization: Read."
)
_STRANGE = (
    "Sentry answered with something that is not its data (a sign-in page, a proxy). Check the "
    "token, the organization and base_url."
)


def read_answer(answer: httpx.Response, now: datetime) -> Any:
    """The JSON of a good answer; any other raises what happens next."""
    if not answer.is_success:
        raise _error(answer, now)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise strange(f"status {answer.status_code}, not JSON")
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise strange(f"status {answer.status_code}, broken JSON") from None


def strange(detail: str) -> CredentialProblem:
    """The error of an answer that is not the vendor's JSON."""
    return CredentialProblem(_STRANGE, detail=detail)


def _error(answer: httpx.Response, now: datetime) -> BridgeError:
    status = answer.status_code
    detail = f"status {status}"
    if status == 429:
        return Throttled(
            "Sentry's rate limit is reached.", until=_until(answer, now), detail=detail
        )
    if status == 401 or 300 <= status < 400:
        return CredentialProblem(_SIGNED_OUT, detail=detail)
    if status == 403:
        return ScopeMissing(_FORBIDDEN, detail=detail)
    if status == 404:
        return RecordMissing("Sentry does not show this issue.", detail=detail)
    if status == 408 or status >= 500:
        return Unavailable("Sentry is not available at the moment.", detail=detail)
    # Never in Sentry's own words: they may quote what was asked for.
    return Rejected(f"Sentry refuses the call ({detail}).", detail=detail)


def _until(answer: httpx.Response, now: datetime) -> datetime:
    told = retry_after(answer.headers, now)
    if told is None:
        try:
            at = float(answer.headers.get("x-sentry-rate-limit-reset", ""))
            told = datetime.fromtimestamp(at, UTC) + _BEHIND_RESET
        except (ValueError, OverflowError, OSError):
            told = now + _WAIT
    aware = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    return min(max(aware, now), now + _LONGEST_WAIT)
