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

from bridge.domain.access import AccessRole
from bridge.engine.hub import Hub
from bridge.engine.watching import list_figure
from bridge.kit.clock import from_ms
from bridge.ports.manifest import Role
from bridge.store import release_views, signals, views, watching
from bridge.store.database import Row
from bridge.store.listing import GROUPS, Cursor, Listed, Tally, listed
from bridge.store.views import TicketFilter
from bridge.web.paused import pauses
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
    "": "There is no ticket yet. The hub learns of one by its webhook, or by the next sweep.",
}


_OWN_EMPTY = (
    "No ticket is of a customer of yours. The mapping says who looks after whom: its role csm."
)


class Narrowed(BaseModel):
    """What a list is narrowed to: all of it stands in the address."""

    needs: Shown = Field("", max_length=40)
    q: Shown = Field("", max_length=200)
    customer: Shown = Field("", max_length=1000)
    stage: Shown = Field("", max_length=200)
    release: Shown = Field("", max_length=200)
    """A release's id."""
    connection: Shown = Field("", max_length=200)
    mine: Shown = Field("", max_length=10)
    """`yes`: only the visitor's own customers; `no`: all; nothing: as suits the visitor."""

    @field_validator("needs")
    @classmethod
    def _tab(cls, needs: str) -> str:
        """A tab that there is none of is the list of all."""
        return needs if needs in dict(TABS) else ""

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
            owner=(email or None) if self.mine == "yes" else None,
        )


class Wanted(Narrowed):
    """The list, its order and where its page begins."""

    group: Shown = Field("", max_length=40)
    after: Shown = Field("", max_length=400)
    under: Shown = Field("", max_length=1000)

    @field_validator("group")
    @classmethod
    def _grouping(cls, group: str) -> str:
        """What it can't be grouped by leaves it in its order."""
        return group if group in GROUPS else ""

    def but(self, **changes: str) -> str:
        """The address of the list with these changed."""
        said = {**self.model_dump(), "after": "", "under": "", **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/?{query}" if query else "/"

    @property
    def unnarrowed(self) -> str:
        """The address of the tab without search and filters."""
        return self.but(q="", customer="", stage="", connection="", release="")

    @property
    def narrowed(self) -> bool:
        """Whether somebody searches or filters."""
        return bool(self.q or self.customer or self.stage or self.connection or self.release)

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


async def list_page(
    hub: Hub, visitor: Visitor, query: Wanted, *, status: int = 200, wrong: str = ""
) -> Response:
    """The list; `wrong` says what could not be done with what was ticked."""
    asked = query.mine == "yes"
    query = query.model_copy(update={"mine": await _whose(hub, visitor, query.mine)})
    wanted, by = query.wanted_by(visitor.email), query.group
    # Before the rows: what changes between the two is told once too often, and never not at all.
    figure = await list_figure(hub, unmoved=True)
    async with hub.db.read(long=True) as connection:
        newest = await watching.newest_change(connection)
        found = await listed(
            connection,
            wanted,
            by=by,
            after=Cursor(query.after, query.under) if query.after else None,
            limit=SHOWN + 1,
        )
        rows, more = found.rows[:SHOWN], len(found.rows) > SHOWN
        keys = [each["ticket_key"] for each in rows]
        linked = await views.linked_items(connection, keys)
        tasks = await signals.internal_tasks(connection, keys)
        paused = await pauses(connection, hub.connections)
        named = await release_views.named(connection, RELEASES)
    told = [each["ticket_key"] for each in rows if "to_tell" in each["needs"]]
    drafts = await waiting(hub, told) if told and visitor.may("csm") else {}
    work = {key: [work_of(hub, each) for each in linked[key]] for key in keys}
    return page(
        "home.html",
        status,
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        asked_for_mine=asked and not visitor.email,
        wrong=wrong,
        tabs=_tabs(found, query.needs),
        total=said_number(found.total),
        rows=rows,
        columns={**_columns(rows, work), "draft": bool(drafts)},
        drafts=drafts,
        grouped=_grouped(query),
        groups=_groups(rows, _COLUMN.get(by, "customer")),
        releases=named,
        work=work,
        tasks=tasks,
        pauses=paused,
        next_page=_next(query, rows[-1]) if more else "",
        stages=_stages(hub, query.stage),
        helpdesks=hub.names(Role.HELPDESK),
        empty=_OWN_EMPTY if wanted.owner and not query.needs else _EMPTY[query.needs],
        from_ms=from_ms,
        next_told=next_told,
        since=newest,
        figure=figure,
        seen=figure,
        changed=False,
        most_words=views.MOST_WORDS if views.too_many_words(query.q) else 0,
    )


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
    return query.but(after=last["ticket_key"], under=under)


def _columns(rows: list[Row], work: Mapping[str, list[Work]]) -> dict[str, bool]:
    """Which of the columns that may be empty have something to show."""
    items = [each for listed in work.values() for each in listed]
    return {
        "internal": any(each.status for each in items),
        "owner": any(each.assignee for each in items),
        "eta": any(row["eta"] or row["eta_told"] for row in rows),
        "promise": any(row["promise_state"] for row in rows),
        "told": any(row["last_told_at"] for row in rows),
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
