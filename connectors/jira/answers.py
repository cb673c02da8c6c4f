"""What an answer means: one table from status to what happens next. Nothing is retried by default.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes and
https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.records import parse_instant
from bridge.kit.rate import retry_after

CREATE_REFUSALS = frozenset({400, 403, 404, 422})
"""Statuses with which a create is documented to be refused: nothing was created."""
APPEND_REFUSALS = frozenset({400, 403, 404, 409, 413})
"""The same for what is added to an issue that exists: comments, files."""

LOGIN = "x-seraph-loginreason"
# Denied: too many failures, a person must sign in once.
# https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
_FAILED = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_ONE_ISSUE = "jira-per-issue-on-write"
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_OFF_SCREEN = "cannot be set. It is not on the appropriate screen"
_REQUIRED = re.compile(r"is required\.?$")

_SIGNED_OUT = (
    "Jira does not accept the API token. It may have expired or been revoked: create a new one "
    "and set it in bridge.yaml, with the e-mail address it belongs to."
)
_FORBIDDEN = (
    "The hub's account may not do this in Jira. It needs the permissions named in "
    "docs/connect-jira.md."
)
_LACKING = (
    "The hub's account may not do this in Jira: it needs the permission {} in the issue's project."
)
_STRANGE = (
    "Jira answered with something that is not its data (a sign-in page, a proxy). Check the "
    "API token, site and base_url."
)


def read_answer(answer: httpx.Response, now: datetime, needs: str = "") -> Any:
    """The JSON of a good answer; any other raises what happens next.

    `needs`: the permission of the project by which the call is allowed.
    """
    if answer.is_success and not is_anonymous(answer):
        return _json(answer)
    raise _error(answer, now, needs)


def read_once(
    answer: httpx.Response, now: datetime, refusals: frozenset[int], needs: str = ""
) -> Any:
    """The same for a call that must not be repeated: what is not plain is `UnknownOutcome`."""
    status = answer.status_code
    if answer.is_success:
        # Whoever it was counted as done by, it is done.
        try:
            return _json(answer)
        except CredentialProblem:
            raise unclear(f"status {status} without JSON") from None
    signed_out = status == 401 or 300 <= status < 400 or is_anonymous(answer)
    refused = status in refusals and bool(_said(answer))
    throttled = status == 429 and "retry-after" in answer.headers
    if signed_out or refused or throttled:
        raise _error(answer, now, needs)
    raise unclear(f"status {status}")


def is_anonymous(answer: httpx.Response) -> bool:
    """Whether a credential was given and did not count: Jira then answers as to nobody.

    Where anybody may look that is a 200 that shows less; only this header tells.
    """
    return answer.headers.get(LOGIN, "") in _FAILED


def unclear(detail: str) -> UnknownOutcome:
    """The error of a write that may have happened."""
    return UnknownOutcome("Jira gave no clear answer to a write.", detail=detail)


def strange(detail: str) -> CredentialProblem:
    """The error of an answer that is not the vendor's JSON."""
    return CredentialProblem(_STRANGE, detail=detail)


def _json(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise strange(f"status {answer.status_code}, not JSON")
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise strange(f"status {answer.status_code}, broken JSON") from None


def _said(answer: httpx.Response) -> dict[str, Any]:
    """Jira's own words of refusal; empty if the answer is not Jira's."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    known = isinstance(body, dict) and isinstance(body.get("errorMessages"), list)
    return body if known else {}


def _error(answer: httpx.Response, now: datetime, needs: str) -> BridgeError:
    status, said = answer.status_code, _said(answer)
    detail = f"status {status}"
    if status == 429:
        return _throttled(answer, now)
    if status == 401 or is_anonymous(answer):
        return CredentialProblem(_SIGNED_OUT, detail=detail)
    if 300 <= status < 400:
        return CredentialProblem(_SIGNED_OUT, detail=f"{detail}, sign-in page")
    if status == 408 or status >= 500:
        return Unavailable("Jira is not available at the moment.", detail=detail)
    if status == 409:
        return Stale("Somebody changed the issue at the same time.", detail=detail)
    if status == 403:
        return _forbidden(said, detail, needs)
    if status == 404:
        return RecordMissing("Jira does not show this.", detail=detail)
    return _rejected(status, said, detail)


def _throttled(answer: httpx.Response, now: datetime) -> Throttled:
    until = retry_after(answer.headers, now)
    if until is None:
        until = parse_instant(answer.headers.get("x-ratelimit-reset", "")) or now + _WAIT
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    one = answer.headers.get("ratelimit-reason", "") == _ONE_ISSUE
    text = "Jira takes no more writes of this issue for the moment." if one else ""
    return Throttled(
        text or "Jira asks for a pause: its rate limit is reached.",
        until=min(until, now + _LONGEST_WAIT),
        scope=OF_RECORD if one else "",
        detail="status 429",
    )


def _forbidden(said: dict[str, Any], detail: str, needs: str) -> BridgeError:
    """A permission that lacks here is about this write, not about the token."""
    if said:
        return Rejected(_LACKING.format(needs) if needs else _FORBIDDEN, detail=detail)
    return CredentialProblem(_FORBIDDEN, detail=detail)


def _rejected(status: int, said: dict[str, Any], detail: str) -> Rejected:
    if status == 413:
        return Rejected("Jira takes no file of this size, or no more of them.", detail=detail)
    errors = said.get("errors")
    fields = errors if isinstance(errors, dict) else {}
    name = next((each for each in fields if _FIELD.fullmatch(str(each))), None)
    if name is None:
        return Rejected(f"Jira refuses the call ({detail}).", detail=detail)
    words = str(fields[name])
    if _OFF_SCREEN in words:
        text = f"Jira has the field {name} not on this screen, or does not know it."
    elif _REQUIRED.search(words):
        text = f"Jira requires the field {name}."
    else:
        text = f"Jira refuses the value of the field {name}."
    return Rejected(text, field=name, detail=detail)
