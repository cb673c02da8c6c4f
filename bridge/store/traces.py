"""What one delivery led to: the runs of its trace, their operations, and what still waits."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import operations, records, runs


async def runs_of(
    connection: AsyncConnection, trace: str, *, cursor: str | None, limit: int
) -> list[Row]:
    """The kept runs of a trace in their order, those after the cursor, without their inputs."""
    r = runs.c
    statement = sa.select(
        r.id,
        r.record_key,
        r.woken_by,
        r.started_at,
        r.finished_at,
        r.mapping_hash,
        r.verdict,
        r.decided,
    ).where(r.trace == trace)
    if cursor is not None:
        statement = statement.where(r.id > cursor)
    return await rows(connection, statement.order_by(r.id).limit(limit))


async def operations_of(connection: AsyncConnection, run_ids: Sequence[str]) -> list[Row]:
    """The operations of these runs in their order, without their requests."""
    o = operations.c
    statement = sa.select(
        o.id, o.run_id, o.connection, o.kind, o.state, o.started_at, o.finished_at, o.detail
    ).where(o.run_id.in_(run_ids))
    return await rows(connection, statement.order_by(o.id))


async def waiting(connection: AsyncConnection, trace: str, keys: Sequence[str]) -> list[Row]:
    """Which of these records the delivery woke and no pass has ended for since: what they say."""
    r = records.c
    statement = sa.select(r.key, r.dead, r.last_error, r.lease_until).where(
        r.key.in_(keys), r.trace == trace, r.dirty_generation > r.done_generation
    )
    return await rows(connection, statement.order_by(r.key))
