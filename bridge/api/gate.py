"""The gate in front of /api: nobody gets past it, nor has a body read, without a valid token.

A route that forgot to ask for a role is closed all the same, and so are unknown addresses.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.api.access import Access
from bridge.api.bodies import counted, refuse_announced
from bridge.api.problems import ApiProblem, RequestMistake

PREFIX = "/api/"

MAX_BODY = 1024 * 1024
"""Bytes of an API request's body; mapping files are the largest."""


class Gate:
    """Lets callers with a valid token through and leaves who they are in the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        state, headers = scope["app"].state, Headers(scope=scope)
        access: Access = state.access
        try:
            said = headers.getlist("authorization")
            # Of two, a proxy in front may have looked at the other one.
            actor = await access.identify(state.hub, said[0]) if len(said) == 1 else None
            if actor is None:
                raise ApiProblem("unauthorised", "Send a valid token: Authorization: Bearer …")
            refuse_announced(headers, MAX_BODY)
            _refuse_unclear(scope)
        except ApiProblem as problem:
            answer = problem.response(scope["state"]["request_id"])
            await answer(scope, receive, send)
            return
        scope["state"]["actor"] = actor
        await self._app(scope, counted(receive, MAX_BODY), send)


def _refuse_unclear(scope: Scope) -> None:
    """Refuse an address that may be read in two ways; ApiProblem `invalid_request`."""
    query: bytes = scope["query_string"]
    for where, said in (("path", scope.get("raw_path") or b""), ("query", query)):
        try:
            unquote_to_bytes(said).decode()
        except UnicodeDecodeError:
            # Read leniently, it would ask for something that nobody has written.
            raise _unclear(where, "it is not UTF-8", "UTF-8 behind its %-escapes") from None
    seen: set[str] = set()
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        # Of `?dry_run=true&dry_run=false` the last one would count, whatever the first was for.
        if name in seen:
            raise _unclear(f"query.{name}", "it stands there more than once", "give it once")
        seen.add(name)


def _unclear(where: str, what: str, right: str) -> ApiProblem:
    mistake = RequestMistake(where=where, what=what, right=right)
    return ApiProblem("invalid_request", f"{where}: {what}; right: {right}", errors=[mistake])
