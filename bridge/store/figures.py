"""Queries of what the hub measures about itself: what waits, what was given up, who is silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import connection_state, deliveries, findings, records, runs
from bridge.store.tables.history import REPAIRS

RECENT = 200
"""So many deliveries tell a connection's rhythm."""

_DEAD = (
    sa.select(records.c.kind, sa.func.count().label("n"))
    # A dead row stays due, so the index of what is due finds it.
    .where(records.c.dead, records.c.due_at.is_not(None))
    .group_by(records.c.kind)
)
_UNREAD = sa.select(sa.func.count()).where(deliveries.c.state == "received")
_LAST = sa.select(connection_state.c.name, connection_state.c.last_delivery_at).where(
    connection_state.c.last_delivery_at.is_not(None)
)


async def dead(connection: AsyncConnection) -> dict[str, int]:
    """Kind of record → how many the hub gave up on."""
    return {each["kind"]: each["n"] for each in await rows(connection, _DEAD)}


async def unread(connection: AsyncConnection) -> int:
    """How many deliveries wait to be read."""
    return int(await connection.scalar(_UNREAD) or 0)


async def last_deliveries(connection: AsyncConnection) -> dict[str, datetime]:
    """When each connection that ever received a delivery received its last."""
    return {
        each["name"]: from_ms(each["last_delivery_at"]) for each in await rows(connection, _LAST)
    }


async def recent_deliveries(connection: AsyncConnection, name: str) -> list[datetime]:
    """When the connection's newest deliveries came, oldest first."""
    found = await connection.execute(
        sa.select(deliveries.c.received_at)
        .where(deliveries.c.connection == name)
        .order_by(deliveries.c.id.desc())
        .limit(RECENT)
    )
    return sorted(from_ms(ms) for (ms,) in found)


async def repaired_since(connection: AsyncConnection, name: str, since: datetime) -> bool:
    """Whether a sweep or patrol woke a record of the connection since then, and it mattered."""
    r = runs.c
    found = await connection.scalar(
        sa.select(r.id)
        # An id begins with its time, so the newest runs are one range of the key.
        .where(r.id >= f"{to_ms(since):012x}", REPAIRS)
        .where(r.record_key.startswith(f"{name}:", autoescape=True))
        .limit(1)
    )
    return found is not None


async def is_open(connection: AsyncConnection, name: str, codes: Sequence[str]) -> bool:
    """Whether a finding of these codes on the connection itself is not resolved."""
    f = findings.c
    found = await connection.scalar(
        sa.select(f.id)
        .where(f.connection == name, f.code.in_(codes), f.ref == "", f.state != "resolved")
        .limit(1)
    )
    return found is not None
