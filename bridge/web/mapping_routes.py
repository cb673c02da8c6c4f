"""The form of the routes: their order, those that go, and how many tickets each takes now."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from bridge.config.mapping_edits import GONE, Edit, Moved
from bridge.config.problems import render_path
from bridge.core.mapping_choices import why_route_stays
from bridge.core.mapping_matches import Met, routes_met
from bridge.core.mapping_told import routes_told
from bridge.domain.mapping import Mapping
from bridge.engine.hub import Hub
from bridge.engine.seen_tickets import seen_tickets
from bridge.web.mapping_forms import Asked, Form
from bridge.web.mapping_sheets import Entry, Section, Sheet

WRONG_ORDER = "the order that was sent does not hold each route once: open the form again"

_COUNTED = re.compile(r"(\d{1,9})(\+?) (\d{1,9})((?: \d{1,9}/\d{1,9})*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Counted:
    """What the routes of a version meet; the form carries it, so that no press counts anew."""

    number: int
    """Tickets that were looked at."""
    more: bool
    nowhere: int
    met: dict[str, Met]

    @property
    def carried(self) -> str:
        """The numbers as the form carries them, in the order of the file."""
        met = "".join(f" {each.takes}/{each.matches}" for each in self.met.values())
        return f"{self.number}{'+' if self.more else ''} {self.nowhere}{met}"


def counted_in(mapping: Mapping, form: Form) -> Counted | None:
    """The numbers that the form carries; None where they are not those of the routes."""
    said = _COUNTED.fullmatch(form.get("counted", ""))
    met = [] if said is None else [each.split("/") for each in said[4].split()]
    if said is None or len(met) != len(mapping.routes):
        return None
    held = (Met(int(takes), int(matches)) for takes, matches in met)
    routes = dict(zip((each.id for each in mapping.routes), held, strict=True))
    return Counted(int(said[1]), bool(said[2]), int(said[3]), routes)


async def _counted(hub: Hub, mapping: Mapping) -> Counted:
    seen = await seen_tickets(hub, mapping)
    met, nowhere = await asyncio.to_thread(routes_met, mapping, seen.tickets)
    return Counted(seen.number, seen.more, nowhere, met)


def routes_given(mapping: Mapping, _at: str = "") -> dict[str, str]:
    """What the form begins with: the routes by their place in the file."""
    return {"order": ",".join(str(i) for i in range(len(mapping.routes)))}


def order_of(mapping: Mapping, form: Form) -> list[int] | None:
    """The routes in the order of the form; None where it does not hold each once."""
    parts = form.get("order", routes_given(mapping)["order"]).split(",")
    order = [int(each) for each in parts if each.isdecimal()]
    return order if sorted(order) == list(range(len(mapping.routes))) else None


def routes_turned(mapping: Mapping, _at: str, form: Form) -> dict[str, str] | None:
    """The form with a route one place up or down; None where another button was pressed."""
    way, _, said = form.get("do", "").partition("-")
    order = order_of(mapping, form)
    if way not in ("up", "down") or order is None:
        return None
    route = int(said) if said.isdecimal() else -1
    if route in order:
        at = order.index(route)
        to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
        order.insert(to, order.pop(at))
    return {**form, "order": ",".join(str(each) for each in order)}


def routes_asked(mapping: Mapping, _at: str, form: Form) -> Asked:
    """Routes that move, and those that go."""
    asked, order = Asked(), order_of(mapping, form)
    if order is None:
        asked.wrong["order"] = WRONG_ORDER
        return asked
    gone = [i for i in order if form.get(f"gone-{i}")]
    for i in gone:
        stays = why_route_stays(mapping, mapping.routes[i].id)
        if stays:
            asked.wrong[f"gone-{i}"] = stays
    if gone and len(gone) == len(order):
        asked.wrong[f"gone-{gone[-1]}"] = "a mapping needs a route: change this one instead"
    now = list(range(len(order)))
    for to, i in enumerate(order):
        at = now.index(i)
        if at != to:
            asked.edits.append(Edit(("routes", at), Moved(to)))
            now.insert(to, now.pop(at))
    asked.edits += [Edit(("routes", order.index(i)), GONE) for i in reversed(order) if i in gone]
    for place, i in enumerate(each for each in order if each not in gone):
        asked.places[render_path(("routes", place))] = f"route-{i}"
    return asked


async def _shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping = sheet.mapping
    turned = routes_turned(mapping, sheet.at, sheet.given) is not None
    counted = counted_in(mapping, sheet.given) if turned else None
    counted = counted or await _counted(hub, mapping)
    order = order_of(mapping, sheet.given) or list(range(len(mapping.routes)))
    told = routes_told(mapping)
    return {
        "routes": [(i, mapping.routes[i], told[i]) for i in order],
        "turned": order != list(range(len(mapping.routes))),
        "met": counted.met,
        "nowhere": counted.nowhere,
        "seen": counted,
        "stays": {each.id: why_route_stays(mapping, each.id) for each in mapping.routes},
    }


def _entries(mapping: Mapping) -> list[Entry]:
    return [Entry("", "Routes and their conditions", str(len(mapping.routes)))]


ROUTES = Section("routes", _entries, routes_asked, routes_given, _shown, routes_turned)
