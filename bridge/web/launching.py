"""Launching a ticket's work item by hand: what would be made where, then that it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.core import reasons
from bridge.core.launch_offers import Offer
from bridge.core.launching import WAITING
from bridge.core.outlook import Cause
from bridge.core.scales_told import scales_told
from bridge.domain.errors import BridgeError
from bridge.domain.links import LaunchState
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.launch_offers import offers_for
from bridge.engine.wishes import launch_by_hand
from bridge.store import records, views
from bridge.web.linking import WAIT_S
from bridge.web.pressing import moved
from bridge.web.refusing import refused
from bridge.web.rendering import page, page_of
from bridge.web.shown import key_of, known_ticket, mapping_of
from bridge.web.visitor import HubHere, Operator, Shown, Visitor, own_form

router = APIRouter(include_in_schema=False)

_PHASES = "The project's phases are read when you press."
_STATES = {
    LaunchState.INTENDED: "waiting",
    LaunchState.REJECTED: "refused",
    LaunchState.UNDECIDED: "undecided",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One route's launch, in words."""

    route: str
    own: bool
    """It is the route that the ticket's category leads to."""
    type: str
    where: str
    state: str
    """`possible`, `missing`, `waiting`, `made`, `refused` (may be asked for again), `undecided`."""
    sentence: str = ""
    what_to_do: str = ""
    missing: tuple[str, ...] = ()
    says: tuple[tuple[str, str], ...] = ()
    files: bool = False
    people: tuple[str, ...] = ()
    key: str = ""
    page: str = ""


@router.get("/tickets/{connection}/{id}/launch")
async def launch_form(
    hub: HubHere, visitor: Operator, connection: str, id: str, asked: Shown = ""
) -> Response:
    """What could be launched; and how what was asked for stands."""
    ref = await known_ticket(hub, connection, id)
    return await _page(hub, visitor, ref, asked=asked)


@router.post("/tickets/{connection}/{id}/launch")
async def launch(
    request: Request, hub: HubHere, visitor: Operator, connection: str, id: str
) -> Response:
    """Have the route launched: once for ever, however often the button is pressed."""
    fields = await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    route = fields.get("route", "")
    try:
        await launch_by_hand(hub, ref, route, by=visitor.actor.name, wait_s=WAIT_S)
    except BridgeError as error:
        status, wrong = refused(error)
        return await _page(hub, visitor, ref, status, wrong=wrong, asked=route)
    there = f"{page_of(ref.connection, ref.id)}/launch?{urlencode({'asked': route})}"
    return moved(there)


async def _page(
    hub: Hub, visitor: Visitor, ref: TicketRef, status: int = 200, *, asked: str, wrong: str = ""
) -> Response:
    now = hub.now()
    found = await offers_for(hub, ref)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
    own = "" if row is None else row["route"] or ""
    severity = None if row is None else row["severity"]
    offers = () if found is None else found.offers
    choices = [await _choice(hub, each, each.route.id == own, now) for each in offers]
    choices.sort(key=lambda each: (each.route != asked, not each.own))
    return page(
        "launch.html",
        status,
        visitor=visitor,
        ref=ref,
        row=row,
        wrong=wrong,
        choices=choices,
        asked=next((each for each in choices if each.route == asked), None),
        open=found is None or found.open,
        known=found is not None,
        levels=scales_told(mapping_of(hub, ref.connection), None, severity).levels,
    )


async def _choice(hub: Hub, offer: Offer, own: bool, now: datetime) -> Choice:
    port = hub.connections.get(offer.spec.in_)
    title = offer.spec.in_ if port is None else f"{port.manifest.title} ({offer.spec.in_})"
    said = Choice(
        offer.route.id,
        own,
        offer.spec.type,
        f"{title}, project {offer.project}" if offer.project else title,
        "possible",
        missing=offer.missing,
        says=offer.says,
        files=offer.spec.attachments,
        people=() if offer.item is None else offer.item.assignees,
    )
    return await _as_it_stands(hub, offer, said, now)


async def _as_it_stands(hub: Hub, offer: Offer, said: Choice, now: datetime) -> Choice:
    """The choice with its state and what is said of that."""
    launch, cause = offer.launch, offer.cause
    if launch is not None and launch.state is LaunchState.CREATED:
        item = WorkItemRef(launch.connection, launch.work_item_id or "")
        async with hub.db.read() as store:
            stored = await records.load(store, str(item))
        key = key_of(item, None if stored is None else stored.observation)
        there = page_of(item.connection, item.id, "work-items")
        return replace(said, state="made", key=key, page=there)
    if launch is not None:
        data = {"connection": launch.connection, "route": launch.route}
        data["reason"] = launch.reason.rstrip(".")
        waits = launch.state is LaunchState.INTENDED
        cause = Cause(WAITING if waits else f"LAUNCH_{launch.state.name}", data)
        state = _STATES[launch.state]
    elif offer.asked and (cause is None or cause.code == WAITING):
        cause = Cause(WAITING, {} if cause is None else cause.data)
        state = "waiting"
    elif cause is None:
        return replace(said, sentence=_PHASES if offer.reads_phases else "")
    else:
        state = "possible" if cause.code == WAITING else "missing"
    return replace(
        said,
        state=state,
        sentence=reasons.sentence(cause.code, cause.data, now=now),
        what_to_do=reasons.what_to_do(cause.code, cause.data, now=now),
    )
