"""The inspector: what came in, what became of it, and the way of one change step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from bridge.core import traced
from bridge.core.verdicts import LABELS, CameOf, Verdict, verdict_of
from bridge.domain.access import AccessRole
from bridge.engine import finding_refs
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import inspector
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.inspector import Narrowed
from bridge.web.names import Named, labels, names_of
from bridge.web.rendering import page
from bridge.web.visitor import Csm, HubHere, Shown, Visitor

router = APIRouter(include_in_schema=False)

PATH = "/deliveries"
SHOWN = 50
NAMED = 3
"""Records of a delivery that the list names; the others are counted."""

MOODS = {
    Verdict.APPLIED: "good",
    Verdict.HELD: "wait",
    Verdict.RETRYING: "wait",
    Verdict.PARKED: "wrong",
    Verdict.WAITING: "wait",
}
"""How a verdict looks; those that are not named are quiet."""


class Wanted(BaseModel):
    """What the list is narrowed to: all of it stands in the address."""

    connection: Shown = Field("", max_length=200)
    state: Shown = Field("", max_length=40)
    q: Shown = Field("", max_length=200)
    since: Shown = Field("", max_length=40)
    until: Shown = Field("", max_length=40)
    after: Shown = Field("", max_length=400)

    @field_validator("state")
    @classmethod
    def _known(cls, state: str) -> str:
        """A state that there is none of narrows nothing."""
        return state if state in set(Verdict) else ""

    def but(self, **changes: str) -> str:
        """The address of the list with these changed."""
        said = {**self.model_dump(), "after": "", **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{PATH}?{query}" if query else PATH

    @property
    def narrowed(self) -> bool:
        """Whether somebody searches or filters."""
        return bool(self.connection or self.state or self.q or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery of the list."""

    page: str
    at: datetime
    source: str
    changed: str
    came: str
    records: tuple[Named, ...]
    more: int
    state: Verdict
    label: str
    mood: str
    next: str
    next_at: datetime | None


@router.get(PATH)
async def list_deliveries(
    hub: HubHere, visitor: Csm, query: Annotated[Wanted, Query()]
) -> Response:
    """What came in, newest first."""
    times, wrong = {}, {}
    for name in ("since", "until"):
        try:
            times[name] = moment_of(getattr(query, name))
        except ValueError:
            wrong[name] = "Not a time: write 2026-05-12T08:30, in UTC."
    lines: list[Line] = []
    further = None
    async with hub.db.read(long=True) as store:
        if not wrong:
            looked = await inspector.page(
                store,
                await _narrowed(hub, store, query, times["since"], times["until"]),
                cursor=query.after or None,
                limit=SHOWN,
            )
            lines, further = await _lines(hub, store, visitor, looked.found), looked.further
        figures = await inspector.strip(store, hub.now())
    return page(
        "deliveries.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        wrong=wrong,
        figures=figures,
        lines=lines,
        next_page="" if further is None else query.but(after=further),
        searched=further is not None and len(lines) < SHOWN,
        reach=inspector.REACH,
        connections=sorted(n for n, port in hub.connections.items() if port.receiver is not None),
        states=[(each.value, LABELS[each]) for each in Verdict],
    )


def moment_of(text: str) -> datetime | None:
    """The time of a field, in UTC; None where it is empty, ValueError where it is none."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if not 2000 <= found.year < 2200:
        raise ValueError("a time of this century")
    return found


async def _narrowed(
    hub: Hub,
    store: AsyncConnection,
    query: Wanted,
    since: datetime | None,
    until: datetime | None,
) -> Narrowed:
    text = query.q.strip()
    meant = await finding_refs.named(store, hub.connections, text, hub.sentry) if text else []
    return Narrowed(
        connection=query.connection or None,
        verdict=Verdict(query.state) if query.state else None,
        text=text or None,
        keys=tuple(str(each) for each in meant),
        since=since,
        until=until,
    )


async def _lines(
    hub: Hub, store: AsyncConnection, visitor: Visitor, found: list[Row]
) -> list[Line]:
    came = await inspector.came_of(store, [each["id"] for each in found])
    some = {key for row in found for key in (row["records"] or ())[:NAMED]}
    inside = visitor.actor.role.covers(AccessRole.OPERATOR)
    names = await names_of(store, some, inside=inside)
    return [_line(row, came[row["id"]], names, inside, hub.now()) for row in found]


def _line(row: Row, came: CameOf, names: dict[str, Named], inside: bool, now: datetime) -> Line:
    keys = row["records"] or ()
    known = tuple(names[key] for key in keys[:NAMED])
    state = verdict_of(row["state"], row["reason"], came)
    tried = max(came.pending, key=lambda each: each.attempts, default=None)
    next_at = None
    if state is Verdict.RETRYING and tried is not None and from_ms(tried.next_ms) > now:
        next_at = from_ms(tried.next_ms)
    return Line(
        page=page_of_delivery(row["id"]),
        at=from_ms(row["received_at"]),
        source=row["connection"],
        changed=changed_told(row["state"], known, len(keys)),
        came=came_told(state, row["reason"], came, inside),
        records=known,
        more=max(0, len(keys) - NAMED),
        state=state,
        label=LABELS[state],
        mood=MOODS.get(state, ""),
        next="" if tried is None or not tried.attempts else times(tried.attempts),
        next_at=next_at,
    )


def times(n: int) -> str:
    """How often, in words."""
    return "once" if n == 1 else f"{n} times"


def page_of_delivery(id: str) -> str:
    """Where the page of a delivery is."""
    return f"{PATH}/{quote(id, safe='')}"


def changed_told(state: str, known: tuple[Named, ...], count: int) -> str:
    """What a delivery said, in a sentence without any of its text."""
    if not count:
        return "Not read yet." if state == "received" else "Nothing that the hub looks after."
    if count > 1:
        return f"{count} records changed."
    said = next(iter(labels({each.key: each for each in known}).values()))
    return f"{said[:1].upper()}{said[1:]} changed."


def came_told(state: Verdict, reason: str | None, came: CameOf, inside: bool) -> str:
    """What became of it, in a sentence; what the vendor's error says is for whoever is on call."""
    match state:
        case Verdict.APPLIED:
            return traced.done_told(came.operations) or "What it asked for was done."
        case Verdict.HELD:
            return "A text waits for a person before it may reach the ticket."
        case Verdict.PARKED:
            said = "The hub gave up or was refused; a person must act."
        case Verdict.RETRYING:
            said = "The hub tries again by itself."
        case Verdict.WAITING:
            return "It is looked at in a moment."
        case Verdict.DUPLICATE:
            return "It told nothing that was not known."
        case Verdict.SUPERSEDED:
            begun = "A later change or press carries on what it began."
            return begun if came.ran else "Something newer was known already."
        case Verdict.NO_CHANGE:
            return "Everything showed already what it should."
        case _:
            said = "It is about nothing that the hub looks after."
    error = next((each.error for each in came.pending if each.error), "") or reason or ""
    return f"{said} {error}" if inside and error else said
