"""Promises in words and pictures: of a ticket, of a list's row, of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from bridge.core.promises import act_of
from bridge.domain.promises import CUSTOMER, PromiseState, Standing
from bridge.engine.hub import ActiveMapping
from bridge.kit.clock import from_ms
from bridge.store import promises
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.promises import PromiseCursor, PromiseFilter
from bridge.web.rendering import page
from bridge.web.visitor import HubHere, Shown, Viewer, Visitor

router = APIRouter(include_in_schema=False)

SHOWN = 50
WIDE = 300
"""How wide a promise's picture is, from its start to when it is due."""

WORDS = {
    PromiseState.RUNNING: "running",
    PromiseState.PAUSED: "paused",
    PromiseState.AT_RISK: "at risk",
    PromiseState.KEPT: "kept",
    PromiseState.BREACHED: "broken",
    PromiseState.UNOBSERVABLE: "can't be seen",
}
"""How a promise stands, as people say it."""

VIEWS = (
    ("pressing", "Somebody must act"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("kept", "Kept"),
    ("breached", "Broken"),
    ("unobservable", "Can't be seen"),
    ("all", "All"),
)
_EMPTY = {
    "pressing": "No promise is at risk, and none is broken and still open.",
    "running": "No promise is running.",
    "paused": "No promise rests.",
    "kept": "None was kept yet.",
    "breached": "None was broken.",
    "unobservable": "Of every promise it can be seen whether it is kept.",
    "all": "No ticket has a promise. A mapping makes them, under its key promises.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A promise as a page shows it."""

    title: str
    state: str
    """A class of the style: the state's own name."""
    word: str
    due_at: datetime | None
    ended_at: datetime | None
    paused_since: datetime | None
    for_customer: bool
    """Its clock rests for the customer's answer."""
    to_do: str
    """What somebody must do; empty where nobody must."""
    again: int
    missed: int
    late: bool
    """Made good after it was due."""
    passed: int
    """How far the time has gone, in the picture's units."""
    warns: int | None
    """Where the warning stands."""


def told(each: Standing, now: datetime) -> Told:
    """The promise in words, as of now."""
    late = each.state is PromiseState.BREACHED and each.ended_at is not None
    ended = each.ended_at is not None or each.state is PromiseState.KEPT or each.lapsed
    return Told(
        title=each.title,
        state=each.state.value,
        word="kept late" if late else WORDS[each.state],
        due_at=each.due_at,
        ended_at=each.ended_at,
        paused_since=each.paused_since,
        for_customer=each.paused_for == CUSTOMER,
        to_do="" if ended else act_of(each.kept_by),
        again=each.kept_before,
        missed=each.missed,
        late=late,
        passed=_place(each, each.ended_at or each.paused_since or now),
        warns=None if each.warn_at is None else _place(each, each.warn_at),
    )


def _place(each: Standing, moment: datetime) -> int:
    """Where a moment stands between the start and the end."""
    if each.due_at is None:
        return WIDE // 2
    whole = (each.due_at - each.started_at).total_seconds()
    if whole <= 0:
        return WIDE
    part = (moment - each.started_at).total_seconds() / whole
    return round(WIDE * min(max(part, 0.0), 1.0))


def next_told(row: Row) -> dict[str, object] | None:
    """The promise that comes next of a list's row; None where there is none."""
    if row["promise_state"] is None:
        return None
    state = PromiseState(row["promise_state"])
    due = row["promise_due_at"]
    return {
        "title": row["promise_title"],
        "state": state.value,
        "word": WORDS[state],
        "due_at": None if due is None else from_ms(due),
    }


# ---------------------------------------------------------------------------------- the page


class Wanted(BaseModel):
    """What the page is narrowed to: all of it stands in the address."""

    view: Shown = Field("pressing", max_length=40)
    customer: Shown = Field("", max_length=1000)
    promise: Shown = Field("", max_length=200)
    mine: Shown = Field("", max_length=10)
    after: Shown = Field("", max_length=600)

    @field_validator("view")
    @classmethod
    def _known(cls, view: str) -> str:
        """A view that there is none of is the first."""
        return view if view in dict(VIEWS) else "pressing"

    def but(self, **changes: str) -> str:
        """The address of the page with these changed."""
        said = {**self.model_dump(), "after": "", **changes}
        query = urlencode({k: v for k, v in said.items() if v and (k, v) != ("view", "pressing")})
        return f"/promises?{query}" if query else "/promises"

    def wanted_by(self, visitor: Visitor) -> PromiseFilter:
        """The same for the store."""
        state = None if self.view in ("pressing", "all") else self.view
        return PromiseFilter(
            state=state,
            pressing=True if self.view == "pressing" else None,
            customer=self.customer or None,
            promise=self.promise or None,
            owner=(visitor.email or None) if self.mine == "yes" else None,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether not everybody's promises are meant."""
        return bool(self.customer or self.promise or self.mine == "yes")

    @property
    def cursor(self) -> PromiseCursor | None:
        """Where the page begins; a cursor that is none begins at the first."""
        order, _, rest = self.after.partition("|")
        promise, _, key = rest.partition("|")
        good = order.isascii() and order.isdecimal() and len(order) < 16 and key
        return PromiseCursor(int(order), key, promise) if good else None


@dataclass(frozen=True, slots=True)
class Line:
    """One promise of the list, with its ticket."""

    row: Row
    told: Told


@router.get("/promises")
async def promises_page(
    hub: HubHere, visitor: Viewer, query: Annotated[Wanted, Query()]
) -> Response:
    """By when somebody must have been told, or have acted: everybody's, by when it is due."""
    async with hub.db.read(long=True) as store:
        found = await promises.page(
            store, query.wanted_by(visitor), after=query.cursor, limit=SHOWN + 1
        )
        totals = {} if query.is_narrowed else await _totals(store)
    rows, now = found[:SHOWN], hub.now()
    next_page = _place_of(rows[-1]) if len(found) > SHOWN else ""
    return page(
        "promises.html",
        visitor=visitor,
        now=now,
        wanted=query,
        views=[(id, label, totals.get(id)) for id, label in VIEWS],
        lines=[Line(each, told(promises.standing_of(each), now)) for each in rows],
        titles=titles_of(hub.mappings.values()),
        next_page=query.but(after=next_page) if next_page else "",
        empty="No promise is like that." if query.customer or query.promise else _EMPTY[query.view],
        wide=WIDE,
    )


async def _totals(store: AsyncConnection) -> dict[str, int]:
    """How many promises each view holds."""
    totals = dict.fromkeys((id for id, _ in VIEWS), 0)
    for state, number in (await promises.by_state(store)).items():
        totals["all"] += number
        if state in totals:
            totals[state] += number
    return {**totals, "pressing": await promises.count_pressing(store)}


def _place_of(row: Row) -> str:
    return f"{row['order_at']}|{row['promise']}|{row['ticket_key']}"


def titles_of(mappings: Iterable[ActiveMapping]) -> list[tuple[str, str]]:
    """The promises that mappings in force make: id and title."""
    found: dict[str, str] = {}
    for each in mappings:
        for promise in each.data.promises:
            found.setdefault(promise.id, promise.title)
    return sorted(found.items(), key=lambda each: each[1])


@dataclass(frozen=True, slots=True)
class Heat:
    """How many of a customer's promises stand so, and where they are listed."""

    state: str
    word: str
    number: int
    address: str
    wide: int
    """Of a hundred."""


def heat_of(counts: Mapping[str, int], customer: str) -> list[Heat]:
    """A customer's promises by how they stand: the broken first; nothing where there are none."""
    total = sum(counts.values())
    order = (
        PromiseState.BREACHED, PromiseState.AT_RISK, PromiseState.RUNNING, PromiseState.PAUSED,
        PromiseState.KEPT, PromiseState.UNOBSERVABLE,
    )  # fmt: skip
    return [
        Heat(
            each.value,
            WORDS[each],
            counts[each.value],
            Wanted(view=_view_of(each)).but(customer=customer),
            max(1, round(100 * counts[each.value] / total)),
        )
        for each in order
        if counts.get(each.value)
    ]


def _view_of(state: PromiseState) -> str:
    return "pressing" if state is PromiseState.AT_RISK else state.value
