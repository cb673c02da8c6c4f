"""Releases: which there are, who waits for each, and which customers have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from bridge.core.rollout import today
from bridge.engine import releasing
from bridge.engine.hub import Hub
from bridge.engine.release_overview import Overview, overviews
from bridge.engine.releasing import NoSuchGroup
from bridge.store import release_views, releases, views
from bridge.store.database import Row
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.shown import Work, work_of
from bridge.web.visitor import (
    HubHere,
    Operator,
    PageProblem,
    Shown,
    Viewer,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

SHOWN = 30
TICKETS = 200
"""Tickets of a release that its page shows; the list has the others."""
PATH = "/releases"
_STATES = {"planned": "Planned", "released": "Released", "gone": "Deleted in the tracker"}
_SAID = {
    "reached": "Kept. The tickets of that group look again, behind all live work.",
    "apart": "Kept, with the reason. That customer's tickets look again, behind all live work.",
    "renamed": "Kept under the name that they have now. Their tickets look again, behind all live "
    "work.",
    "rejoined": "That customer goes with their group again.",
    "taken_back": "Taken back. The tickets of that group look again, behind all live work.",
}


class Wanted(BaseModel):
    """Where a page of the list begins."""

    after: Shown = Field("", max_length=400)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody entered for a group, and what was wrong with it."""

    helpdesk: str = ""
    group: str = ""
    day: str = ""
    wrong: str = ""
    whom: str = ""
    """Helpdesk and customer who are set apart."""
    reason: str = ""
    how: str = "hold"
    now: str = ""
    """Helpdesk and customer whom the ones set apart are now."""


@dataclass(frozen=True, slots=True)
class Part:
    """The tickets of one roll-out group; `late` are not available though the group has it."""

    helpdesk: str
    group: str
    has_it: bool
    rows: list[Row] = field(default_factory=list)
    apart: Mapping[str, str] = field(default_factory=dict)
    """Customers who do not go with the group, each with why."""
    late: frozenset[str] = frozenset()


@router.get(PATH)
async def list_releases(
    hub: HubHere, visitor: Viewer, query: Annotated[Wanted, Query()]
) -> Response:
    """The releases that work is, or was, planned for: the furthest first."""
    async with hub.db.read(long=True) as store:
        rows = await release_views.page(store, cursor=query.after or None, limit=SHOWN + 1)
        found = await overviews(hub, store, rows[:SHOWN])
    more = f"{PATH}?{urlencode({'after': rows[SHOWN - 1]['place']})}" if len(rows) > SHOWN else ""
    having = any(each.data.releases is not None for each in hub.mappings.values())
    return page(
        "releases.html",
        visitor=visitor,
        found=found,
        today=today(_spec_of(hub), hub.now()),
        states=_STATES,
        having=having,
        next_page=more,
        path=PATH,
    )


@router.get(PATH + "/{id}")
async def release_page(
    hub: HubHere, visitor: Viewer, id: str, said: Annotated[Shown, Query(max_length=40)] = ""
) -> Response:
    """One release: its groups, and the tickets that wait for it."""
    return await _page(hub, visitor, id, said=_SAID.get(said, ""))


@router.post(PATH + "/{id}")
async def mark(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """Say that a group has the release, or take that back; it stands in the audit log."""
    fields = await own_form(request, visitor)
    require_printable(id)
    typed = Typed(*(fields.get(name, "")[:200] for name in ("helpdesk", "group", "day")))
    back = fields.get("deed") == "take_back"
    day = None if back else _day(typed.day)
    if day is None and not back:
        wrong = "Name the day, such as 2026-05-12. Nothing was kept."
        return await again(hub, visitor, id, typed, wrong)
    try:
        woken = await releasing.mark_reached(
            hub, id, typed.helpdesk, typed.group, day, visitor.actor
        )
    except NoSuchGroup as error:
        return await again(hub, visitor, id, typed, f"{error}. Nothing was kept.")
    if woken is None:
        raise unknown(id)
    there = f"{PATH}/{quote(id, safe='')}?said={'taken_back' if back else 'reached'}"
    return moved(there)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


async def again(hub: Hub, visitor: Visitor, id: str, typed: Typed, wrong: str) -> Response:
    """The page once more, with what was entered and what is wrong with it."""
    return await _page(hub, visitor, id, 422, typed=replace(typed, wrong=wrong))


async def _page(
    hub: Hub,
    visitor: Visitor,
    id: str,
    status: int = 200,
    *,
    said: str = "",
    typed: Typed | None = None,
) -> Response:
    require_printable(id)
    async with hub.db.read(long=True) as store:
        row = await releases.load(store, id)
        if row is None:
            raise unknown(id)
        [found] = await overviews(hub, store, [row])
        behind = await release_views.customers_in(store, id)
        rows = await release_views.tickets_in(store, id, cursor=None, limit=TICKETS + 1)
        linked = await views.linked_items(store, [each["ticket_key"] for each in rows[:TICKETS]])
    work: dict[str, list[Work]] = {
        key: [work_of(hub, each) for each in held] for key, held in linked.items()
    }
    return page(
        "release.html",
        status,
        visitor=visitor,
        now=hub.now(),
        release=found,
        state=_STATES[found.state],
        parts=_parts(hub, found, rows[:TICKETS]),
        customers=_customers(behind, found),
        several=len({each.helpdesk for each in found.groups}) > 1,
        work=work,
        more=len(rows) > TICKETS,
        all=f"/?{urlencode({'release': id})}",
        to_tell=f"/?{urlencode({'release': id, 'needs': 'to_tell'})}",
        today=today(_spec_of(hub), hub.now()),
        said=said,
        typed=typed or Typed(),
        path=PATH,
    )


def _spec_of(hub: Hub) -> releasing.Spec:
    """What the first mapping with releases says: by it is known what day it is."""
    found = (each.data.releases for _, each in sorted(hub.mappings.items()))
    return next((each for each in found if each is not None), None)


def _parts(hub: Hub, found: Overview, rows: list[Row]) -> list[Part]:
    """The tickets by group; those that stayed behind stand out."""
    having = {(each.helpdesk, each.name): each.has_it for each in found.groups}
    ordered = {key: place for place, key in enumerate(having)}

    def of(row: Row) -> tuple[str, str]:
        return row["connection"], row["rollout_group"] or ""

    parts = []
    for key, held in groupby(sorted(rows, key=lambda e: ordered.get(of(e), len(ordered))), key=of):
        listed = list(held)
        available = _available(hub, key[0])
        apart = {each.customer: each.reason for each in found.apart if each.helpdesk == key[0]}
        late = frozenset(
            each["ticket_key"]
            for each in listed
            if having.get(key, False)
            and each["stage_id"] != available
            and each["customer"] not in apart
        )
        parts.append(Part(*key, having.get(key, False), listed, apart, late))
    return parts


def _customers(behind: list[tuple[str, str]], found: Overview) -> list[tuple[str, str]]:
    """The customers who can be set apart: helpdesk and name."""
    apart = {(each.helpdesk, each.customer) for each in found.apart}
    return [each for each in behind if each not in apart]


def _available(hub: Hub, helpdesk: str) -> str:
    active = hub.mappings.get(helpdesk)
    spec = None if active is None else active.data.releases
    return "" if spec is None else spec.available


def unknown(id: str) -> PageProblem:
    """That there is no such release."""
    return PageProblem(
        404,
        "The hub knows no such release",
        f"There is no release {id}. The hub learns of one when linked work is planned for it.",
    )
