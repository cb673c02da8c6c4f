"""The panel beside a ticket, in the helpdesk: opened by the helpdesk's word, not by a cookie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bridge.domain.errors import BridgeError
from bridge.engine import check
from bridge.engine.hub import Hub
from bridge.engine.inbound import inbound_of
from bridge.ports.panels import PanelDoor, PanelReader
from bridge.web.attempts import WITHIN, Attempts
from bridge.web.panel_content import as_document, content_of, escalation_told
from bridge.web.panel_session import HOLDS, PanelSession, sealed, unsealed
from bridge.web.promised import next_told
from bridge.web.rendering import HEADERS, page
from bridge.web.shown import known_ticket
from bridge.web.tickets import CHECK_S, CHECKED
from bridge.web.visitor import HubHere, PageProblem, read_body, read_form

router = APIRouter(include_in_schema=False)
log = structlog.get_logger(__name__)

LONGEST_GUID = 100
_MINUTES = round(WITHIN.total_seconds() / 60)


@dataclass
class Panels:
    """Who knocked too often, as far as this process remembers."""

    refused: Attempts = field(default_factory=Attempts)
    checks: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True)
class Door:
    """A connection's panel."""

    connection: str
    panel: PanelDoor


@router.get("/panel/{vendor}")
async def unsigned(hub: HubHere, vendor: str) -> Response:
    """Nobody opens a panel by its address alone."""
    doors = _doors(hub, vendor)
    return _problem(doors, PageProblem(401, *_UNPROVEN) if doors else _NO_DOOR)


@router.post("/panel/{vendor}")
async def open_panel(request: Request, hub: HubHere, vendor: str) -> Response:
    """Whom the helpdesk vouches for is asked for the ticket, or is shown the one they named."""
    doors = _doors(hub, vendor)
    try:
        door, reader, body = await _proven(request, hub, doors)
        if not door.panel.framed_by:
            return await _document(hub, door, _named(body), "")
        guid = request.query_params.get("app_guid", "")[:LONGEST_GUID]
        ends = int((hub.now() + HOLDS).timestamp())
        session = PanelSession(door.connection, reader.person, ends, guid=guid)
        return _framed([door], _asking(door, vendor, session))
    except PageProblem as problem:
        return _problem(doors, problem)


@router.post("/panel/{vendor}/ticket")
async def show_ticket(request: Request, hub: HubHere, vendor: str) -> Response:
    """The ticket that was chosen; from here on the session is for this one only."""
    doors = _doors(hub, vendor)
    try:
        form = await read_form(request)
        door, session = _session(hub, doors, form.get("session", ""))
        if session.ticket:
            raise PageProblem(403, *_EXPIRED)
        chosen = form.get("ticket", "").strip().removeprefix("#")
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) <= 20):
            wrong = "A ticket's number has digits only, like 4812."
            return _framed([door], _asking(door, vendor, session, wrong, form.get("ticket", "")))
        return await _shown(hub, door, replace(session, ticket=chosen), "")
    except PageProblem as problem:
        return _problem(doors, problem)


@router.post("/panel/{vendor}/check")
async def check_now(request: Request, hub: HubHere, vendor: str) -> Response:
    """Read the ticket and make it agree, before all other work; then show it."""
    doors = _doors(hub, vendor)
    try:
        if any(each.panel.framed_by for each in doors):
            form = await read_form(request)
            door, session = _session(hub, doors, form.get("session", ""))
            if not session.ticket:
                raise PageProblem(403, *_EXPIRED)
            said = await _checked(request, hub, door, session.person, session.ticket)
            return await _shown(hub, door, session, said)
        door, reader, body = await _proven(request, hub, doors)
        id = _named(body)
        said = await _checked(request, hub, door, reader.person, id)
        return await _document(hub, door, id, said)
    except PageProblem as problem:
        return _problem(doors, problem)


_UNPROVEN = (
    "The hub can't tell who asks",
    (
        "It shows tickets only to whom the helpdesk vouches for. Open the ticket again; an admin "
        "of the hub finds the reason in its log."
    ),
)
_EXPIRED = (
    "This panel has expired",
    "Nothing was changed. Reload the ticket's page, and the panel opens anew.",
)
_NO_DOOR = PageProblem(
    404,
    "There is no panel here",
    "An admin of the hub has to set it up: the guide to panels in the documentation says how.",
)


def _doors(hub: Hub, vendor: str) -> list[Door]:
    return [
        Door(name, port.panel)
        for name, port in hub.connections.items()
        if port.manifest.vendor == vendor and port.panel is not None
    ]


def panels_of(request: Request) -> Panels:
    """Who knocked too often."""
    panels = request.app.state.panels
    assert isinstance(panels, Panels)  # noqa: S101 - the pages are never added without
    return panels


async def _proven(request: Request, hub: Hub, doors: list[Door]) -> tuple[Door, PanelReader, bytes]:
    """The door that the request is proven for; PageProblem where it is for none."""
    if not doors:
        # Before the body is read: nobody fills our memory at a door that is not there.
        raise _NO_DOOR
    body, now, panels = await read_body(request), hub.now(), panels_of(request)
    inbound = inbound_of(request.scope, hub.public_url, body)
    reasons: dict[str, str] = {}
    for door in doors:
        found = door.panel.verify(inbound, now)
        if isinstance(found, PanelReader):
            return door, found, body
        reasons[door.connection] = found.reason
    address = request.client.host if request.client is not None else ""
    if panels.refused.too_many(address, now):
        # A good one is never refused, however many others were wrong.
        raise PageProblem(429, "Too many wrong tries", f"Try again in {_MINUTES} minutes.")
    panels.refused.missed(address, now)
    for connection, reason in reasons.items():
        log.warning("panel refused", connection=connection, reason=reason)
    raise PageProblem(401, *_UNPROVEN)


def _session(hub: Hub, doors: list[Door], given: str) -> tuple[Door, PanelSession]:
    """The session in a form, and its door; PageProblem if it is none, or has ended."""
    if not doors:
        raise _NO_DOOR
    for door in doors:
        session = unsealed(given, door.panel.seal, hub.now())
        if session is not None and session.connection == door.connection:
            return door, session
    raise PageProblem(403, *_EXPIRED)


def _named(body: bytes) -> str:
    """The ticket that a signed document is about; PageProblem if it names none."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    id = said.get("ticket") if isinstance(said, dict) else None
    if not (isinstance(id, str) and id.isascii() and id.isdigit() and len(id) <= 20):
        raise PageProblem(422, "No ticket was named", "The card has to send the ticket's id.")
    return id


async def _checked(request: Request, hub: Hub, door: Door, person: str, id: str) -> str:
    """Check the ticket; what came of it, in words."""
    ref = await known_ticket(hub, door.connection, id)
    checks, now, who = panels_of(request).checks, hub.now(), f"{door.connection} {person}"
    if checks.too_many(who, now):
        return f"You have checked often in the last {_MINUTES} minutes. Try again in a while."
    checks.missed(who, now)
    log.info("checked from a panel", ref=str(ref))
    try:
        result = await check.check_ticket(hub, ref, CHECK_S)
    except BridgeError as error:
        return f"It could not be checked: {error}"
    return CHECKED["waiting" if result is None else result.outcome]


async def _document(hub: Hub, door: Door, id: str, said: str) -> Response:
    content = await content_of(hub, door.connection, id)
    return JSONResponse(as_document(content, hub.public_url, said), headers=dict(_KEPT_OUT))


async def _shown(hub: Hub, door: Door, session: PanelSession, said: str) -> Response:
    content = await content_of(hub, door.connection, session.ticket)
    shown: dict[str, Any] = {
        "content": content,
        "row": content.row,
        "escalation": escalation_told(content.ending),
        "promise": next_told(content.row),
        "said": said,
        "now": hub.now(),
        "session": sealed(session, door.panel.seal),
        "parent": door.panel.framed_by,
        "guid": session.guid,
        "vendor": hub.connections[door.connection].manifest.vendor,
    }
    return _framed([door], page("panel.html", **shown))


def _asking(
    door: Door, vendor: str, session: PanelSession, wrong: str = "", typed: str = ""
) -> Response:
    return page(
        "panel_ask.html",
        422 if wrong else 200,
        session=sealed(session, door.panel.seal),
        parent=door.panel.framed_by,
        guid=session.guid,
        vendor=vendor,
        wrong=wrong,
        typed=typed,
    )


_KEPT_OUT = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def _problem(doors: list[Door], problem: PageProblem) -> Response:
    """The problem in words, where the panel would be."""
    if doors and not any(each.panel.framed_by for each in doors):
        said = {"problem": problem.title, "sentence": problem.sentence}
        return JSONResponse(said, problem.status, headers=dict(_KEPT_OUT))
    shown = page(
        "panel_problem.html", problem.status, title=problem.title, sentence=problem.sentence
    )
    return _framed(doors, shown)


def _framed(doors: list[Door], answer: Response) -> Response:
    """The page, for frames in these helpdesks only. No other page of the hub goes into one."""
    sites = " ".join(dict.fromkeys(_sites(doors))) or "'none'"
    policy = HEADERS["Content-Security-Policy"]
    answer.headers["Content-Security-Policy"] = policy.replace(
        "frame-ancestors 'none'", f"frame-ancestors {sites}"
    )
    return answer


def _sites(doors: list[Door]) -> Iterator[str]:
    return (each.panel.framed_by for each in doors if each.panel.framed_by)
