"""The page of one customer: what is open, the work behind it, and what changed lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from bridge.core.scales_told import PlanTold, plan_told
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import customers, promises, signals, views
from bridge.store.database import Row
from bridge.web.listing import TABS
from bridge.web.promised import heat_of, next_told
from bridge.web.rendering import page
from bridge.web.shown import Work, former_items, mapping_of, work_of
from bridge.web.tickets import WHAT, values_told
from bridge.web.visitor import HubHere, PageProblem, Shown, Viewer

router = APIRouter(include_in_schema=False)

_ORDER = ("to_tell", "promise_at_risk", "needs_decision", "waiting_on_customer", "with_engineering")
"""What a person must do comes first: a ticket that stands in several tabs is shown in one."""

MOST = 100
"""Open tickets that are looked at; the list has the others."""
CHANGES = 20


@dataclass(frozen=True, slots=True)
class Tab:
    """The customer's tickets that stand in a tab; each stands under the first of its tabs."""

    label: str
    rows: list[Row]
    all: str
    """Where the list shows them."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A work item behind some of the customer's tickets."""

    work: Work
    tickets: int


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a timeline, with its ticket."""

    at: datetime
    what: str
    before: str
    after: str
    row: Row


@router.get("/customers")
async def customer_page(
    hub: HubHere, visitor: Viewer, name: Annotated[Shown, Query(max_length=1000)] = ""
) -> Response:
    """What is open for the customer of that name, in all helpdesks."""
    if not name.strip():
        raise PageProblem(
            404,
            "Which customer is meant?",
            "The address names none. A customer's name in the list of tickets leads to their page.",
        )
    async with hub.db.read(long=True) as store:
        found = await customers.open_tickets(store, name, MOST + 1)
        if not found and not await customers.is_known(store, name):
            raise PageProblem(
                404,
                "The hub knows no such customer",
                f"No ticket names a customer {name}. Customers are called here as the helpdesk "
                "calls them.",
            )
        rows = found[:MOST]
        keys = [each["ticket_key"] for each in rows]
        linked = await views.linked_items(store, keys)
        tasks = await signals.internal_tasks(store, keys)
        changed = await customers.changes(store, keys, CHANGES)
        former = await former_items(hub, store, changed)
        promised = await promises.of_customer(store, name)
        missed = await promises.missed_of_customer(store, name) if promised else 0
    work = {key: [work_of(hub, each) for each in linked[key]] for key in keys}
    names = former | {each.ref: each.key for held in work.values() for each in held}
    by_key = {each["ticket_key"]: each for each in rows}
    return page(
        "customer.html",
        visitor=visitor,
        now=hub.now(),
        name=name,
        rows=rows,
        more=len(found) > MOST,
        plans=sorted({each["plan"] for each in rows if each["plan"]}),
        given=_given(hub, rows),
        tabs=_tabs(name, rows),
        work=work,
        behind=_behind(work),
        tasks=tasks,
        promised=heat_of(promised, name),
        missed=missed,
        next_told=next_told,
        changes=[_change(each, by_key[each["record_key"]], names) for each in changed],
        all=f"/?{urlencode({'customer': name, 'closed': 'too'})}",
    )


def _given(hub: Hub, rows: list[Row]) -> list[PlanTold]:
    """What the customer's plans give, by the mappings of their helpdesks."""
    found = []
    for connection, plan in dict.fromkeys((each["connection"], each["plan"]) for each in rows):
        mapping = mapping_of(hub, connection)
        told = None if mapping is None else plan_told(mapping, plan)
        if told is not None and told not in found:
            found.append(told)
    return found


def _tabs(name: str, rows: list[Row]) -> list[Tab]:
    shown: set[str] = set()
    found = []
    names = dict(TABS)
    for id in (*_ORDER, ""):
        left = [each for each in rows if each["ticket_key"] not in shown]
        there = [each for each in left if not id or id in each["needs"]]
        shown |= {each["ticket_key"] for each in there}
        said = {"customer": name, **({"needs": id} if id else {})}
        if there:
            found.append(Tab(names.get(id, "Nothing to do"), there, f"/?{urlencode(said)}"))
    return found


def _behind(work: dict[str, list[Work]]) -> list[Behind]:
    """The work items, those with most tickets first."""
    items = {each.ref: each for listed in work.values() for each in listed}
    counted = Counter(each.ref for listed in work.values() for each in listed)
    return [Behind(items[ref], tickets) for ref, tickets in counted.most_common()]


def _change(row: Row, ticket: Row, names: Mapping[str, str]) -> Change:
    before, after = values_told(row, names)
    return Change(
        at=from_ms(row["at"]),
        what=WHAT.get(row["what"], str(row["what"]).replace("_", " ").capitalize()),
        before=before,
        after=after,
        row=ticket,
    )
