"""Wishes: launches that people asked for, kept until they are made or nobody waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from bridge.domain.links import LaunchState
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import connection_state, escalations, launches, wishes

HOLDS = timedelta(days=7)
"""A wish that led to no launch by then lapses: nobody is surprised by an item long after."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked for this route's launch. `ends`: the item whose link ends once it is made."""

    route: str
    asked_at: datetime
    asked_by: str
    ends: str | None = None


def _wish(found: Row) -> Wish:
    return Wish(found["route"], from_ms(found["asked_at"]), found["asked_by"], found["ends"])


async def ask(
    db: Database,
    connection: AsyncConnection,
    key: str,
    route: str,
    *,
    by: str,
    now: datetime,
    ends: str | None = None,
    anew: bool = False,
) -> bool:
    """Keep that somebody asked for the launch; False if it is asked for already, and still holds.

    `anew`: what it was asked for before has failed, so that this counts as the first time.

    To be called in a transaction that has marked the ticket: two that ask at once wait for each
    other there.
    """
    held = await load(connection, key, route)
    if held is not None and now - held.asked_at <= HOLDS:
        # Asking once more does not take back that another link is to end.
        ends = ends or held.ends
        if held.ends == ends and not anew:
            return False
    await connection.execute(
        db.upsert(wishes, ("ticket_key", "route")),
        {
            "ticket_key": key,
            "route": route,
            "asked_at": to_ms(now),
            "asked_by": by,
            "ends": ends,
        },
    )
    return True


async def load(connection: AsyncConnection, key: str, route: str) -> Wish | None:
    """The wish for this route's launch, lapsed or not."""
    found = await row(
        connection,
        sa.select(wishes).where(wishes.c.ticket_key == key, wishes.c.route == route),
    )
    return None if found is None else _wish(found)


_KEYS: sa.BindParameter[Sequence[str]] = sa.bindparam("p_keys", expanding=True)
_ASKED = sa.union_all(
    sa.select(wishes.c.ticket_key, wishes.c.route)
    .join(
        launches,
        sa.and_(launches.c.ticket_key == wishes.c.ticket_key, launches.c.route == wishes.c.route),
        isouter=True,
    )
    .where(
        wishes.c.ticket_key.in_(_KEYS),
        sa.or_(wishes.c.asked_at >= sa.bindparam("p_since"), launches.c.route.is_not(None)),
    ),
    sa.select(escalations.c.ticket_key, sa.null()).where(escalations.c.ticket_key.in_(_KEYS)),
)


@dataclass(slots=True)
class Asked:
    """What people asked for about tickets, by the tickets' keys."""

    routes: dict[str, frozenset[str]] = field(default_factory=dict)
    """The routes that somebody asked to launch, but for wishes that have lapsed. A wish that led
    to a launch does not lapse: that a person decided stays true."""
    escalated: set[str] = field(default_factory=set)
    """Those that somebody ever asked to escalate: of the others there is nothing to read."""


async def asked_of(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> Asked:
    """What people asked for about these tickets."""
    found = Asked()
    given = {"p_keys": list(keys), "p_since": to_ms(now - HOLDS)}
    for each in await rows(connection, _ASKED, given):
        key, route = each["ticket_key"], each["route"]
        if route is None:
            found.escalated.add(key)
        else:
            found.routes[key] = found.routes.get(key, frozenset()) | {route}
    return found


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket `old` was merged into `new`: its wishes go along; one of `new` itself stays."""
    there = sa.select(wishes.c.route).where(wishes.c.ticket_key == new)
    await connection.execute(
        sa.delete(wishes).where(wishes.c.ticket_key == old, wishes.c.route.in_(there))
    )
    await connection.execute(
        sa.update(wishes).where(wishes.c.ticket_key == old).values(ticket_key=new)
    )


async def take_back_rejected(connection: AsyncConnection, key: str, route: str) -> bool:
    """Forget a launch that the tracker refused: it made nothing, and may be sent once more."""
    result = await connection.execute(
        sa.delete(launches).where(
            launches.c.ticket_key == key,
            launches.c.route == route,
            launches.c.state == LaunchState.REJECTED.value,
        )
    )
    return bool(result.rowcount)


async def look_again(connection: AsyncConnection, key: str, route: str) -> bool:
    """Have an undecided launch looked for anew, as if its answer had just been lost."""
    result = await connection.execute(
        sa.update(launches)
        .where(
            launches.c.ticket_key == key,
            launches.c.route == route,
            launches.c.state == LaunchState.UNDECIDED.value,
        )
        .values(state=LaunchState.INTENDED.value, probes=0, reason="")
    )
    return bool(result.rowcount)


async def lift_limit(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Count the launches into this tracker anew from now on: a person says it is right so."""
    await connection.execute(
        sa.update(connection_state)
        .where(connection_state.c.name == name)
        .values(launches_counted_from=to_ms(now))
    )
