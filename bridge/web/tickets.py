"""The list that customer success works from, and the page of one ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, field_validator
from starlette.responses import RedirectResponse, Response

from bridge.core import reasons
from bridge.core.changes_told import MOVED, cause_of_change, move_told
from bridge.core.outlook import Cause
from bridge.domain import records as facts
from bridge.domain.access import AccessRole
from bridge.domain.errors import BridgeError
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import check
from bridge.engine.explain import Explanation, explain_ticket
from bridge.engine.hub import Hub
from bridge.engine.watching import TICKET, figure_of
from bridge.kit.clock import from_ms
from bridge.ports.manifest import Role
from bridge.store import explaining, history, records, signals, views, watching
from bridge.store.codec import observation_from_json
from bridge.store.database import Row
from bridge.store.views import TicketFilter
from bridge.store.work import link_of
from bridge.web.rendering import HEADERS, page, page_of
from bridge.web.visitor import (
    Csm,
    HubHere,
    PageProblem,
    Shown,
    Viewer,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

SHOWN = 50
"""Tickets on a page of the list."""
HAPPENINGS = 30
CHECK_S = 8.0
"""How long somebody who pressed *Check now* waits for the end of it."""

TABS = (
    ("to_tell", "To tell"),
    ("promise_at_risk", "Promise at risk"),
    ("waiting_on_customer", "Waiting on customer"),
    ("with_engineering", "With engineering"),
    ("needs_decision", "Needs decision"),
)
"""The tabs in their order: what a person must do comes first."""

_EMPTY = {
    "to_tell": "Nobody is waiting for news from you.",
    "promise_at_risk": "No promise is at risk.",
    "waiting_on_customer": "No ticket waits for its customer.",
    "with_engineering": "Nothing is with engineering.",
    "needs_decision": "Nothing waits for a decision.",
    "": "There is no ticket yet. The hub learns of one by its webhook, or by the next sweep.",
}


class Wanted(BaseModel):
    """What the list is narrowed to: all of it stands in the address."""

    needs: Shown = Field("", max_length=40)
    q: Shown = Field("", max_length=200)
    customer: Shown = Field("", max_length=1000)
    stage: Shown = Field("", max_length=200)
    connection: Shown = Field("", max_length=200)
    mine: Shown = Field("", max_length=10)
    """`yes`: only the visitor's own customers; `no`: all; nothing: as suits the visitor."""
    after: Shown = Field("", max_length=400)

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

    def but(self, **changes: str) -> str:
        """The address of the list with these changed."""
        said = {**self.model_dump(), "after": "", **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/?{query}" if query else "/"

    @property
    def unnarrowed(self) -> str:
        """The address of the tab without search and filters."""
        return self.but(q="", customer="", stage="", connection="")

    @property
    def narrowed(self) -> bool:
        """Whether somebody searches or filters."""
        return bool(self.q or self.customer or self.stage or self.connection)


_OWN_EMPTY = (
    "No ticket is of a customer of yours. The mapping says who looks after whom: its role csm."
)

_CHECKED = {
    "converged": "Checked just now: the ticket shows what it should.",
    "waiting": "It is being checked, and takes its time. Reload this page in a moment.",
    "failed": "It could not be checked now. What is in the way stands below.",
}
"""What *Check now* came to, in words."""


@dataclass(frozen=True, slots=True)
class Work:
    """A linked work item, as far as support sees it."""

    key: str
    url: str | None
    page: str
    status: str
    state: str


@router.get("/")
async def home(hub: HubHere, visitor: Viewer, query: Annotated[Wanted, Query()]) -> Response:
    """The list, by what must be done."""
    asked = query.mine == "yes"
    query = query.model_copy(update={"mine": await _whose(hub, visitor, query.mine)})
    owner = visitor.email if query.mine == "yes" else None
    wanted = TicketFilter(
        connection=query.connection or None,
        customer=query.customer or None,
        stage=query.stage or None,
        needs=query.needs or None,
        q=query.q or None,
        owner=owner,
    )
    async with hub.db.read(long=True) as connection:
        newest = await watching.newest_change(connection)
        found = await views.page(connection, wanted, cursor=query.after or None, limit=SHOWN + 1)
        rows, more = found[:SHOWN], len(found) > SHOWN
        keys = [each["ticket_key"] for each in rows]
        linked = await views.linked_items(connection, keys)
        tasks = await signals.internal_tasks(connection, keys)
        counts, total = await views.counts(connection, owner)
    figure = watching.list_figure(newest, counts, total)
    return page(
        "home.html",
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        asked_for_mine=asked and not visitor.email,
        tabs=[(id, label, counts.get(id, 0)) for id, label in TABS],
        total=total,
        rows=rows,
        work={key: [_work(hub, each) for each in linked[key]] for key in keys},
        tasks=tasks,
        next_page=query.but(after=keys[-1]) if more else "",
        stages=_stages(hub),
        helpdesks=hub.names(Role.HELPDESK),
        empty=_OWN_EMPTY if owner and not query.needs else _EMPTY.get(query.needs, _EMPTY[""]),
        from_ms=from_ms,
        since=newest,
        figure=figure,
        seen=figure,
        changed=False,
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


@router.get("/tickets/{connection}/{id}")
async def ticket_page(
    hub: HubHere, visitor: Viewer, connection: str, id: str, checked: str = ""
) -> Response:
    """One ticket: what its customer sees, the work behind it, and why it shows what it shows."""
    ref = await _known(hub, connection, id)
    figure = await figure_of(hub, f"{TICKET}{ref}")
    found = await explain_ticket(hub, ref, asked=id)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        linked = (await views.linked_items(store, [str(ref)]))[str(ref)]
        tasks = (await signals.internal_tasks(store, [str(ref)])).get(str(ref), 0)
        happened = await history.timeline(store, str(ref), cursor=None, limit=HAPPENINGS)
        causes = await explaining.first_causes(store, happened)
    if row is None or found is None:
        raise PageProblem(
            404,
            f"{connection} {id} was not looked at yet",
            "The hub has heard of this ticket and reads it in a moment. Reload this page.",
        )
    now = hub.now()
    return page(
        "ticket.html",
        visitor=visitor,
        now=now,
        ref=ref,
        row=row,
        work=[_work(hub, each) for each in linked],
        tasks=tasks,
        why=_why(found, now),
        checked=_CHECKED.get(checked, ""),
        checked_at=found.seen_at,
        happenings=[_happening(each, causes[each["id"]]) for each in happened],
        mapping=found.mapping,
        figure=figure,
    )


@router.post("/tickets/{connection}/{id}/check")
async def check_now(
    request: Request, hub: HubHere, visitor: Csm, connection: str, id: str
) -> Response:
    """Read the ticket and make it agree, before all other work; then show it."""
    await own_form(request, visitor)
    ref = await _known(hub, connection, id)
    try:
        result = await check.check_ticket(hub, ref, CHECK_S)
    except BridgeError as error:
        raise PageProblem(409, "It could not be checked", str(error)) from error
    outcome = "waiting" if result is None else result.outcome
    there = f"{page_of(ref.connection, ref.id)}?checked={outcome}"
    return RedirectResponse(there, 303, headers=dict(HEADERS))


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation in words."""

    sentence: str
    what_to_do: str
    also: tuple[str, ...]
    would: tuple[str, ...]
    fields: tuple[tuple[str, str, str, str], ...]
    """Field, as it should be, as it is, why."""


def _why(found: Explanation, now: datetime) -> Why:
    names = found.names

    def said(code: str, data: Mapping[str, str]) -> str:
        return reasons.sentence(code, data, now=now, names=names)

    return Why(
        sentence=said(found.verdict, found.data),
        what_to_do=reasons.what_to_do(found.verdict, found.data, now=now, names=names),
        also=tuple(said(each.code, each.data) for each in found.also),
        would=tuple(each.sentence for each in found.would),
        fields=tuple(
            (each.field, each.desired or "", each.observed or "", said(each.verdict, each.data))
            for each in found.fields
        ),
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to the ticket."""

    at: datetime
    what: str
    before: str
    after: str
    sentence: str


_WHAT = {
    "stage": "The customer sees",
    "eta": "Expected",
    "keys": "Work items",
    "linked": "Linked",
    "unlinked": "Unlinked",
    MOVED: "A work item moved",
}


def _happening(row: Row, first_cause: str) -> Happening:
    cause = row["cause"] or ""
    found: Cause | None = cause_of_change(row["record_key"], cause, first_cause)
    if row["what"] == MOVED:
        found = move_told(cause, row["before"], row["after"])
    return Happening(
        at=from_ms(row["at"]),
        what=_WHAT.get(row["what"], str(row["what"]).replace("_", " ").capitalize()),
        before=row["before"] or "",
        after=row["after"] or "",
        sentence="" if found is None else reasons.sentence(found.code, found.data),
    )


def _work(hub: Hub, row: Row) -> Work:
    link = link_of(row)
    item = link.work_item
    key, url, status = item.id, "", ""
    if row["observation"] is not None:
        seen = observation_from_json(item, row["observation"])
        key, url = seen.text(facts.KEY) or item.id, seen.text(facts.URL)
        status = seen.text(facts.STATUS)
    known = hub.references.get(item.connection)
    if known is not None and status in known[0].statuses:
        status = known[0].statuses[status].label
    there = page_of(item.connection, item.id, "work-items")
    return Work(key, url, there, status, link.state.value)


def _stages(hub: Hub) -> list[tuple[str, str]]:
    """Every stage of the mappings in force, in their order."""
    found = {each.id: each.label for active in hub.mappings.values() for each in active.data.stages}
    return list(found.items())


async def _known(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge; PageProblem if the hub knows none."""
    require_printable(connection, id)
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, connection, [id])
        ref = TicketRef(*split_ref(aliased[id])) if id in aliased else TicketRef(connection, id)
        stored = await records.load(store, str(ref))
    if stored is None or not isinstance(stored.ref, TicketRef):
        raise PageProblem(
            404,
            "The hub knows no such ticket",
            f"There is no ticket {id} of {connection}. The hub learns of one by its webhook, or "
            "by the next sweep.",
        )
    return ref
