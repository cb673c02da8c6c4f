"""The form of a route's notices: whom it tells of its tickets, of which, and by which way."""

from __future__ import annotations

import asyncio
from typing import Any

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.domain.mapping import Mapping, Notify
from bridge.domain.mapping_base import render_span
from bridge.engine.activation import context_of
from bridge.engine.hub import Hub
from bridge.engine.seen_tickets import seen_tickets
from bridge.ports.manifest import Role
from bridge.web.mapping_conditions import (
    ShownCondition,
    condition_asked,
    condition_given,
    condition_shown,
    condition_typed,
)
from bridge.web.mapping_forms import YES, Asked, Form
from bridge.web.mapping_launch import names_in
from bridge.web.mapping_sheets import Entry, Section, Sheet, reference_of

ALONG = {"link": "a link to the work item", "screenshot": "the ticket's files"}
"""What else a notice may lead to."""
NOBODY = "say by which way it goes"
AGAIN = "15m"
"""How long the hub waits before it tells again, where the file says nothing."""


def _route(mapping: Mapping, at: str) -> int | None:
    return next((i for i, each in enumerate(mapping.routes) if each.id == at), None)


def _title(mapping: Mapping, at: str) -> str | None:
    return None if _route(mapping, at) is None else f"Who is told of tickets of {at}"


def _entries(mapping: Mapping) -> list[Entry]:
    return [
        Entry(each.id, f"Notices of the route {each.id}", str(len(each.notify)))
        for each in mapping.routes
        if each.notify
    ]


def notices_given(mapping: Mapping, at: str) -> dict[str, str]:
    """What the form begins with."""
    index = _route(mapping, at)
    given: dict[str, str] = {"resend-new": AGAIN}
    for k, each in enumerate([] if index is None else mapping.routes[index].notify):
        given |= {f"to-{k}": ", ".join(each.to or ()), f"resend-{k}": render_span(each.resend)}
        given |= {f"via-{k}-{name}": YES for name in each.via}
        given |= {f"with-{k}-{name}": YES for name in each.with_}
        given |= {f"until-{k}": YES} if each.until_acknowledged else {}
        given |= condition_given(f"when-{k}", each.when)
    return given | condition_given("when-new", None)


def notices_asked(mapping: Mapping, at: str, form: Form) -> Asked:
    """Notices that change, come and go."""
    asked, index = Asked(), _route(mapping, at)
    if index is None:
        return asked
    held = mapping.routes[index].notify
    path: Path = ("routes", index, "notify")
    gone = [k for k in range(len(held)) if form.get(f"gone-{k}")]
    for k, each in enumerate(held):
        if k not in gone:
            _changed(asked, (*path, k), k, each, form)
    new = _new(asked, (*path, len(held)), form)
    if gone and len(gone) == len(held) and not new:
        asked.edits = [Edit(path, GONE)]
    else:
        asked.edits += [Edit((*path, k), GONE) for k in reversed(gone)]
        _renumber(asked, path, gone, len(held))
    return asked


def _renumber(asked: Asked, path: Path, gone: list[int], held: int) -> None:
    """Where the notices stand once those that go are gone."""
    for k in range(held + 1):
        old = render_path((*path, k))
        new = render_path((*path, k - sum(each < k for each in gone)))
        asked.places = {
            (new + place.removeprefix(old) if place.startswith(old) else place): named
            for place, named in asked.places.items()
        }


def _changed(asked: Asked, path: Path, k: int, notify: Notify, form: Form) -> None:
    asked.places[render_path(path)] = f"to-{k}"
    condition_asked(asked, (*path, "when"), notify.when, form, f"when-{k}")
    named, was = f"to-{k}", ", ".join(notify.to or ())
    said = form.get(named, was)
    if said != was:
        to = names_in(said)
        if to:
            asked.set((*path, "to"), to[0] if len(to) == 1 else list(to), named)
        else:
            asked.edits.append(Edit((*path, "to"), GONE))
    via = _ticked(form, f"via-{k}-", notify.via)
    _list(asked, (*path, "via"), notify.via, via, f"via-{k}", needed=NOBODY)
    along = _ticked(form, f"with-{k}-", notify.with_)
    _list(asked, (*path, "with"), list(notify.with_), along, f"with-{k}")
    until = bool(form.get(f"until-{k}"))
    if until != notify.until_acknowledged:
        asked.set((*path, "until_acknowledged"), until, f"until-{k}")
    resend = form.get(f"resend-{k}", "").strip()
    asked.places[render_path((*path, "resend"))] = f"resend-{k}"
    if resend and resend != render_span(notify.resend):
        asked.set((*path, "resend"), resend, f"resend-{k}")


def _ticked(form: Form, prefix: str, before: list[str] | list[Any]) -> list[str]:
    """What is ticked: in the file's order, then what comes."""
    ticked = [each.removeprefix(prefix) for each in form if each.startswith(prefix)]
    return [*(e for e in before if e in ticked), *sorted(e for e in ticked if e not in before)]


def _list(
    asked: Asked, path: Path, before: list[Any], after: list[str], named: str, *, needed: str = ""
) -> None:
    asked.places[render_path(path)] = named
    if after == before:
        return
    if after:
        asked.set(path, after, named)
    elif needed:
        asked.wrong[named] = needed
    else:
        asked.edits.append(Edit(path, GONE))


def _new(asked: Asked, path: Path, form: Form) -> bool:
    """A notice that comes, where somebody said by which way."""
    to, via = names_in(form.get("to-new", "")), _ticked(form, "via-new-", [])
    said: dict[str, Any] = {}
    typed = Asked()
    condition_asked(typed, (*path, "when"), None, form, "when-new")
    if not (to or via or typed.edits):
        return False
    asked.wrong |= typed.wrong
    asked.places |= {render_path(path): "to-new", **typed.places}
    if not via:
        asked.wrong["via-new"] = NOBODY
    when = condition_typed("when-new", form)
    if when:
        said["when"] = when
    if to:
        said["to"] = to[0] if len(to) == 1 else to
    said["via"] = via
    along = _ticked(form, "with-new-", [])
    if along:
        said["with"] = along
    if form.get("until-new"):
        said["until_acknowledged"] = True
    resend = form.get("resend-new", "").strip()
    if resend not in ("", AGAIN):
        said["resend"] = resend
    for key in ("to", "via", "with", "resend"):
        asked.places[render_path((*path, key))] = f"{key}-new"
    asked.edits.append(Edit(path, said, before=True))
    return True


def notices_turned(_mapping: Mapping, _at: str, form: Form) -> dict[str, str] | None:
    """What was typed, once more with the values that go with it."""
    return dict(form) if form.get("do", "").startswith("look") else None


async def _shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping, index = sheet.mapping, _route(sheet.mapping, sheet.at)
    assert index is not None  # noqa: S101 - the form has a title
    route = mapping.routes[index]
    seen = await seen_tickets(hub, mapping)
    desk = await reference_of(hub, mapping.helpdesk)
    known = context_of(hub)

    def conditions() -> dict[str, ShownCondition]:
        held = {str(k): each.when for k, each in enumerate(route.notify)} | {"new": None}
        return {
            k: condition_shown(f"when-{k}", each, sheet.given, mapping, desk, seen.tickets)
            for k, each in held.items()
        }

    return {
        "route": route,
        "seen": seen,
        "conditions": await asyncio.to_thread(conditions),
        "ways": known.having(Role.NOTIFIER),
        "addressed": sorted(known.addressed),
        "names": sorted({*mapping.roles, *known.people}),
        "along": ALONG,
    }


NOTICES = Section(
    "notices", _entries, notices_asked, notices_given, _shown, notices_turned, title=_title
)
