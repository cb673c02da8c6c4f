"""When the clock was set back: times that were written by it before must not lie far ahead.

Due times, waits and leases stand in the store by the wall clock. A clock that is set back by an
hour would let what was due in a second wait for an hour. What is pulled back too far only makes
the hub look early.
"""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import Database
from bridge.store.queue import MAX_DEBOUNCE_MS
from bridge.store.tables import connection_state, launches, records


async def pull_back(db: Database, connection: AsyncConnection, *, by_ms: int, lease_ms: int) -> int:
    """Move every time ahead of now back by what the clock was; how many records were moved.

    No lease lasts longer than one that is given now.
    """
    now, r = db.now(), records.c

    def back(column: sa.Column[int]) -> sa.ColumnElement[int]:
        return sa.case((column > now, column - by_ms), else_=column)

    moved = await connection.execute(
        sa.update(records)
        .where(sa.or_(r.due_at > now, r.not_before > now, r.lease_until > now, r.dirty_since > now))
        .values(
            due_at=back(r.due_at),
            not_before=back(r.not_before),
            dirty_since=back(r.dirty_since),
            lease_until=db.least(r.lease_until, now + lease_ms),
        )
    )
    limited = connection_state.c.throttled_until
    await connection.execute(
        sa.update(connection_state).where(limited > now).values(throttled_until=limited - by_ms)
    )
    sent = launches.c.intended_at
    await connection.execute(sa.update(launches).where(sent > now).values(intended_at=now))
    return moved.rowcount


async def bound_waits(db: Database, connection: AsyncConnection, *, longest_ms: int) -> int:
    """Let nothing that is asked for wait longer than it ever should; how many records did.

    At the start of the only process: nobody knows what the clock did while it was down. A
    vendor's own limit stands with its connection and is not touched.
    """
    now, r = db.now(), records.c
    latest_due, latest_wait = now + MAX_DEBOUNCE_MS, now + longest_ms
    bounded = await connection.execute(
        sa.update(records)
        .where(
            r.dirty_generation > r.done_generation,
            sa.or_(r.due_at > latest_due, r.not_before > latest_wait),
        )
        .values(
            due_at=db.least(r.due_at, latest_due),
            not_before=db.least(r.not_before, latest_wait),
            dirty_since=sa.case((r.dirty_since > now, now), else_=r.dirty_since),
        )
    )
    return bounded.rowcount
