"""The front of the API: versions, credentials, limits, and how refusals are written."""

from __future__ import annotations

import base64
import binascii
import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.jira.simulator.account import Account
from connectors.jira.simulator.api import comments, finding, hooks, issues, linking, reference
from connectors.jira.simulator.api.asking import Ask, Routes, answer
from connectors.jira.simulator.errors import JiraProblem, NoEndpoint
from connectors.jira.simulator.records import User

_VERSIONS = {"2": 2, "3": 3, "latest": 2}
_LOGIN = "X-Seraph-LoginReason"


class JiraApi:
    """The ASGI application of a site, also under the address for apps (`/ex/jira/<cloudId>`)."""

    def __init__(self, jira: Account) -> None:
        self._jira = jira
        self.routes = Routes()
        # Metadata of creation stands before issues: "createmeta" is no key.
        for module in (reference, issues, comments, linking, finding, hooks):
            module.register(self.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        told: dict[str, str] = {}
        try:
            response = await self._answer(request, told)
        except JiraProblem as refusal:
            response = answer(refusal.body(), refusal.status, refusal.headers)
        except NoEndpoint as refusal:
            kind = {"Content-Type": "application/problem+json"}
            response = Response(json.dumps(refusal.body()), refusal.status, kind)
        trace = self._jira.site.new_uuid().replace("-", "")
        told |= {"Server": "AtlassianEdge", "Atl-Traceid": trace, "Atl-Request-Id": trace}
        response.headers.update(told | {"X-Arequestid": trace[:16]})
        await response(scope, receive, send)

    async def _answer(self, request: Request, told: dict[str, str]) -> Response:
        path: str = request.scope["path"]
        prefix = f"/ex/jira/{self._jira.site.cloud_id}"
        inside = path.removeprefix(prefix)
        version = 3
        place = inside.strip("/").split("/")
        if place[:2] == ["rest", "api"] and len(place) > 2:
            if place[2] not in _VERSIONS:
                raise NoEndpoint(404, request.method, path)
            version = _VERSIONS[place[2]]
            inside = "/".join(["", "rest", "api", *place[3:]])
        try:
            handler, params, endpoint = self.routes.find(request.method, inside)
        except NoEndpoint as refusal:
            raise NoEndpoint(refusal.status, request.method, path) from None
        user, app, failed = self._caller(request.headers.get("authorization", ""))
        if failed:
            told[_LOGIN] = "AUTHENTICATED_FAILED"
        now = self._jira.site.now()
        told.update(self._jira.allowance.take(request.method, endpoint, now, app=app))
        multipart = request.headers.get("content-type", "").startswith("multipart/")
        raw = b"" if multipart else await request.body()
        return await handler(Ask(self._jira, request, user, app, version, params, raw))

    def _caller(self, header: str) -> tuple[User | None, bool, bool]:
        """Who calls, whether as an app, and whether a credential was given and is no good."""
        site = self._jira.site
        scheme, _, value = header.partition(" ")
        if not header:
            return None, False, False
        if site.dials.dead_token:
            return None, False, True
        if scheme.casefold() == "bearer":
            app = site.bearers.get(value)
            return app, app is not None, app is None
        try:
            email, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None, False, True
        held = site.tokens.get(email.casefold())
        good = scheme.casefold() == "basic" and held is not None and held[0] == token
        return (held[1] if good and held is not None else None), False, not good
