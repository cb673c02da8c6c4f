"""Promises: by when somebody must have been told, or have acted, and how each stands."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.paging import Page, Paging, encode
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, Word, view_ref
from bridge.core.promises import act_of
from bridge.domain.promises import CLOSED
from bridge.kit.clock import from_ms
from bridge.store import promises
from bridge.store.database import Row
from bridge.store.promises import PromiseCursor, PromiseFilter

KIND = "promises"

router = APIRouter(prefix="/promises", tags=["tickets"])

State = Literal["running", "paused", "at_risk", "kept", "breached", "unobservable"]


class PromiseQuery(Paging):
    """What the list is narrowed to."""

    state: State | None = Field(None, description="How they stand.")
    pressing: bool | None = Field(
        None, description="`true`: at risk, or broken and not made good: somebody must act."
    )
    connection: Word | None = Field(
        None, description="The helpdesk connection.", examples=["hubspot"]
    )
    customer: Word | None = Field(
        None, description="The customer's name, exactly.", examples=["Acme"]
    )
    owner: Word | None = Field(
        None,
        description="The address of who looks after the customer.",
        examples=["ana@acme.com"],
    )
    promise: Word | None = Field(
        None, description="The promise's id in the mapping.", examples=["daily"]
    )


class PromiseShape(BaseModel):
    """One promise of one ticket."""

    model_config = ConfigDict(title="Promise")

    ticket: Ref
    subject: str = Field(examples=["Export fails on large tables"])
    customer: str | None = Field(examples=["Acme"])
    plan: str | None = Field(examples=["Elite"])
    severity: str | None = Field(examples=["high"])
    owner: str | None = Field(
        description="Who looks after the customer.", examples=["ana@acme.com"]
    )
    promise: str = Field(description="Its id in the mapping.", examples=["daily"])
    label: str = Field(examples=["Daily update"])
    state: State = Field(
        description="`breached` stays so; `ended_at` says that it was made good. `unobservable`: "
        "what would keep it can't be seen, and nothing is claimed."
    )
    pressing: bool = Field(description="Somebody must act.")
    kept_by: str = Field(description="What keeps it.", examples=["told_customer"])
    act: str = Field(description="The same in words.", examples=["write to the customer"])
    started_at: Time
    warn_at: Time | None = Field(description="From when it is at risk.")
    due_at: Time | None = Field(description="Null while its clock rests.")
    ended_at: Time | None = Field(description="When what it asks for happened.")
    paused_since: Time | None
    paused_for: Literal["customer", "closed", "condition"] | None = Field(
        description="Why its clock rests."
    )
    kept_before: int = Field(
        description="How often it was kept in time, of one that comes again and again.",
        examples=[3],
    )
    missed: int = Field(
        description="How often a word was due by it and none came, each time counted, of one that "
        "comes again and again.",
        examples=[1],
    )
    zone: str | None = Field(
        description="The time zone of its calendar.", examples=["America/Chicago"]
    )


class PromisePage(Page[PromiseShape]):
    """Promises, the one that is due first at the top."""


@router.get("", responses=for_callers("bad_cursor"))
async def list_promises(
    hub: HubHere, _actor: Viewer, query: Annotated[PromiseQuery, Query()]
) -> PromisePage:
    """Promises of tickets by when they are due; those whose clock rests come last."""
    wanted = PromiseFilter(
        state=query.state,
        pressing=query.pressing,
        connection=query.connection,
        customer=query.customer,
        owner=None if query.owner is None else query.owner.lower(),
        promise=query.promise,
    )
    after = query.after(KIND)
    async with hub.db.read(long=True) as connection:
        rows = await promises.page(
            connection,
            wanted,
            after=None if after is None else cursor_of(after),
            limit=query.limit + 1,
        )
    kept = rows[: query.limit]
    further = encode(KIND, place_of(kept[-1])) if len(rows) > len(kept) else None
    return PromisePage(items=[promise_of(each) for each in kept], next_cursor=further)


def place_of(row: Row) -> str:
    """Where the row stands in the list, as a cursor holds it."""
    return f"{row['order_at']}|{row['promise']}|{row['ticket_key']}"


def cursor_of(text: str) -> PromiseCursor:
    """The place that a cursor holds; ApiProblem `bad_cursor` if it holds none."""
    order_at, _, rest = text.partition("|")
    promise, _, key = rest.partition("|")
    if not (order_at.isascii() and order_at.isdecimal() and len(order_at) < 16 and key):
        raise ApiProblem(
            "bad_cursor", "Take `next_cursor` of this very list, or leave `cursor` out to begin"
        )
    return PromiseCursor(int(order_at), key, promise)


def promise_of(row: Row) -> PromiseShape:
    """The promise of a row, with its ticket."""
    each = promises.standing_of(row)
    paused = None if each.paused_since is None else each.paused_for
    return PromiseShape(
        ticket=view_ref(row),
        subject=row["subject"],
        customer=row["customer"],
        plan=row["plan"],
        severity=row["severity"],
        owner=row["owner"],
        promise=each.promise,
        label=each.title,
        state=each.state.value,
        pressing=row["pressing"],
        kept_by=each.kept_by,
        act=act_of(each.kept_by),
        started_at=from_ms(row["started_at"]),
        warn_at=each.warn_at,
        due_at=each.due_at,
        ended_at=each.ended_at,
        paused_since=each.paused_since,
        paused_for=_why(paused),
        kept_before=each.kept_before,
        missed=each.missed,
        zone=each.zone or None,
    )


def _why(paused: str | None) -> Literal["customer", "closed", "condition"] | None:
    match paused:
        case None:
            return None
        case "customer":
            return "customer"
        case _:
            return "closed" if paused == CLOSED else "condition"
