"""What an answer means: one table from status to what happens next. Nothing is retried by default.

https://developer.rocketlane.com/docs/error-codes, https://developer.rocketlane.com/docs/rate-limiting
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.kit.rate import retry_after

REFUSALS = frozenset({400, 403, 404})
"""Statuses with which a create is refused in the vendor's own words: nothing was created."""

_WAIT = timedelta(minutes=1)
_NAME = re.compile(r"[A-Za-z][\w.]{0,99}")
_CODE = re.compile(r"[A-Z_]{1,60}")
_SIGNED_OUT = (
    "Rocketlane does not accept the API key. It may have expired or been revoked: create a new "
    "one and set it in bridge.yaml."
)
_STRANGE = (
    "Rocketlane answered with something that is not its data (a sign-in page, a proxy). Check "
    "the API key and base_url."
)


def read_answer(answer: httpx.Response, now: datetime) -> Any:
    """The JSON of a good answer; any other raises what happens next."""
    if answer.is_success:
        return _json(answer)
    raise _error(answer, now)


def read_once(answer: httpx.Response, now: datetime) -> Any:
    """The same for a call that must not be repeated: what is not plain is `UnknownOutcome`."""
    status = answer.status_code
    if answer.is_success:
        try:
            return _json(answer)
        except CredentialProblem:
            raise unclear(f"status {status} without JSON") from None
    refused = status in REFUSALS and _said(answer) is not None
    throttled_by_vendor = status == 429 and _told_to_wait(answer.headers, now) is not None
    if refused or throttled_by_vendor or status == 401 or 300 <= status < 400:
        raise _error(answer, now)
    raise unclear(f"status {status}")


def read_deletion(answer: httpx.Response, now: datetime) -> None:
    """Nothing, where the vendor says that it deleted: 204 without a body."""
    if answer.status_code == 204 and not answer.content:
        return
    if answer.is_success:
        raise strange(f"status {answer.status_code} to a deletion")
    raise _error(answer, now)


def unclear(detail: str) -> UnknownOutcome:
    """The error of a write that may have happened."""
    return UnknownOutcome("Rocketlane gave no clear answer to a write.", detail=detail)


def strange(detail: str) -> CredentialProblem:
    """The error of an answer that is not the vendor's JSON."""
    return CredentialProblem(_STRANGE, detail=detail)


def wait_until(answer: httpx.Response, now: datetime) -> datetime | None:
    """Until when no further call may be made."""
    if answer.status_code != 429:
        return None
    return _told_to_wait(answer.headers, now) or now + _WAIT


def throttled(until: datetime) -> Throttled:
    """The error of a connection that must wait."""
    return Throttled("Rocketlane asks for a pause: its rate limit is reached.", until=until)


def _told_to_wait(headers: httpx.Headers, now: datetime) -> datetime | None:
    """`X-Retry-After`: the time to try again, in epoch milliseconds (a proxy says Retry-After)."""
    text = headers.get("x-retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= 14:
        at = datetime.fromtimestamp(int(text) // 1000, UTC)
        return at + timedelta(milliseconds=int(text) % 1000)
    until = retry_after(headers, now)
    return until.replace(tzinfo=UTC) if until is not None and until.tzinfo is None else until


def _json(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise strange(f"status {answer.status_code}, not JSON")
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise strange(f"status {answer.status_code}, broken JSON") from None


def _said(answer: httpx.Response) -> dict[str, Any] | None:
    """The vendor's own words of refusal: the first of its errors; None if they are not its own."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return None
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) and "errorCode" in first else None


def _error(answer: httpx.Response, now: datetime) -> BridgeError:
    status, said = answer.status_code, _said(answer)
    code = str((said or {}).get("errorCode") or "")
    detail = " ".join(filter(None, (f"status {status}", code if _CODE.fullmatch(code) else "")))
    if status == 429:
        return throttled(wait_until(answer, now) or now + _WAIT)
    if status == 401:
        return CredentialProblem(_SIGNED_OUT, detail=detail)
    if 300 <= status < 400 or (status == 403 and said is None):
        return CredentialProblem(_STRANGE, detail=detail)
    if status == 408 or status >= 500:
        return Unavailable("Rocketlane is not available at the moment.", detail=detail)
    if status == 404 and said is not None:
        return RecordMissing("Rocketlane does not show it.", detail=detail)
    if status == 403:
        return Rejected("The hub's user may not do this in Rocketlane.", detail=detail)
    return _rejected(said or {}, detail)


def _rejected(said: dict[str, Any], detail: str) -> Rejected:
    field = said.get("field")
    if isinstance(field, str) and _NAME.fullmatch(field):
        text = f"Rocketlane refuses the value of the field {field}."
        return Rejected(text, field=field, detail=detail)
    return Rejected(f"Rocketlane refuses the call ({detail}).", detail=detail)
