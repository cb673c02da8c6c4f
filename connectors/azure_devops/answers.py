"""What an answer means: one table from status to what happens next. Nothing is retried by default.

https://learn.microsoft.com/en-us/azure/devops/integrate/concepts/rate-limits and, for a
credential that no longer works, three different answers (203, 302, 401) by kind of call.
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
    Stale,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.kit.rate import retry_after

CREATE_REFUSALS = frozenset({400, 403, 404})
"""Statuses with which a create is documented to be refused: nothing was created."""
APPEND_REFUSALS = frozenset({400, 403, 404, 409, 412, 413})
"""The same for what is added to an item that exists: comments, files."""

_WAIT = timedelta(seconds=30)
_CODE = re.compile(r"\b(?:TF|VS)[0-9]{4,7}\b")
_FIELD = re.compile(r"[fF]ield '?([A-Za-z]\w*(?:\.\w+)+)")
_FIELD_LABEL = re.compile(r"for field '?([A-Za-z][\w ]{0,99})['.]")
_FLAGS = re.compile(r"[A-Za-z][A-Za-z, ]{0,120}")
_STALE = ("TF26071", "VS403351")
_ITEM_MISSING = "TF401232"
_PERMISSION = re.compile(r"work item|area path|TF237111|WorkItem", re.IGNORECASE)
_NOT_A_RECORD = re.compile(r"Project\w*DoesNotExist|WorkItemTypeNotFound|FieldDefinitionNotFound")

_SIGNED_OUT = (
    "Azure DevOps does not accept the access token. It may have expired or been revoked: "
    "create a new one and set it in bridge.yaml."
)
_FORBIDDEN = (
    "The access token may not do this. It needs the scope Work Items (Read & write), and its "
    "owner access to the project."
)
_STRANGE = (
    "Azure DevOps answered with something that is not its data (a sign-in page, a proxy). Check "
    "the access token, the organization and base_url."
)


def read_answer(answer: httpx.Response, now: datetime) -> Any:
    """The JSON of a good answer; any other raises what happens next."""
    if answer.is_success and answer.status_code != 203:
        return _json(answer)
    raise _error(answer, now)


def read_once(answer: httpx.Response, now: datetime, refusals: frozenset[int]) -> Any:
    """The same for a call that must not be repeated: what is not plain is `UnknownOutcome`."""
    status = answer.status_code
    if answer.is_success and status != 203:
        try:
            return _json(answer)
        except CredentialProblem:
            raise unclear(f"status {status} without JSON") from None
    signed_out = status in (203, 302, 401)
    refused = status in refusals and bool(_said(answer))
    throttled = status == 429 and _told_to_wait(answer.headers)
    if signed_out or refused or throttled:
        raise _error(answer, now)
    raise unclear(f"status {status}")


def unclear(detail: str) -> UnknownOutcome:
    """The error of a write that may have happened."""
    return UnknownOutcome("Azure DevOps gave no clear answer to a write.", detail=detail)


def strange(detail: str) -> CredentialProblem:
    """The error of an answer that is not the vendor's JSON."""
    return CredentialProblem(_STRANGE, detail=detail)


def wait_until(answer: httpx.Response, now: datetime) -> datetime | None:
    """Until when no further call may be made; a good answer can ask for it too."""
    until = retry_after(answer.headers, now)
    if until is not None:
        return until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return _reset(answer.headers) or now + _WAIT if answer.status_code == 429 else None


def throttled(until: datetime) -> Throttled:
    """The error of a connection that must wait."""
    return Throttled("Azure DevOps asks for a pause: its rate limit is reached.", until=until)


def _told_to_wait(headers: httpx.Headers) -> bool:
    return "retry-after" in headers or "x-ratelimit-reset" in headers


def _reset(headers: httpx.Headers) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(headers.get("x-ratelimit-reset", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _json(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise strange(f"status {answer.status_code}, not JSON")
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise strange(f"status {answer.status_code}, broken JSON") from None


def _said(answer: httpx.Response) -> dict[str, Any]:
    """The service's own words of refusal; empty if the answer is not the service's."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return body
    return {}


def _error(answer: httpx.Response, now: datetime) -> BridgeError:
    status, said = answer.status_code, _said(answer)
    message, key = said.get("message", ""), str(said.get("typeKey", ""))
    code = _CODE.search(message)
    detail = " ".join(filter(None, (f"status {status}", code[0] if code else "")))
    if status == 429:
        until = wait_until(answer, now) or now + _WAIT
        return throttled(until)
    if status == 401:
        return CredentialProblem(_SIGNED_OUT, detail=detail)
    if status == 203 or 300 <= status < 400:
        return CredentialProblem(_SIGNED_OUT, detail=f"{detail}, sign-in page")
    if status == 408 or status >= 500:
        return Unavailable("Azure DevOps is not available at the moment.", detail=detail)
    if status in (409, 412) or any(mark in message for mark in _STALE):
        return Stale("Somebody changed the work item first.", detail=detail)
    if status == 403:
        return _forbidden(message, key, said, detail)
    if status == 404 and not _NOT_A_RECORD.search(key):
        return RecordMissing("Azure DevOps does not show the work item.", detail=detail)
    return _rejected(status, message, said, detail)


def _forbidden(message: str, key: str, said: dict[str, Any], detail: str) -> BridgeError:
    """A missing permission on items or an area is about this write, not about the token."""
    if "TF400813" not in message and _PERMISSION.search(f"{message} {key}"):
        text = "The hub's account may not change work items here (area or project permissions)."
        return Rejected(text, field=_field(message, said), detail=detail)
    return CredentialProblem(_FORBIDDEN, detail=detail)


def _rejected(status: int, message: str, said: dict[str, Any], detail: str) -> BridgeError:
    if status == 413:
        return Rejected("The file is larger than Azure DevOps takes.", detail=detail)
    field = _field(message, said)
    flags = _flags(said)
    rule = f" (rule: {flags})" if flags else ""
    if field:
        text = f"Azure DevOps refuses the value of the field {field}{rule}."
    elif status == 404:
        text = "The project or the work item type does not exist in Azure DevOps."
    else:
        text = f"Azure DevOps refuses the call ({detail})."
    return Rejected(text, field=field, detail=detail)


def _field(message: str, said: dict[str, Any]) -> str | None:
    named = _properties(said).get("FieldReferenceName")
    if isinstance(named, str) and re.fullmatch(r"[\w.]{1,128}", named):
        return named
    found = _FIELD.search(message) or _FIELD_LABEL.search(message)
    return found[1] if found else None


def _flags(said: dict[str, Any]) -> str:
    flags = _properties(said).get("FieldStatusFlags")
    return flags if isinstance(flags, str) and _FLAGS.fullmatch(flags) else ""


def _properties(said: dict[str, Any]) -> dict[str, Any]:
    found = said.get("customProperties")
    if not isinstance(found, dict):
        return {}
    errors = found.get("RuleValidationErrors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    if isinstance(first, dict) and "FieldReferenceName" not in found:
        return {
            "FieldReferenceName": first.get("fieldReferenceName"),
            "FieldStatusFlags": first.get("fieldStatusFlags"),
        }
    return found
