"""Releases put together for people: what is behind each, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bridge.core.releases import said_name
from bridge.core.rollout import Reach, reach, today
from bridge.domain.releases import KnownRelease, Release
from bridge.engine.hub import Hub
from bridge.engine.release_exceptions import names_now
from bridge.engine.releasing import groups_of
from bridge.kit.clock import from_ms
from bridge.store import release_views, releases
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.release_views import Figures
from bridge.store.releases import day_of

State = Literal["planned", "released", "gone"]


@dataclass(frozen=True, slots=True)
class Group:
    """A roll-out group of a helpdesk's mapping. `reached`: a person said so, with the day."""

    helpdesk: str
    name: str
    tickets: int
    customers: int
    reached: date | None
    by: str
    by_day: bool
    """Nobody has to say so: it follows from the release's day."""
    has_it: bool
    expected: date | None
    """The day on which it gets the release, or got it, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A customer who does not go with their group. `day`: their own; None: not for now."""

    helpdesk: str
    customer: str
    day: date | None
    reason: str
    by: str
    has_it: bool
    lost: bool = False
    """No open ticket in the release is theirs: closed, or they were merged or renamed away."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A release with who is behind it."""

    id: str
    name: str
    connection: str
    day: date | None
    state: State
    into: str
    """The id of the release that took its place."""
    figures: Figures
    groups: tuple[Group, ...]
    apart: tuple[Apart, ...]
    notes_url: str


async def overviews(hub: Hub, connection: AsyncConnection, found: Sequence[Row]) -> list[Overview]:
    """These releases with all that is behind them."""
    ids = [each["id"] for each in found]
    figures = await release_views.figures_of(connection, ids) if ids else {}
    said = await releases.reached_of(connection, ids) if ids else []
    apart = await releases.exceptions_of(connection, ids) if ids else []
    names = await names_now(hub, connection, apart)
    there = {
        (id, *each)
        for id in sorted({kept["release_id"] for kept in apart})
        for each in await release_views.customers_in(connection, id)
    }
    return [
        _overview(
            hub,
            each,
            figures.get(each["id"], Figures()),
            [e for e in said if e["release_id"] == each["id"]],
            _apart(hub, [e for e in apart if e["release_id"] == each["id"]], names, there),
        )
        for each in found
    ]


def _overview(
    hub: Hub, row: Row, figures: Figures, said: list[Row], apart: tuple[Apart, ...]
) -> Overview:
    day = day_of(row["day"])
    return Overview(
        id=row["id"],
        name=said_name(row["name"]),
        connection=row["connection"],
        day=day,
        state=_state(hub, row, day),
        into=row["merged_into"] or "",
        figures=figures,
        groups=tuple(_groups(hub, row, figures, said)),
        apart=apart,
        notes_url=_notes(hub, row["name"]),
    )


def _apart(
    hub: Hub,
    kept: list[Row],
    names: dict[tuple[str, str], str],
    there: set[tuple[str, str, str]],
) -> tuple[Apart, ...]:
    """Under the names of today; two companies of one name are one.

    `there`: by release and helpdesk, the customers with open tickets in it.
    """
    found: dict[tuple[str, str], Apart] = {}
    for row in kept:
        active = hub.mappings.get(row["helpdesk"])
        on = today(None if active is None else active.data.releases, hub.now())
        day = day_of(row["day"])
        name = names.get((row["helpdesk"], row["customer_id"]), row["customer"])
        found[row["helpdesk"], name] = Apart(
            row["helpdesk"], name, day, row["reason"], row["by"],
            has_it=day is not None and day <= on,
            lost=(row["release_id"], row["helpdesk"], name) not in there,
        )  # fmt: skip
    return tuple(found[key] for key in sorted(found))


def _state(hub: Hub, row: Row, day: date | None) -> State:
    if row["gone_at"] is not None:
        return "gone"
    if row["released"] is not None:
        return "released" if row["released"] else "planned"
    return "released" if day is not None and day <= today(None, hub.now()) else "planned"


def _reach(hub: Hub, row: Row, helpdesk: str, group: str, said: str | None) -> Reach:
    """Whether the group has the release today, as a ticket's pass works it out."""
    active = hub.mappings.get(helpdesk)
    spec = None if active is None else active.data.releases
    if spec is None:
        return Reach(said is not None, day_of(said))
    since = row["released_at"]
    release = Release(
        *(row["id"], row["connection"], row["vendor_id"], row["name"], day_of(row["day"])),
        released=False if row["gone_at"] is not None else row["released"],
    )
    reached = {} if said is None else {group: date.fromisoformat(said)}
    known = KnownRelease(row["name"], None, None if since is None else from_ms(since), reached)
    return reach(spec, group, release, known, today(spec, hub.now()))


def _groups(hub: Hub, row: Row, figures: Figures, said: list[Row]) -> list[Group]:
    """Every group of the mappings in force, and those that were once said to have it."""
    counted = {(each.helpdesk, each.group): each for each in figures.groups}
    marked = {(each["helpdesk"], each["group_name"]): each for each in said}
    known = [(name, group) for name in sorted(hub.mappings) for group in groups_of(hub, name)]
    behind = {each.helpdesk for each in figures.groups}
    wanted = [each for each in known if each[0] in behind or not behind]
    wanted += [each for each in (*counted, *marked) if each not in wanted]
    groups: list[Group] = []
    for helpdesk, name in dict.fromkeys(wanted):
        held, mark = counted.get((helpdesk, name)), marked.get((helpdesk, name))
        found = _reach(hub, row, helpdesk, name, None if mark is None else mark["day"])
        groups.append(
            Group(
                helpdesk=helpdesk,
                name=name,
                tickets=0 if held is None else held.tickets,
                customers=0 if held is None else held.customers,
                reached=None if mark is None else date.fromisoformat(mark["day"]),
                by="" if mark is None else mark["by"],
                by_day=_by_day(hub, helpdesk, name),
                has_it=found.reached,
                expected=found.day,
            )
        )
    return groups


def _by_day(hub: Hub, helpdesk: str, group: str) -> bool:
    active = hub.mappings.get(helpdesk)
    spec = None if active is None else active.data.releases
    if spec is None:
        return False
    held = spec.groups.get(group)
    return not spec.groups or (held is not None and held.after is not None)


def _notes(hub: Hub, name: str) -> str:
    """Where the release notes are, by the first mapping that says so; a name must be sayable."""
    if said_name(name) != name:
        return ""
    specs = (each.data.releases for _, each in sorted(hub.mappings.items()))
    found = next((each.notes_url for each in specs if each is not None and each.notes_url), "")
    return found.replace("{release}", name)
