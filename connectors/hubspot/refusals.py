"""What an answer of HubSpot means: one table from status to what happens next. Pure.

https://developers.hubspot.com/docs/api/error-handling
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.kit.rate import retry_after

OK = frozenset({200, 201, 207})

_LOCKED, _MIGRATING, _UNSAID = timedelta(seconds=2), timedelta(minutes=1), timedelta(hours=1)
_WINDOWS = {
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "SECONDLY": timedelta(seconds=1),
}
_LONGEST_WAIT = timedelta(hours=25)
_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_CODE = re.compile(r"[A-Z0-9_]{1,60}")
_REASONS = {
    "PROPERTY_DOESNT_EXIST": "HubSpot has no ticket property {field}",
    "INVALID_OPTION": "{field} does not take this value; it is none of its options",
    "READ_ONLY_VALUE": "{field} is read-only in HubSpot",
    "INVALID_OWNER_ID": "{field} names an owner that HubSpot does not know",
    "REQUIRED_PROPERTY": "HubSpot requires {field}",
    "PROPERTY_VALUE_TOO_LONG": "the value is too long for {field}",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a call, body read. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Moment:
    """When an answer came, and the account's time zone: a day's allowance ends at its midnight."""

    now: datetime
    zone: ZoneInfo | None = None


def is_documented(answer: Answer) -> bool:
    """Whether a create was certainly refused: an error of HubSpot's own making, not a proxy's."""
    if answer.status in (401, 429):
        return True
    known = answer.status in (400, 403, 404, 409, 423, 477)
    return known and _parsed(answer.body).get("status") == "error"


def refusal(
    answer: Answer, moment: Moment, *, search: bool = False, record: bool = True
) -> BridgeError:
    """The error for an answer that is not a success; `record`: the address names one record."""
    said = _parsed(answer.body)
    detail = _detail(answer.status, said)
    match answer.status:
        case 401:
            message = "HubSpot does not accept the token; make a new one and set it in bridge.yaml"
            return CredentialProblem(message, detail=detail)
        case 403:
            return ScopeMissing(_forbidden(said), detail=detail)
        case 404 if record:
            return RecordMissing("HubSpot does not show the record", detail=detail)
        case 423 | 429 | 477:
            return _throttled(answer, said, moment, detail, search=search)
        case 400 | 409:
            return _rejected(answer.status, said, detail)
        case 408:
            return Unavailable("HubSpot took too long", detail=detail)
    if answer.status >= 500:
        return Unavailable("HubSpot has a problem of its own; try again later", detail=detail)
    if answer.status < 400:
        return not_hubspot(answer)
    message = f"HubSpot refuses the call (status {answer.status})"
    return Rejected(message, detail=detail)


def file_refusal(status: int, headers: Mapping[str, str], now: datetime) -> BridgeError:
    """The error for a file that is not given. Its host says nothing of the API's token."""
    detail = f"status {status}"
    if status == 429:
        message = "HubSpot does not give files as fast as they are asked for"
        until = retry_after(headers, now) or now + _WINDOWS["TEN_SECONDLY_ROLLING"]
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        until = min(until, now + _LONGEST_WAIT)
        return Throttled(message, until=until, scope=OF_RECORD, detail=detail)
    if status >= 500 or status in (408, 425):
        return Unavailable("HubSpot does not give the file now", detail=detail)
    if status in (404, 410):
        return Rejected("The file is no longer in HubSpot", detail=detail)
    return Rejected(f"HubSpot does not give the file (status {status})", detail=detail)


def not_hubspot(answer: Answer) -> CredentialProblem:
    """The error for an answer that is no JSON of HubSpot's: a sign-in page, a proxy."""
    message = (
        "Something that is not HubSpot's API answered; check base_url, the token and any proxy"
    )
    return CredentialProblem(message, detail=f"status {answer.status}")


def missing_scopes(said: Mapping[str, Any]) -> list[str]:
    """The scopes that a 403 names."""
    names: list[str] = []
    for context in _contexts(said):
        for key in ("requiredGranularScopes", "requiredScopes", "missingScopes"):
            given = context.get(key)
            names += [str(each) for each in given] if isinstance(given, list) else []
    return [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)]


def _forbidden(said: Mapping[str, Any]) -> str:
    scopes = missing_scopes(said)
    if scopes:
        return f"The token lacks a scope of HubSpot: {', '.join(scopes)}"
    return "HubSpot forbids the call; check the scopes of the app or service key"


def _throttled(
    answer: Answer, said: Mapping[str, Any], moment: Moment, detail: str, *, search: bool
) -> Throttled:
    now = moment.now
    policy = str(said.get("policyName") or "")
    if answer.status == 423:
        message, until = "The record is locked in HubSpot", now + _LOCKED
    elif answer.status == 477:
        message, until = "HubSpot is moving the account", now + _MIGRATING
    elif policy == "DAILY":
        message, until = "HubSpot's daily limit is reached", _midnight(moment)
    else:
        wait = _WINDOWS["SECONDLY" if search else "TEN_SECONDLY_ROLLING"]
        message, until = "HubSpot's rate limit is reached", now + _WINDOWS.get(policy, wait)
    asked = retry_after(answer.headers, now)
    if asked is not None:
        until = asked if asked.tzinfo is not None else asked.replace(tzinfo=UTC)
    # Searches have a limit of their own a second: writes go on meanwhile, whoever asked waits.
    scope = OF_RECORD if search and policy in ("", "SECONDLY") else ""
    return Throttled(message, until=min(until, now + _LONGEST_WAIT), scope=scope, detail=detail)


def _midnight(moment: Moment) -> datetime:
    if moment.zone is None:
        return moment.now + _UNSAID
    there = moment.now.astimezone(moment.zone)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(UTC)


def _rejected(status: int, said: Mapping[str, Any], detail: str) -> Rejected:
    field, code = _refused_field(said)
    if field is None:
        what = "a value that must be unique is taken" if status == 409 else "the request is invalid"
        return Rejected(f"HubSpot refuses the write: {what}", detail=detail)
    known = _REASONS.get(code)
    if known is not None:
        return Rejected(known.format(field=field), field=field, detail=detail)
    return Rejected(f"HubSpot refuses the value of {field} ({code})", field=field, detail=detail)


def _refused_field(said: Mapping[str, Any]) -> tuple[str | None, str]:
    """Property and code of the first refused value; only what has the shape of a name is taken.

    They stand in `errors`, or in a JSON list inside of the message.
    """
    for entry in (*_entries(said.get("errors")), *_entries(_listed(said.get("message")))):
        context = entry.get("context")
        named = context.get("propertyName") if isinstance(context, dict) else None
        name = named[0] if isinstance(named, list) and named else entry.get("name")
        code = entry.get("code") or entry.get("error")
        if isinstance(name, str) and _NAME.fullmatch(name):
            return name, code if isinstance(code, str) and _CODE.fullmatch(code) else "INVALID"
    return None, ""


def _listed(message: Any) -> Any:
    if not isinstance(message, str) or "[" not in message:
        return None
    try:
        return json.loads(message[message.index("[") :])
    except (ValueError, RecursionError):
        return None


def _entries(given: Any) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _contexts(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (said, *_entries(said.get("errors"))):
        context = holder.get("context")
        if isinstance(context, dict):
            yield context


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _detail(status: int, said: Mapping[str, Any]) -> str:
    """For logs: status, category, correlation id; never the vendor's words."""
    kept = [str(status)]
    for key in ("category", "policyName", "correlationId"):
        value = said.get(key)
        if isinstance(value, str) and _NAME.fullmatch(value):
            kept.append(f"{key}={value}")
    return " ".join(kept)
