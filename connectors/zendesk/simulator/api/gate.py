"""The door: which account, who asks, what they may, how often, and in what form one says no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.zendesk.simulator.account import Account
from connectors.zendesk.simulator.allowance import Allowance
from connectors.zendesk.simulator.api.asking import Ask, Handler, answer
from connectors.zendesk.simulator.lifecycle import scrub_old
from connectors.zendesk.simulator.problems import Refusal, forbidden, unauthenticated
from connectors.zendesk.simulator.records import SYSTEM_ID, By
from connectors.zendesk.simulator.tokens import allows

_SYSTEM = By(SYSTEM_ID, "system")


@dataclass(frozen=True, slots=True)
class Route:
    """One address; `limit` names the endpoint's own allowance."""

    method: str
    parts: tuple[str, ...]
    handler: Handler
    limit: str | None = None
    open: bool = False
    """Needs no credential."""
    each: bool = False
    """The allowance counts for each record."""

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The parameters of an address, if it is this one."""
        if len(parts) != len(self.parts):
            return None
        found: dict[str, str] = {}
        for ours, theirs in zip(self.parts, parts, strict=True):
            if ours.startswith("{"):
                found[ours[1:-1]] = theirs
            elif ours != theirs:
                return None
        return found


class Gate:
    """The ASGI application of the account."""

    def __init__(self, account: Account, routes: list[Route]) -> None:
        self._account = account
        self._routes = routes
        self._allowance = Allowance(account.dials, account.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        content = await request.body()
        self._catch_up()
        try:
            response = self._answer(request, content)
        except Refusal as refusal:
            response = _refusal(refusal)
        response.headers["X-Request-Id"] = self._account.numbers.uuid()
        self._catch_up()
        await response(scope, receive, send)

    def _catch_up(self) -> None:
        self._account.jobs.run_due(self._account.now())
        scrub_old(self._account, _SYSTEM)

    def _answer(self, request: Request, content: bytes) -> Response:
        path = request.url.path.removesuffix(".json")
        route, params = self._find(request.method, [part for part in path.split("/") if part])
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        by = _SYSTEM if route.open else self._caller(headers, route, params)
        told: dict[str, str] = {} if route.open else self._allowance.take_any()
        if route.limit is not None:
            about = params.get("id", "") if route.each else ""
            told |= self._allowance.take_endpoint(route.limit, about)
        if request.method == "PUT" and route.parts[2:4] == ("tickets", "{id}"):
            self._allowance.take_update(by.user_id, params["id"])
        ask = Ask(self._account, by, request.url.path, params, query, headers, content)
        response = route.handler(ask)
        response.headers.update(told)
        return response

    def _find(self, method: str, parts: list[str]) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            params = route.match(parts) if route.method == method else None
            if params is not None:
                return route, params
        raise Refusal(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def _caller(self, headers: Mapping[str, str], route: Route, params: dict[str, str]) -> By:
        header = headers.get("authorization", "")
        tokens, account = self._account.tokens, self._account
        scope, user_id = "read write", None
        if header.startswith("Basic "):
            email = tokens.basic(header)
            known = [u for u in account.users.values() if email and u.email == email]
            user_id = known[0].id if known else None
        elif header.startswith("Bearer "):
            token = tokens.bearer(header, account.now())
            if token is not None:
                scope, user_id = token.scope, token.user_id
        if user_id is None or not account.user(user_id).active or account.user(user_id).suspended:
            raise unauthenticated()
        area = route.parts[2] if len(route.parts) > 2 else ""
        # Audits need plain `read`, whatever is said of tickets.
        area = "" if "audits" in route.parts else area
        staff = account.is_staff(user_id) or route.parts[-1] == "me"
        if not staff or not allows(scope, area, write=route.method != "GET"):
            raise forbidden(as_object=account.dials.forbidden_as_object)
        return By(user_id, "api", client=headers.get("user-agent", ""))


def _refusal(refusal: Refusal) -> Response:
    headers = dict(refusal.headers)
    if isinstance(refusal.body, dict):
        return answer(refusal.body, refusal.status, headers)
    kind = "application/json" if _is_json(refusal.body) else "text/plain"
    return Response(refusal.body, refusal.status, headers, media_type=kind)


def _is_json(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
