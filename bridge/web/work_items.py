"""The page of a work item: which tickets and customers hang on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from bridge.core.changes_told import WORK_ITEM
from bridge.domain import records as facts
from bridge.domain.refs import WorkItemRef
from bridge.kit.clock import from_ms
from bridge.store import customers, records, views, work
from bridge.store.database import Row
from bridge.web.rendering import page
from bridge.web.shown import key_of, status_of
from bridge.web.visitor import HubHere, PageProblem, Viewer, require_printable

router = APIRouter(include_in_schema=False)

SHOWN = 200
NAMED = 12
"""Customers that are named; the others are counted."""
MOVES = 500
SHOWN_MOVES = 20
TOGETHER = timedelta(minutes=10)
"""Tickets that follow within this time followed the same change."""


@router.get("/work-items/{connection}/{id}")
async def work_item_page(hub: HubHere, visitor: Viewer, connection: str, id: str) -> Response:
    """A work item from the side of its tickets; its own words stay in the tracker."""
    require_printable(connection, id)
    key = f"{connection}:{id}"
    async with hub.db.read(long=True) as store:
        stored = await records.load(store, key)
        if stored is None or not isinstance(stored.ref, WorkItemRef):
            raise PageProblem(
                404,
                "The hub knows no such work item",
                f"No ticket was ever linked to a work item {id} of {connection}.",
            )
        linked = await work.links_of_item(store, key, limit=SHOWN)
        rows = await views.load_many(store, [str(each.ticket) for each in linked])
        tickets = await work.count_links_of_item(store, key)
        groups = await customers.plans_of_item(store, key)
        moved = await customers.moves_of_item(store, key, f"{WORK_ITEM}{key}", MOVES)
        internal = bool(await work.with_origin(store, [key])) and not linked
    if internal:
        # Support is told how many there are beside a ticket's work, and no more.
        raise PageProblem(
            404,
            "This is an internal technical task",
            "It was made for an error that engineering tracks, and hangs on no ticket.",
        )
    seen = stored.observation
    impact = _impact(groups)
    return page(
        "work_item.html",
        visitor=visitor,
        now=hub.now(),
        name=key_of(stored.ref, seen),
        url="" if seen is None else seen.text(facts.URL),
        connection=connection,
        status=status_of(hub, stored.ref, seen),
        assignee="" if seen is None else seen.text(facts.ASSIGNEE),
        tickets=tickets,
        impact=impact,
        bars=impact[:NAMED],
        named=sum(1 for each in impact if each.name),
        plans=_plans(groups),
        moves=_moves(moved),
        rows=rows,
        more=tickets > SHOWN,
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A customer on the item, with how many tickets."""

    name: str
    plan: str
    tickets: int


def _impact(groups: list[tuple[str | None, str | None, int]]) -> list[Bar]:
    """The customers, those with most tickets first; tickets of nobody known stand last."""
    counted: Counter[str] = Counter()
    plans: dict[str, set[str]] = {}
    for customer, plan, tickets in groups:
        counted[customer or ""] += tickets
        plans.setdefault(customer or "", set()).update([plan] if plan else [])
    bars = [Bar(name, ", ".join(sorted(plans[name])), n) for name, n in counted.most_common()]
    return sorted(bars, key=lambda each: not each.name)


def _plans(groups: list[tuple[str | None, str | None, int]]) -> list[tuple[str, int]]:
    """Each plan with how many tickets are under it, most first."""
    counted: Counter[str] = Counter()
    for _, plan, tickets in groups:
        counted[plan or ""] += tickets
    return [(plan, tickets) for plan, tickets in counted.most_common() if plan]


@dataclass(frozen=True, slots=True)
class Move:
    """One change of what tickets show because the item moved; `tickets` followed in it."""

    at: datetime
    what: str
    before: str
    after: str
    tickets: int


def _moves(rows: list[Row]) -> list[Move]:
    """Rows of the same change, made one after the other, become one."""
    moves: list[Move] = []
    for row in rows:
        at, said = from_ms(row["at"]), (row["what"], row["before"] or "", row["after"] or "")
        last = moves[-1] if moves else None
        same = last is not None and (last.what, last.before, last.after) == said
        if last is not None and same and last.at - at <= TOGETHER:
            moves[-1] = replace(last, at=at, tickets=last.tickets + 1)
        else:
            moves.append(Move(at, *said, 1))
    return moves[:SHOWN_MOVES]
