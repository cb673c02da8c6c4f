"""The front of the API: credentials, scopes, limits, and which address is served by what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.sentry.simulator import endpoints
from connectors.sentry.simulator.allowance import Allowance
from connectors.sentry.simulator.endpoints import Answer, Ask
from connectors.sentry.simulator.organization import Organization
from connectors.sentry.simulator.problems import Refusal, forbidden, not_found, unauthenticated

Served = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An address below `/api/0/`, and the scopes of which one is enough."""

    method: str
    parts: tuple[str, ...]
    serve: Served
    scopes: tuple[str, ...]


def _route(method: str, path: str, serve: Served, *scopes: str) -> Route:
    return Route(method, tuple(path.split("/")), serve, scopes)


_READ, _WRITE = ("event:read", "event:write", "event:admin"), ("event:write", "event:admin")
_ISSUE = "organizations/{org}/issues/{issue}"
ROUTES = (
    _route("GET", "organizations", endpoints.organizations, "org:read"),
    _route("GET", "organizations/{org}/projects", endpoints.projects, "org:read", "project:read"),
    _route("GET", "organizations/{org}/issues", endpoints.issues, *_READ),
    _route("GET", _ISSUE, endpoints.issue, *_READ),
    _route("PUT", _ISSUE, endpoints.update_issue, *_WRITE),
    _route("GET", f"{_ISSUE}/comments", endpoints.notes, *_READ),
    _route("GET", f"{_ISSUE}/notes", endpoints.notes, *_READ),
    _route("POST", f"{_ISSUE}/comments", endpoints.add_note, *_WRITE),
    _route("GET", f"{_ISSUE}/activities", endpoints.activities, *_READ),
    _route("GET", f"{_ISSUE}/external-issues", endpoints.app_links, *_READ),
    _route("GET", f"{_ISSUE}/integrations", endpoints.issue_integrations, *_READ),
    _route("PUT", f"{_ISSUE}/integrations/{{integration}}", endpoints.link_tracker, *_WRITE),
    _route("GET", "organizations/{org}/shortids/{short}", endpoints.short, *_READ),
    _route("GET", "organizations/{org}/integrations", endpoints.integrations, "org:read"),
    _route(
        "GET", "organizations/{org}/sentry-app-installations", endpoints.installations, "org:read"
    ),
    _route(
        "POST", "sentry-app-installations/{uuid}/external-issues", endpoints.link_app, *_WRITE
    ),
)  # fmt: skip


class Api:
    """The ASGI application of one installation of Sentry."""

    def __init__(self, organization: Organization, token: Callable[[], str]) -> None:
        self._org = organization
        self._token = token
        self._allowance = Allowance(organization.dials)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        headers: dict[str, str] = {}
        try:
            status, body, more = self._answer(request, await request.body(), headers)
        except Refusal as refusal:
            status, body, more = refusal.status, refusal.body, dict(refusal.headers)
        content = b"" if body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **headers, **more}
        await Response(content, status, told)(scope, receive, send)

    def _answer(self, request: Request, content: bytes, headers: dict[str, str]) -> Answer:
        path: str = request.scope["path"]
        if not path.endswith("/"):
            # A redirect, at which a POST loses its body.
            return 301, None, {"Location": f"{path}/"}
        parts = path.strip("/").split("/")
        if parts[:2] != ["api", "0"]:
            raise not_found()
        route, params = _find(request.method, parts[2:])
        if request.headers.get("authorization", "") != f"Bearer {self._token()}":
            raise unauthenticated()
        headers.update(self._allowance.take("/".join(route.parts), self._org.now()))
        if not set(route.scopes) & set(self._org.dials.scopes):
            raise forbidden()
        if params.get("org", self._org.slug) != self._org.slug:
            raise not_found()
        return route.serve(Ask(self._org, request, params, content))


def _find(method: str, parts: list[str]) -> tuple[Route, dict[str, str]]:
    served = False
    for route in ROUTES:
        params = _match(route.parts, parts)
        if params is None:
            continue
        served = True
        if route.method == method:
            return route, params
    raise Refusal(405, {"detail": f'Method "{method}" not allowed.'}) if served else not_found()


def _match(parts: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    if len(parts) != len(given):
        return None
    params: dict[str, Any] = {}
    for part, each in zip(parts, given, strict=True):
        if part.startswith("{"):
            params[part[1:-1]] = each
        elif part != each:
            return None
    return params
