"""Drafts: messages to customers, which a person approves, discards or writes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AfterValidator, Field

from bridge.api.access import Csm, HubHere
from bridge.api.draft_shapes import (
    SEEN,
    Approval,
    Discarding,
    DraftInFull,
    DraftPage,
    DraftShape,
    State,
    Writing,
    in_full,
    shape_of,
)
from bridge.api.links import RefText
from bridge.api.paging import Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import PRINTABLE, Word, printable
from bridge.domain.errors import RecordMissing
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import telling
from bridge.engine.hub import Hub
from bridge.engine.telling import DraftChanged, DraftDecided, DraftSuspect, Seen
from bridge.engine.whom import Beside, NotDirected, NotOnTicket
from bridge.store import draft_lists, records
from bridge.store.draft_lists import DraftFilter, Place

KIND = "drafts"

router = APIRouter(tags=["telling customers"])

DraftId = Annotated[
    Word, Path(description="A draft's id.", examples=["d-5d41402abc4b2a76b9719d91"])
]


def _looked_at(otherwise: str) -> Any:
    """The header by which whoever decides names the draft that they saw."""
    said = f"`digest` of the draft that was looked at. {otherwise}"
    return Header(min_length=1, max_length=200, description=said, examples=[f'"{SEEN}"'])


IfMatch = Annotated[
    str,
    _looked_at("One that says something else by now, or would reach somebody else, is refused."),
]
WordsMatch = Annotated[
    str,
    _looked_at(
        "One that says something else by now is refused; one that would reach somebody else is "
        "not, because it reaches nobody."
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
async def get_draft(hub: HubHere, _actor: Csm, id: DraftId, response: Response) -> DraftInFull:
    """One draft, ended ones too, and its words for other readers; its `digest` is the `ETag`."""
    found = _there(id, await telling.view(hub, id))
    _answer(id, found, response)
    return in_full(found, await telling.other_words(hub, found))


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
    """Let it go to the customer, as it was seen or in your own words; it goes once.

    Those who read otherwise can be told the same in other words, by a message of their own.
    """
    seen = await telling.view(hub, id)
    if seen is None:
        return _answer(id, None, response)
    try:
        found = await telling.approve(
            hub,
            id,
            seen=_seen(if_match),
            by=actor.name,
            **_wanted(seen, said or Approval()),
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
    if_match: WordsMatch,
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


def _wanted(found: Seen, said: Approval) -> dict[str, Any]:
    """Who gets which words. Whoever is named for the other words gets those alone.

    Who gets the first is who was shown as their receiver, unless others are named.
    """
    if said.beside is None:
        return {"text": said.text, "recipients": said.recipients}
    other = tuple(said.beside.recipients)
    same = tuple(e for e in said.recipients or found.reaches or () if e not in other)
    if not same:
        return {"text": said.beside.text, "recipients": other}
    return {"text": said.text, "recipients": same, "beside": Beside(said.beside.text, other)}


def _seen(if_match: str) -> str:
    return if_match.strip().removeprefix("W/").strip('"')


def _there(id: str, found: Seen | None) -> Seen:
    if found is None:
        raise ApiProblem(
            "not_found", f"There is no draft {id!r}; GET /api/v1/drafts lists those that wait"
        )
    return found


def _answer(id: str, found: Seen | None, response: Response) -> DraftShape:
    there = _there(id, found)
    response.headers["ETag"] = f'"{there.token}"'
    return shape_of(there)
