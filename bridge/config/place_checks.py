"""Where launches go: customers' projects, phases, people, subtasks, and who has such things."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.notice_checks import NOT_SET, check_names
from bridge.config.problems import Complaint
from bridge.config.reference_checks import MappingContext
from bridge.ports.manifest import Role

_PHASED = ("phase", "assignees", "subtasks")


def check_places(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What is wrong about the project, phase, people and subtasks of launches."""
    roles = {name for name, _ in mapping.at("roles").entries()}
    has_customer = mapping.at("ticket", "customer").is_there
    for route in mapping.at("routes").each():
        launch = route.at("launch")
        yield from _able(launch, known)
        project = launch.at("project")
        for key in ("from", "association"):
            if project.at(key).is_there and not has_customer:
                yield project.at(key).complaint(f"finds no project: {NOT_SET}")
        yield from check_names(launch.at("assignees"), roles, known)
        yield from _subtasks(launch.at("subtasks"))


def _able(launch: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """Only some trackers have projects of customers, phases and subtasks."""
    name = launch.at("in").text
    if name not in known.having(Role.TRACKER):
        return
    if name in known.phased:
        if launch.at("phase").is_there and not launch.at("project").is_there:
            yield launch.at("project").complaint("is missing: a phase is one of a project")
        if launch.at("attachments").value is True:
            hint = "leave it out; the work item links to the ticket"
            yield launch.at("attachments").complaint(f'"{name}" takes no files', hint)
        return
    for key in _PHASED:
        if launch.at(key).is_there:
            yield launch.at(key).complaint(f'"{name}" can\'t do that', _whom(known))
    if isinstance(launch.at("project").value, dict):
        message = f'"{name}" has no customers\' projects'
        yield launch.at("project").complaint(message, "name the project itself")


def _whom(known: MappingContext) -> str:
    able = ", ".join(sorted(known.phased))
    return f"only {able} can" if able else "no tracker of bridge.yaml can"


def _subtasks(subtasks: Cursor) -> Iterator[Complaint]:
    titles: dict[str, int] = {}
    for position, each in enumerate(subtasks.each()):
        title = each.at("title").text
        if title is None:
            continue
        first = titles.setdefault(title, position)
        if first != position:
            yield each.at("title").complaint(f'"{title}" is the title of subtasks[{first}] already')
