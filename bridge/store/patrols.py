"""Whom the patrol looks at next: active records, the one least recently read first."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.tables import records

_ACTIVE: sa.ColumnElement[bool] = sa.literal_column("records.active")
"""As the index of the patrol says it: SQLite uses it for no other wording (`active = 1`)."""


async def next_batch(
    db: Database, connection: AsyncConnection, name: str, *, before: datetime, limit: int
) -> list[str]:
    """Vendor ids of the active records least recently patrolled, stamped as patrolled now."""
    oldest = (
        sa.select(records.c.key)
        .where(records.c.connection == name, _ACTIVE, records.c.patrolled_at < to_ms(before))
        .order_by(records.c.patrolled_at)
        .limit(limit)
    )
    # Whose turn it is says nothing of the order in which others lock: that of the keys.
    keys = sorted((await connection.execute(oldest)).scalars())
    mine = sa.select(records.c.key).where(records.c.key.in_(keys)).order_by(records.c.key)
    await connection.execute(db.locked(mine))
    found = await rows(
        connection,
        sa.update(records)
        .where(records.c.key.in_(keys), records.c.patrolled_at < to_ms(before))
        .values(patrolled_at=db.now())
        .returning(records.c.vendor_id),
    )
    return sorted(each["vendor_id"] for each in found)


async def count_active(connection: AsyncConnection, name: str) -> int:
    """How many records of the connection the patrol looks after."""
    count = await connection.scalar(
        sa.select(sa.func.count()).select_from(records).where(records.c.connection == name, _ACTIVE)
    )
    return int(count or 0)
