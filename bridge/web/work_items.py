"""The page of a work item: which tickets and customers hang on it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bridge.domain import records as facts
from bridge.domain.refs import WorkItemRef
from bridge.store import records, views, work
from bridge.web.rendering import page
from bridge.web.visitor import HubHere, PageProblem, Viewer, require_printable

router = APIRouter(include_in_schema=False)

SHOWN = 200
NAMED = 20
"""Customers that are named; the others are counted."""


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
        tickets, customers, plans = await views.impact_of(store, key)
        internal = bool(await work.with_origin(store, [key])) and not linked
    if internal:
        # Support is told how many there are beside a ticket's work, and no more.
        raise PageProblem(
            404,
            "This is an internal technical task",
            "It was made for an error that engineering tracks, and hangs on no ticket.",
        )
    seen, status = stored.observation, ""
    if seen is not None:
        status = seen.text(facts.STATUS)
        known = hub.references.get(connection)
        if known is not None and status in known[0].statuses:
            status = known[0].statuses[status].label
    return page(
        "work_item.html",
        visitor=visitor,
        now=hub.now(),
        name=id if seen is None else seen.text(facts.KEY) or id,
        url="" if seen is None else seen.text(facts.URL),
        connection=connection,
        status=status,
        tickets=tickets,
        customers=customers[:NAMED],
        unnamed=max(0, len(customers) - NAMED),
        plans=plans,
        rows=rows,
        more=tickets > SHOWN,
    )
