"""Drafts: messages to customers, which a person approves, discards or writes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.access import Csm, HubHere
from bridge.api.held import SAYING
from bridge.api.links import RefText
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import PRINTABLE, Ref, Time, Word, printable
from bridge.core.receivers import Receiver
from bridge.core.saying import saying
from bridge.domain.errors import RecordMissing
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import telling
from bridge.engine.hub import Hub
from bridge.engine.telling import (
    LONGEST,
    DraftChanged,
    DraftDecided,
    DraftSuspect,
    Seen,
    why_over,
)
from bridge.engine.whom import NotDirected, NotOnTicket
from bridge.store import draft_lists, records
from bridge.store.draft_lists import DraftFilter, Place

KIND = "drafts"
_SEEN = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

router = APIRouter(tags=["telling customers"])

DraftId = Annotated[
    Word, Path(description="A draft's id.", examples=["d-5d41402abc4b2a76b9719d91"])
]
State = Literal["open", "approved", "sent", "discarded", "superseded", "refused", "unclear"]
IfMatch = Annotated[
    str,
    Header(
        min_length=1,
        max_length=200,
        description="`digest` of the draft that was looked at. One that says something else by "
        "now is refused.",
        examples=[f'"{_SEEN}"'],
    ),
]


def _said(text: str) -> str:
    if not saying(text):
        raise ValueError("a text that says something, without control characters")
    return text


Message = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        description="What the customer reads; an empty line begins a paragraph. Nothing of it is "
        "markup. It is checked like any text that leaves.",
        examples=["Hello Ana,\n\nthe export works again from today on.\n\nYour support team"],
        json_schema_extra={"pattern": SAYING},
    ),
    AfterValidator(_said),
]
Recipients = Annotated[
    list[Word],
    Field(
        max_length=50,
        description="The helpdesk's ids of who receives it, of the people on the ticket; without "
        "it whoever is.",
        examples=[["51"]],
    ),
]


class DraftQuery(Paging):
    """What the list is narrowed to."""

    state: State | Literal["all"] = Field("open", description="`all` lists the ended ones too.")
    customer: Word | None = Field(
        None, description="The customer's name, exactly.", examples=["Acme"]
    )
    stage: Word | None = Field(
        None, description="The stage's id that it tells.", examples=["available"]
    )
    release: Word | None = Field(None, description="The release that it tells.", examples=["5.4"])
    ticket: RefText | None = Field(None, examples=["hubspot:812"])
    mine: Annotated[str, AfterValidator(printable)] | None = Field(
        None,
        min_length=3,
        max_length=254,
        description="The e-mail address of who looks after the customer.",
        examples=["ana@acme.com"],
        json_schema_extra={"pattern": PRINTABLE},
    )


class ReceiverShape(BaseModel):
    """Somebody who would receive it."""

    model_config = ConfigDict(title="Receiver")

    id: str = Field(description="The helpdesk's id of the person.", examples=["51"])
    name: str | None = Field(
        description="As they signed what they wrote on the ticket; null where they never did.",
        examples=["Ana Example"],
    )

    @classmethod
    def of(cls, each: Receiver) -> ReceiverShape:
        """The shape of a receiver."""
        return cls(id=each.id, name=each.name or None)


class DraftShape(BaseModel):
    """A message to the customer of a ticket, and how far it is."""

    model_config = ConfigDict(title="MessageDraft")

    id: str = Field(examples=["d-5d41402abc4b2a76b9719d91"])
    ticket: Ref
    subject: str = Field(examples=["Export fails on large tables"])
    customer: str | None = Field(examples=["Acme"])
    reason: str = Field(
        description="What it is about: `stage:` and the stage's id, `asked:` and the stage's id (a "
        "person asked for it among what has come apart), `eta` (a date that was told "
        "has moved), `comment:` and what an engineer marked for the customer, `by_hand`, or "
        "`beside:` and the id of the message that it goes beside.",
        examples=["stage:available"],
    )
    stage: str | None = Field(description="The stage that it tells.", examples=["available"])
    eta: str | None = Field(description="The date that it tells.", examples=["2026-05-12"])
    release: str | None = Field(description="The release that it tells.", examples=["5.4"])
    language: str = Field(description="Of its words; empty where nobody knows.", examples=["en"])
    audience: Literal["contact", "power_user"] = Field(description="For whom it is worded.")
    text: str = Field(
        description="Its words; empty once they are forgotten.",
        examples=["Hello Ana,\n\nthe export works again.\n\nYour support team"],
    )
    digest: str = Field(description="Of its words, for `If-Match`.", examples=[_SEEN])
    state: State
    why_not: str | None = Field(
        description="Why nobody can approve it as it stands: it can be reworded or discarded.",
        examples=["It speaks of Sentry. Say it so that a customer could have written it."],
    )
    why: str | None = Field(
        description="Why it is over, where it is and there is more to say.",
        examples=["a person told the customer meanwhile"],
    )
    receivers: list[ReceiverShape] = Field(description="Who receives it, as far as is known.")
    made_at: Time
    approved_by: str | None = Field(
        description="Null where nobody did, or the mapping let it go (`tell: send`).",
        examples=["token ada"],
    )
    approved_at: Time | None


class DraftPage(Page[DraftShape]):
    """Drafts; those that wait longest first."""


class Approval(BaseModel):
    """How it is said. Without anything, as it stands."""

    model_config = ConfigDict(extra="forbid")

    text: Message | None = None
    recipients: Recipients | None = None


class Discarding(BaseModel):
    """Why it is not said."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        Field(max_length=1000, description="For the audit log.", examples=["Told by phone."]),
        AfterValidator(printable),
    ] = Field("", json_schema_extra={"pattern": PRINTABLE})


class Writing(BaseModel):
    """A message by hand."""

    model_config = ConfigDict(extra="forbid")

    text: Message
    recipients: Recipients = Field(default_factory=list)


def shape_of(found: Seen) -> DraftShape:
    """The shape of a draft."""
    draft, row = found.draft, found.row
    name, id = split_ref(draft.ticket)
    return DraftShape(
        id=draft.id,
        ticket=Ref(connection=name, id=id, key=row["ticket_name"], url=row["ticket_url"]),
        subject=row["subject"],
        customer=row["customer"],
        reason=draft.reason,
        stage=draft.stage,
        eta=None if draft.eta is None else draft.eta.isoformat(),
        release=draft.release,
        language=draft.language,
        audience="power_user" if found.reader == "power_user" else "contact",
        text=found.text,
        digest=draft.digest,
        state=draft.state.value,
        why_not=found.held or None,
        why=why_over(draft) or None,
        receivers=[ReceiverShape.of(each) for each in found.people],
        made_at=draft.made_at,
        approved_by=draft.approved_by or None,
        approved_at=draft.approved_at,
    )


@router.get("/drafts", responses=for_callers("bad_cursor"))
async def list_drafts(
    hub: HubHere, _actor: Csm, query: Annotated[DraftQuery, Query()]
) -> DraftPage:
    """Messages to customers: what waits for a person, and who would receive it."""
    at = query.after(KIND)
    after = None if at is None else Place.read(at)
    if at is not None and after is None:
        raise ApiProblem("bad_cursor", "Take `next_cursor` of this very list")
    wanted = DraftFilter(
        state=None if query.state == "all" else query.state,
        customer=query.customer,
        stage=query.stage,
        release=query.release,
        ticket=query.ticket,
        owner=None if query.mine is None else query.mine.casefold(),
    )
    async with hub.db.read(long=True) as connection:
        rows = await draft_lists.page(connection, wanted, after=after, limit=query.limit + 1)
    kept, next_cursor = cut(rows, query.limit, KIND, "place")
    found = await telling.seen_of(hub, kept)
    return DraftPage(items=[shape_of(each) for each in found], next_cursor=next_cursor)


@router.get("/drafts/{id}", responses=for_callers("not_found"))
async def get_draft(hub: HubHere, _actor: Csm, id: DraftId, response: Response) -> DraftShape:
    """One draft, ended ones too; its `digest` is the `ETag` too."""
    return _answer(id, await telling.view(hub, id), response)


@router.post(
    "/drafts/{id}/approve",
    responses=for_callers(
        "not_found",
        "draft_decided",
        "draft_changed",
        "still_suspect",
        "not_on_ticket",
        "not_configured",
    ),
)
async def approve_draft(
    hub: HubHere,
    actor: Csm,
    id: DraftId,
    if_match: IfMatch,
    response: Response,
    said: Approval | None = None,
) -> DraftShape:
    """Let it go to the customer, as it was seen or in your own words; it goes once."""
    wanted = said or Approval()
    try:
        found = await telling.approve(
            hub,
            id,
            seen=_seen(if_match),
            by=actor.name,
            text=wanted.text,
            recipients=wanted.recipients,
        )
    except DraftDecided as error:
        raise ApiProblem("draft_decided", str(error)) from None
    except DraftChanged as error:
        raise ApiProblem("draft_changed", str(error)) from None
    except DraftSuspect as error:
        raise ApiProblem("still_suspect", str(error)) from None
    except NotOnTicket as error:
        raise ApiProblem("not_on_ticket", str(error)) from None
    except NotDirected as error:
        raise ApiProblem("not_configured", str(error)) from None
    return _answer(id, found, response)


@router.post(
    "/drafts/{id}/discard",
    responses=for_callers("not_found", "draft_decided", "draft_changed"),
)
async def discard_draft(
    hub: HubHere,
    actor: Csm,
    id: DraftId,
    if_match: IfMatch,
    response: Response,
    said: Discarding | None = None,
) -> DraftShape:
    """Decide that it is not said. It is not drafted again for the same occasion."""
    reason = "" if said is None else said.reason
    try:
        found = await telling.discard(hub, id, seen=_seen(if_match), by=actor.name, reason=reason)
    except DraftDecided as error:
        raise ApiProblem("draft_decided", str(error)) from None
    except DraftChanged as error:
        raise ApiProblem("draft_changed", str(error)) from None
    return _answer(id, found, response)


@router.post(
    "/tickets/{connection}/{id}/drafts",
    status_code=201,
    responses=for_callers("not_found", "still_suspect", "not_on_ticket", "not_configured"),
)
async def write_draft(
    hub: HubHere,
    actor: Csm,
    connection: Annotated[Word, Path(description="The helpdesk connection.", examples=["hubspot"])],
    id: Annotated[Word, Path(description="The ticket's id.", examples=["812"])],
    said: Writing,
) -> DraftShape:
    """Write a message to the ticket's customer by hand. It goes once somebody approves it."""
    ref = await _known(hub, connection, id)
    try:
        found = await telling.write(hub, ref, said.text, by=actor.name, recipients=said.recipients)
    except DraftSuspect as error:
        raise ApiProblem("still_suspect", str(error)) from None
    except NotOnTicket as error:
        raise ApiProblem("not_on_ticket", str(error)) from None
    except NotDirected as error:
        raise ApiProblem("not_configured", str(error)) from None
    except RecordMissing as error:
        raise ApiProblem("not_found", str(error)) from None
    return shape_of(found)


async def _known(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge."""
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, connection, [id])
    return TicketRef(*split_ref(aliased[id])) if id in aliased else TicketRef(connection, id)


def _seen(if_match: str) -> str:
    return if_match.strip().removeprefix("W/").strip('"')


def _answer(id: str, found: Seen | None, response: Response) -> DraftShape:
    if found is None:
        raise ApiProblem(
            "not_found", f"There is no draft {id!r}; GET /api/v1/drafts lists those that wait"
        )
    response.headers["ETag"] = f'"{found.draft.digest}"'
    return shape_of(found)
