"""No rule owns a field that people add to: each write would take theirs away."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint
from bridge.config.reference_checks import MappingContext, launched_into

_SHOWN = ("stage", "eta", "keys")


def check_shared(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """Rules that would write labels or tags again and again, at the ticket or the work item."""
    helpdesk = mapping.at("helpdesk").text or ""
    for fact in _SHOWN:
        place = mapping.at("show_on_ticket", fact, "property")
        yield from _unshared(place, helpdesk, known)
    trackers = [*launched_into(mapping)]
    impact = mapping.at("show_on_work_item", "impact")
    named = impact.at("connection").text or next(iter(trackers), "")
    yield from _unshared(impact.at("property"), named, known)
    for pair in mapping.at("fields").each():
        if pair.at("owner").text == "work_item":
            yield from _unshared(pair.at("ticket"), helpdesk, known)
        elif pair.at("owner").text == "ticket":
            named = pair.at("connection").text or next(iter(trackers), "")
            yield from _unshared(pair.at("work_item"), named, known)


def _unshared(place: Cursor, connection: str, known: MappingContext) -> Iterator[Complaint]:
    field = place.text
    if field is not None and field.casefold() in known.shared.get(connection, ()):
        message = f'"{field}" holds what people add, and each write would replace all of it'
        yield place.complaint(message, "name a field of its own")
