"""Telling the customer: a draft on its page, approved or discarded, and a message by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.core.beside import BESIDE
from bridge.core.comment_drafts import COMMENT
from bridge.core.drafting import ASKED, ETA, STAGE
from bridge.core.plain_words import Hint, hints
from bridge.core.receivers import receivers
from bridge.core.saying import saying
from bridge.core.told_wording import filled_in
from bridge.core.wording_examples import internal_words
from bridge.domain.drafts import DraftState
from bridge.domain.errors import RecordMissing
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import telling
from bridge.engine.escalating import questions_to
from bridge.engine.hub import Hub
from bridge.engine.telling import (
    LONGEST,
    DraftChanged,
    DraftDecided,
    DraftSuspect,
    Seen,
    why_over,
)
from bridge.engine.whom import NotDirected, NotOnTicket, answers_last, by_letter, other_reader
from bridge.store import draft_lists, records, views
from bridge.store.database import Row
from bridge.web.pressing import lines_of, moved
from bridge.web.rendering import page, page_of
from bridge.web.shown import known_ticket, mapping_of
from bridge.web.telling_whom import (
    ALL,
    OTHER,
    READERS,
    Person,
    approval,
    astray,
    chosen_in,
    everybody,
    goes_to,
    people_of,
)
from bridge.web.visitor import (
    Csm,
    HubHere,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

INTAKE = "intake"
"""What a message may be about: what must be known before an escalation."""
PATH = "/drafts"
KEPT = 8
"""Messages of a ticket that its page shows."""
LONGEST_REASON = 500
_STATES = {
    DraftState.OPEN: "Waits for you",
    DraftState.APPROVED: "Approved, on its way",
    DraftState.SENT: "Sent",
    DraftState.DISCARDED: "Discarded",
    DraftState.SUPERSEDED: "Taken back",
    DraftState.REFUSED: "Refused by the helpdesk",
    DraftState.UNCLEAR: "Perhaps sent: look in the helpdesk",
}
SAID = {
    "approved": "Approved. It goes to the customer exactly as you saw it, once.",
    "discarded": "Discarded. It is not drafted again for this occasion.",
    "written": "Written. Nothing has gone yet: approve it below.",
}
"""What was just done about a message, in words."""


@dataclass(frozen=True, slots=True)
class Message:
    """A draft as people see it."""

    id: str
    page: str
    about: str
    """What it tells, in words."""
    text: str
    seen: str
    """The digest of its words."""
    held: str
    to: str
    known: bool
    """Whether it is known who that is."""
    reader: str
    """For whom it is worded."""
    people: list[Person]
    """Among whom may be chosen who receives it; empty where the helpdesk sends it to all."""
    all: str
    """What the helpdesk does with it where nobody can be chosen."""
    language: str
    state: str
    label: str
    why: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None
    ticket: str
    """Its ticket's page."""
    key: str
    subject: str
    customer: str
    open: bool
    astray: bool
    """It names people whom it can't be sent to."""
    hints: tuple[Hint, ...] = ()
    """What the customer may stumble over."""

    @property
    def paragraphs(self) -> list[str]:
        """The text as the customer reads it."""
        return [each for each in self.text.split("\n\n") if each]

    @property
    def rows(self) -> int:
        """As many lines as a box needs to show all of it."""
        return min(24, max(6, sum(1 + len(each) // 78 for each in self.text.split("\n")) + 1))


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, and what was wrong with it: by field, a sentence."""

    text: str | None = None
    reason: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    to: dict[str, str] = field(default_factory=dict)
    """Who was chosen, and for which words."""
    other: str | None = None
    """The words for the other kind of reader."""
    all: bool = False
    """Nobody is to be named: it goes to whoever is on the ticket."""


def message_of(found: Seen, mapping: MappingData | None = None) -> Message:
    """The draft in words; with its mapping's words those are pointed out that are its own."""
    draft, row = found.draft, found.row
    name, id = split_ref(draft.ticket)
    return Message(
        id=draft.id,
        page=f"{PATH}/{quote(draft.id, safe='')}",
        about=about(draft.reason, label_of(row)),
        text=found.text,
        seen=found.token,
        held=found.held,
        to=goes_to(found.people, one=found.one, letter=found.letter),
        known=bool(found.people),
        reader=READERS[found.reader],
        people=people_of(found),
        all=everybody(found),
        language=draft.language,
        state=draft.state.value,
        label=_STATES[draft.state],
        why=why_over(draft),
        made_at=draft.made_at,
        approved_by=draft.approved_by or ("the mapping" if draft.approved_at is not None else ""),
        approved_at=draft.approved_at,
        ticket=page_of(name, id),
        key=row["ticket_name"] or id,
        subject=row["subject"],
        customer=row["customer"] or "",
        open=draft.state is DraftState.OPEN,
        astray=draft.state is DraftState.OPEN and astray(found),
        hints=_hints(found.text, mapping) if draft.state is DraftState.OPEN else (),
    )


def _hints(text: str, mapping: MappingData | None) -> tuple[Hint, ...]:
    return tuple(hints(text, () if mapping is None else internal_words(mapping)))


def about(reason: str, label: str | None) -> str:
    """What a message tells, in words; `label` is that of its stage, where it is known."""
    if reason == ETA:
        return "The expected date has moved"
    if reason.startswith((STAGE, ASKED)):
        return label or reason.partition(":")[2].replace("_", " ").capitalize()
    if reason.startswith(BESIDE):
        return label or "Beside another message"
    return "Written by engineering" if reason.startswith(COMMENT) else "Written by hand"


def label_of(row: Row) -> str | None:
    """What people call the stage that a draft tells, as long as its ticket is there."""
    label: str | None = row["stage_label"] if row["stage"] == row["stage_id"] else None
    return label


async def messages_of(hub: Hub, ref: TicketRef) -> list[Message]:
    """The newest messages of a ticket, those first that wait for a person."""
    async with hub.db.read() as store:
        rows = await draft_lists.of_ticket(store, str(ref), KEPT)
    mapping = mapping_of(hub, ref.connection)
    found = [message_of(each, mapping) for each in await telling.seen_of(hub, rows)]
    return sorted(found, key=lambda each: not each.open)


async def waiting(hub: Hub, keys: Sequence[str]) -> dict[str, list[Message]]:
    """By ticket, the drafts of these tickets that wait for a person."""
    async with hub.db.read() as store:
        rows = await draft_lists.open_of(store, keys)
    found: dict[str, list[Message]] = {}
    for each in await telling.seen_of(hub, rows):
        found.setdefault(each.draft.ticket, []).append(message_of(each))
    return found


@router.get(PATH + "/{id}")
async def draft_page(
    hub: HubHere, visitor: Csm, id: str, said: Annotated[Shown, Query(max_length=40)] = ""
) -> Response:
    """One draft: its words, who receives them, and the ways to decide."""
    return await _page(hub, visitor, id, Typed(), said=SAID.get(said, ""))


@router.post(PATH + "/{id}")
async def decide(request: Request, hub: HubHere, visitor: Csm, id: str) -> Response:
    """Approve it, as it was seen or as it was reworded; or discard it."""
    fields = await own_form(request, visitor)
    require_printable(id)
    typed = Typed(
        lines_of(fields.get("text", "")),
        fields.get("reason", "").strip(),
        to=chosen_in(fields),
        other=lines_of(fields.get("other", "")),
        all=ALL in fields,
    )
    deed, seen, by = fields.get("deed", ""), fields.get("seen", ""), visitor.actor.name
    wrong = wrong_words(typed.text or "") if deed == "approve" else ""
    if deed == "approve" and OTHER in typed.to.values() and wrong_words(typed.other or ""):
        wrong_other = wrong_words(typed.other or "")
        return await _again(hub, visitor, id, typed, "other", wrong_other)
    if deed not in ("approve", "discard"):
        return await _again(hub, visitor, id, typed, "deed", "Press one of the buttons.")
    if wrong:
        return await _again(hub, visitor, id, typed, "text", wrong)
    if deed == "discard" and (len(typed.reason) > LONGEST_REASON or not typed.reason.isprintable()):
        wrong = f"Say why in one line of at most {LONGEST_REASON} characters."
        return await _again(hub, visitor, id, typed, "reason", wrong)
    try:
        if deed == "approve":
            found = await telling.approve(hub, id, seen=seen, by=by, **approval(typed))
        else:
            found = await telling.discard(hub, id, seen=seen, by=by, reason=typed.reason)
    except DraftSuspect as error:
        return await _again(hub, visitor, id, typed, "text", str(error))
    except (DraftDecided, DraftChanged, NotOnTicket, NotDirected) as error:
        return await _again(hub, visitor, id, typed, "deed", str(error), 409)
    if found is None:
        raise _unknown(id)
    done = "approved" if deed == "approve" else "discarded"
    return moved(f"{message_of(found).ticket}?done={done}")


@router.get("/tickets/{connection}/{id}/tell")
async def writing_page(
    hub: HubHere,
    visitor: Csm,
    connection: str,
    id: str,
    about: Annotated[Shown, Query(max_length=20)] = "",
) -> Response:
    """A message to the ticket's customer, to be written; it may begin with what is to be asked."""
    ref = await known_ticket(hub, connection, id)
    begun = await telling.begun(hub, ref)
    asked = await questions_to(hub, ref) if about == INTAKE else ""
    return await _writing(hub, visitor, ref, Typed(filled_in(begun, asked)))


@router.post("/tickets/{connection}/{id}/tell")
async def write(request: Request, hub: HubHere, visitor: Csm, connection: str, id: str) -> Response:
    """Keep it as a draft: nothing goes before somebody approves it."""
    fields = await own_form(request, visitor)
    ref = await known_ticket(hub, connection, id)
    typed = Typed(lines_of(fields.get("text", "")))
    wrong = wrong_words(typed.text or "")
    if wrong:
        typed.wrong["text"] = wrong
        return await _writing(hub, visitor, ref, typed, 422)
    try:
        found = await telling.write(hub, ref, typed.text or "", by=visitor.actor.name)
    except (DraftSuspect, RecordMissing) as error:
        typed.wrong["text"] = str(error)
        return await _writing(hub, visitor, ref, typed, 422)
    return moved(f"{message_of(found).page}?said=written")


def wrong_words(text: str) -> str:
    """What keeps a text from being a message at all; empty where nothing does."""
    if not saying(text):
        return "It says nothing. Write what the customer should read."
    if len(text) > LONGEST:
        return f"It has {len(text)} characters; {LONGEST} are the most."
    return ""


async def _again(
    hub: Hub, visitor: Visitor, id: str, typed: Typed, name: str, wrong: str, status: int = 422
) -> Response:
    """The page once more, with what was typed and what is wrong with it."""
    typed.wrong[name] = wrong
    return await _page(hub, visitor, id, typed, status)


async def _page(
    hub: Hub, visitor: Visitor, id: str, typed: Typed, status: int = 200, *, said: str = ""
) -> Response:
    require_printable(id)
    found = await telling.view(hub, id)
    if found is None:
        raise _unknown(id)
    mapping = mapping_of(hub, split_ref(found.draft.ticket)[0])
    each = message_of(found, mapping)
    if typed.text is not None and each.open:
        each = replace(each, hints=_hints(typed.text, mapping))
    return page(
        "draft.html",
        status,
        visitor=visitor,
        now=hub.now(),
        each=each,
        other=typed.other or await telling.other_words(hub, found),
        other_reader=READERS[other_reader(found.reader)],
        typed=typed,
        said=said,
        longest=LONGEST,
    )


async def _writing(
    hub: Hub, visitor: Visitor, ref: TicketRef, typed: Typed, status: int = 200
) -> Response:
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        stored = await records.load(store, str(ref))
    seen = None if stored is None else stored.observation
    people = () if seen is None else receivers(seen)
    return page(
        "draft_new.html",
        status,
        visitor=visitor,
        ref=ref,
        row=row,
        to=goes_to(
            people,
            one=answers_last(hub, ref.connection),
            letter=by_letter(hub, seen),
        ),
        typed=typed,
        longest=LONGEST,
    )


def _unknown(id: str) -> PageProblem:
    return PageProblem(404, "There is no such draft", f"The hub keeps no draft {id}.")
