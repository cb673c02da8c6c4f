"""One request, read: who asks, what for, and how answers are written."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from connectors.rocketlane.simulator import listing
from connectors.rocketlane.simulator.account import Account
from connectors.rocketlane.simulator.problems import RocketlaneProblem, bad_request
from connectors.rocketlane.simulator.records import Person
from connectors.rocketlane.simulator.workspace import Workspace

Row = TypeVar("Row")


@dataclass(slots=True)
class Ask:
    """A request with who asks and what its address says."""

    account: Account
    request: Request
    person: Person
    params: dict[str, str]
    raw: bytes

    @property
    def workspace(self) -> Workspace:
        """What is asked about."""
        return self.account.workspace

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters."""
        return self.request.query_params

    @property
    def now(self) -> datetime:
        """The time."""
        return self.workspace.now()

    def json(self) -> Any:
        """The body; JSON is all that is taken."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise RocketlaneProblem(400, "BAD_REQUEST", f"Bad Request: Content-Type {kind!r}")
        try:
            return json.loads(self.raw)
        except ValueError:
            raise bad_request("Malformed JSON") from None

    def extras(self, known: Collection[str]) -> frozenset[str]:
        """The members asked for besides those that are always shown."""
        if self.query.get("includeAllFields", "").casefold() == "true":
            return frozenset(known)
        named = [part for part in self.query.get("includeFields", "").split(",") if part]
        unknown = [name for name in named if name not in known]
        if unknown:
            raise bad_request("Invalid value", "includeFields")
        return frozenset(named)

    def page(
        self,
        rows: list[Row],
        getters: listing.Getters,
        sortable: listing.Getters,
        show: Callable[[Row], dict[str, Any]],
        ignored: frozenset[str] = frozenset(),
    ) -> Response:
        """A page of the rows that fit the query."""
        found = listing.fitting(rows, self.query, getters, ignored)
        found = listing.ordered(found, self.query, sortable)
        url = self.request.url
        shown, told = listing.page(
            found,
            self.query,
            lambda token: str(url.include_query_params(pageToken=token)),
            self.workspace.dials,
            self.now,
        )
        return answer({"data": [show(row) for row in shown], "pagination": told})


Endpoint = Callable[[Ask], Awaitable[Response]]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, status, {"Content-Type": "application/json"} | dict(headers or {}))


def empty() -> Response:
    """What a deletion answers: 204 and nothing."""
    return Response(b"", 204)


class Routes:
    """The table of addresses below `/api/1.0/`."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[str, ...], Endpoint]] = []

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Serve a method and path."""
        self.entries.append((method, tuple(path.split("/")), endpoint))

    def find(self, method: str, parts: list[str]) -> tuple[Endpoint, dict[str, str], bool]:
        """Who answers, the parameters of the address, and whether it is a list."""
        for served, pattern, endpoint in self.entries:
            if served != method or len(pattern) != len(parts):
                continue
            pairs = list(zip(pattern, parts, strict=True))
            if all(p.startswith("{") or p == given for p, given in pairs):
                params = {p[1:-1]: given for p, given in pairs if p.startswith("{")}
                return endpoint, params, method == "GET" and not params
        raise RocketlaneProblem(404, "NOT_FOUND", "No such resource")
