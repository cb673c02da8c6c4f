"""Escalating a ticket: what is asked, what is missing, who decides; and the queue of what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from bridge.core.saying import saying
from bridge.core.scales_told import scales_told
from bridge.domain.errors import BridgeError
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import escalating
from bridge.engine.endings import CannotReopen, ending_of, reopen
from bridge.engine.escalating import EscalationRefused, Verdict
from bridge.engine.hub import Hub
from bridge.store import escalations, views
from bridge.store.database import Row
from bridge.web.linking import WAIT_S
from bridge.web.pressing import InTabs, Typed, moved, sentence_of
from bridge.web.refusing import refused
from bridge.web.rendering import page, page_of
from bridge.web.shown import known_ticket
from bridge.web.visitor import (
    Csm,
    HubHere,
    Operator,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

PATH = "/escalations"
SHOWN = 30
LONGEST, LONGEST_LINE = 2000, 400
TABS = (("open", "Waiting"), ("accepted", "Accepted"), ("declined", "Declined"))
_EMPTY = {
    "open": "No escalation waits for a decision.",
    "accepted": "No escalation was accepted yet.",
    "declined": "No escalation was declined yet.",
}
_SAID = {
    "asked": "Asked. Whoever decides is told, and this page says what came of it.",
    "accept": "Accepted. What it launches follows in a moment; reload this page.",
    "decline": "Declined. Nothing was launched.",
}


class Wanted(InTabs):
    """Which requests."""

    tabs = TABS
    mine: Shown = Field("", max_length=10)

    def but(self, **changes: str) -> str:
        """The address of the queue with these changed."""
        said = {"state": self.state, "mine": self.mine, **changes}
        query = "&".join(f"{k}={quote(v, safe='')}" for k, v in said.items() if v)
        return f"{PATH}?{query}"


@dataclass(frozen=True, slots=True)
class Line:
    """A request in the queue."""

    request: EscalationRequest
    page: str
    ticket: str
    subject: str
    customer: str
    plan: str
    severity: str
    at: datetime


@router.get(PATH)
async def queue_page(hub: HubHere, visitor: Csm, query: Annotated[Wanted, Query()]) -> Response:
    """The requests that wait for a decision, newest first, or those that were decided."""
    owner = carried_by(visitor) if query.mine == "yes" else None
    async with hub.db.read() as store:
        rows = await escalations.page(
            store, cursor=query.after or None, limit=SHOWN + 1, state=query.state, owner=owner
        )
        counted = await escalations.counts(store)
    kept = rows[:SHOWN]
    more = query.but(after=kept[-1]["id"]) if len(rows) > SHOWN else ""
    return page(
        "escalations.html",
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        tabs=[(id, label, counted.get(id, 0)) for id, label in TABS],
        lines=[_line(each) for each in kept],
        empty=_EMPTY[query.state],
        next_page=more,
    )


def carried_by(visitor: Visitor) -> str:
    """As whom the visitor carries tickets that they accepted."""
    return visitor.email or visitor.actor.name


def _line(row: Row) -> Line:
    request = escalations.request_of(row)
    ref = TicketRef(*split_ref(request.ticket))
    return Line(
        request=request,
        page=f"{page_of(ref.connection, ref.id)}/escalate",
        ticket=str(row["key"] or ref.id),
        subject=str(row["subject"] or ""),
        customer=str(row["customer"] or ""),
        plan=str(row["plan"] or ""),
        severity=str(row["severity"] or ""),
        at=request.asked_at,
    )


@router.get("/tickets/{connection}/{id}/escalate")
async def escalate_form(
    hub: HubHere,
    visitor: Csm,
    connection: str,
    id: str,
    said: Annotated[Shown, Query(max_length=40)] = "",
) -> Response:
    """How the ticket stands to escalation: what is known, what was asked, what was decided."""
    ref = await known_ticket(hub, connection, id)
    return await _page(hub, visitor, ref, said=_SAID.get(said, ""))


@router.post("/tickets/{connection}/{id}/escalate")
async def ask(request: Request, hub: HubHere, visitor: Csm, connection: str, id: str) -> Response:
    """Ask that the ticket be escalated."""
    fields = await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    typed = Typed(fields)
    reason, contact, wrong = typed.get("reason"), typed.get("contact"), typed.wrong
    if not saying(reason) or len(reason) > LONGEST:
        wrong["reason"] = f"Say why, in at most {LONGEST} characters. Nobody was asked."
    if contact and (not saying(contact) or len(contact) > LONGEST_LINE or "\n" in contact):
        wrong["contact"] = f"One line of at most {LONGEST_LINE} characters. Nobody was asked."
    if wrong:
        return await _page(hub, visitor, ref, 422, typed=typed)
    try:
        await escalating.ask(hub, ref, reason=reason, contact=contact, by=visitor.actor.name)
    except (EscalationRefused, BridgeError) as error:
        return await _page(hub, visitor, ref, 409, typed=typed, wrong=sentence_of(error))
    return _back(ref, "asked")


@router.post("/tickets/{connection}/{id}/reopen")
async def open_again(
    request: Request, hub: HubHere, visitor: Operator, connection: str, id: str
) -> Response:
    """Have a ticket that ended too early opened again in the helpdesk."""
    await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    try:
        await reopen(hub, ref, by=visitor.actor.name)
    except CannotReopen as error:
        raise PageProblem(409, "It can't be opened again", sentence_of(error)) from error
    there = f"{page_of(ref.connection, ref.id)}?done=reopened"
    return moved(there)


@router.post(PATH + "/{id}")
async def decide(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """Accept a request, or decline it: who and why is kept."""
    fields = await own_form(request, visitor)
    require_printable(id)
    async with hub.db.read() as store:
        found = await escalations.load(store, id)
    if found is None:
        raise PageProblem(404, "There is no such escalation", f"The hub keeps no request {id}.")
    ref = TicketRef(*split_ref(found.ticket))
    typed = Typed(fields)
    deed, note, owner = (typed.get(name) for name in ("deed", "note", "owner"))
    wrong = typed.wrong
    if deed not in ("accept", "decline"):
        wrong["note"] = "Press one of the buttons."
    elif not saying(note) or len(note) > LONGEST:
        wrong["note"] = f"Say why, in at most {LONGEST} characters. Nothing was decided."
    if owner and (not saying(owner) or len(owner) > LONGEST_LINE or "\n" in owner):
        wrong["owner"] = f"One line of at most {LONGEST_LINE} characters. Nothing was decided."
    if wrong:
        return await _page(hub, visitor, ref, 422, typed=typed)
    accepts = deed == "accept"
    verdict = Verdict(
        EscalationState.ACCEPTED if accepts else EscalationState.DECLINED,
        visitor.actor.name,
        note,
        (owner or carried_by(visitor)) if accepts else "",
        anyway=fields.get("anyway") == "yes",
    )
    try:
        await escalating.decide(hub, id, verdict, wait_s=WAIT_S)
    except EscalationRefused as error:
        return await _page(hub, visitor, ref, 409, typed=typed, wrong=sentence_of(error))
    except BridgeError as error:
        status, said = refused(error)
        return await _page(hub, visitor, ref, status, typed=typed, wrong=said)
    return _back(ref, deed)


async def _page(
    hub: Hub,
    visitor: Visitor,
    ref: TicketRef,
    status: int = 200,
    *,
    said: str = "",
    wrong: str = "",
    typed: Typed | None = None,
) -> Response:
    found = await ending_of(hub, ref)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
    standing = None if found is None else found.standing
    active = hub.mappings.get(ref.connection)
    spec = None if active is None else active.data.escalation
    severity = None if row is None else row["severity"]
    return page(
        "escalate.html",
        status,
        visitor=visitor,
        now=hub.now(),
        ref=ref,
        row=row,
        standing=standing,
        carried_by="" if found is None else found.carried_by,
        deciders=[] if spec is None else spec.deciders,
        supported=[] if spec is None or spec.versions is None else spec.versions.major,
        decided=[] if standing is None else _decided(standing.requests),
        me=carried_by(visitor),
        levels=scales_told(None if active is None else active.data, None, severity).levels,
        said=said,
        wrong=wrong,
        typed=typed or Typed(),
        longest=LONGEST,
        longest_line=LONGEST_LINE,
    )


def _decided(requests: tuple[EscalationRequest, ...]) -> list[EscalationRequest]:
    ended = [each for each in requests if each.state is not EscalationState.OPEN]
    return ended[::-1]


def _back(ref: TicketRef, said: str) -> Response:
    there = f"{page_of(ref.connection, ref.id)}/escalate?said={said}"
    return moved(there)
