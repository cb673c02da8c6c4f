"""The front of the API: the key, the limits, and how refusals are written."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.rocketlane.simulator.account import Account
from connectors.rocketlane.simulator.api import comments, projects, reference, tasks
from connectors.rocketlane.simulator.api.asking import Ask, Routes, answer
from connectors.rocketlane.simulator.problems import RocketlaneProblem, not_authorized

_BASE = ["api", "1.0"]


class RocketlaneApi:
    """The ASGI application of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.routes = Routes()
        for module in (tasks, projects, comments, reference):
            module.register(self.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RocketlaneProblem as refusal:
            response = answer(refusal.body(), refusal.status, refusal.headers)
        response.headers["X-Request-Id"] = f"{self._account.workspace.rng.getrandbits(64):016x}"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        account = self._account
        person = account.workspace.keys.get(request.headers.get("api-key", ""))
        if person is None or account.workspace.dials.dead_key:
            raise not_authorized()
        parts = request.scope["path"].strip("/").split("/")
        if parts[:2] != _BASE:
            raise RocketlaneProblem(404, "NOT_FOUND", "No such resource")
        endpoint, params, is_list = self.routes.find(request.method, parts[2:])
        account.allowance.take(account.workspace.now(), is_list=is_list)
        return await endpoint(Ask(account, request, person, params, await request.body()))
