"""Whatever a mapping shows to clients, or to those who answer them, names no error tracking."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint
from bridge.config.reference_checks import MappingContext
from bridge.core.detector import suspicion

_NAMED = "names error tracking, which nobody outside engineering reads of"
_WORDS = 'say what it means to a customer: "In progress", "Fixed"'
_KEY_SHAPE = "short id"
"""Any tracker's key may have this shape: it gives nothing away."""


def check_told(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """Labels, ids, values and projects' names that stand on tickets or in notices."""
    show_ids = mapping.at("show_on_ticket", "stage", "show").text == "id"
    for stage in mapping.at("stages").each():
        yield from _told(stage.at("label"), _WORDS)
        if show_ids:
            yield from _told(stage.at("id"), "the id stands on the ticket: name it otherwise")
    for pair in mapping.at("fields").each():
        if pair.at("owner").text == "work_item":
            for _, value in pair.at("values").entries():
                yield from _told(value, _WORDS)
    for route in mapping.at("routes").each():
        if route.at("notify").is_there:
            yield from _told(route.at("id"), "the id stands in notices: name it otherwise")
        yield from _project(route.at("launch"), known)


def _told(place: Cursor, hint: str) -> Iterator[Complaint]:
    if place.text is not None and suspicion(place.text) is not None:
        yield place.complaint(f'"{place.text}" {_NAMED}', hint)


def _project(launch: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """The keys of a project's items begin with its name, and stand on tickets and in notices."""
    place = launch.at("project")
    name = place.text
    if not place.is_there:
        place, name = launch.at("in"), known.first_projects.get(launch.at("in").text or "")
    if name is not None and suspicion(name) not in (None, _KEY_SHAPE):
        yield place.complaint(
            f'the project "{name}" {_NAMED}, and its items\' keys stand on tickets',
            "launch tickets into a project of another name; signals may stay in that one",
        )
