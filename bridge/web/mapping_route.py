"""The form of one route: which tickets it is for, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bridge.config.mapping_edits import GONE, Edit, put_in
from bridge.config.problems import Path, render_path
from bridge.core.facts import Facts
from bridge.core.launch_fields import needed_names
from bridge.core.mapping_choices import launch_field_choices
from bridge.core.mapping_grids import UNTABLED
from bridge.core.mapping_rows import fact_choices
from bridge.domain.mapping import TICKET_SOURCES, FromSource, Mapping, Route
from bridge.domain.records import Reference
from bridge.engine.activation import context_of
from bridge.engine.hub import Hub
from bridge.engine.seen_tickets import seen_tickets
from bridge.ports.manifest import Role
from bridge.web.mapping_conditions import condition_asked, condition_given, condition_shown
from bridge.web.mapping_forms import Asked, Form
from bridge.web.mapping_launch import MOST_NEW, PROJECTS, launch_asked, launch_given
from bridge.web.mapping_sheets import Entry, Section, Sheet, reference_of

NEW = "@new"
LIKE = "@like-"
"""In an address: a route that is a copy of another. No route can be called so."""
STAY = "stay"
ROOM = 2
"""Empty rows for further fields."""


def _base(mapping: Mapping, at: str) -> Route | None:
    """The route that the form begins with."""
    return mapping.route(at.removeprefix(LIKE))


def _is_new(at: str) -> bool:
    return at == NEW or at.startswith(LIKE)


def _position(mapping: Mapping, at: str) -> int:
    return next(i for i, each in enumerate(mapping.routes) if each.id == at)


def route_title(mapping: Mapping, at: str) -> str | None:
    """What the form is called; None where there is no such route."""
    if at == NEW:
        return "A new route"
    base = _base(mapping, at)
    if base is None:
        return None
    return f"A copy of the route {base.id}" if _is_new(at) else f"Route {base.id}"


def route_given(mapping: Mapping, at: str) -> dict[str, str]:
    """What the form begins with."""
    base = _base(mapping, at)
    launch = None if base is None else base.launch
    given = {"then": STAY if launch is None else launch.in_}
    if _is_new(at):
        last = len(mapping.routes) - 1 if base is None else _position(mapping, base.id)
        given |= {"id": "", "after": str(last)}
    given |= condition_given("when", None if base is None else base.when)
    given |= launch_given(launch)
    return given


def route_asked(mapping: Mapping, at: str, form: Form) -> Asked:
    """The edits of one route: a new one is put in first, and changed like any other."""
    asked, base = Asked(), _base(mapping, at)
    if _is_new(at):
        place, said = _named(asked, mapping, base, form)
        _change(asked, place, base, form)
        asked.edits = [put_in(place, said, asked.edits)]
    else:
        _change(asked, ("routes", _position(mapping, at)), base, form)
    return asked


def _change(asked: Asked, place: Path, base: Route | None, form: Form) -> None:
    asked.places[render_path(place)] = "then"
    when = None if base is None else base.when
    condition_asked(asked, (*place, "when"), when, form, "when", needed="say which tickets")
    stays = form.get("then", STAY) == STAY
    launch = None if base is None else base.launch
    if not stays:
        launch_asked(asked, (*place, "launch"), launch, form)
    if stays and launch is not None:
        asked.edits.append(Edit((*place, "launch"), GONE))
        asked.set((*place, "stay"), True, "then")
    elif not stays and launch is None and base is not None:
        asked.edits.append(Edit((*place, "stay"), GONE))
    elif stays and base is None:
        asked.set((*place, "stay"), True, "then")


def _named(
    asked: Asked, mapping: Mapping, base: Route | None, form: Form
) -> tuple[Path, dict[str, Any]]:
    """Where a new route comes, and what it begins with: its name, or all that the other says."""
    id, after = form.get("id", "").strip(), form.get("after", "")
    known = after.isdecimal() and int(after) < len(mapping.routes)
    place: Path = ("routes", int(after) + 1 if known else 0)
    said: dict[str, Any] = {"id": id}
    if base is not None:
        said |= base.model_dump(mode="json", by_alias=True, exclude_unset=True) | {"id": id}
    if not id:
        asked.wrong["id"] = "say what the route is called in the file"
    asked.places[render_path((*place, "id"))] = "id"
    return place, said


def route_turned(mapping: Mapping, at: str, form: Form) -> dict[str, str] | None:
    """What was typed, once more with the values and fields that go with it."""
    if not form.get("do", "").startswith("look"):
        return None
    base = _base(mapping, at)
    if "type" not in form and base is not None:
        # The part that says what is made was not shown: it begins with what the file says.
        return launch_given(base.launch) | dict(form)
    return dict(form)


async def _shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping, base = sheet.mapping, _base(sheet.mapping, sheet.at)
    seen = await seen_tickets(hub, mapping)
    desk = await reference_of(hub, mapping.helpdesk)
    tracker = sheet.given.get("then", STAY)
    there = await reference_of(hub, tracker) if tracker != STAY else Reference()
    above = _above(sheet)
    when = await asyncio.to_thread(
        _condition, sheet, None if base is None else base.when, desk, seen.tickets, above
    )
    known = context_of(hub)
    new = [k for k in range(MOST_NEW) if f"new-field-{k}" in sheet.given] or [-1]
    # A row more than there are where all are filled.
    rows = range(max(ROOM, new[-1] + 1 + bool(sheet.given.get(f"new-field-{new[-1]}"))))
    launch = None if base is None else base.launch
    return {
        "route": base,
        "is_new": _is_new(sheet.at),
        "when": when,
        "seen": seen,
        "trackers": known.having(Role.TRACKER),
        "phased": tracker in known.phased,
        "any_phased": sorted(known.phased),
        "projects": PROJECTS,
        "there": there,
        "sources": fact_choices(mapping, desk, TICKET_SOURCES),
        "field_choices": launch_field_choices(
            there, () if launch is None else tuple(launch.fields), known.shared.get(tracker, ())
        ),
        "new_rows": list(rows),
        "needs": [] if launch is None else sorted(needed_names(launch)),
        "tables": _tables(mapping, base),
        "names": sorted({*mapping.roles, *known.people}),
    }


def _condition(
    sheet: Sheet, when: Any, desk: Reference, tickets: Sequence[Facts], above: int
) -> Any:
    return condition_shown("when", when, sheet.given, sheet.mapping, desk, tickets, before=above)


def _above(sheet: Sheet) -> int:
    """How many routes stand above this one."""
    if not _is_new(sheet.at):
        return _position(sheet.mapping, sheet.at)
    after = sheet.given.get("after", "")
    return int(after) + 1 if after.isdecimal() else 0


def _tables(mapping: Mapping, base: Route | None) -> dict[str, tuple[str, str]]:
    """Fields whose value comes by a table: the section of the table's form, and where it is."""
    if base is None or base.launch is None:
        return {}
    at = f"routes.{_position(mapping, base.id)}.launch.fields"
    found = {}
    for name, value in base.launch.fields.items():
        if isinstance(value, FromSource) and (value.values or value.from_ not in UNTABLED):
            one = ("values", f"{at}.{name}.values")
            found[name] = ("grid", f"{at}.{name}") if value.by is not None else one
    return found


def _no_entries(_mapping: Mapping) -> list[Entry]:
    """Routes are opened from the page of the routes."""
    return []


ROUTE = Section(
    "route", _no_entries, route_asked, route_given, _shown, route_turned, title=route_title
)
