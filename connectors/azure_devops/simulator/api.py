"""The front of the API: credentials, sign-in pages, limits, versions and finding the handler."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.azure_devops.simulator.errors import (
    VendorError,
    bad_request,
    forbidden,
    unauthorised,
)
from connectors.azure_devops.simulator.records import Project

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

_VERSION = re.compile(r"api-version=([\w.-]+)")
_WINDOW = timedelta(minutes=5)
_READ_BY_POST = ("wiql", "workitemsbatch")
_SIGN_IN = "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head></html>"


@dataclass(slots=True)
class Ask:
    """One request with what its route and its version say."""

    world: World
    request: Request
    project: Project | None
    params: dict[str, str]
    query: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise bad_request("The body is not valid JSON.", "VssRequestContentException") from None

    def flag(self, name: str) -> bool:
        """A yes-or-no parameter of the query."""
        return self.query.get(name, "").casefold() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number of the query."""
        text = self.query.get(name, "")
        if text and not text.lstrip("-").isdigit():
            raise bad_request(f"The value {text} is not valid for {name}.")
        return int(text) if text else default

    def need_project(self) -> Project:
        """The project of the address; some calls can't do without."""
        if self.project is None:
            raise bad_request("A project name is required.", "ProjectRequiredException")
        return self.project


Handler = Callable[[Ask], Awaitable[Response]]


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with the service's content type."""
    content = json.dumps(body, ensure_ascii=False).encode()
    kind = "application/json; charset=utf-8; api-version=7.1"
    return Response(content, status, headers, media_type=kind)


def listed(values: list[Any]) -> Response:
    """A collection: `{count, value}`."""
    return answer({"count": len(values), "value": values})


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the API below `_apis`; `preview` wants a version that says so."""

    method: str
    parts: tuple[str, ...]
    handler: Handler
    preview: bool

    def match(self, tail: list[str]) -> dict[str, str] | None:
        """The parameters, if the address is this one; literals are compared without case."""
        found: dict[str, str] = {}
        for place, part in enumerate(self.parts):
            if part.startswith("{*"):
                found[part[2:-1]] = "/".join(tail[place:])
                return found
            if place >= len(tail):
                return None
            if part.startswith("${"):
                if not tail[place].startswith("$"):
                    return None
                found[part[2:-1]] = tail[place][1:]
            elif part.startswith("{"):
                found[part[1:-1]] = tail[place]
            elif part.casefold() != tail[place].casefold():
                return None
        return found if len(tail) == len(self.parts) else None


class Routes:
    """The table of addresses."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, path: str, handler: Handler, *, preview: bool = False) -> None:
        """Register a handler; earlier entries win."""
        self._routes.append(Route(method, tuple(path.split("/")), handler, preview))

    def find(self, method: str, tail: list[str]) -> tuple[Route, dict[str, str]]:
        """The route for a request, or the service's refusal."""
        methods: set[str] = set()
        for route in self._routes:
            params = route.match(tail)
            if params is None:
                continue
            if route.method == method:
                return route, params
            if route.method != "OPTIONS":
                methods.add(route.method)
        if methods:
            message = f"The requested resource does not support http method '{method}'."
            raise VendorError(405, message, "HttpMethodNotSupportedException")
        path = "/".join(tail)
        raise VendorError(
            404, f"The controller for path '/_apis/{path}' was not found.", "VssResourceNotFound"
        )


class Throttle:
    """TSTUs of the last five minutes; every request costs one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spent: deque[datetime] = deque()

    def headers(self) -> dict[str, str]:
        """Count a request: the headers of its answer, or the 429 of one too many.

        From half of the limit on the usage is told, above it each answer asks for a pause, and
        at twice the limit the request is cancelled.
        """
        limit, now = self._world.tsstu_limit, self._world.now()
        if limit is None:
            return {}
        while self._spent and now - self._spent[0] >= _WINDOW:
            self._spent.popleft()
        used = len(self._spent) + 1
        if used * 2 <= limit:
            self._spent.append(now)
            return {}
        reset = (self._spent[0] if self._spent else now) + _WINDOW
        told = {
            "X-RateLimit-Resource": "core",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used)),
            "X-RateLimit-Reset": str(int(reset.timestamp())),
        }
        wait = max(1, int((reset - now).total_seconds()))
        if used > 2 * limit:
            message = "TF400733: The request has been canceled: Request was blocked due to "
            message += "exceeding usage of resource 'core' in namespace 'User'."
            told["Retry-After"] = str(wait)
            raise VendorError(429, message, "RequestBlockedException", headers=told)
        self._spent.append(now)
        if used > limit:
            delay = min(30.0, 0.5 * (used - limit))
            told |= {"X-RateLimit-Delay": f"{delay:.3f}", "Retry-After": str(max(1, round(delay)))}
        return told


class VendorApi:
    """The ASGI application of the organisation."""

    def __init__(self, world: World, routes: Routes) -> None:
        self._world = world
        self._routes = routes
        self._throttle = Throttle(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except VendorError as refusal:
            response = answer(refusal.body(), refusal.status, refusal.headers)
        session = request.headers.get("x-tfs-session") or str(uuid.uuid4())
        response.headers["X-TFS-Session"] = session
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        place = [part for part in request.url.path.split("/") if part]
        place = [part for part in request.scope["path"].split("/") if part] or place
        at = next((n for n, part in enumerate(place) if part.casefold() == "_apis"), None)
        if at is None or at == 0 or place[0].casefold() != self._world.organization.casefold():
            raise VendorError(404, "The resource cannot be found.", "VssResourceNotFound")
        route, params = self._routes.find(request.method, place[at + 1 :])
        if request.method == "OPTIONS":
            return await route.handler(Ask(self._world, request, None, params, {}, b""))
        page = self._sign_in(request)
        if page is not None:
            return page
        self._check_credential(request.headers.get("authorization", ""))
        self._check_scope(request.method, [part.casefold() for part in place[at + 1 :]])
        told = self._throttle.headers()
        query = {key.casefold(): value for key, value in request.query_params.items()}
        self._check_version(request, query, preview=route.preview)
        project = self._project(place[1:at])
        ask = Ask(self._world, request, project, params, query, await request.body())
        response = await route.handler(ask)
        response.headers.update(told)
        return response

    def _project(self, between: list[str]) -> Project | None:
        if not between:
            return None
        found = self._world.project(between[0])
        if found is None:
            message = f"TF200016: The following project does not exist: {between[0]}. Verify that "
            message += "the name of the project is correct and that the project exists."
            raise VendorError(404, message, "ProjectDoesNotExistWithNameException")
        return found

    def _sign_in(self, request: Request) -> Response | None:
        """What an expired credential meets: not the same for every method."""
        kind = self._world.sign_in_page
        if kind is None:
            return None
        if kind == "401" or request.method == "PATCH":
            raise unauthorised()
        if kind == "302":
            back = quote(self._world.organization_url, safe="")
            to = f"{self._world.base_url}/_signin?realm=dev.azure.com&reply_to={back}"
            return Response(_SIGN_IN, 302, {"Location": to}, media_type="text/html")
        return Response(_SIGN_IN, 203, media_type="text/html")

    def _check_credential(self, header: str) -> None:
        scheme, _, value = header.partition(" ")
        given = value if scheme.casefold() == "bearer" else None
        if scheme.casefold() == "basic":
            try:
                raw = base64.b64decode(value, validate=True)
                strict = base64.b64encode(raw).decode() == value
                given = raw.decode().partition(":")[2] if strict else None
            except (binascii.Error, UnicodeDecodeError):
                given = None
        if given != self._world.pat:
            raise unauthorised()

    def _check_scope(self, method: str, tail: list[str]) -> None:
        if self._world.withheld_rights & {_scope(method, tail)}:
            raise forbidden()

    @staticmethod
    def _check_version(request: Request, query: dict[str, str], *, preview: bool) -> None:
        found = _VERSION.search(request.headers.get("accept", "").replace(" ", ""))
        version = query.get("api-version") or (found[1] if found else "")
        if not version:
            if request.method == "GET" and not preview:
                return
            message = f'No api-version was supplied for the "{request.method}" request. The '
            message += "version must be supplied either as part of the Accept header (e.g. "
            message += '"application/json; api-version=1.0") or as a query parameter (e.g. '
            raise bad_request(message + '"?api-version=1.0").', "VssVersionNotSpecifiedException")
        number = version.partition("-")[0]
        if not re.fullmatch(r"\d+\.\d+", number) or not 1.0 <= float(number) <= 7.2:
            message = (
                f"The requested REST API version of {version} is out of range for this server."
            )
            raise bad_request(message, "VssVersionOutOfRangeException")
        if (preview or float(number) == 7.2) and "-preview" not in version:
            message = f'The requested version "{version}" of the resource is under preview. The '
            message += "-preview flag must be supplied in the api-version for such requests. "
            message += f'For example: "{version}-preview"'
            raise bad_request(message, "VssInvalidPreviewVersionException")


def _scope(method: str, tail: list[str]) -> str:
    """Which scope of a token a request needs, as far as one can be withheld here."""
    area = tail[0] if tail else ""
    if area == "wit" and method != "GET" and tail[1] not in _READ_BY_POST:
        return "write"
    return area
