"""Drafts to customers, how far each is, and what was said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.core.situation import DraftPlan
from bridge.domain.drafts import Draft, DraftState, Reached, Said
from bridge.kit.clock import from_ms, to_ms
from bridge.store.database import Row, row, rows
from bridge.store.tables import drafts, said, ticket_views

_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_V = ticket_views.c
_OF = (
    sa.select(drafts, _V.ticket_key.label("seen"), _V.reached_stage, _V.reached_at)
    .select_from(ticket_views.outerjoin(drafts, drafts.c.ticket_key == _V.ticket_key))
    .where(_V.ticket_key.in_(_KEYS))
    .order_by(drafts.c.made_at, drafts.c.id)
)
_SAID = sa.select(said).where(said.c.ticket_key.in_(_KEYS)).order_by(said.c.at, said.c.message)
_BESIDE = (
    _V.customer, _V.plan, _V.subject, _V.owner, _V.stage_id, _V.stage_label, _V.closed,
    _V.key.label("ticket_name"), _V.eta.label("eta_now"), _V.url.label("ticket_url"),
)  # fmt: skip
"""What of its ticket stands beside a draft."""
_GOING = (DraftState.OPEN.value, DraftState.APPROVED.value)
FORGOTTEN = {"html": "", "error": ""}
"""What is left of the words of a draft, and of what a vendor said of it."""
ERASED = {
    **FORGOTTEN,
    "state": sa.case(
        (drafts.c.state.in_(_GOING), DraftState.SUPERSEDED.value), else_=drafts.c.state
    ),
}
"""The same of a draft whose words are about somebody who is to be forgotten: it is not said."""
_ONE = sa.select(drafts).where(drafts.c.id == sa.bindparam("p_id"))


async def of_tickets(
    connection: AsyncConnection, keys: Sequence[str]
) -> tuple[dict[str, list[Draft]], dict[str, Reached]]:
    """Every draft of these tickets, the ended ones too, oldest first; and the stage each reached.

    In one statement: it is read for every pass.
    """
    found: defaultdict[str, list[Draft]] = defaultdict(list)
    reached: dict[str, Reached] = {}
    for each in await rows(connection, _OF, {"p_keys": list(keys)}):
        if each["id"] is not None:
            found[each["seen"]].append(draft_of(each))
        if each["reached_stage"] is not None:
            reached[each["seen"]] = Reached(each["reached_stage"], _moment(each["reached_at"]))
    return found, reached


async def said_on(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, list[Said]]:
    """What the hub said on these tickets, oldest first."""
    found: defaultdict[str, list[Said]] = defaultdict(list)
    for each in await rows(connection, _SAID, {"p_keys": list(keys)}):
        found[each["ticket_key"]].append(_said_of(each))
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """A draft as somebody who approves it wants it said."""

    html: str
    digest: str
    eta: date | None = None
    """The date that it tells, if it tells one."""
    recipients: tuple[str, ...] | None = None
    """To whom; None: as it stands in the draft."""


@dataclass(frozen=True, slots=True)
class DraftFilter:
    """What a list of drafts is narrowed to; None does not narrow."""

    state: str | None = None
    customer: str | None = None
    stage: str | None = None
    release: str | None = None
    ticket: str | None = None
    owner: str | None = None
    """The address of who looks after the customer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft stands in the list: the oldest is first."""

    made_at: int
    id: str

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that a row's `place` names; None if it names none."""
        at, _, id = text.partition("~")
        return cls(int(at), id) if at.isascii() and at.isdecimal() and len(at) < 16 else None


async def page(
    connection: AsyncConnection, wanted: DraftFilter, *, after: Place | None, limit: int
) -> list[Row]:
    """Drafts beside their tickets' rows, those that wait longest first; each has its `place`."""
    d, place = drafts.c, sa.cast(drafts.c.made_at, sa.Text).concat("~").concat(drafts.c.id)
    statement = sa.select(drafts, place.label("place"), *_BESIDE).join(
        ticket_views, _V.ticket_key == d.ticket_key
    )
    for column, value in (
        (d.state, wanted.state),
        (_V.customer, wanted.customer),
        (d.stage, wanted.stage),
        (d.release, wanted.release),
        (d.ticket_key, wanted.ticket),
        (_V.owner, wanted.owner),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        later = sa.and_(d.made_at == after.made_at, d.id > after.id)
        statement = statement.where(sa.or_(d.made_at > after.made_at, later))
    return await rows(connection, statement.order_by(d.made_at, d.id).limit(limit))


async def of_ticket(connection: AsyncConnection, key: str, limit: int) -> list[Row]:
    """A ticket's newest drafts, beside its row."""
    statement = sa.select(drafts, *_BESIDE).join(ticket_views, _V.ticket_key == drafts.c.ticket_key)
    statement = statement.where(drafts.c.ticket_key == key)
    newest = statement.order_by(drafts.c.made_at.desc(), drafts.c.id.desc())
    return await rows(connection, newest.limit(limit))


async def open_of(connection: AsyncConnection, keys: Sequence[str]) -> list[Row]:
    """The drafts of these tickets that wait for a person, beside the tickets' rows."""
    d = drafts.c
    statement = (
        sa.select(drafts, *_BESIDE)
        .join(ticket_views, _V.ticket_key == d.ticket_key)
        .where(d.ticket_key.in_(list(keys)), d.state == DraftState.OPEN.value)
    )
    return await rows(connection, statement.order_by(d.made_at, d.id))


async def view(connection: AsyncConnection, id: str) -> Row | None:
    """One draft beside its ticket's row."""
    statement = sa.select(drafts, *_BESIDE).join(ticket_views, _V.ticket_key == drafts.c.ticket_key)
    return await row(connection, statement.where(drafts.c.id == id))


async def load(connection: AsyncConnection, id: str) -> Draft | None:
    """The draft of that id."""
    found = await row(connection, _ONE, {"p_id": id})
    return None if found is None else draft_of(found)


async def add(connection: AsyncConnection, draft: Draft) -> None:
    """Keep a new draft."""
    await connection.execute(
        sa.insert(drafts).values(
            id=draft.id,
            ticket_key=draft.ticket,
            reason=draft.reason,
            state=draft.state.value,
            html=draft.html,
            digest=draft.digest,
            stage=draft.stage,
            eta=_iso(draft.eta),
            release=draft.release,
            language=draft.language,
            recipients=list(draft.recipients),
            made_at=to_ms(draft.made_at),
            approved_by=draft.approved_by,
            approved_at=None if draft.approved_at is None else to_ms(draft.approved_at),
        )
    )


async def keep(connection: AsyncConnection, plan: DraftPlan) -> None:
    """Keep what a pass decided. What a person decided meanwhile stands.

    A draft that is about to be sent is not taken back: it may have gone.
    """
    d = drafts.c
    for id, why in plan.over:
        await connection.execute(
            sa.update(drafts)
            .where(d.id == id, d.state.in_(_GOING), d.intended_at.is_(None))
            .values(state=DraftState.SUPERSEDED.value, error=why)
        )
    for id in plan.reopened:
        await connection.execute(
            sa.update(drafts)
            .where(d.id == id, d.state == DraftState.SUPERSEDED)
            .values(state=DraftState.OPEN.value, error="", approved_by="", approved_at=None)
        )
    for anew in plan.reworded:
        await connection.execute(
            sa.update(drafts)
            .where(d.id == anew.id, d.state == DraftState.OPEN)
            .values(html=anew.html, digest=anew.digest, eta=_iso(anew.eta))
        )
    for each in plan.new:
        await add(connection, each)


async def approve(
    connection: AsyncConnection,
    id: str,
    *,
    digest: str,
    by: str,
    now: datetime,
    words: Words | None = None,
) -> bool:
    """Let an open draft go, if it still says what was looked at; whether it did.

    `words`: what the person made of it.
    """
    edited: dict[str, Any] = {}
    if words is not None:
        edited = {"html": words.html, "digest": words.digest, "eta": _iso(words.eta)}
        if words.recipients is not None:
            edited["recipients"] = list(words.recipients)
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state == DraftState.OPEN, drafts.c.digest == digest)
        .values(state=DraftState.APPROVED.value, approved_by=by, approved_at=to_ms(now), **edited)
    )
    return changed.rowcount == 1


async def discard(connection: AsyncConnection, id: str, digest: str) -> bool:
    """End an open draft that still says what was looked at; whether it did."""
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state == DraftState.OPEN, drafts.c.digest == digest)
        .values(state=DraftState.DISCARDED.value)
    )
    return changed.rowcount == 1


async def end(connection: AsyncConnection, id: str, state: DraftState, *, error: str = "") -> bool:
    """End a draft that was not sent; whether it was still to be."""
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state.in_(_GOING))
        .values(state=state.value, error=error)
    )
    return changed.rowcount == 1


async def intend(connection: AsyncConnection, id: str, now: datetime) -> bool:
    """Note that an approved draft is about to be sent, before it is; False if it is not to be."""
    changed = await connection.execute(
        sa.update(drafts)
        .where(
            drafts.c.id == id,
            drafts.c.state == DraftState.APPROVED,
            drafts.c.intended_at.is_(None),
        )
        .values(intended_at=to_ms(now))
    )
    return changed.rowcount == 1


async def sent(connection: AsyncConnection, draft: Draft, message: str, now: datetime) -> None:
    """Keep that it was said, by the helpdesk's id of it; may be repeated."""
    await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == draft.id)
        .values(state=DraftState.SENT.value, message=message, error="")
    )
    known = sa.select(said.c.draft).where(said.c.draft == draft.id)
    if await row(connection, known.where(said.c.ticket_key == draft.ticket)) is not None:
        return
    await connection.execute(
        sa.insert(said).values(
            ticket_key=draft.ticket,
            message=message,
            at=to_ms(now),
            by=draft.approved_by,
            draft=draft.id,
            stage=draft.stage,
            eta=None if draft.eta is None else draft.eta.isoformat(),
        )
    )


def draft_of(found: Row) -> Draft:
    """The draft of a row."""
    return Draft(
        id=found["id"],
        ticket=found["ticket_key"],
        reason=found["reason"],
        html=found["html"],
        digest=found["digest"],
        state=DraftState(found["state"]),
        made_at=from_ms(found["made_at"]),
        stage=found["stage"],
        eta=_day(found["eta"]),
        release=found["release"],
        language=found["language"],
        recipients=tuple(found["recipients"]),
        approved_by=found["approved_by"],
        approved_at=_moment(found["approved_at"]),
        intended_at=_moment(found["intended_at"]),
        probes=found["probes"],
        message=found["message"],
        error=found["error"],
    )


def _said_of(found: Row) -> Said:
    return Said(
        message=found["message"],
        at=from_ms(found["at"]),
        by=found["by"],
        draft=found["draft"],
        stage=found["stage"],
        eta=_day(found["eta"]),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket was merged into another one, and what is or was said to its customer with it."""
    for table in (drafts, said):
        moved = sa.update(table).where(table.c.ticket_key == old)
        await connection.execute(moved.values(ticket_key=new))


async def forget(connection: AsyncConnection, key: str) -> None:
    """Remove the words of a ticket's drafts; what waits for somebody is not said any more."""
    await connection.execute(sa.update(drafts).where(drafts.c.ticket_key == key).values(**ERASED))
