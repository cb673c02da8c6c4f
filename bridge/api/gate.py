"""The gate in front of /api: nobody gets past it, nor has a body read, without a valid token.

A route that forgot to ask for a role is closed all the same, and so are unknown addresses.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.api.access import Access
from bridge.api.bodies import counted, refuse_announced
from bridge.api.problems import ApiProblem

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
            actor = await access.identify(state.hub, headers.get("authorization", ""))
            if actor is None:
                raise ApiProblem("unauthorised", "Send a valid token: Authorization: Bearer …")
            refuse_announced(headers, MAX_BODY)
        except ApiProblem as problem:
            answer = problem.response(scope["state"]["request_id"])
            await answer(scope, receive, send)
            return
        scope["state"]["actor"] = actor
        await self._app(scope, counted(receive, MAX_BODY), send)
