"""Held texts: what the gate did not let pass to a ticket, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.access import Actor, HubHere, Operator
from bridge.api.paging import Page, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.queues import QueueQuery
from bridge.api.shapes import Ref, Time, Word, time_of
from bridge.core.reviewing import changes, name_in, why
from bridge.core.saying import saying
from bridge.domain.held import HeldState
from bridge.domain.records import Observation
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
from bridge.store import held
from bridge.store.codec import observation_to_json

KIND = "held"
_SEEN = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592"

router = APIRouter(prefix="/held", tags=["inspector"])

HeldId = Annotated[
    Word, Path(description="A held text's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])
]
State = Literal["open", "released", "rewritten", "rejected", "withdrawn"]
IfMatch = Annotated[
    str,
    Header(
        min_length=1,
        max_length=200,
        description="`seen` of the text that was looked at. One that was edited since is refused.",
        examples=[f'"{_SEEN}"'],
    ),
]


SAYING = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x20][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"


def _said(text: str) -> str:
    if not saying(text):
        raise ValueError("a text that says something, without control characters")
    return text


Said = Annotated[str, AfterValidator(_said)]


class HeldQuery(QueueQuery[State]):
    """What the list is narrowed to."""


class HeldLine(BaseModel):
    """One line of the text, and whether it would reach the ticket."""

    op: Literal["keep", "drop", "add"] = Field(
        description="`keep`: it leaves as it stands; `drop`: it stays inside; `add`: the hub's own."
    )
    text: str = Field(examples=["Fixed in 4.2."])


class HeldShape(BaseModel):
    """A text that waits for a person, or waited. Its words are read from the work item."""

    model_config = ConfigDict(title="HeldText")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    ticket: Ref
    work_item: Ref
    kind: Literal["comment", "field"]
    name: str = Field(
        description="The comment's id, or the work item's field.", examples=["Custom.ReleaseNote"]
    )
    code: str = Field(description="The finding that stands for it.", examples=["HELD_FOR_REVIEW"])
    rule: str = Field(description="What held it.", examples=["attribution"])
    why: str = Field(
        description="The same as a sentence.", examples=["It looks like a program's stack trace."]
    )
    state: State
    seen: str | None = Field(
        description="The hash of the text as it is now, for `If-Match`; null where it is not "
        "stored any more.",
        examples=[_SEEN],
    )
    releasable: bool = Field(description="Whether a person may release it as it is.")
    why_not: str | None = Field(
        description="Why not: it can be rewritten or rejected.",
        examples=["Sentry itself wrote it."],
    )
    text: list[str] = Field(description="Its lines, as they stand.", examples=[["Fixed in 4.2."]])
    would_send: list[str] = Field(
        description="What the ticket would get; the hub adds a line that names the item.",
        examples=[["Fixed in 4.2."]],
    )
    lines: list[HeldLine] = Field(description="The two, line by line.")
    created_at: Time
    decided_at: Time | None
    decided_by: str | None = Field(examples=["token ada"])
    reason: str | None = Field(
        description="Why it was decided so.", examples=["Our own product is called Sentry."]
    )
    words: str | None = Field(
        description="The person's own words, where it was rewritten.", examples=["Fixed in 4.2."]
    )


class HeldPage(Page[HeldShape]):
    """Held texts, newest first."""


class HeldReason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Said = Field(
        min_length=1,
        max_length=1000,
        description="For the audit log.",
        examples=["Read by Ana: it is about our own product."],
        json_schema_extra={"pattern": SAYING},
    )


class HeldRewrite(HeldReason):
    """What is said in its place, and why."""

    text: Said = Field(
        min_length=1,
        max_length=10_000,
        description="A person's own words, line by line; checked like any text.",
        examples=["The export works again from version 4.2 on."],
        json_schema_extra={"pattern": SAYING},
    )


def _shape(each: Viewed) -> HeldShape:
    row, shown = each.row, each.shown
    kind, name = name_in(row["source"])
    refusal = "" if shown is None else shown.refusal
    return HeldShape(
        id=row["id"],
        ticket=_ref(row["ticket_key"], each.ticket),
        work_item=_ref(row["work_item_key"], each.item),
        kind=kind,
        name=name,
        code=row["code"],
        rule=row["rule"],
        why=why(row["rule"]),
        state=row["state"],
        seen=None if shown is None else shown.content,
        releasable=shown is not None and not refusal,
        why_not=why(refusal) if refusal else None,
        text=[] if shown is None else list(shown.original),
        would_send=[] if shown is None else list(shown.sent),
        lines=[] if shown is None else [HeldLine(op=op, text=line) for op, line in changes(shown)],
        created_at=from_ms(row["created_at"]),
        decided_at=time_of(row["decided_at"]),
        decided_by=row["decided_by"] or None,
        reason=row["reason"] or None,
        words=row["words"] or None,
    )


def _ref(key: str, seen: Observation | None) -> Ref:
    return Ref.of_key(key, None if seen is None else observation_to_json(seen))


@router.get("", responses=for_callers("bad_cursor"))
async def list_held(
    hub: HubHere, _actor: Operator, query: Annotated[HeldQuery, Query()]
) -> HeldPage:
    """Texts that wait for a person, newest first: what would be sent, and which rule held it."""
    async with hub.db.read(long=True) as connection:
        rows = await held.page(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            state=query.in_state,
            ticket=query.ticket,
        )
        kept, next_cursor = cut(rows, query.limit, KIND, "id")
        found = await reviewing.viewed(connection, kept, hub.sentry)
    return HeldPage(items=[_shape(each) for each in found], next_cursor=next_cursor)


@router.get("/{id}", responses=for_callers("not_found"))
async def get_held(hub: HubHere, _actor: Operator, id: HeldId, response: Response) -> HeldShape:
    """One held text, decided ones too; `seen` is the `ETag` too."""
    return _answer(id, await reviewing.view(hub, id), response)


@router.post(
    "/{id}/release",
    responses=for_callers(
        "not_found", "held_decided", "held_text_gone", "held_changed", "never_released"
    ),
)
async def release_held(
    hub: HubHere,
    actor: Operator,
    id: HeldId,
    said: HeldReason,
    if_match: IfMatch,
    response: Response,
) -> HeldShape:
    """Let exactly this text pass to the ticket: an internal note, written once.

    What is proven to be Sentry's own, or stands on a work item made for a Sentry issue and looks
    like it, is never released: rewrite it.
    """
    return await _decide(hub, actor, id, HeldState.RELEASED, said, if_match, response)


@router.post(
    "/{id}/rewrite",
    responses=for_callers(
        "not_found", "held_decided", "held_text_gone", "held_changed", "still_suspect"
    ),
)
async def rewrite_held(
    hub: HubHere,
    actor: Operator,
    id: HeldId,
    said: HeldRewrite,
    if_match: IfMatch,
    response: Response,
) -> HeldShape:
    """Send a person's own words in its place; they are checked like any text."""
    return await _decide(
        hub, actor, id, HeldState.REWRITTEN, said, if_match, response, words=said.text
    )


@router.post("/{id}/reject", responses=for_callers("not_found", "held_decided", "held_changed"))
async def reject_held(
    hub: HubHere,
    actor: Operator,
    id: HeldId,
    said: HeldReason,
    if_match: IfMatch,
    response: Response,
) -> HeldShape:
    """Keep it internal. It waits anew only if its text is edited."""
    return await _decide(hub, actor, id, HeldState.REJECTED, said, if_match, response)


async def _decide(
    hub: Hub,
    actor: Actor,
    id: str,
    state: HeldState,
    said: HeldReason,
    if_match: str,
    response: Response,
    *,
    words: str = "",
) -> HeldShape:
    seen = if_match.strip().removeprefix("W/").strip('"')
    decision = reviewing.decision_of(
        hub, state, seen=seen, by=actor.name, reason=said.reason, words=words
    )
    try:
        found = await reviewing.decide(hub, id, decision)
    except HeldDecided as error:
        raise ApiProblem("held_decided", str(error)) from None
    except HeldChanged as error:
        raise ApiProblem("held_changed", str(error)) from None
    except HeldTextGone as error:
        raise ApiProblem("held_text_gone", str(error)) from None
    except NeverReleased as error:
        raise ApiProblem("never_released", str(error)) from None
    except StillSuspect as error:
        raise ApiProblem("still_suspect", str(error)) from None
    return _answer(id, found, response)


def _answer(id: str, found: Viewed | None, response: Response) -> HeldShape:
    if found is None:
        raise ApiProblem("not_found", f"There is no held text {id!r}; GET /api/v1/held lists them")
    shape = _shape(found)
    if shape.seen is not None:
        response.headers["ETag"] = f'"{shape.seen}"'
    return shape
