"""What stands before every handler: credentials, scopes, allowance."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.hubspot.simulator.api.allowance import Allowance, refusal
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem

_OPEN = ("/filemanager/", "/hubfs/", "/oauth/")


class Gate:
    """ASGI middleware in front of the routes; downloads and token requests pass freely."""

    def __init__(self, app: ASGIApp, portal: Portal, allowance: Allowance) -> None:
        self._app = app
        self._portal = portal
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OPEN):
            await self._app(scope, receive, send)
            return
        portal, now = self._portal, self._portal.clock()
        try:
            token = portal.tokens.check(Headers(scope=scope).get("Authorization", ""), now)
            self._check_scope(scope["method"], scope["path"])
        except ApiProblem as problem:
            body = problem.body(portal.correlation_id())
            await JSONResponse(body, problem.status)(scope, receive, send)
            return
        search = scope["path"].endswith("/search")
        oauth = portal.tokens.is_oauth(token)
        policy = self._allowance.take(token, now, search=search, oauth=oauth)
        headers = {} if search else self._allowance.headers(token, now, oauth=oauth)
        if policy is not None:
            answer = refusal(policy, portal.correlation_id())
            await JSONResponse(answer, 429, headers)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _check_scope(self, method: str, path: str) -> None:
        needed = needed_scope(method, path)
        if needed in self._portal.dials.withheld_scopes:
            message = f"This app lacks a required scope: {needed}"
            context = {"requiredGranularScopes": [needed or ""]}
            raise ApiProblem(403, "MISSING_SCOPES", message, context=context)


def needed_scope(method: str, path: str) -> str | None:
    """The scope that a request needs, None where any token will do."""
    parts = path.strip("/").split("/")
    reading = method == "GET" or path.endswith(("/search", "/batch/read"))
    verb = "read" if reading else "write"
    if parts[0] == "conversations":
        return f"conversations.{verb}"
    if parts[0] == "files":
        return "files"
    if "owners" in parts:
        return "crm.objects.owners.read"
    if "tickets" in parts:
        return "tickets"
    if "companies" in parts:
        return f"crm.objects.companies.{verb}"
    if "emails" in parts and reading:
        # The page lists three scopes of which one is needed; this is the one that is about mail.
        return "sales-email-read"
    if "notes" in parts or "contacts" in parts or "emails" in parts:
        return f"crm.objects.contacts.{verb}"
    if "feedback_submissions" in parts:
        return "crm.objects.feedback_submissions.read"
    return None
