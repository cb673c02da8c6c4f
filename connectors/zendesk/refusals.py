"""What an answer of Zendesk means: one table from status to what happens next. Pure.

https://developer.zendesk.com/api-reference/introduction/requests/
https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Stale,
    Throttled,
    Unavailable,
)
from bridge.domain.records import parse_instant
from bridge.kit.rate import retry_after

OK = frozenset({200, 201})

_MINUTE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_NAME = re.compile(r"[A-Za-z0-9_ ]{1,60}")
_CLOSED = "closed prevents ticket update"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a call, body read. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_documented(answer: Answer) -> bool:
    """Whether a write was certainly refused: an error of Zendesk's own making, not a proxy's."""
    if answer.status in (401, 429):
        return True
    return answer.status in (400, 403, 404, 409, 422) and "error" in _parsed(answer.body)


def refusal(
    answer: Answer,
    now: datetime,
    *,
    record: bool = False,
    update: bool = False,
    export: bool = False,
) -> BridgeError:
    """The error for an answer that is not a success.

    `record`: the address names one record; `update`: the call changes one ticket; `export`: it
    lists what changed.
    """
    said = _parsed(answer.body)
    detail = _detail(answer.status, said)
    match answer.status:
        case 401:
            message = "Zendesk does not accept the e-mail address and API token in bridge.yaml"
            return CredentialProblem(message, detail=detail)
        case 403:
            return _forbidden(said, detail, record=record, update=update)
        case 404 if record:
            return RecordMissing("Zendesk does not show the record", detail=detail)
        case 409:
            return _conflict(said, detail)
        case 422 if update and _is_closed(said):
            return Stale("The ticket was closed in Zendesk meanwhile", detail=detail)
        case 400 | 422:
            return _rejected(said, detail)
        case 429:
            return _throttled(answer, now, detail, update=update, export=export)
    if answer.status >= 500 or answer.status == 408:
        return Unavailable("Zendesk has a problem of its own; try again later", detail=detail)
    if answer.status < 400:
        return not_zendesk(answer)
    return Rejected(f"Zendesk refuses the call (status {answer.status})", detail=detail)


def file_refusal(status: int, headers: Mapping[str, str], now: datetime) -> BridgeError:
    """The error for a file that is not given. Its host says nothing of the API's credential."""
    detail = f"status {status}"
    if status == 429:
        message = "Zendesk does not give files as fast as they are asked for"
        return Throttled(message, until=_until(headers, now), scope=OF_RECORD, detail=detail)
    if status >= 500 or status in (408, 425):
        return Unavailable("Zendesk does not give the file now", detail=detail)
    if status in (404, 410):
        return Rejected("The file is no longer in Zendesk", detail=detail)
    return Rejected(f"Zendesk does not give the file (status {status})", detail=detail)


def not_zendesk(answer: Answer) -> CredentialProblem:
    """The error for an answer that is no JSON of Zendesk's: a sign-in page, a proxy."""
    message = (
        "Something that is not Zendesk's API answered; check subdomain, base_url and any proxy"
    )
    return CredentialProblem(message, detail=f"status {answer.status}")


def throttled_ticket(id: str, until: datetime) -> Throttled:
    """The error for a ticket that was updated as often as Zendesk lets one agent do it."""
    message = f"Ticket {id} was updated as often as Zendesk allows in ten minutes"
    return Throttled(message, until=until, scope=OF_RECORD)


def _forbidden(said: Mapping[str, Any], detail: str, *, record: bool, update: bool) -> BridgeError:
    """What is forbidden of one record, as in a closed group, says nothing of all the others."""
    if record and "error" in said:
        if update:
            return Rejected("Zendesk does not let the hub's agent change the ticket", detail=detail)
        return RecordMissing("Zendesk does not show the hub's agent the record", detail=detail)
    message = "Zendesk forbids the call; the hub's agent must be an admin"
    return ScopeMissing(message, detail=detail)


def _conflict(said: Mapping[str, Any], detail: str) -> BridgeError:
    if said.get("error") == "DatabaseConflict":
        # Two transactions of Zendesk's own met; nothing was written and nobody was faster.
        return Unavailable("Zendesk could not write at this moment; try again", detail=detail)
    return Stale("Somebody changed the ticket in Zendesk first", detail=detail)


def _is_closed(said: Mapping[str, Any]) -> bool:
    return any(_CLOSED in str(each.get("description")) for _, each in _details(said))


def _throttled(
    answer: Answer, now: datetime, detail: str, *, update: bool, export: bool
) -> Throttled:
    until = _until(answer.headers, now)
    # Every limit counts by the minute but the one of a single ticket, so a longer wait is its.
    of_ticket = update and until - now > _MINUTE
    message = "Zendesk's limit for one ticket is reached" if of_ticket else _LIMIT
    # Exports have a limit of their own: only the sweep waits. If it was the account's, the next
    # call of another kind is told so too.
    scope = OF_RECORD if of_ticket or export else ""
    return Throttled(message, until=until, scope=scope, detail=detail)


def _until(headers: Mapping[str, str], now: datetime) -> datetime:
    """When a 429 lets the next call be made."""
    until = retry_after(headers, now) or _reset(headers, now) or now + _MINUTE
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(until, now + _LONGEST_WAIT)


_LIMIT = "Zendesk's rate limit is reached"


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """`ratelimit-reset`, which is seconds in one of the vendor's APIs and a time in another."""
    text = headers.get("ratelimit-reset", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return now + timedelta(seconds=int(text))
    return parse_instant(text) if text else None


def _rejected(said: Mapping[str, Any], detail: str) -> Rejected:
    for key, _ in _details(said):
        if key != "base":
            return Rejected(f"Zendesk refuses the value of {key}", field=key, detail=detail)
    if "details" in said:
        return Rejected("Zendesk refuses the ticket as it would become", detail=detail)
    return Rejected("Zendesk refuses the call: the request is invalid", detail=detail)


def _details(said: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Field and complaint of a record that is invalid; only what has the shape of a name counts."""
    given = said.get("details")
    if not isinstance(given, dict):
        return []
    return [
        (key, each)
        for key, complaints in given.items()
        if isinstance(key, str) and _NAME.fullmatch(key) and isinstance(complaints, list)
        for each in complaints
        if isinstance(each, dict)
    ]


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _detail(status: int, said: Mapping[str, Any]) -> str:
    """For logs: the status and the name of the error; never the vendor's words."""
    error = said.get("error")
    if isinstance(error, dict):
        error = error.get("title")
    known = isinstance(error, str) and _NAME.fullmatch(error)
    return f"{status} {error}" if known else str(status)
