"""The list that customer success works from, narrowed and grouped by what stands in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from bridge.core.escalating import owner_of_escalation
from bridge.domain.access import AccessRole
from bridge.engine.hub import Hub
from bridge.engine.watching import list_figure
from bridge.kit.clock import from_ms
from bridge.ports.manifest import Role
from bridge.store import escalations, release_views, signals, tallies, views, watching
from bridge.store.database import Row
from bridge.store.listing import GROUPS, Cursor, Listed, listed
from bridge.store.tallies import Tally
from bridge.store.views import TicketFilter
from bridge.web.exactly import Exactly, exactly
from bridge.web.paused import Pause, pauses
from bridge.web.promised import next_told
from bridge.web.rendering import page
from bridge.web.shown import Work, work_of
from bridge.web.telling import waiting
from bridge.web.visitor import HubHere, Shown, Viewer, Visitor

router = APIRouter(include_in_schema=False)

SHOWN = 50
"""Tickets on a page of the list."""
RELEASES = 50
"""Releases that the list offers to be narrowed to."""
_COLUMN = {"customer": "customer", "release": "release_name"}
"""What a group is called in its rows."""

TABS = (
    ("to_tell", "To tell"),
    ("promise_at_risk", "Promise at risk"),
    ("waiting_on_customer", "Waiting on customer"),
    ("needs_decision", "Needs decision"),
    ("with_engineering", "With engineering"),
)
"""The tabs in their order: what a person must do comes first."""

_ALWAYS = ("to_tell", "with_engineering", "needs_decision")
"""Tabs that are shown when they are empty, too."""

_EMPTY = {
    "to_tell": "Nobody is waiting for news from you.",
    "promise_at_risk": "No promise is at risk.",
    "waiting_on_customer": "No ticket waits for its customer.",
    "with_engineering": "Nothing is with engineering.",
    "needs_decision": "Nothing waits for a decision.",
    "": "No ticket is open.",
}
_NONE_YET = "There is no ticket yet. The hub learns of one by its webhook, or by the next sweep."
_CLOSED: Mapping[str, bool | None] = {"": False, "too": None, "only": True}
"""What the list's word of closed tickets means for the store: only open ones, all, only closed."""
_ALL = {"": "All open", "too": "All", "only": "All closed"}

_OWN_NONE = (
    "No ticket is of a customer of yours. The mapping says who looks after whom: its role csm."
)
_OWN_EMPTY = "No ticket of a customer of yours is open."


class Narrowed(BaseModel):
    """What a list is narrowed to: all of it stands in the address."""

    needs: Shown = Field("", max_length=40)
    q: Shown = Field("", max_length=200)
    customer: Shown = Field("", max_length=1000)
    stage: Shown = Field("", max_length=200)
    release: Shown = Field("", max_length=200)
    """A release's id."""
    connection: Shown = Field("", max_length=200)
    closed: Shown = Field("", max_length=10)
    """`too`: those that are closed as well; `only`: no others; nothing: the open ones."""
    mine: Shown = Field("", max_length=10)
    """`yes`: only the visitor's own customers; `no`: all; nothing: as suits the visitor."""

    @field_validator("needs")
    @classmethod
    def _tab(cls, needs: str) -> str:
        """A tab that there is none of is the list of all."""
        return needs if needs in dict(TABS) else ""

    @field_validator("closed")
    @classmethod
    def _known(cls, closed: str) -> str:
        """A word that there is none of leaves the open ones."""
        return closed if closed in _CLOSED else ""

    @field_validator("mine")
    @classmethod
    def _either(cls, mine: str) -> str:
        """A word that is neither is none."""
        return mine if mine in ("yes", "no") else ""

    def wanted_by(self, email: str) -> TicketFilter:
        """The same for the store; `email` is the visitor's, if it is known."""
        return TicketFilter(
            connection=self.connection or None,
            customer=self.customer or None,
            stage=self.stage or None,
            release=self.release or None,
            needs=self.needs or None,
            q=self.q or None,
            closed=_CLOSED[self.closed],
            owner=(email or None) if self.mine == "yes" else None,
        )


class Wanted(Narrowed):
    """The list, its order and where its page begins."""

    group: Shown = Field("", max_length=40)
    after: Shown = Field("", max_length=400)
    under: Shown = Field("", max_length=1000)
    ended: Shown = Field("", max_length=10)
    """`yes`: the page begins behind a ticket that is closed."""

    @field_validator("group")
    @classmethod
    def _grouping(cls, group: str) -> str:
        """What it can't be grouped by leaves it in its order."""
        return group if group in GROUPS else ""

    def but(self, **changes: str) -> str:
        """The address of the list with these changed."""
        said = {**self.model_dump(), "after": "", "under": "", "ended": "", **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/?{query}" if query else "/"

    @property
    def unnarrowed(self) -> str:
        """The address of the tab without search and filters."""
        return self.but(q="", customer="", stage="", connection="", release="", closed="")

    @property
    def narrowed(self) -> bool:
        """Whether somebody searches or filters."""
        by = (self.q, self.customer, self.stage, self.connection, self.release, self.closed)
        return any(by)

    @property
    def here(self) -> str:
        """The address of this very page of the list."""
        return self.but(after=self.after, under=self.under, ended=self.ended)

    @property
    def export(self) -> str:
        """The address of the same list as a file."""
        said = {name: getattr(self, name) for name in Narrowed.model_fields}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/tickets.csv?{query}" if query else "/tickets.csv"


@router.get("/")
async def home(hub: HubHere, visitor: Viewer, query: Annotated[Wanted, Query()]) -> Response:
    """The list, by what must be done."""
    return await list_page(hub, visitor, query)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for a page of the list."""

    found: Listed
    exact: Exactly
    rows: list[Row]
    more: bool
    work: dict[str, list[Work]]
    tasks: Mapping[str, int]
    carriers: dict[str, str]
    """Who carries a ticket that was escalated, by its key."""
    pauses: list[Pause]
    releases: list[tuple[str, str]]
    since: str
    none_yet: bool
    """Whether there is no ticket at all, of which the list would be a part."""
    has_own: bool
    """Whether tickets of whose list it is are closed, where none is open."""


async def list_page(
    hub: Hub, visitor: Visitor, query: Wanted, *, status: int = 200, wrong: str = ""
) -> Response:
    """The list; `wrong` says what could not be done with what was ticked."""
    asked = query.mine == "yes"
    query = query.model_copy(update={"mine": await _whose(hub, visitor, query.mine)})
    wanted, by = query.wanted_by(visitor.email), query.group
    # Before the rows: what changes between the two is told once too often, and never not at all.
    figure = await list_figure(hub, unmoved=True)
    read = await _read(hub, query, wanted)
    shown = [*read.exact.rows, *read.rows]
    told = [each["ticket_key"] for each in shown if "to_tell" in each["needs"]]
    drafts = await waiting(hub, told) if told and visitor.may("csm") else {}
    return page(
        "home.html",
        status,
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        asked_for_mine=asked and not visitor.email,
        wrong=wrong,
        tabs=_tabs(read.found, query.needs),
        all=_ALL[query.closed],
        total=said_number(read.found.total),
        exact=read.exact,
        rows=read.rows,
        columns={**_columns(shown), "draft": bool(drafts)},
        drafts=drafts,
        grouped=_grouped(query),
        groups=_groups(read.rows, _COLUMN.get(by, "customer")),
        releases=read.releases,
        work=read.work,
        tasks=read.tasks,
        carriers=read.carriers,
        pauses=read.pauses,
        next_page=_next(query, read.found.rows[SHOWN - 1]) if read.more else "",
        stages=_stages(hub, query.stage),
        helpdesks=hub.names(Role.HELPDESK),
        empty=_empty(query, wanted, read),
        offers_closed=not query.needs and not query.closed and not read.none_yet,
        from_ms=from_ms,
        next_told=next_told,
        since=read.since,
        figure=figure,
        seen=figure,
        changed=False,
        most_words=views.MOST_WORDS if views.too_many_words(query.q) else 0,
    )


async def _read(hub: Hub, query: Wanted, wanted: TicketFilter) -> _Read:
    after = None
    if query.after:
        after = Cursor(query.after, query.under, query.ended == "yes")
    async with hub.db.read(long=True) as connection:
        newest = await watching.newest_change(connection)
        found = await listed(connection, wanted, by=query.group, after=after, limit=SHOWN + 1)
        # What is named stands before the first page; on a later one it has its place in the order.
        exact = await exactly(hub, connection, query.q) if after is None else Exactly()
        rows = exact.without(found.rows[:SHOWN])
        keys = [each["ticket_key"] for each in (*exact.rows, *rows)]
        linked = await views.linked_items(connection, keys)
        asked = await escalations.of_tickets(connection, keys)
        bare = not keys and not query.narrowed and not query.needs
        return _Read(
            found=found,
            exact=exact,
            rows=rows,
            more=len(found.rows) > SHOWN,
            work={key: [work_of(hub, each) for each in linked[key]] for key in keys},
            tasks=await signals.internal_tasks(connection, keys),
            carriers={key: owner_of_escalation(tuple(asked.get(key, ()))) for key in keys},
            pauses=await pauses(connection, hub.connections),
            releases=await release_views.named(connection, RELEASES),
            since=newest,
            none_yet=bare and (await tallies.counts(connection))[1].number == 0,
            has_own=bare and await views.has_tickets(connection, wanted.owner or ""),
        )


def _empty(query: Wanted, wanted: TicketFilter, read: _Read) -> str:
    """What stands in place of rows, where there are none."""
    if read.none_yet:
        return _NONE_YET
    if wanted.owner and not query.needs:
        return _OWN_EMPTY if read.has_own else _OWN_NONE
    return _EMPTY[query.needs]


async def _whose(hub: Hub, visitor: Visitor, asked: str) -> str:
    """`yes` or `no` for the visitor's own customers or all; nothing for who can't have any.

    Who looks after customers and did not say begins with their own.
    """
    if not visitor.email:
        return ""
    if asked or visitor.actor.role is not AccessRole.CSM:
        return asked or "no"
    async with hub.db.read() as connection:
        return "yes" if await views.has_tickets(connection, visitor.email) else "no"


def _tabs(found: Listed, chosen: str) -> list[tuple[str, str, str]]:
    """The tabs that are shown: id, name and number."""
    tallies = {id: found.tabs.get(id, Tally(0)) for id, _ in TABS}
    return [
        (id, label, said_number(tallies[id]))
        for id, label in TABS
        if tallies[id].number or not tallies[id].exact or id == chosen or id in _ALWAYS
    ]


def said_number(tally: Tally) -> str:
    """The number; with a plus where there are more than were counted."""
    return str(tally.number) if tally.exact else f"{tally.number}+"


@dataclass(frozen=True, slots=True)
class Group:
    """The tickets of one customer, or release, on a page; `name` is empty where there is none."""

    name: str
    rows: list[Row]


def _grouped(query: Wanted) -> str:
    """By what the list is grouped: not by what it is narrowed to."""
    return "" if getattr(query, query.group, "") else query.group


def _groups(rows: list[Row], column: str) -> list[Group]:
    """The rows by what they are in the order of."""
    return [
        Group(name, list(held)) for name, held in groupby(rows, key=lambda row: row[column] or "")
    ]


def _next(query: Wanted, last: Row) -> str:
    column = _COLUMN.get(query.group)
    under = "" if column is None else last[column] or ""
    ended = "yes" if column is not None and last["closed"] else ""
    return query.but(after=last["ticket_key"], under=under, ended=ended)


def _columns(rows: list[Row]) -> dict[str, bool]:
    """Which of the columns that may be empty have something to show."""
    return {
        "eta": any(row["eta"] or row["eta_told"] for row in rows),
        "promise": any(row["promise_state"] for row in rows),
        "release": any(row["release_name"] for row in rows),
    }


def _stages(hub: Hub, asked: str) -> list[tuple[str, str]]:
    """Every stage of the mappings in force, in their order, with each wording that one gives it.

    The stage that is asked for is among them, even if no mapping has it any more.
    """
    found: dict[str, list[str]] = {}
    for _, active in sorted(hub.mappings.items()):
        for each in active.data.stages:
            labels = found.setdefault(each.id, [])
            if each.label not in labels:
                labels.append(each.label)
    if asked:
        found.setdefault(asked, [asked])
    return [(id, " / ".join(labels)) for id, labels in found.items()]
