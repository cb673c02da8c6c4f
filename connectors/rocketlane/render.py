"""What is sent: each call as method, path, query and body. Pure.

https://developer.rocketlane.com/reference
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.domain.errors import Rejected
from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.domain.records import Value
from bridge.kit.richtext.cutting import NOWHERE, Whole, fit, fit_line
from bridge.kit.richtext.html_reading import read_html_or_lines
from bridge.kit.richtext.html_writing import WITHOUT_TABLES, Shape, write_html
from connectors.rocketlane.facts import CUSTOM, millis
from connectors.rocketlane.manifest import LONGEST_NAME, LONGEST_TEXT
from connectors.rocketlane.note_links import changed, line

MARK = "ticketbridge:"
"""Begins the external reference and the words behind a link that carry a marker."""

PAGE = 100
_ALL = {"includeAllFields": "true"}
_SHAPE = Shape(kinds=WITHOUT_TABLES)
"""Descriptions and comments take HTML; that tables are part of it is not confirmed."""
_HTML = frozenset({"taskDescription", "taskPrivateNote"})
_NUMBERS = frozenset({"effortInMinutes", "progress"})
_WRITABLE = frozenset(
    {
        "taskName", "taskDescription", "taskPrivateNote", "startDate", "dueDate",
        "effortInMinutes", "progress", "atRisk", "type", "status", "private",
    }
)  # fmt: skip
"""What an update takes. Priority, parent and project can't be written by the API at all."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is below `/api/1.0`; `json` is the body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None

    @property
    def is_list(self) -> bool:
        """Whether it counts as one of the lists, which have a smaller limit of their own."""
        return self.method == "GET" and "/" not in self.path


# -------------------------------------------------------------------------------------- reading


def _list(path: str, token: str | None, **query: str) -> Request:
    spelled = {name.replace("__", "."): value for name, value in query.items()}
    more = {} if token is None else {"pageToken": token}
    return Request("GET", path, {"pageSize": str(PAGE), **spelled, **more})


def read_task(id: str) -> Request:
    """One task with everything."""
    return Request("GET", f"tasks/{id}", _ALL)


def list_changed(since: int, until: int, token: str | None) -> Request:
    """A page of the tasks that changed within a window, archived projects included."""
    return _list(
        "tasks", token, updatedAt__ge=str(since), updatedAt__lt=str(until), sortOrder="ASC",
        includeArchive__eq="true", **_ALL,
    )  # fmt: skip


def list_created(after: int, token: str | None) -> Request:
    """A page of the tasks that were created after a time, oldest first."""
    return _list("tasks", token, createdAt__gt=str(after), sortOrder="ASC", **_ALL)


def list_marked(marker: str, since: datetime) -> Request:
    """The tasks that bear a marker as their reference, created since a time."""
    return _list(
        "tasks", None, externalReferenceId__eq=MARK + marker, createdAt__ge=str(millis(since)),
        includeArchive__eq="true", **_ALL,
    )  # fmt: skip


def list_seen(since: datetime) -> Request:
    """Tasks changed since a time, as they show which statuses there are."""
    return _list("tasks", None, updatedAt__ge=str(millis(since)), **_ALL)


def list_comments(since: int, until: int | None, token: str | None, task: str = "") -> Request:
    """A page of comments on tasks, oldest first; that `sourceId.eq` is heeded is not confirmed."""
    more = {} if until is None else {"createdAt.lt": str(until)}
    more |= {"sourceId.eq": task} if task else {}
    return _list(
        "comments", token, sourceType="TASK", createdAt__ge=str(since), sortOrder="ASC", **more
    )


def list_projects(token: str | None) -> Request:
    """A page of the projects that are not archived."""
    return _list("projects", token, sortOrder="ASC")


def list_phases(project: str, token: str | None) -> Request:
    """A page of the phases of a project."""
    return _list("phases", token, projectId=project, sortOrder="ASC")


def list_fields(token: str | None) -> Request:
    """A page of the custom fields of tasks with their options."""
    return _list("fields", token, objectType__eq="TASK", includeFields="options")


def list_users(email: str) -> Request:
    """The users with that address."""
    return _list("users", None, email__eq=email)


def try_read() -> Request:
    """The cheapest call that says whether the key may read tasks."""
    return Request("GET", "tasks", {"pageSize": "1"})


# -------------------------------------------------------------------------------------- writing


def create(launch: NewItem, project: str, values: Mapping[str, Value]) -> Request:
    """Create the task with its reference, its people, its phase and its back link in one call."""
    given = {name: value for name, value in values.items() if value is not None}
    link = ItemLink(launch.back_link, MARK + launch.marker)
    whole = Whole(launch.back_link, "the ticket")
    longest = LONGEST_TEXT - len(line(link))
    note = changed(html_of(str(given.pop("taskPrivateNote", "")), whole, longest), [link], [])
    body = _members((name, value, whole) for name, value in given.items()) | {
        "project": {"projectId": int(project)},
        "type": launch.type,
        "taskPrivateNote": note,
        "externalReferenceId": MARK + launch.marker,
    }
    if launch.phase:
        body["phase"] = {"phaseId": int(launch.phase)}
    if launch.assignees:
        body["assignees"] = {"members": [{"emailId": each} for each in launch.assignees]}
    return Request("POST", "tasks", _ALL, body)


def create_subtask(
    parent: int, project: int, title: str, html: str, marker: str, template: int | None, day: str
) -> Request:
    """Create a task below another, from a template where one is named."""
    body: dict[str, Any] = {
        "taskName": fit_line(title, LONGEST_NAME),
        "project": {"projectId": project},
        "parent": {"taskId": parent},
        "externalReferenceId": MARK + marker,
    }
    if html:
        body["taskDescription"] = html_of(html)
    if template is not None:
        body["source"] = {"templateId": template, "startDate": day}
    return Request("POST", "tasks", _ALL, body)


def create_phase(project: str, name: str, start: str, due: str) -> Request:
    """Create a phase; both dates are mandatory."""
    body = {
        "phaseName": name,
        "project": {"projectId": int(project)},
        "startDate": start,
        "dueDate": due,
    }
    return Request("POST", "phases", {}, body)


def update(id: str, body: Mapping[str, Any]) -> Request:
    """Write members of a task; what is not sent stays."""
    return Request("PUT", f"tasks/{id}", _ALL, dict(body))


def assign(id: str, people: Iterable[str]) -> Request:
    """Put people on a task by their addresses; who is on it stays."""
    body = {"members": [{"emailId": each} for each in people]}
    return Request("POST", f"tasks/{id}/add-assignees", {}, body)


def add_comment(id: str, html: str) -> Request:
    """Add a comment for the team alone: privacy is always said, its default is not known."""
    source = {"sourceId": int(id), "sourceType": "TASK"}
    body = {"content": html_of(html), "source": source, "private": True}
    return Request("POST", "comments", {}, body)


def delete_comment(comment_id: str) -> Request:
    """Delete a comment."""
    return Request("DELETE", f"comments/{comment_id}")


def members(fields: Sequence[ItemField]) -> dict[str, Any]:
    """Fields as an update takes them; `Rejected` names one that it would silently ignore."""
    return _members((each.field, each.value, Whole(each.whole, "the ticket")) for each in fields)


def _members(given: Iterable[tuple[str, Value, Whole]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    for name, value, whole in given:
        if name.startswith(CUSTOM) and name.removeprefix(CUSTOM).isdecimal():
            custom.append({"fieldId": int(name.removeprefix(CUSTOM)), "fieldValue": _plain(value)})
        elif name in _WRITABLE:
            body[name] = _member(name, value, whole)
        else:
            raise Rejected(f"Rocketlane's API can't write the field {name}.", field=name)
    return body | ({"fields": custom} if custom else {})


def _member(name: str, value: Value, whole: Whole) -> Any:
    if name == "status":
        return {"value": _number(name, value)}
    if name in _NUMBERS:
        return _number(name, value or 0)
    if value is None:
        return ""  # clears; an absent member would stay as it is
    if name == "taskName":
        return fit_line(str(value), LONGEST_NAME)
    return html_of(str(value), whole) if name in _HTML else value


def _number(name: str, value: Value) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Rejected(f"Rocketlane takes a number for {name}.", field=name) from None


def _plain(value: Value) -> Any:
    return "" if value is None else value


def html_of(text: str, whole: Whole = NOWHERE, longest: int = LONGEST_TEXT) -> str:
    """Safe HTML; plain words keep their lines, and what is too long is cut with a mark."""
    kept = fit(read_html_or_lines(text), longest, lambda each: len(write_html(each, _SHAPE)), whole)
    return write_html(kept, _SHAPE)
