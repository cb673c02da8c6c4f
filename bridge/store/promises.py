"""How the promises of tickets stand, and the timelines that they are reckoned from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.core.timelines import joined
from bridge.domain.promises import PromiseState, Standing, Timeline
from bridge.kit.clock import from_ms, to_ms
from bridge.store.codec import timeline_from_json, timeline_to_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, rows
from bridge.store.tables import promises, ticket_views, timelines

LAST_MS = 253_402_300_799_000
"""Where what is never due stands in a list."""
_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_TIMELINES = sa.select(timelines).where(timelines.c.ticket_key.in_(_KEYS))
_P, _V = promises.c, ticket_views.c


async def timelines_of(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Timeline]:
    """The timelines of these tickets that have one."""
    found = await rows(connection, _TIMELINES, {"p_keys": sorted(keys)})
    return {each["ticket_key"]: timeline_from_json(each["data"]) for each in found}


async def keep_timeline(
    db: Database, connection: AsyncConnection, key: str, timeline: Timeline
) -> None:
    """Keep what was seen of the ticket so far."""
    await connection.execute(
        db.upsert(timelines, ("ticket_key",)),
        {"ticket_key": key, "data": timeline_to_json(timeline)},
    )


async def of_ticket(connection: AsyncConnection, key: str) -> list[Standing]:
    """How each promise of the ticket stands, in the order in which they were made."""
    statement = sa.select(promises).where(_P.ticket_key == key)
    found = await rows(connection, statement.order_by(_P.started_at, _P.promise))
    return [standing_of(each) for each in found]


async def replace_all(connection: AsyncConnection, key: str, standings: Sequence[Standing]) -> None:
    """Write how all promises of the ticket stand now."""
    await connection.execute(sa.delete(promises).where(_P.ticket_key == key))
    if standings:
        await connection.execute(
            sa.insert(promises), [{"ticket_key": key, **_values(each)} for each in standings]
        )


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket `old` was merged into `new`: what was promised of it is promised of this one.

    How they stand is reckoned by the next pass over `new`.
    """
    found = await timelines_of(connection, [old, new])
    await connection.execute(sa.delete(promises).where(_P.ticket_key == old))
    if old not in found:
        return
    merged = found[old] if new not in found else joined(found[new], found[old])
    await connection.execute(sa.delete(timelines).where(timelines.c.ticket_key.in_([old, new])))
    await connection.execute(
        sa.insert(timelines).values(ticket_key=new, data=timeline_to_json(merged))
    )


# ------------------------------------------------------------------------------------- lists


@dataclass(frozen=True, slots=True)
class PromiseFilter:
    """What a list of promises is narrowed to; None does not narrow."""

    state: str | None = None
    pressing: bool | None = None
    connection: str | None = None
    customer: str | None = None
    owner: str | None = None
    promise: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseCursor:
    """The last entry of a page."""

    order_at: int
    ticket_key: str
    promise: str


async def page(
    connection: AsyncConnection,
    wanted: PromiseFilter,
    *,
    after: PromiseCursor | None,
    limit: int,
) -> list[Row]:
    """Promises with their tickets' rows, by when they are due; what is never due comes last."""
    shown = [
        *promises.c,
        *(_V[name] for name in ("connection", "vendor_id", "key", "url", "subject", "customer")),
        *(_V[name] for name in ("plan", "severity", "owner")),
    ]
    statement = sa.select(*shown).join(ticket_views, _V.ticket_key == _P.ticket_key)
    for column, value in (
        (_P.state, wanted.state),
        (_P.pressing, wanted.pressing),
        (_P.promise, wanted.promise),
        (_V.connection, wanted.connection),
        (_V.customer, wanted.customer),
        (_V.owner, wanted.owner),
    ):
        if value is not None:
            statement = statement.where(column == value)
    order = (_P.order_at, _P.ticket_key, _P.promise)
    if after is not None:
        here = (after.order_at, after.ticket_key, after.promise)
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, here)))
    return await rows(connection, statement.order_by(*order).limit(limit))


async def by_state(connection: AsyncConnection) -> dict[str, int]:
    """How many promises there are in each state."""
    statement = sa.select(_P.state, sa.func.count().label("promises")).group_by(_P.state)
    return {each["state"]: int(each["promises"]) for each in await rows(connection, statement)}


async def by_helpdesk(
    connection: AsyncConnection, helpdesks: Collection[str]
) -> dict[tuple[str, str], int]:
    """How many promises there are of each of these helpdesks in each state.

    By the tickets' keys, which begin with it: to join all tickets' rows takes very long.
    """
    if not helpdesks:
        return {}
    whose = sa.case(
        *((_P.ticket_key.startswith(f"{each}:", autoescape=True), each) for each in helpdesks)
    )
    of = sa.select(whose.label("helpdesk"), _P.state).subquery()
    statement = (
        sa.select(of.c.helpdesk, of.c.state, sa.func.count().label("promises"))
        .where(of.c.helpdesk.is_not(None))
        .group_by(of.c.helpdesk, of.c.state)
    )
    found = await rows(connection, statement)
    return {(each["helpdesk"], each["state"]): int(each["promises"]) for each in found}


async def count_pressing(connection: AsyncConnection) -> int:
    """How many promises are at risk, or broken and not made good."""
    count = sa.select(sa.func.count()).select_from(promises).where(_P.pressing)
    return int(await connection.scalar(count) or 0)


async def of_customer(connection: AsyncConnection, customer: str) -> dict[str, int]:
    """How many promises to a customer there are in each state."""
    count = sa.func.count()
    statement = (
        sa.select(_P.state, count.label("promises"))
        .join(ticket_views, _V.ticket_key == _P.ticket_key)
        .where(_V.customer == customer)
        .group_by(_P.state)
    )
    return {each["state"]: int(each["promises"]) for each in await rows(connection, statement)}


async def missed_of_customer(connection: AsyncConnection, customer: str) -> int:
    """How often a word was due to a customer, by promises that come again, and none came."""
    statement = (
        sa.select(sa.func.coalesce(sa.func.sum(_P.missed), 0))
        .join(ticket_views, _V.ticket_key == _P.ticket_key)
        .where(_V.customer == customer)
    )
    return int(await connection.scalar(statement) or 0)


# -------------------------------------------------------------------------------- rows, JSON


def standing_of(found: Row) -> Standing:
    """The promise of a row."""
    state = PromiseState(found["state"])
    is_open = state is PromiseState.BREACHED and found["ended_at"] is None
    return Standing(
        promise=found["promise"],
        title=found["title"],
        state=state,
        kept_by=found["kept_by"],
        started_at=from_ms(found["started_at"]),
        due_at=_moment(found["due_at"]),
        warn_at=_moment(found["warn_at"]),
        ended_at=_moment(found["ended_at"]),
        paused_since=_moment(found["paused_since"]),
        paused_for=found["paused_for"],
        kept_before=found["kept_before"],
        missed=found["missed"] or 0,
        counted=found["missed"] is not None,
        broken=_broken(found, state),
        zone=found["zone"],
        lapsed=is_open and not found["pressing"],
    )


def _broken(found: Row, state: PromiseState) -> int:
    """How often it was counted as broken; rows from before that was kept were counted once each."""
    if found["broken"] is not None:
        return int(found["broken"])
    return max(found["missed"] or 0, 1) if state is PromiseState.BREACHED else 0


def _values(each: Standing) -> dict[str, Any]:
    return {
        "promise": each.promise,
        "title": each.title,
        "state": each.state.value,
        "pressing": each.is_pressing,
        "kept_by": each.kept_by,
        "started_at": to_ms(each.started_at),
        "due_at": _ms(each.due_at),
        "warn_at": _ms(each.warn_at),
        "ended_at": _ms(each.ended_at),
        "paused_since": _ms(each.paused_since),
        "paused_for": each.paused_for,
        "kept_before": each.kept_before,
        "missed": each.missed,
        "broken": each.broken,
        "zone": each.zone,
        "order_at": LAST_MS if each.due_at is None else to_ms(each.due_at),
    }


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
