"""Tasks and the actions on them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.rocketlane.simulator import render
from connectors.rocketlane.simulator.api.asking import Ask, Routes, answer, empty
from connectors.rocketlane.simulator.records import Task

_GETTERS = {
    "projectId": lambda t: t.project.id,
    "phaseId": lambda t: t.phase and t.phase.id,
    "taskName": lambda t: t.name,
    "task.status": lambda t: t.status.value,
    "project.status": lambda t: t.project.status.value,
    "externalReferenceId": lambda t: t.reference,
    "startDate": lambda t: t.start,
    "dueDate": lambda t: t.due,
    "startDateActual": lambda t: t.start_actual,
    "dueDateActual": lambda t: t.due_actual,
    "createdAt": lambda t: t.stamps.created,
    "updatedAt": lambda t: t.stamps.updated,
    "effortInMinutes": lambda t: t.effort,
    "progress": lambda t: t.progress,
}
"""What the list can be narrowed by: neither assignee, parent, priority nor a custom field."""
_SORTABLE = {
    name: _GETTERS[name]
    for name in ("taskName", "startDate", "dueDate", "startDateActual", "dueDateActual")
}


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "tasks", listed)
    routes.add("POST", "tasks", create)
    routes.add("GET", "tasks/{task}", read)
    routes.add("PUT", "tasks/{task}", update)
    routes.add("DELETE", "tasks/{task}", delete)
    for member in ("assignees", "followers", "dependencies"):
        for verb in ("add", "remove"):
            routes.add("POST", f"tasks/{{task}}/{verb}-{member}", change_members)
    routes.add("POST", "tasks/{task}/move-phase", move)


def _task(ask: Ask) -> Task:
    return ask.workspace.see(ask.workspace.tasks, "task", ask.params["task"])


def _body(ask: Ask, task: Task) -> dict[str, Any]:
    return render.task(ask.workspace, task, ask.extras(render.TASK_EXTRAS))


async def listed(ask: Ask) -> Response:
    w, extras = ask.workspace, ask.extras(render.TASK_EXTRAS)
    archived = ask.query.get("includeArchive.eq", "").casefold() == "true"
    seen_until = int((ask.now - w.dials.list_lag).timestamp() * 1000)
    rows = [
        each
        for each in w.tasks.values()
        if (archived or not each.project.archived) and each.stamps.updated <= seen_until
    ]
    ignored = frozenset({"includeArchive.eq"})
    return ask.page(rows, _GETTERS, _SORTABLE, lambda t: render.task(w, t, extras), ignored)


async def create(ask: Ask) -> Response:
    ask.extras(render.TASK_EXTRAS)
    return answer(_body(ask, ask.account.board.create_task(ask.person, ask.json())), 201)


async def read(ask: Ask) -> Response:
    return answer(_body(ask, _task(ask)))


async def update(ask: Ask) -> Response:
    task = _task(ask)
    ask.account.board.update_task(ask.person, task, ask.json())
    return answer(_body(ask, task))


async def delete(ask: Ask) -> Response:
    ask.account.board.delete_task(ask.person, _task(ask))
    return empty()


async def change_members(ask: Ask) -> Response:
    task, board = _task(ask), ask.account.board
    verb, _, member = ask.request.scope["path"].rpartition("/")[2].partition("-")
    add = verb == "add"
    if member == "dependencies":
        board.depend(ask.person, task, ask.json(), add=add)
    else:
        board.assign(ask.person, task, member, ask.json(), add=add)
    # Its page says no query parameters: the touched list is shown, no other extra.
    return answer(render.task(ask.workspace, task, {member}))


async def move(ask: Ask) -> Response:
    task = _task(ask)
    ask.account.board.move(ask.person, task, ask.json())
    return answer(render.task(ask.workspace, task, {"phase"}))
