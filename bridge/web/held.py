"""Held texts: what the gate did not let pass to a ticket, and a person's decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.core.reviewing import changes, name_in, why
from bridge.core.saying import saying
from bridge.domain.held import HeldState
from bridge.engine import reviewing
from bridge.engine.hub import Hub
from bridge.engine.reviewing import (
    HeldChanged,
    HeldDecided,
    HeldTextGone,
    NeverReleased,
    StillSuspect,
    Viewed,
)
from bridge.kit.clock import from_ms
from bridge.store import held, views
from bridge.web.names import Named, names_of
from bridge.web.pressing import InTabs, Typed, moved
from bridge.web.rendering import page
from bridge.web.visitor import (
    HubHere,
    Operator,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

PATH = "/held"
SHOWN = 30
COUNTED = 100
"""Texts in a tab that are counted."""
LONGEST_REASON = 1000
LONGEST_WORDS = 6000
"""Characters of somebody's own words: with every sign escaped they still fit into a form."""

TABS = (
    ("open", "Waiting"),
    ("released", "Released"),
    ("rewritten", "Rewritten"),
    ("rejected", "Kept internal"),
    ("withdrawn", "Withdrawn"),
)
_EMPTY = {
    "open": "No text waits for a person.",
    "released": "Nobody has released a text yet.",
    "rewritten": "Nobody has said a text anew yet.",
    "rejected": "Nobody has kept a text internal yet.",
    "withdrawn": "No text has lost its reason to leave.",
}
DEEDS = {
    "release": HeldState.RELEASED,
    "rewrite": HeldState.REWRITTEN,
    "reject": HeldState.REJECTED,
}
_SAID = {
    "release": "It goes to the ticket as an internal note, exactly as it stands here, once.",
    "rewrite": "Your words go to the ticket as an internal note, once.",
    "reject": "It stays internal. It waits anew only if its text is edited.",
}


class Wanted(InTabs):
    """Which texts."""

    tabs = TABS


@dataclass(frozen=True, slots=True)
class Text:
    """A held text as the person who decides about it sees it."""

    id: str
    page: str
    ticket: Named
    item: Named
    customer: str
    kind: str
    name: str
    why: str
    why_not: str
    """Why nobody can release it as it is; empty where a person may."""
    seen: str
    """The hash of the text; empty where it is not stored any more."""
    lines: tuple[tuple[str, str], ...]
    sent: tuple[str, ...]
    state: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    words: str


@router.get(PATH)
async def list_held(hub: HubHere, visitor: Operator, query: Annotated[Wanted, Query()]) -> Response:
    """The texts that wait for a person, newest first, or those that were decided."""
    async with hub.db.read(long=True) as store:
        rows = await held.page(
            store, cursor=query.after or None, limit=SHOWN + 1, state=query.state
        )
        found = await reviewing.viewed(store, rows[:SHOWN], hub.sentry)
        counted = await held.counts(store, COUNTED)
    texts = await _texts(hub, found)
    more = ""
    if len(rows) > SHOWN:
        more = f"{PATH}?state={query.state}&after={quote(rows[SHOWN - 1]['id'], safe='')}"
    return page(
        "held.html",
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        path=PATH,
        tabs=[(id, label, _number(counted.get(id, 0))) for id, label in TABS],
        texts=texts,
        empty=_EMPTY[query.state],
        next_page=more,
    )


@router.get(PATH + "/{id}")
async def held_page(
    hub: HubHere, visitor: Operator, id: str, said: Annotated[Shown, Query(max_length=40)] = ""
) -> Response:
    """One held text, and the three ways to decide about it."""
    return await _page(hub, visitor, id, said=_SAID.get(said, ""))


@router.post(PATH + "/{id}")
async def decide(request: Request, hub: HubHere, visitor: Operator, id: str) -> Response:
    """Release it, say it anew, or keep it internal: who and why stands in the audit log."""
    fields = await own_form(request, visitor)
    require_printable(id)
    typed = Typed(fields)
    deed, reason, words = (typed.get(name) for name in ("deed", "reason", "words"))
    if deed not in DEEDS:
        return await _again(hub, visitor, id, typed, "deed", "Press one of the buttons.")
    if not saying(reason) or len(reason) > LONGEST_REASON:
        wrong = f"Say why, in at most {LONGEST_REASON} characters. Nothing was sent."
        return await _again(hub, visitor, id, typed, "reason", wrong)
    if deed == "rewrite" and (not saying(words) or len(words) > LONGEST_WORDS):
        wrong = f"Say it in your own words, at most {LONGEST_WORDS} characters. Nothing was sent."
        return await _again(hub, visitor, id, typed, "words", wrong)
    decision = reviewing.decision_of(
        hub,
        DEEDS[deed],
        seen=fields.get("seen", ""),
        by=visitor.actor.name,
        reason=reason,
        words=words if deed == "rewrite" else "",
    )
    try:
        found = await reviewing.decide(hub, id, decision)
    except StillSuspect as error:
        return await _again(hub, visitor, id, typed, "words", str(error))
    except (HeldDecided, HeldChanged, HeldTextGone, NeverReleased) as error:
        return await _again(hub, visitor, id, typed, "deed", str(error), 409)
    if found is None:
        raise _unknown(id)
    there = f"{_page_of(id)}?said={deed}"
    return moved(there)


def _number(counted: int) -> str:
    return f"{COUNTED}+" if counted > COUNTED else str(counted)


async def _again(
    hub: Hub,
    visitor: Visitor,
    id: str,
    typed: Typed,
    field: str,
    wrong: str,
    status: int = 422,
) -> Response:
    """The page once more, with what was typed and what is wrong with it."""
    typed.wrong[field] = wrong
    return await _page(hub, visitor, id, status, typed=typed)


async def _page(
    hub: Hub,
    visitor: Visitor,
    id: str,
    status: int = 200,
    *,
    said: str = "",
    typed: Typed | None = None,
) -> Response:
    require_printable(id)
    found = await reviewing.view(hub, id)
    if found is None:
        raise _unknown(id)
    [text] = await _texts(hub, [found])
    return page(
        "held_text.html",
        status,
        visitor=visitor,
        now=hub.now(),
        text=text,
        label=dict(TABS).get(text.state, text.state),
        said=said,
        typed=typed or Typed(),
        longest_reason=LONGEST_REASON,
        longest_words=LONGEST_WORDS,
    )


async def _texts(hub: Hub, found: list[Viewed]) -> list[Text]:
    tickets = [each.row["ticket_key"] for each in found]
    items = [each.row["work_item_key"] for each in found]
    async with hub.db.read() as store:
        names = await names_of(store, [*tickets, *items], inside=True)
        rows = await views.load_many(store, tickets)
    customers = {each["ticket_key"]: each["customer"] or "" for each in rows}
    return [_text(each, names, customers.get(each.row["ticket_key"], "")) for each in found]


def _text(each: Viewed, names: dict[str, Named], customer: str) -> Text:
    row, shown = each.row, each.shown
    kind, name = name_in(row["source"])
    decided = row["decided_at"]
    return Text(
        id=row["id"],
        page=_page_of(row["id"]),
        ticket=names[row["ticket_key"]],
        item=names[row["work_item_key"]],
        customer=customer,
        kind=kind,
        name=name,
        why=why(row["rule"]),
        why_not=why(shown.refusal) if shown is not None and shown.refusal else "",
        seen="" if shown is None else shown.content,
        lines=() if shown is None else tuple(changes(shown)),
        sent=() if shown is None else shown.sent,
        state=row["state"],
        created_at=from_ms(row["created_at"]),
        decided_at=None if decided is None else from_ms(decided),
        decided_by=row["decided_by"],
        reason=row["reason"],
        words=row["words"],
    )


def _page_of(id: str) -> str:
    return f"{PATH}/{quote(id, safe='')}"


def _unknown(id: str) -> PageProblem:
    return PageProblem(404, "There is no such held text", f"The hub keeps no text {id}.")
