"""One request, its route, and answers as Jira writes them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.jira.simulator import errors
from connectors.jira.simulator.errors import JiraProblem, NoEndpoint
from connectors.jira.simulator.records import Comment, Issue, Project, User
from connectors.jira.simulator.render import Renderer

if TYPE_CHECKING:
    from connectors.jira.simulator.account import Account
    from connectors.jira.simulator.site import Site


@dataclass(slots=True)
class Ask:
    """A request with who asks (None: nobody in particular) and what its address says."""

    jira: Account
    request: Request
    user: User | None
    app: bool
    version: int
    params: dict[str, str]
    raw: bytes

    @property
    def site(self) -> Site:
        """The site that is asked."""
        return self.jira.site

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters."""
        return self.request.query_params

    @property
    def writer(self) -> Renderer:
        """Writes in the spelling of this version."""
        return Renderer(self.site, self.version)

    def need_user(self) -> User:
        """Who asks; 401 for nobody in particular."""
        if self.user is None:
            raise JiraProblem(401, errors.SIGN_IN)
        return self.user

    def need_admin(self) -> User:
        """Who asks, if that is an administrator."""
        user = self.need_user()
        if not self.site.may(user, "ADMINISTER"):
            raise JiraProblem(403, "Only Jira administrators may do this.")
        return user

    def issue(self) -> Issue:
        """The issue of the address; 404 when the caller may not know of it."""
        return self.site.see(self.user, self.params["issue"])

    def written(self) -> Issue:
        """The issue of the address, and one write of it counted."""
        found = self.issue()
        self.jira.allowance.take_write(found.id, self.site.now())
        return found

    def project(self) -> Project:
        """The project of the address."""
        return self.site.project(self.user, self.params["project"])

    def comment(self, issue: Issue) -> Comment:
        """The comment of the address."""
        for comment in issue.comments:
            if comment.id == self.params["comment"]:
                return comment
        raise JiraProblem(404, f"Can not find a comment for the id: {self.params['comment']}.")

    def value(self) -> Any:
        """The body as JSON of any kind."""
        try:
            return json.loads(self.raw)
        except ValueError:
            raise JiraProblem(400, errors.NOT_JSON, bare=True) from None

    def json(self, members: Collection[str] | None = None) -> dict[str, Any]:
        """The body as an object; 400 for members that a closed body does not know."""
        body = self.value()
        if not isinstance(body, dict) or (members is not None and body.keys() - set(members)):
            raise errors.unreadable()
        return body

    def flag(self, name: str) -> bool:
        """A yes-or-no parameter, no when absent."""
        return self.query.get(name, "false").casefold() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; 400 otherwise."""
        text = self.query.get(name) or str(default)
        if not text.isdigit():
            raise JiraProblem(400, f"The value '{text}' of '{name}' is not a whole number.")
        return int(text)

    def listed(self, name: str) -> list[str]:
        """A parameter that may be repeated or hold commas."""
        given = self.request.query_params.getlist(name)
        return [part.strip() for text in given for part in text.split(",") if part.strip()]

    def page(self, name: str, entries: list[Any], highest: int = 50) -> dict[str, Any]:
        """A stretch of a list under a name, with the numbers around it."""
        start = self.number("startAt", 0)
        size = min(self.number("maxResults", highest), highest)
        shown = entries[start : start + size]
        return {name: shown, "startAt": start, "maxResults": size, "total": len(entries)}

    def bean(self, entries: list[Any], highest: int = 50) -> dict[str, Any]:
        """A page that says whether it is the last and where the next one is."""
        told = self.page("values", entries, highest)
        after = told["startAt"] + len(told["values"])
        told |= {"self": str(self.request.url), "isLast": after >= len(entries)}
        if not told["isLast"]:
            told["nextPage"] = str(self.request.url.include_query_params(startAt=after))
        return told


Handler = Callable[[Ask], Awaitable[Response]]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer with Jira's content type."""
    content = json.dumps(body, ensure_ascii=False).encode()
    told = {"Content-Type": "application/json;charset=UTF-8"} | dict(headers or {})
    return Response(content, status, told)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(b"", status)


class Routes:
    """The table of addresses below `/rest/`; earlier entries win."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[str, ...], Handler]] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Serve a method and path; `api/` stands for every version."""
        self.entries.append((method, tuple(path.split("/")), handler))

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str], str]:
        """The handler, its parameters and the endpoint's name; Jira's refusal otherwise."""
        tail = path.strip("/").split("/")[1:]
        known = False
        for served, parts, handler in self.entries:
            params = _match(parts, tail)
            if params is None:
                continue
            known = True
            if served == method:
                return handler, params, "/".join(parts)
        raise NoEndpoint(405 if known else 404, method, path)


def _match(parts: tuple[str, ...], tail: list[str]) -> dict[str, str] | None:
    if len(parts) != len(tail):
        return None
    found: dict[str, str] = {}
    for part, given in zip(parts, tail, strict=True):
        if part.startswith("{"):
            found[part[1:-1]] = given
        elif part != given:
            return None
    return found
