"""Tickets: the list, one ticket, what happened to it, why it shows what it shows, check now."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query

from bridge.api.access import Csm, HubHere, Viewer
from bridge.api.explaining import explanation_of
from bridge.api.paging import Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Word
from bridge.api.ticket_shapes import (
    CheckOutcome,
    CheckShape,
    ExplanationShape,
    TicketPage,
    TicketQuery,
    TicketShape,
    Timeline,
    happening_of,
    ticket_of,
)
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import check
from bridge.engine.explain import explain_ticket
from bridge.engine.hub import Hub
from bridge.ports.manifest import Role
from bridge.store import explaining, history, records, signals, views
from bridge.store.views import TicketFilter

TICKETS, TIMELINE = "tickets", "timeline"

router = APIRouter(prefix="/tickets", tags=["tickets"])

Connection = Annotated[Word, Path(description="The helpdesk connection.", examples=["hubspot"])]
TicketId = Annotated[Word, Path(description="The ticket's id.", examples=["812"])]


@router.get("", responses=for_callers("bad_cursor"))
async def list_tickets(
    hub: HubHere, _actor: Viewer, query: Annotated[TicketQuery, Query()]
) -> TicketPage:
    """Tickets with the state of their linked work."""
    wanted = TicketFilter(
        connection=query.connection,
        customer=query.customer,
        stage=query.stage,
        needs=query.needs,
        q=query.q,
        release=query.release,
        closed=None if query.state is None else query.state == "closed",
    )
    async with hub.db.read(long=True) as connection:
        rows = await views.page(
            connection, wanted, cursor=query.after(TICKETS), limit=query.limit + 1
        )
        kept, next_cursor = cut(rows, query.limit, TICKETS, "ticket_key")
        shown = [each["ticket_key"] for each in kept]
        linked = await views.linked_items(connection, shown)
        tasks = await signals.internal_tasks(connection, shown)
    items = [
        ticket_of(each, linked[each["ticket_key"]], tasks.get(each["ticket_key"], 0))
        for each in kept
    ]
    return TicketPage(items=items, next_cursor=next_cursor)


@router.get("/{connection}/{id}", responses=for_callers("not_found"))
async def get_ticket(
    hub: HubHere, _actor: Viewer, connection: Connection, id: TicketId
) -> TicketShape:
    """One ticket; the id of one that was merged away answers with the ticket it became."""
    ref = await known_ticket(hub, connection, id)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        linked = await views.linked_items(store, [str(ref)])
        tasks = await signals.internal_tasks(store, [str(ref)])
    if row is None:
        raise ApiProblem("not_found", f"{ref} was not looked at yet; POST …/check looks at it now")
    return ticket_of(row, linked[str(ref)], tasks.get(str(ref), 0))


@router.get("/{connection}/{id}/timeline", responses=for_callers("not_found", "bad_cursor"))
async def get_timeline(
    hub: HubHere,
    _actor: Viewer,
    connection: Connection,
    id: TicketId,
    query: Annotated[Paging, Query()],
) -> Timeline:
    """What happened to a ticket, newest first."""
    ref = await known_ticket(hub, connection, id)
    async with hub.db.read() as store:
        rows = await history.timeline(
            store, str(ref), cursor=query.after(TIMELINE), limit=query.limit + 1
        )
        kept, next_cursor = cut(rows, query.limit, TIMELINE, "id")
        causes = await explaining.first_causes(store, kept)
    return Timeline(
        items=[happening_of(each, causes[each["id"]]) for each in kept], next_cursor=next_cursor
    )


@router.get("/{connection}/{id}/explain", responses=for_callers("not_found"))
async def explain(
    hub: HubHere, _actor: Viewer, connection: Connection, id: TicketId
) -> ExplanationShape:
    """Why a ticket shows what it shows, field by field; reads what is stored, writes nothing."""
    ref = await known_ticket(hub, connection, id)
    found = await explain_ticket(hub, ref, asked=id)
    if found is None:
        raise _unknown(hub, ref)
    return await explanation_of(hub, found)


@router.post(
    "/{connection}/{id}/check",
    responses=for_callers(
        "not_found",
        "record_missing",
        "connection_paused",
        "vendor_refused",
        "credential_problem",
        "vendor_unavailable",
    ),
)
async def check_ticket(
    hub: HubHere,
    _actor: Csm,
    connection: Connection,
    id: TicketId,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for the end.")
    ] = 10.0,
) -> CheckShape:
    """Read the ticket from the helpdesk and make it agree, before all other work.

    A ticket that the hub has never seen is looked for in the helpdesk.
    """
    ref = await _meant(hub, connection, id)
    result = await check.check_ticket(hub, ref, wait)
    if result is None:
        raise _unknown(hub, ref)
    found = await explain_ticket(hub, ref)
    return CheckShape(
        run=result.run,
        outcome=CheckOutcome(result.outcome),
        operations=result.operations,
        explain=None if found is None else await explanation_of(hub, found),
    )


async def known_ticket(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge; ApiProblem `not_found` if there is none."""
    ref = await _meant(hub, connection, id)
    async with hub.db.read() as store:
        stored = await records.load(store, str(ref))
    if stored is None or not isinstance(stored.ref, TicketRef):
        raise _unknown(hub, ref)
    return ref


async def _meant(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge, whether the hub knows it or not."""
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, connection, [id])
    return TicketRef(*split_ref(aliased[id])) if id in aliased else TicketRef(connection, id)


def _unknown(hub: Hub, ref: TicketRef) -> ApiProblem:
    names = hub.names(Role.HELPDESK)
    if ref.connection not in names:
        said = f"{ref.connection!r} is no helpdesk connection; there are: {', '.join(names)}"
        return ApiProblem("not_found", said)
    path = f"/api/v1/tickets/{ref.connection}/{quote(ref.id, safe='')}/check"
    return ApiProblem(
        "not_found",
        f"The hub knows no ticket {ref}. It learns of a ticket by its webhook or the next sweep; "
        f"to have it read now: POST {path}",
    )
