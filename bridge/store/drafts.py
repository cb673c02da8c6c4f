"""Drafts to customers, how far each is, and what was said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bridge.core.situation import DraftPlan
from bridge.domain.drafts import Draft, DraftState, Reached, Said
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, row, rows
from bridge.store.draft_intents import UNAPPROVED, take_back
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
_GOING = (DraftState.OPEN.value, DraftState.APPROVED.value)
FORGOTTEN = {"html": "", "error": ""}
"""What is left of the words of a draft, and of what a vendor said of it."""
ERASED: dict[str, Any] = {
    **FORGOTTEN,
    "recipients": [],
    "approved_for": None,
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
    reaches: tuple[str, ...] | None = None
    """Whom it would reach now; None: not known."""


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
            follow_up=draft.follow_up,
            made_at=to_ms(draft.made_at),
            approved_by=draft.approved_by,
            approved_at=None if draft.approved_at is None else to_ms(draft.approved_at),
            approved_for=_ids(draft.approved_for),
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
            .values(state=DraftState.OPEN.value, error="", **UNAPPROVED)
        )
    for id, why in plan.back:
        await take_back(connection, id, why)
    for anew in plan.reworded:
        people = {} if anew.recipients is None else {"recipients": list(anew.recipients)}
        await connection.execute(
            sa.update(drafts)
            .where(d.id == anew.id, d.state == DraftState.OPEN)
            .values(html=anew.html, digest=anew.digest, eta=_iso(anew.eta), **people)
        )
    for draft in plan.new:
        await add(connection, draft)


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
        edited["approved_for"] = _ids(words.reaches)
        if words.recipients is not None:
            edited["recipients"] = list(words.recipients)
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state == DraftState.OPEN, drafts.c.digest == digest)
        .values(
            state=DraftState.APPROVED.value,
            approved_by=by,
            approved_at=to_ms(now),
            error="",
            **edited,
        )
    )
    return changed.rowcount == 1


async def count(connection: AsyncConnection, key: str, reason: str) -> int:
    """How many drafts a ticket has for the reason, the ended ones too."""
    of = sa.select(sa.func.count().label("n")).where(
        drafts.c.ticket_key == key, drafts.c.reason == reason
    )
    found = await row(connection, of)
    return 0 if found is None else int(found["n"])


async def discard(connection: AsyncConnection, id: str, digest: str) -> bool:
    """End an open draft that still says what was looked at; whether it did."""
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state == DraftState.OPEN, drafts.c.digest == digest)
        .values(state=DraftState.DISCARDED.value)
    )
    return changed.rowcount == 1


async def end(connection: AsyncConnection, id: str, state: DraftState, *, error: str = "") -> bool:
    """End a draft that was not sent; whether it was still to be.

    One on its way ends by the helpdesk's word alone: nobody can call it back.
    """
    going = [drafts.c.state.in_(_GOING)]
    if state is not DraftState.REFUSED:
        going.append(drafts.c.intended_at.is_(None))
    changed = await connection.execute(
        sa.update(drafts).where(drafts.c.id == id, *going).values(state=state.value, error=error)
    )
    return changed.rowcount == 1


async def end_all(connection: AsyncConnection, key: str, why: str) -> None:
    """Say nothing more on a ticket; what may have been sent already stays as it is."""
    going = (drafts.c.state.in_(_GOING), drafts.c.intended_at.is_(None))
    await connection.execute(
        sa.update(drafts)
        .where(drafts.c.ticket_key == key, *going)
        .values(state=DraftState.SUPERSEDED.value, error=why)
    )


async def send_anew(
    connection: AsyncConnection,
    id: str,
    *,
    by: str,
    now: datetime,
    reaches: tuple[str, ...] | None = None,
    follow_up: bool = False,
) -> bool:
    """Let a draft go that was refused, or whose fate is not known, because a person says so."""
    ended = (DraftState.REFUSED.value, DraftState.UNCLEAR.value)
    changed = await connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == id, drafts.c.state.in_(ended), drafts.c.html != "")
        .values(
            state=DraftState.APPROVED.value,
            approved_by=by,
            approved_at=to_ms(now),
            approved_for=_ids(reaches),
            intended_at=None,
            probes=0,
            error="",
            **({"follow_up": True} if follow_up else {}),
        )
    )
    return changed.rowcount == 1


async def settle(connection: AsyncConnection, id: str, *, of: DraftState, to: DraftState) -> bool:
    """Put a draft that waits for a person's word into another state; whether it waited."""
    changed = await connection.execute(
        sa.update(drafts).where(drafts.c.id == id, drafts.c.state == of).values(state=to.value)
    )
    return changed.rowcount == 1


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """Two tickets became one: what is to be told and what was said belong to the one that stays."""
    await connection.execute(
        sa.update(drafts).where(drafts.c.ticket_key == old).values(ticket_key=new)
    )
    there = sa.select(said.c.message).where(said.c.ticket_key == new)
    await connection.execute(
        sa.delete(said).where(said.c.ticket_key == old, said.c.message.in_(there))
    )
    await connection.execute(sa.update(said).where(said.c.ticket_key == old).values(ticket_key=new))


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


async def rename(connection: AsyncConnection, id: str, message: str, *, error: str = "") -> None:
    """Keep by which id what was said is known from now on."""
    change = sa.update(drafts).where(drafts.c.id == id)
    await connection.execute(change.values(message=message, error=error))
    await connection.execute(sa.update(said).where(said.c.draft == id).values(message=message))


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
        follow_up=found["follow_up"],
        approved_by=found["approved_by"],
        approved_at=_moment(found["approved_at"]),
        approved_for=None if found["approved_for"] is None else tuple(found["approved_for"]),
        intended_at=_moment(found["intended_at"]),
        intended_on=found["intended_on"],
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


def _ids(people: tuple[str, ...] | None) -> list[str] | None:
    return None if people is None else list(people)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


async def forget(connection: AsyncConnection, key: str) -> None:
    """Remove the words of a ticket's drafts; what waits for somebody is not said any more."""
    await connection.execute(sa.update(drafts).where(drafts.c.ticket_key == key).values(**ERASED))
