"""Comments on tasks. No webhook tells of them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.rocketlane.simulator import bodies, render
from connectors.rocketlane.simulator.api.asking import Ask, Routes, answer, empty
from connectors.rocketlane.simulator.html import kept
from connectors.rocketlane.simulator.problems import bad_request, not_found
from connectors.rocketlane.simulator.records import Comment, Task

_Placed = tuple[Task, Comment]
_GETTERS = {
    "createdBy": lambda row: row[1].by.id,
    "createdAt": lambda row: row[1].created,
    "isPrivate": lambda row: row[1].private,
    "sourceId": lambda row: row[0].id,
}


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "comments", listed)
    routes.add("POST", "comments", create)
    routes.add("GET", "comments/{comment}", read)
    routes.add("PUT", "comments/{comment}", update)
    routes.add("DELETE", "comments/{comment}", delete)


def _placed(ask: Ask) -> _Placed:
    id = ask.params["comment"]
    for task in ask.workspace.tasks.values():
        for comment in task.comments:
            if str(comment.id) == id:
                return task, comment
    raise not_found("comment", id)


async def listed(ask: Ask) -> Response:
    w = ask.workspace
    if ask.query.get("sourceType", "TASK") not in ("TASK", "PROJECT_CONVERSATIONS"):
        raise bad_request("Invalid value", "sourceType")
    on_tasks = ask.query.get("sourceType", "TASK") == "TASK"
    seen_until = int((ask.now - w.dials.list_lag).timestamp() * 1000)
    rows = [
        (task, comment)
        for task in (w.tasks.values() if on_tasks else ())
        for comment in task.comments
        if comment.created <= seen_until
    ]
    rows.sort(key=lambda row: (row[1].created, row[1].id))
    ignored = frozenset() if w.dials.comments_by_source else frozenset({"sourceId.eq"})
    return ask.page(rows, _GETTERS, {}, lambda row: render.comment(row[1], row[0]), ignored)


async def create(ask: Ask) -> Response:
    given, w = bodies.check(ask.json(), bodies.COMMENT, ("content", "source")), ask.workspace
    source: dict[str, Any] = given["source"]
    if source.get("sourceType") != "TASK":
        raise bad_request("Invalid value", "source")
    task = w.named(w.tasks, "source", source, "sourceId")
    content = kept(given["content"], rewrite=w.dials.rewrite_html)
    private = given.get("private", w.dials.comment_private_default)
    made = Comment(w.new_id(), content, ask.person, w.moment(), private)
    task.comments.append(made)
    return answer(render.comment(made, task), 201)


async def read(ask: Ask) -> Response:
    task, comment = _placed(ask)
    return answer(render.comment(comment, task))


async def update(ask: Ask) -> Response:
    task, comment = _placed(ask)
    given = bodies.check(ask.json(), bodies.COMMENT)
    comment.content = given.get("content", comment.content)
    comment.private = given.get("private", comment.private)
    return answer(render.comment(comment, task))


async def delete(ask: Ask) -> Response:
    task, comment = _placed(ask)
    task.comments.remove(comment)
    return empty()
