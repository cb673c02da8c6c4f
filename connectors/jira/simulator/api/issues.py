"""Issues: create, read, edit, move along, delete, and their changelog."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.jira.simulator import errors, metadata
from connectors.jira.simulator.api.asking import Ask, Routes, answer, empty
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.html import to_html
from connectors.jira.simulator.records import Issue

_HISTORIES_EXPANDED = 40
_BULK_CREATE, _BULK_FETCH = 50, 100


def register(routes: Routes) -> None:
    """The addresses of this module."""
    one = "api/issue/{issue}"
    routes.add("POST", "api/issue", create)
    routes.add("POST", "api/issue/bulk", create_many)
    routes.add("POST", "api/issue/bulkfetch", fetch_many)
    routes.add("GET", one, read)
    routes.add("PUT", one, edit)
    routes.add("DELETE", one, delete)
    routes.add("PUT", f"{one}/assignee", assign)
    routes.add("GET", f"{one}/editmeta", editmeta)
    routes.add("GET", f"{one}/transitions", transitions)
    routes.add("POST", f"{one}/transitions", transition)
    routes.add("GET", f"{one}/changelog", changelog)
    routes.add("POST", "api/changelog/bulkfetch", changelogs)


def shown_fields(ask: Ask, asked: list[str]) -> list[str]:
    """The ids that a list of fields means: `*all`, `*navigable`, `-name`."""
    every = list(ask.site.fields)
    if not asked or "*all" in asked:
        return [name for name in every if f"-{name}" not in asked]
    left = {name[1:] for name in asked if name.startswith("-")}
    if "*navigable" in asked or len(left) == len(asked):
        return [name for name in every if name not in left | {"comment", "attachment"}]
    found = [ask.site.field_named(name) for name in asked]
    return [known.id for known in found if known is not None]


def issue_body(
    ask: Ask, issue: Issue, shown: list[str] | None, expand: list[str], properties: list[str]
) -> dict[str, Any]:
    """An issue with what was asked for beside it."""
    writer, site = ask.writer, ask.site
    told = writer.issue(issue, shown)
    if properties:
        held = issue.properties
        told["properties"] = {k: held[k] for k in properties if k in held}
    if "names" in expand:
        told["names"] = {name: site.fields[name].name for name in shown or []}
    if "renderedFields" in expand:
        texts = [name for name in shown or [] if site.fields[name].kind == "text"]
        told["renderedFields"] = {
            name: to_html(issue.fields[name]) if issue.fields.get(name) else None for name in texts
        }
    if "changelog" in expand:
        newest = [writer.history(entry) for entry in reversed(issue.history)]
        shown_now = newest[:_HISTORIES_EXPANDED]
        told["changelog"] = {
            "startAt": 0,
            "maxResults": len(shown_now),
            "total": len(newest),
            "histories": shown_now,
        }
    if "transitions" in expand:
        told["transitions"] = _transitions(ask, issue, fields=False)
    return told


async def create(ask: Ask) -> Response:
    body = ask.json()
    issue = ask.jira.board.create(ask.user, body, ask.version)
    told = _created(ask, issue)
    if not body.get("transition"):
        return answer(told, 201)
    moved: dict[str, Any] = {"errorMessages": [], "errors": {}}
    status = 200
    try:
        move = {"transition": body["transition"]}
        ask.jira.board.transition(ask.user, issue, move, ask.version)
    except JiraProblem as problem:
        # The issue stays: only the move was refused.
        moved, status = problem.body(), problem.status
    return answer(told | {"transition": {"status": status, "errorCollection": moved}}, 201)


async def create_many(ask: Ask) -> Response:
    given = ask.json({"issueUpdates"}).get("issueUpdates")
    if not isinstance(given, list) or not 0 < len(given) <= _BULK_CREATE:
        raise errors.unreadable()
    made: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for place, body in enumerate(given):
        try:
            issue = ask.jira.board.create(ask.user, body, ask.version)
        except JiraProblem as problem:
            told = {"status": problem.status, "elementErrors": problem.body()}
            refused.append(told | {"failedElementNumber": place})
        else:
            made.append(_created(ask, issue))
    return answer({"issues": made, "errors": refused}, 201 if made else 400)


def _created(ask: Ask, issue: Issue) -> dict[str, Any]:
    return {"id": issue.id, "key": issue.key, "self": ask.writer.link("issue", issue.id)}


async def read(ask: Ask) -> Response:
    issue = ask.issue()
    shown = shown_fields(ask, ask.listed("fields"))
    body = issue_body(ask, issue, shown, ask.listed("expand"), ask.listed("properties"))
    return answer(body)


async def fetch_many(ask: Ask) -> Response:
    members = {"issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys"}
    body = ask.json(members)
    named = body.get("issueIdsOrKeys")
    if not isinstance(named, list) or not 0 < len(named) <= _BULK_FETCH:
        raise errors.unreadable()
    found: dict[str, Issue] = {}
    missing: list[dict[str, str]] = []
    for name in named:
        try:
            issue = ask.site.see(ask.user, str(name))
        except JiraProblem:
            missing.append({"id": str(name), "errorMessage": errors.NO_ISSUE})
        else:
            found[issue.id] = issue
    shown = shown_fields(ask, body.get("fields") or ["*navigable"])
    expand, properties = body.get("expand") or [], body.get("properties") or []
    told = [issue_body(ask, found[id], shown, expand, properties) for id in sorted(found, key=int)]
    return answer({"issues": told, "issueErrors": missing})


async def edit(ask: Ask) -> Response:
    issue = ask.written()
    ask.jira.board.edit(ask.user, issue, ask.json(), ask.version)
    if not ask.flag("returnIssue"):
        return empty()
    return answer(issue_body(ask, issue, shown_fields(ask, []), ask.listed("expand"), []))


async def delete(ask: Ask) -> Response:
    ask.jira.board.delete(ask.user, ask.written(), subtasks=ask.flag("deleteSubtasks"))
    return empty()


async def assign(ask: Ask) -> Response:
    issue, body = ask.written(), ask.json()
    account = body.get("accountId")
    ask.jira.board.assign(ask.user, issue, None if account == "-1" else account)
    return empty()


async def editmeta(ask: Ask) -> Response:
    issue = ask.issue()
    project = issue.project
    if not ask.site.may(ask.user, "EDIT_ISSUES", project):
        return answer({"fields": {}})
    screen = ask.jira.board.screen(project, "edit")
    needed = {"summary", "issuetype"}
    told = metadata.screen_fields(ask.site, ask.writer, project, screen, needed)
    return answer({"fields": told})


def _transitions(ask: Ask, issue: Issue, *, fields: bool) -> list[dict[str, Any]]:
    return [
        metadata.transition_body(ask.site, ask.writer, issue.project, move, fields=fields)
        for move in ask.jira.board.moves(ask.user, issue)
    ]


async def transitions(ask: Ask) -> Response:
    fields = "transitions.fields" in ask.listed("expand")
    told = _transitions(ask, ask.issue(), fields=fields)
    if wanted := ask.query.get("transitionId"):
        told = [move for move in told if move["id"] == wanted]
    return answer({"expand": "transitions", "transitions": told})


async def transition(ask: Ask) -> Response:
    ask.jira.board.transition(ask.user, ask.written(), ask.json(), ask.version)
    return empty()


async def changelog(ask: Ask) -> Response:
    oldest = [ask.writer.history(entry) for entry in ask.issue().history]
    return answer(ask.bean(oldest, 100))


async def changelogs(ask: Ask) -> Response:
    body = ask.json({"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"})
    named, wanted = body.get("issueIdsOrKeys") or [], set(body.get("fieldIds") or [])
    if not 0 < len(named) <= 1000 or len(wanted) > 10:
        raise errors.unreadable()
    found = {issue.id: issue for name in named if (issue := ask.site.find(str(name)))}
    told = []
    for issue in found.values():
        if not ask.site.may(ask.user, "BROWSE_PROJECTS", issue.project):
            continue
        entries = [ask.writer.history(entry) for entry in issue.history]
        fit = [e for e in entries if not wanted or wanted & {i["fieldId"] for i in e["items"]}]
        told.append({"issueId": issue.id, "changeHistories": fit})
    return answer({"issueChangeLogs": told})
