"""Launching by hand: the work item of a route, because a person asks for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Operator
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import LinkShape, Ref, Word
from bridge.api.tickets import Connection, TicketId
from bridge.core import reasons
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine.hub import Hub
from bridge.engine.right_way import names_signal, refusal
from bridge.engine.wishes import LaunchRefused, Wished, launch_by_hand
from bridge.store import records, views

router = APIRouter(prefix="/tickets", tags=["tickets"])

LIMIT_WAIT_S = 600
"""How soon launching goes on by itself once its limit was reached: the hub looks that often."""

REFUSALS = (
    "sentry_never_on_ticket",
    "record_missing",
    "ticket_closed",
    "launch_undecided",
    "connection_paused",
    "unknown_route",
    "route_stays",
    "launch_incomplete",
    "launch_limit",
    "not_configured",
    "vendor_refused",
    "credential_problem",
    "vendor_unavailable",
)
"""What may stand in the way of a launch by hand, as problem codes."""


class WantedLaunch(BaseModel):
    """The route to launch."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"route": "bug"}]})

    route: Word = Field(description="A route of the mapping that launches.", examples=["bug"])


class LaunchWaiting(BaseModel):
    """The wish is kept, and the work item not made yet. It goes on by itself; asking again helps.

    A wish that could not be met within seven days lapses.
    """

    ticket: Ref
    route: str = Field(examples=["bug"])
    verdict: str = Field(description="What it waits for.", examples=["WAITING_ITEM_CREATE"])
    sentence: str = Field(
        description="The same for support.", examples=["The work item is being created."]
    )
    what_to_do: str = Field(
        description="Empty where there is nothing to do but wait.", examples=[""]
    )


def refused_launch(error: LaunchRefused) -> ApiProblem:
    """The problem that a refused launch is to a caller."""
    headers = {"Retry-After": str(LIMIT_WAIT_S)} if error.code == "launch_limit" else {}
    return ApiProblem(error.code, str(error), headers=headers)


@router.post(
    "/{connection}/{id}/launch",
    status_code=201,
    response_model=LinkShape,
    responses={
        200: {"model": LinkShape, "description": "It was launched before: the link of then"},
        202: {"model": LaunchWaiting, "description": "Kept, but not made within `wait`"},
        **for_callers(*REFUSALS, "too_large"),
    },
)
async def launch_ticket(
    hub: HubHere,
    actor: Operator,
    connection: Connection,
    id: TicketId,
    wanted: WantedLaunch,
    response: Response,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for the item.")
    ] = 20.0,
) -> LinkShape | Response:
    """Create the work item of a route by hand, whatever the ticket's age and category.

    Once for ever: asked again, the answer is the link of the first time, even if it has ended. A
    ticket that the hub never saw is read first. The launch limit holds for people too.
    """
    ref = await _address(hub, connection, id)
    try:
        wished = await launch_by_hand(hub, ref, wanted.route, by=actor.name, wait_s=wait)
    except LaunchRefused as error:
        raise refused_launch(error) from None
    if wished.link is None:
        waiting = await _waiting(hub, ref, wanted.route, wished)
        return Response(waiting.model_dump_json(), 202, media_type="application/json")
    response.status_code = 201 if wished.first else 200
    return await _shape(hub, wished.link)


async def _address(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge; the hub need not know it yet."""
    if names_signal(hub, connection, id):
        raise ApiProblem("sentry_never_on_ticket", str(await refusal(hub, connection, id, None)))
    port = hub.connections.get(connection)
    if port is None or port.helpdesk is None:
        known = ", ".join(n for n, each in hub.connections.items() if each.helpdesk is not None)
        raise ApiProblem(
            "not_configured", f"{connection!r} is no helpdesk connection; there are: {known}"
        )
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, connection, [id])
    return TicketRef(*split_ref(aliased.get(id, f"{connection}:{id}")))


async def _shape(hub: Hub, link: Link) -> LinkShape:
    async with hub.db.read() as store:
        seen = await views.observations(store, {str(link.ticket), str(link.work_item)})
    return LinkShape.of(link, seen)


async def _waiting(hub: Hub, ref: TicketRef, route: str, wished: Wished) -> LaunchWaiting:
    async with hub.db.read() as store:
        seen = await views.observations(store, {str(ref)})
    return LaunchWaiting(
        ticket=Ref.of_key(str(ref), seen.get(str(ref))),
        route=route,
        verdict=wished.verdict,
        sentence=reasons.sentence(wished.verdict, wished.data),
        what_to_do=reasons.what_to_do(wished.verdict, wished.data),
    )
