"""Linking a ticket to a work item that is there already, and ending a link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.domain.errors import BridgeError
from bridge.domain.refs import TicketRef
from bridge.engine import linking
from bridge.engine.hub import Hub
from bridge.engine.link_preview import LinkPreview, SeveralMeant, preview_link
from bridge.engine.right_way import RightWay, SignalNeverOnTicket
from bridge.engine.signal_wishes import launch_signal
from bridge.ports.manifest import Role
from bridge.store import views, work
from bridge.store.database import Row
from bridge.web.pressing import moved
from bridge.web.refusing import refused
from bridge.web.rendering import page, page_of
from bridge.web.shown import known_ticket, status_of, work_of
from bridge.web.visitor import (
    HubHere,
    Operator,
    PageProblem,
    Visitor,
    own_form,
    printable,
    require_printable,
)

router = APIRouter(include_in_schema=False)

LONGEST = 2000
"""Characters of an address, as the API takes them."""
WAIT_S = 8.0
"""How long somebody who pressed a button waits for what a tracker makes."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, and what is wrong with it."""

    item: str = ""
    tracker: str = ""
    wrong: str = ""
    several: bool = False
    way: RightWay | None = None


@router.get("/tickets/{connection}/{id}/link")
async def link_form(hub: HubHere, visitor: Operator, connection: str, id: str) -> Response:
    """Where the address or key of a work item is put in."""
    ref = await known_ticket(hub, connection, id)
    return await _form(hub, visitor, ref, Typed())


@router.post("/tickets/{connection}/{id}/link")
async def link(
    request: Request, hub: HubHere, visitor: Operator, connection: str, id: str
) -> Response:
    """First what would be linked; linked once that was confirmed."""
    fields = await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    text, tracker = fields.get("item", "").strip(), fields.get("tracker", "").strip()
    wrong = wrong_address(text)
    if wrong:
        return await _form(hub, visitor, ref, Typed(text, tracker, wrong), 422)
    try:
        if "confirmed" in fields:
            saw = fields.get("saw", "")
            await linking.link(hub, ref, tracker, text, by=visitor.actor.name, saw=saw)
            return back_to(ref, "linked")
        seen = await preview_link(hub, [ref], text, tracker)
    except linking.LinkExists:
        return back_to(ref, "linked_before")
    except linking.LinkChanged:
        return back_to(ref, "link_changed")
    except SignalNeverOnTicket as error:
        return await _form(hub, visitor, ref, Typed(text, tracker, "-", way=error.way), 422)
    except BridgeError as error:
        status, wrong = refused(error)
        several = isinstance(error, SeveralMeant)
        return await _form(hub, visitor, ref, Typed(text, tracker, wrong, several), status)
    return page(
        "link_preview.html",
        visitor=visitor,
        ref=ref,
        row=await _row(hub, ref),
        typed=text,
        found=seen,
        name=name_of(seen),
        status=status_of(hub, seen.item, seen.seen),
        title=hub.connections[seen.item.connection].manifest.title,
        saw=seen.newest[ref],
        existing=seen.existing.get(ref),
    )


def wrong_address(text: str) -> str:
    """What is wrong with what was typed before anybody is asked; empty if nothing is."""
    if not text:
        return "Put in the key, the number or the address of a work item."
    if len(text) > LONGEST:
        return f"An address has at most {LONGEST} characters; this one has {len(text)}."
    try:
        printable(text)
    except ValueError:
        return "That holds signs that are in no address. Copy the address once more."
    return ""


def name_of(found: LinkPreview) -> str:
    """What people call the item."""
    return found.seen.text("@key") or found.item.id


def back_to(ref: TicketRef, done: str) -> Response:
    """The ticket's page, with what was done."""
    there = f"{page_of(ref.connection, ref.id)}?{urlencode({'done': done})}"
    return moved(there)


async def _row(hub: Hub, ref: TicketRef) -> Row | None:
    async with hub.db.read() as store:
        return await views.load(store, str(ref))


async def _form(
    hub: Hub, visitor: Visitor, ref: TicketRef, typed: Typed, status: int = 200
) -> Response:
    return page(
        "link.html",
        status,
        visitor=visitor,
        ref=ref,
        row=await _row(hub, ref),
        typed=typed,
        trackers=trackers(hub),
        sources=hub.names(Role.SIGNALS),
    )


def trackers(hub: Hub) -> list[tuple[str, str]]:
    """The trackers by name, with what people call them."""
    return [(name, hub.connections[name].manifest.title) for name in hub.names(Role.TRACKER)]


@router.post("/tickets/{connection}/{id}/internal-task")
async def internal_task(
    request: Request, hub: HubHere, visitor: Operator, connection: str, id: str
) -> Response:
    """The right way for a Sentry issue: a task of its own, related to the ticket's work item."""
    fields = await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    source, signal = fields.get("source", ""), fields.get("signal", "")
    async with hub.db.read() as store:
        links = await work.links_of_ticket(store, str(ref))
    related = next((e.work_item for e in links if str(e.work_item) == fields.get("related")), None)
    if source not in hub.names(Role.SIGNALS) or related is None or wrong_address(signal):
        raise PageProblem(
            422, "This can't be done any more", "Nothing was made. Begin again at the ticket."
        )
    other = (related.connection, related.id)
    try:
        made = await launch_signal(
            hub, source, signal, related_to=other, by=visitor.actor.name, wait_s=WAIT_S
        )
    except BridgeError as error:
        status, sentence = refused(error)
        wrong = f"No internal task was made. {sentence}"
        return await _form(hub, visitor, ref, Typed(signal, "", wrong), status)
    return back_to(ref, "task" if made.item is not None else "task_waits")


@router.get("/tickets/{connection}/{id}/unlink/{link_id}")
async def unlink_form(
    hub: HubHere, visitor: Operator, connection: str, id: str, link_id: str
) -> Response:
    """What ending a link means, before it is ended."""
    ref = await known_ticket(hub, connection, id)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        linked = (await views.linked_items(store, [str(ref)]))[str(ref)]
    found = next((work_of(hub, each) for each in linked if each["id"] == link_id), None)
    if found is None:
        return back_to(ref, "unlinked_before")
    others = len(linked) - 1
    return page("unlink.html", visitor=visitor, ref=ref, row=row, item=found, others=others)


@router.post("/tickets/{connection}/{id}/unlink/{link_id}")
async def unlink(
    request: Request, hub: HubHere, visitor: Operator, connection: str, id: str, link_id: str
) -> Response:
    """End the link. One that has ended stays as it is, however often that is asked for."""
    await own_form(request, visitor)
    require_printable(link_id)
    ref = await known_ticket(hub, connection, id)
    async with hub.db.read() as store:
        found = await work.load_link(store, link_id)
    if found is None or found.ticket != ref:
        raise PageProblem(404, "There is no such link", "Begin again at the page of the ticket.")
    ended = await linking.unlink(hub, link_id, by=visitor.actor.name)
    return back_to(ref, "unlinked_before" if ended is None else "unlinked")
