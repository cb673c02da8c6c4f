"""Search by query: token pages, no total, an index that lags; the old search is gone."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.jira.simulator import errors
from connectors.jira.simulator.api.asking import Ask, Routes, answer
from connectors.jira.simulator.api.issues import issue_body, shown_fields
from connectors.jira.simulator.errors import JiraProblem

_MEMBERS = {
    "jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys",
    "reconcileIssues",
}  # fmt: skip
_HIGHEST, _RECONCILED, _PROPERTIES = 5000, 50, 5


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "api/search/jql", search_by_get)
    routes.add("POST", "api/search/jql", search_by_post)
    routes.add("POST", "api/search/approximate-count", count)
    routes.add("GET", "api/search", gone)
    routes.add("POST", "api/search", gone)


async def search_by_get(ask: Ask) -> Response:
    given: dict[str, Any] = {
        "jql": ask.query.get("jql", ""),
        "nextPageToken": ask.query.get("nextPageToken"),
        "maxResults": ask.number("maxResults", 50),
        "fields": ask.listed("fields"),
        "expand": ask.query.get("expand", ""),
        "properties": ask.listed("properties"),
        "reconcileIssues": ask.listed("reconcileIssues"),
    }
    return _search(ask, given)


async def search_by_post(ask: Ask) -> Response:
    return _search(ask, ask.json(_MEMBERS))


def _search(ask: Ask, given: dict[str, Any]) -> Response:
    fresh = [str(id) for id in given.get("reconcileIssues") or []]
    properties = given.get("properties") or []
    if len(fresh) > _RECONCILED or len(properties) > _PROPERTIES:
        raise errors.unreadable()
    wanted = given.get("maxResults") or 50
    if not isinstance(wanted, int) or wanted < 0:
        raise errors.unreadable()
    size = max(1, min(wanted, _HIGHEST, ask.site.dials.search_page_cap))
    token = given.get("nextPageToken") or None
    page = ask.jira.index.page(ask.user, given.get("jql") or "", token, size, fresh)
    asked = given.get("fields") or []
    # Without a list of fields the answer holds ids and nothing else.
    shown = shown_fields(ask, asked) if asked else []
    expand = str(given.get("expand") or "").split(",")
    only_ids = not asked or asked == ["id"]
    told: dict[str, Any] = {
        "issues": [
            {"id": issue.id}
            if only_ids and not properties
            else issue_body(ask, issue, shown, [e for e in expand if e != "names"], properties)
            for issue in page.issues
        ],
        "isLast": page.token is None,
    }
    if page.token is not None:
        told["nextPageToken"] = page.token
    if "names" in expand:
        told["names"] = {name: ask.site.fields[name].name for name in shown}
    return answer(told)


async def count(ask: Ask) -> Response:
    return answer({"count": len(ask.jira.index.find(ask.user, str(ask.json({"jql"}).get("jql"))))})


async def gone(_ask: Ask) -> Response:
    raise JiraProblem(410, errors.OLD_SEARCH)
