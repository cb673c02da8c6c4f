"""The vendor's JSON of a task as facts; the same from a webhook and from the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.domain import records
from bridge.domain.records import Comment, Fact, Value
from bridge.kit.clock import rfc3339
from bridge.kit.richtext import clean_html
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.note_links import as_value, links_in
from connectors.rocketlane.payloads import CommentEntry, Person, Task

CUSTOM = "fields."
"""Begins the name of a custom field; its id follows."""


def moment(millis: int) -> datetime:
    """A time in epoch milliseconds, in UTC."""
    return datetime.fromtimestamp(millis // 1000, UTC).replace(microsecond=millis % 1000 * 1000)


def millis(at: datetime) -> int:
    """The same the other way round."""
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def plain(text: str) -> str:
    """The text without what no store keeps: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def person_id(person: Person | None) -> str:
    """The id under which somebody appears as an author."""
    return str(person.id) if person is not None and person.id > 0 else ""


def person_name(person: Person | None) -> str:
    """What people call somebody."""
    if person is None:
        return ""
    return plain(f"{person.first} {person.last}".strip() or person.email)


def owners(task: Task) -> str:
    """Who is on the task, as people read it; empty where nobody is."""
    people = [person_name(each) for each in task.assignees.members] if task.assignees else []
    return ", ".join(filter(None, people))


def task_facts(task: Task, place: Place, *, whole: bool) -> dict[str, Fact]:
    """All that the task says; unless it is `whole`, nothing of the members on request."""
    at = moment(task.updated)
    values = _plain_values(task) | _standard_values(task, place)
    if whole:
        values |= _extra_values(task)
    return {name: Fact(value, at) for name, value in values.items()}


def _plain_values(task: Task) -> dict[str, Value]:
    values: dict[str, Value] = {
        "taskName": plain(task.name),
        "taskDescription": plain(task.description),
        "startDate": _or_none(task.start),
        "dueDate": _or_none(task.due),
        "effortInMinutes": task.effort,
        "progress": task.progress,
        "atRisk": task.at_risk,
        "private": task.private,
        "status": task.status.value,
    }
    return values | {f"{CUSTOM}{each.id}": _scalar(each.value) for each in task.fields}


def _standard_values(task: Task, place: Place) -> dict[str, Value]:
    return {
        records.SUBJECT: plain(task.name),
        records.BODY: clean_html(plain(task.description)),
        records.STATUS: str(task.status.value),
        records.PROJECT: plain(task.project.name) or str(task.project.id),
        records.KEY: f"#{task.id}",
        records.URL: place.page_url(task.project.id, task.id),
        records.CREATED_AT: rfc3339(moment(task.created)),
        records.CHANGED_AT: rfc3339(moment(task.updated)),
        records.AUTHOR: person_id(task.updated_by) or None,
    }


def _extra_values(task: Task) -> dict[str, Value]:
    note = plain(task.note or "")
    return {
        "type": plain(task.type or ""),
        "phase": plain(task.phase.name) if task.phase else None,
        "taskPrivateNote": note,
        "externalReferenceId": _or_none(task.reference),
        "startDateActual": _or_none(task.start_actual),
        "dueDateActual": _or_none(task.due_actual),
        records.TYPE: plain(task.type or ""),
        records.ASSIGNEE: owners(task) or None,
        records.HYPERLINKS: as_value(links_in(note)),
        records.ATTACHMENTS: [],
    }


def _or_none(text: str | None) -> str | None:
    return plain(text) if text else None


def _scalar(value: Any) -> Value:
    """A custom field's value: text, number, or a list of either."""
    if isinstance(value, list):
        return [_scalar(each) for each in value]
    if isinstance(value, str):
        return plain(value)
    return value if isinstance(value, bool | int) else None


def comment_value(entry: CommentEntry, own: frozenset[str]) -> dict[str, Value]:
    """A comment as it is kept; only one that says it is not private may be read by customers."""
    author = person_id(entry.created_by)
    return Comment(
        id=str(entry.id),
        html=clean_html(plain(entry.content)),
        author_id=author,
        author=person_name(entry.created_by),
        at=rfc3339(moment(entry.created)),
        internal=entry.private is not False,
        own=author in own,
    ).as_value()
