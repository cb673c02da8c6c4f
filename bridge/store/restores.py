"""The mark of a restored store: what was done after the backup is not in it.

A restored store is that of a hub that was away since the backup, but for one thing: it has
forgotten what it did meanwhile. So the mark is kept for good, every active record is read again
before anything relies on it, and whatever must not happen twice is looked for before it is done.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bridge.domain.errors import ConfigProblem
from bridge.domain.restores import Restored
from bridge.kit.clock import from_ms, to_ms
from bridge.kit.ids import new_id
from bridge.store import sessions
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, row
from bridge.store.queue import ClaimClass, mark_where
from bridge.store.tables import connection_state, deliveries, records, restores, runs

CAUSE = "restored"


async def restored(connection: AsyncConnection) -> Restored | None:
    """The newest restore, with the earliest moment since which something may be forgotten."""
    found = await row(
        connection,
        sa.select(
            sa.func.max(restores.c.restored_at).label("at"),
            sa.func.min(restores.c.known_until).label("known_until"),
        ),
    )
    if found is None or found["at"] is None:
        return None
    return Restored(from_ms(found["at"]), from_ms(found["known_until"]))


async def mark_restored(db: Database, connection: AsyncConnection, now: datetime) -> Restored:
    """Write down that this store is an older state, put in place now.

    What is remembered of active records is void: each is read before anything is decided by it.
    The sweeps' cursors stay, because they are as old as the records beside them.
    """
    known_until = await _newest_moment(connection)
    await connection.execute(
        sa.insert(restores).values(
            id=new_id(),
            restored_at=to_ms(now),
            known_until=to_ms(now) if known_until is None else min(known_until, to_ms(now)),
        )
    )
    active = sa.and_(records.c.active, records.c.merged_into.is_(None))
    keys = sa.select(records.c.key).where(active)
    await mark_where(db, connection, keys, cause=CAUSE, claim_class=ClaimClass.CAMPAIGN, read=True)
    await connection.execute(
        sa.update(records)
        .where(active, records.c.presence == "present")
        .values(observation=None, mirror_digest=None)
    )
    # Who signed out since then would be signed in again.
    await sessions.drop_all(connection)
    # Whoever held a lease when the backup was made is gone.
    await connection.execute(sa.update(records).values(lease_owner=None, lease_until=0))
    marked = await restored(connection)
    assert marked is not None  # noqa: S101 - written a moment ago, in this transaction
    return marked


async def _newest_moment(connection: AsyncConnection) -> int | None:
    """The newest moment that the store speaks of, in ms: the backup is not older than it."""
    moments = [
        await connection.scalar(sa.select(sa.func.max(column)))
        for column in (connection_state.c.swept_at, deliveries.c.received_at, runs.c.started_at)
    ]
    if not any(moments):
        moments = [await connection.scalar(sa.select(sa.func.min(connection_state.c.start_mark)))]
    return max((each for each in moments if each is not None), default=None)


async def refuse_others(db: Database) -> None:
    """ConfigProblem if others use this PostgreSQL database: running hubs would not see the mark.

    SQLite has its lock.
    """
    if db.is_sqlite:
        return
    async with db.read() as connection:
        others = await connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
        )
    if others:
        raise ConfigProblem(
            f"{others} other connections use this database. Stop every bridge serve and bridge "
            "worker (and psql) first, then say bridge restored again, then start them."
        )
