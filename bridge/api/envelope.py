"""What every answer has: an id, the headers that keep browsers careful, and never a traceback."""

from __future__ import annotations

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.problems import ApiProblem
from bridge.kit.ids import new_id

log = structlog.get_logger(__name__)

_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CREDENTIALS = ("/ack/", "/sign-in/")
"""Addresses that open something to whoever has them."""
_NEVER_KEPT = ("/api/", "/webhooks/", "/sentry/", "/healthz", "/readyz", "/metrics")


class Envelope:
    """The outermost layer: request id, security headers, and a problem for what nobody expected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GOOD_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        never_kept = scope["path"].startswith(_NEVER_KEPT)
        status = 0
        started = time.perf_counter()

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                if never_kept:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, dressed)
            except ClientDisconnect:
                log.debug("caller left before the end of its request", path=_path(scope))
            except Exception:  # the last line of defence: logged, never shown
                log.exception("request failed", method=scope["method"], path=_path(scope))
                if status:
                    raise
                await ApiProblem("internal").response(request_id)(scope, receive, dressed)
            # The query is left out: a vendor's token may stand in it.
            log.debug(
                "answered",
                method=scope["method"],
                path=_path(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )


def _path(scope: Scope) -> str:
    """The path as logs may show it: behind some the address itself is the credential."""
    path: str = scope["path"]
    secret = next((each for each in _CREDENTIALS if path.startswith(each)), None)
    return path if secret is None else f"{secret}..."
