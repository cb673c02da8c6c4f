"""What is done with all ticked tickets at once: shown first, then done, with what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from bridge.domain.errors import BridgeError, Paused, RecordMissing
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.engine import check, linking
from bridge.engine.hub import Hub
from bridge.engine.link_preview import LinkPreview, SeveralMeant, preview_link
from bridge.engine.right_way import SignalNeverOnTicket
from bridge.store import records, views
from bridge.store.database import Row
from bridge.web.linking import Typed, name_of, trackers, wrong_address
from bridge.web.listing import SHOWN, Wanted, list_page
from bridge.web.names import hidden_of
from bridge.web.pressing import moved
from bridge.web.refusing import refused
from bridge.web.rendering import page
from bridge.web.shown import key_of, status_of
from bridge.web.visitor import (
    Csm,
    HubHere,
    Operator,
    PageProblem,
    Visitor,
    own_form,
    require_printable,
    safe_way,
)

router = APIRouter(include_in_schema=False)

WAIT_S = 10.0
"""How long somebody who has many tickets checked waits for the end of it."""
TICKED = "ticket-"
"""How the fields begin that name the ticked tickets."""

_OUTCOMES = {
    "converged": "Checked: the ticket shows what it should.",
    "waiting": "Still being checked; its page shows when that is done.",
    "failed": "It could not be checked now; its page says what is in the way.",
    "linked": "Linked.",
    "before": "Was linked already; nothing was changed.",
    "changed": "Somebody linked and unlinked it meanwhile; nothing was changed.",
    "missing": "Not linked: the ticket was merged or deleted.",
    "paused": "Not linked: its helpdesk is paused.",
    "refused": "Not linked; try it at the ticket's own page, which says why.",
}
"""What came of a ticket, in words."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one ticket."""

    row: Row
    sentence: str
    good: bool


@router.post("/chosen")
async def choose(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """What would be done with which tickets. Nothing is done yet."""
    fields = await own_form(request, visitor)
    back = safe_way(fields.get("back", "/"))
    rows = await _rows(hub, fields)
    if not rows:
        wrong = "Tick at least one ticket first."
        return await list_page(hub, visitor, _list_at(back), status=422, wrong=wrong)
    if fields.get("what") == "link":
        return _link_form(hub, visitor, rows, Typed(), back)
    return page("chosen_check.html", visitor=visitor, rows=rows, back=back)


@router.post("/chosen/check")
async def check_chosen(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """Read all of them and make them agree, before all other work."""
    fields = await own_form(request, visitor)
    rows = await _rows(hub, fields)
    found = await check.check_several(hub, [_ref(each) for each in rows], WAIT_S)
    outcomes = {str(ref): outcome for ref, outcome in found.items()}
    return _done(outcomes, "check", "", safe_way(fields.get("back", "/")))


@router.post("/chosen/link")
async def link_chosen(request: Request, hub: HubHere, visitor: Operator) -> Response:
    """First what would be linked, then link all of them to the one work item."""
    fields = await own_form(request, visitor)
    back = safe_way(fields.get("back", "/"))
    rows = await _rows(hub, fields)
    if not rows:
        raise PageProblem(422, "No ticket was ticked", "Nothing was done. Go back and tick some.")
    text, tracker = fields.get("item", "").strip(), fields.get("tracker", "").strip()
    wrong = wrong_address(text)
    if wrong:
        return _link_form(hub, visitor, rows, Typed(text, tracker, wrong), back, 422)
    refs = [_ref(each) for each in rows]
    try:
        if "confirmed" in fields:
            saw = {each: fields.get(f"saw-{each}", "") for each in refs}
            made = await linking.link_all(hub, saw, tracker, text, by=visitor.actor.name)
            outcomes = {str(ref): _outcome(result) for ref, result in made.items()}
            return _done(outcomes, "link", f"{tracker}:{text}", back)
        seen = await preview_link(hub, refs, text, tracker)
    except SignalNeverOnTicket as error:
        typed = Typed(text, tracker, "-", way=error.way)
        return _link_form(hub, visitor, rows, typed, back, 422)
    except BridgeError as error:
        status, wrong = refused(error)
        typed = Typed(text, tracker, wrong, isinstance(error, SeveralMeant))
        return _link_form(hub, visitor, rows, typed, back, status)
    return _preview(hub, visitor, rows, seen, back)


@router.get("/chosen/done")
async def done(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """What came of each ticket, as its address says."""
    said = request.query_params
    pairs = [each.partition("~") for each in said.getlist("of")[:SHOWN]]
    outcomes = {key: outcome for outcome, _, key in pairs if outcome in _OUTCOMES}
    item = said.get("item", "")
    require_printable(item, *outcomes)
    async with hub.db.read() as store:
        rows = await views.load_many(store, list(outcomes))
        stored = await records.load(store, item) if item else None
        hidden = await hidden_of(store, [item], inside=visitor.may("operator"))
    name = ""
    if stored is not None and isinstance(stored.ref, WorkItemRef) and item not in hidden:
        name = key_of(stored.ref, stored.observation)
    good = ("converged", "waiting", "linked", "before")
    results = [
        Result(each, _OUTCOMES[outcomes[each["ticket_key"]]], outcomes[each["ticket_key"]] in good)
        for each in rows
    ]
    return page(
        "chosen_done.html",
        visitor=visitor,
        results=results,
        what="link" if said.get("what") == "link" else "check",
        name=name,
        back=safe_way(said.get("back", "/")),
    )


def _done(outcomes: Mapping[str, str], what: str, item: str, back: str) -> Response:
    said = [("what", what), ("back", back), *([("item", item)] if item else [])]
    said += [("of", f"{outcome}~{key}") for key, outcome in outcomes.items()]
    return moved(f"/chosen/done?{urlencode(said)}")


def _outcome(result: Link | BridgeError) -> str:
    if isinstance(result, Link):
        return "linked"
    codes: tuple[tuple[type[BridgeError], str], ...] = (
        (linking.LinkExists, "before"),
        (linking.LinkChanged, "changed"),
        (RecordMissing, "missing"),
        (Paused, "paused"),
    )
    return next((code for kind, code in codes if isinstance(result, kind)), "refused")


def _ref(row: Row) -> TicketRef:
    return TicketRef(*split_ref(row["ticket_key"]))


async def _rows(hub: Hub, fields: Mapping[str, str]) -> list[Row]:
    """The ticked tickets that the list knows; as many as a page can have."""
    keys = [value for name, value in fields.items() if name.startswith(TICKED)][:SHOWN]
    async with hub.db.read() as store:
        return await views.load_many(store, [each for each in keys if each.isprintable()])


def _list_at(back: str) -> Wanted:
    try:
        return Wanted.model_validate(dict(parse_qsl(urlsplit(back).query)))
    except ValidationError:
        return Wanted()


def _link_form(
    hub: Hub, visitor: Visitor, rows: list[Row], typed: Typed, back: str, status: int = 200
) -> Response:
    return page(
        "chosen_link.html",
        status,
        visitor=visitor,
        rows=rows,
        typed=typed,
        back=back,
        trackers=trackers(hub),
        found=None,
    )


def _preview(
    hub: Hub, visitor: Visitor, rows: list[Row], found: LinkPreview, back: str
) -> Response:
    return page(
        "chosen_link.html",
        visitor=visitor,
        rows=rows,
        typed=Typed(found.item.id, found.item.connection),
        back=back,
        trackers=trackers(hub),
        found=found,
        name=name_of(found),
        status=status_of(hub, found.item, found.seen),
        title=hub.connections[found.item.connection].manifest.title,
        newest={str(ref): id for ref, id in found.newest.items()},
        linked={str(ref) for ref in found.existing},
    )
