"""What a backfill asks of the store: what is known of listed tickets, and how much is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import launches, links, wishes


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub did about a ticket. `launched`: routes launched or asked for, whatever came."""

    linked: bool = False
    launched: frozenset[str] = frozenset()


async def known(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Known]:
    """What is known of these tickets; those of which nothing is are left out."""
    linked = await rows(
        connection,
        sa.select(links.c.ticket_key)
        .distinct()
        .where(links.c.ticket_key.in_(keys), links.c.state != "ended"),
    )
    asked = sa.select(wishes.c.ticket_key, wishes.c.route).where(wishes.c.ticket_key.in_(keys))
    made = sa.select(launches.c.ticket_key, launches.c.route).where(launches.c.ticket_key.in_(keys))
    routes: dict[str, set[str]] = {}
    for each in await rows(connection, made.union(asked)):
        routes.setdefault(each["ticket_key"], set()).add(each["route"])
    hanging = {each["ticket_key"] for each in linked}
    return {
        key: Known(key in hanging, frozenset(routes.get(key, ())))
        for key in hanging | routes.keys()
    }


async def linked_pairs(connection: AsyncConnection, tickets: Sequence[str]) -> set[tuple[str, str]]:
    """The links of these tickets as pairs of keys, those too that somebody ended by hand."""
    found: set[tuple[str, str]] = set()
    statement = sa.select(links.c.ticket_key, links.c.work_item_key)
    for start in range(0, len(tickets), 500):
        part = tickets[start : start + 500]
        rest = await rows(connection, statement.where(links.c.ticket_key.in_(part)))
        found |= {(each["ticket_key"], each["work_item_key"]) for each in rest}
    return found


async def launched_since(
    connection: AsyncConnection, trackers: Sequence[str], since: datetime
) -> int:
    """Launches since then on the one of these trackers that had most."""
    found = await rows(
        connection,
        sa.select(sa.func.count().label("n"))
        .where(launches.c.connection.in_(trackers), launches.c.intended_at >= to_ms(since))
        .group_by(launches.c.connection),
    )
    return max((int(each["n"]) for each in found), default=0)


async def waiting(connection: AsyncConnection, helpdesk: str, since: datetime) -> int:
    """Wishes of the helpdesk's tickets, asked since then, that have led to no launch yet."""
    first = f"{helpdesk}:"
    made = sa.exists().where(
        launches.c.ticket_key == wishes.c.ticket_key, launches.c.route == wishes.c.route
    )
    found = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(wishes)
        .where(
            sa.func.substr(wishes.c.ticket_key, 1, len(first)) == first,
            wishes.c.asked_at >= to_ms(since),
            sa.not_(made),
        )
    )
    return int(found or 0)
