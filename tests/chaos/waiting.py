"""What waits at the hub, and for how long: a test goes on when nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.database import Database
from bridge.store.tables import connection_state, deliveries, records

SOON = timedelta(minutes=3)
"""What wakes by itself this soon is waited for (by moving the clock, where it can be moved)."""
AT_ONCE = timedelta(seconds=1)


@dataclass(frozen=True)
class Waiting:
    """What waits at the hub; `seconds` until the first of it may go on."""

    text: str = ""
    seconds: float = 0.0

    @property
    def only_later(self) -> bool:
        return self.seconds > AT_ONCE.total_seconds()


async def look(db: Database, *, timers: bool = True) -> Waiting:
    """What waits at the hub now, seen from its database.

    `timers`: a sweep that runs or is due counts too, for it has not yet marked what it will find.
    """
    r, c = records.c, connection_state.c
    now = to_ms(db.clock.now())
    ready = db.greatest(
        sa.func.coalesce(r.due_at, 0), r.not_before, sa.func.coalesce(c.throttled_until, 0)
    )
    pending = sa.and_(r.due_at.is_not(None), ready < now + SOON / timedelta(milliseconds=1))
    # The lease of a process that died or was too late lies there until the record is claimed.
    held = r.lease_until >= now
    async with db.read() as connection:
        unread = await connection.scalar(
            sa.select(sa.func.count())
            .select_from(deliveries)
            .where(deliveries.c.state == "received")
        )
        rows = await connection.execute(
            sa.select(r.key, ready, held, r.attempts, r.last_error)
            .outerjoin(connection_state, c.name == r.connection)
            .where(
                sa.or_(
                    r.kind != "timer", sa.and_(sa.literal(timers), sa.or_(held, r.due_at <= now))
                )
            )
            .where(sa.not_(r.dead))
            # What stands on a paused connection waits for its probe, which a sweep makes.
            .where(sa.or_(sa.and_(pending, c.paused_by.is_(None)), held))
        )
        found = [tuple(each) for each in rows]
    if not unread and not found:
        return Waiting()
    busy = unread or any(leased for _, _, leased, *_ in found)
    wait = 0.0 if busy else (min(at for _, at, *_ in found) - now) / 1000
    return Waiting(f"{unread} deliveries, {found[:5]}", wait)
