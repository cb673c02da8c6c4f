"""Comments and entity properties, of issues and of comments."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.jira.simulator.api.asking import Ask, Routes, answer, empty
from connectors.jira.simulator.drafting import (
    check_property_key,
    check_property_size,
    read_comment,
)
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.html import to_html
from connectors.jira.simulator.records import Comment, Issue


def register(routes: Routes) -> None:
    """The addresses of this module."""
    many, one = "api/issue/{issue}/comment", "api/issue/{issue}/comment/{comment}"
    routes.add("GET", many, list_all)
    routes.add("POST", many, add)
    routes.add("GET", one, read)
    routes.add("PUT", one, edit)
    routes.add("DELETE", one, delete)
    routes.add("POST", "api/comment/list", by_ids)
    for base, listing, reading, setting, removing in (
        ("api/issue/{issue}/properties", keys, value, put, remove),
        ("api/comment/{comment}/properties", c_keys, c_value, c_put, c_remove),
    ):
        routes.add("GET", base, listing)
        routes.add("GET", f"{base}/{{key}}", reading)
        routes.add("PUT", f"{base}/{{key}}", setting)
        routes.add("DELETE", f"{base}/{{key}}", removing)


def _body(ask: Ask, issue: Issue, comment: Comment) -> dict[str, Any]:
    told = ask.writer.comment(issue, comment)
    if "renderedBody" in ask.listed("expand"):
        told["renderedBody"] = to_html(comment.body)
    return told


async def list_all(ask: Ask) -> Response:
    issue = ask.issue()
    order = ask.query.get("orderBy", "created")
    shown = sorted(issue.comments, key=lambda c: (c.created, int(c.id)))
    if order.startswith("-"):
        shown.reverse()
    return answer(ask.page("comments", [_body(ask, issue, c) for c in shown], 100))


async def add(ask: Ask) -> Response:
    issue, body = ask.written(), ask.json()
    document = read_comment(ask.site, body.get("body"), ask.version)
    made = ask.jira.talk.comment(ask.user, issue, body | {"body": document})
    return answer(_body(ask, issue, made), 201)


async def read(ask: Ask) -> Response:
    issue = ask.issue()
    return answer(_body(ask, issue, ask.comment(issue)))


async def edit(ask: Ask) -> Response:
    issue, body = ask.written(), ask.json()
    comment = ask.comment(issue)
    document = read_comment(ask.site, body.get("body"), ask.version)
    ask.jira.talk.edit_comment(ask.user, issue, comment, document)
    return answer(_body(ask, issue, comment))


async def delete(ask: Ask) -> Response:
    issue = ask.written()
    ask.jira.talk.delete_comment(ask.user, issue, ask.comment(issue))
    return empty()


async def by_ids(ask: Ask) -> Response:
    wanted = {str(id) for id in ask.json({"ids"}).get("ids") or []}
    site = ask.site
    found = [
        _body(ask, issue, comment)
        for issue in site.issues.values()
        if site.may(ask.user, "BROWSE_PROJECTS", issue.project)
        for comment in issue.comments
        if comment.id in wanted
    ]
    return answer(ask.bean(found, 1000))


def _keys(base: str, held: dict[str, Any]) -> Response:
    told = [{"self": f"{base}/properties/{key}", "key": key} for key in held]
    return answer({"keys": told})


def _value(ask: Ask, held: dict[str, Any]) -> Response:
    key = ask.params["key"]
    if key not in held:
        raise JiraProblem(404, f"The property with key '{key}' does not exist.")
    return answer({"key": key, "value": held[key]})


async def keys(ask: Ask) -> Response:
    issue = ask.issue()
    return _keys(ask.writer.link("issue", issue.id), issue.properties)


async def value(ask: Ask) -> Response:
    return _value(ask, ask.issue().properties)


async def put(ask: Ask) -> Response:
    issue, given = ask.written(), ask.value()
    check_property_size(ask.raw)
    key = check_property_key(ask.params["key"])
    new = ask.jira.talk.set_property(ask.user, issue, key, given)
    return answer({}, 201 if new else 200)


async def remove(ask: Ask) -> Response:
    ask.jira.talk.delete_property(ask.user, ask.written(), ask.params["key"])
    return empty()


def _held(ask: Ask) -> tuple[Issue, Comment]:
    for issue in ask.site.issues.values():
        for comment in issue.comments:
            if comment.id == ask.params["comment"]:
                return ask.site.see(ask.user, issue.id), comment
    raise JiraProblem(404, f"Can not find a comment for the id: {ask.params['comment']}.")


async def c_keys(ask: Ask) -> Response:
    _, comment = _held(ask)
    return _keys(ask.writer.link("comment", comment.id), comment.properties)


async def c_value(ask: Ask) -> Response:
    return _value(ask, _held(ask)[1].properties)


async def c_put(ask: Ask) -> Response:
    issue, comment = _held(ask)
    ask.jira.talk.need(ask.user, "EDIT_ALL_COMMENTS", issue)
    given, key = ask.value(), check_property_key(ask.params["key"])
    check_property_size(ask.raw)
    new = key not in comment.properties
    comment.properties[key] = given
    return answer({}, 201 if new else 200)


async def c_remove(ask: Ask) -> Response:
    issue, comment = _held(ask)
    ask.jira.talk.need(ask.user, "EDIT_ALL_COMMENTS", issue)
    _value(ask, comment.properties)
    del comment.properties[ask.params["key"]]
    return empty()
