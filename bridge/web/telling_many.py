"""Messages to many customers at once: each text shown, any may be left out, the rest approved."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from bridge.engine import telling
from bridge.engine.hub import Hub
from bridge.engine.telling import DraftChanged, DraftDecided, DraftSuspect
from bridge.engine.whom import NotDirected, NotOnTicket
from bridge.store import draft_lists
from bridge.web.listing import SHOWN, Wanted, list_page
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.telling import Message, message_of, waiting
from bridge.web.visitor import Csm, HubHere, Visitor, own_form, require_printable, safe_way

router = APIRouter(include_in_schema=False)

TICKED, SEEN = "ticket-", "draft-"
"""How the fields begin that name ticked tickets, and drafts with what was seen of them."""
_OUTCOMES = {
    "approved": "Approved; it goes to the customer once.",
    "decided": "Not approved: somebody else decided, or it is not so any more.",
    "changed": "Not approved: it says something else by now. Look at it again.",
    "suspect": "Not approved: it looks like error tracking. Reword it on its own page.",
    "people": "Not approved: it can't go to whom it names. Choose on its page who receives it.",
    "gone": "Not approved: there is no such draft any more.",
}
"""What came of a message, in words."""


@router.post("/chosen/tell")
async def look(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """Every message that the ticked tickets have waiting. Nothing is sent yet."""
    fields = await own_form(request, visitor)
    back = safe_way(fields.get("back", "/"))
    keys = [value for name, value in fields.items() if name.startswith(TICKED)][:SHOWN]
    found = await waiting(hub, [each for each in keys if each.isprintable()])
    messages = [each for of_ticket in found.values() for each in of_ticket]
    if not messages:
        wrong = "Tick at least one ticket with a message that waits." if keys else ""
        wrong = wrong or "Tick at least one ticket first."
        return await list_page(hub, visitor, _list_at(back), status=422, wrong=wrong)
    return _look(hub, visitor, messages, back)


@router.post("/chosen/tell/approve")
async def approve(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """Approve those that are still ticked, each as it was seen."""
    fields = await own_form(request, visitor)
    back = safe_way(fields.get("back", "/"))
    wanted = {n.removeprefix(SEEN): seen for n, seen in fields.items() if n.startswith(SEEN)}
    require_printable(*wanted)
    outcomes = await _approved(hub, dict(list(wanted.items())[:SHOWN]), visitor.actor.name)
    said = [("back", back), *(("of", f"{outcome}~{id}") for id, outcome in outcomes.items())]
    return moved(f"/chosen/told?{urlencode(said)}")


@router.get("/chosen/told")
async def told(request: Request, hub: HubHere, visitor: Csm) -> Response:
    """What came of each, as the address says."""
    said = request.query_params
    pairs = [each.partition("~") for each in said.getlist("of")[:SHOWN]]
    outcomes = {id: outcome for outcome, _, id in pairs if outcome in _OUTCOMES}
    require_printable(*outcomes)
    async with hub.db.read() as store:
        rows = [row for id in outcomes if (row := await draft_lists.view(store, id)) is not None]
    messages = [message_of(each) for each in await telling.seen_of(hub, rows)]
    return page(
        "chosen_told.html",
        visitor=visitor,
        results=[(e, _OUTCOMES[outcomes[e.id]], outcomes[e.id] == "approved") for e in messages],
        back=safe_way(said.get("back", "/")),
    )


def _look(hub: Hub, visitor: Visitor, messages: list[Message], back: str) -> Response:
    return page(
        "chosen_tell.html",
        visitor=visitor,
        now=hub.now(),
        messages=messages,
        sayable=[each for each in messages if not each.held],
        back=back,
    )


async def _approved(hub: Hub, wanted: Mapping[str, str], by: str) -> dict[str, str]:
    outcomes = {}
    for id, seen in wanted.items():
        try:
            found = await telling.approve(hub, id, seen=seen, by=by)
            outcomes[id] = "gone" if found is None else "approved"
        except DraftDecided:
            outcomes[id] = "decided"
        except DraftChanged:
            outcomes[id] = "changed"
        except DraftSuspect:
            outcomes[id] = "suspect"
        except (NotOnTicket, NotDirected):
            outcomes[id] = "people"
    return outcomes


def _list_at(back: str) -> Wanted:
    try:
        return Wanted.model_validate(dict(parse_qsl(urlsplit(back).query)))
    except ValidationError:
        return Wanted()
