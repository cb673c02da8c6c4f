"""Turning what went wrong into a problem: validation, unknown routes, errors of the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from bridge.api.problems import ApiProblem, RequestMistake
from bridge.domain.errors import (
    BridgeError,
    ConfigProblem,
    CredentialProblem,
    Paused,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
)

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5
"""How soon to come back where nothing better is known."""

_OF_ERROR: Mapping[type[BridgeError], str] = {
    RecordMissing: "record_missing",
    Throttled: "vendor_unavailable",
    Unavailable: "vendor_unavailable",
    Stale: "vendor_unavailable",
    CredentialProblem: "credential_problem",
    Rejected: "vendor_refused",
    ConfigProblem: "not_configured",
    Paused: "connection_paused",
}

_SPANS = "a number and a unit, such as 15m, 1h or 90d"
_UNREAD = "There was an error parsing the body"
"""What FastAPI says of bytes that are no text, and of what its parser gives up on."""
_NOT_READ = "it can't be read: it is not UTF-8, or is nested too deep"

_RIGHT: Mapping[str, str] = {
    "missing": "give it; it is required",
    "extra_forbidden": "leave it out, or look up its name in /openapi.json",
    "json_invalid": "a JSON body",
    "int_parsing": "a whole number",
    "string_type": "a text in quotes",
    "string_unicode": "a text of valid Unicode characters",
    "model_attributes_type": "a JSON object",
    "dict_type": "a JSON object",
}


def install(app: FastAPI) -> None:
    """Let every refusal of the application leave as a problem."""
    app.add_exception_handler(ApiProblem, _api_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(BridgeError, _bridge_error)


def request_id(request: Request) -> str:
    """The id that the request was given at the door."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _api_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiProblem)  # noqa: S101 - starlette hands only what was registered
    return error.response(request_id(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    mistakes = [_mistake(each) for each in error.errors()]
    first = mistakes[0]
    problem = ApiProblem(
        "invalid_request", f"{first.where}: {first.what}; right: {first.right}", errors=mistakes
    )
    return problem.response(request_id(request))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if isinstance(error.__cause__, ApiProblem):
        # Refused while FastAPI read the body, which it wraps.
        return error.__cause__.response(request_id(request))
    path = request.url.path
    if error.status_code == 405:
        detail = f"{path} does not take {request.method}"
        allowed = _allowed(request.app, path) or (error.headers or {}).get("Allow", "")
        problem = ApiProblem("method_not_allowed", detail, headers={"Allow": allowed})
    elif error.status_code == 404:
        problem = ApiProblem("not_found", "There is nothing at this address; see /openapi.json")
    elif str(error.detail) == _UNREAD:
        what = RequestMistake(where="body", what=_NOT_READ, right="JSON in UTF-8")
        problem = ApiProblem("invalid_request", f"body: {_NOT_READ}", errors=[what])
    else:
        problem = ApiProblem("invalid_request", str(error.detail))
    return problem.response(request_id(request))


def _allowed(app: FastAPI, path: str) -> str:
    """The methods that the document has for an address, as a header; empty if it has none.

    The router's own answer names the methods of the first route only that has this address.
    """
    fitting = [
        (template.count("{"), operations)
        for template, operations in app.openapi()["paths"].items()
        if compile_path(template)[0].fullmatch(path)
    ]
    if not fitting:
        return ""
    # The address of one thing may look like the id of another: /deliveries/replay.
    _, operations = min(fitting, key=lambda each: each[0])
    return ", ".join(sorted(method.upper() for method in operations))


async def _bridge_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BridgeError)  # noqa: S101 - as above
    return of_error(error, request.app.state.hub.now()).response(request_id(request))


def of_error(error: BridgeError, now: datetime) -> ApiProblem:
    """The problem that one of the hub's own errors is to a caller."""
    code = next((c for kind, c in _OF_ERROR.items() if isinstance(error, kind)), "internal")
    if code == "internal":
        log.error("request failed", error=type(error).__name__, detail=error.detail)
        return ApiProblem("internal")
    headers = {"Retry-After": str(RETRY_AFTER_S)} if code == "vendor_unavailable" else {}
    if isinstance(error, Throttled):
        wait = (error.until - now).total_seconds()
        headers["Retry-After"] = str(max(1, round(wait)))
    return ApiProblem(code, str(error), headers=headers)


def _mistake(error: Mapping[str, Any]) -> RequestMistake:
    said: Sequence[str | int] = error["loc"]
    if tuple(said) == ("body",) and isinstance(error.get("input"), bytes):
        # FastAPI hands on unread what does not call itself JSON, and then finds no object in it.
        what = "the body does not say that it is JSON"
        return RequestMistake(where="header.content-type", what=what, right="application/json")
    where = "body" if error["type"] == "json_invalid" else ".".join(str(each) for each in said)
    what = str(error["msg"]).removeprefix("Value error, ")
    if _is_span((error.get("ctx") or {}).get("gt")):
        what = "a span is longer than nothing"
    return RequestMistake(where=where, what=what, right=_right(error))


def _right(error: Mapping[str, Any]) -> str:
    context: Mapping[str, Any] = error.get("ctx") or {}
    if "expected" in context:
        return f"one of {context['expected']}"
    for key, words in (
        ("gt", "more than {}"),
        ("ge", "at least {}"),
        ("le", "at most {}"),
        ("min_length", "at least {} characters"),
        ("max_length", "at most {} characters"),
        ("pattern", "a text that matches {}"),
    ):
        if key in context:
            return _SPANS if _is_span(context[key]) else words.format(context[key])
    return _RIGHT.get(str(error["type"]), "see /openapi.json")


def _is_span(limit: object) -> bool:
    """Whether a limit is one of time; Pydantic hands on how Python writes it."""
    return "timedelta" in repr(limit)
