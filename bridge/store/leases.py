"""Leases: claiming due records, proving that they are still ours, finishing or putting back.

A lease that passed its time can finish nothing: every write of a run holds against its token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.kit.clock import to_ms
from bridge.store.database import Database, rows
from bridge.store.queue import ClaimClass
from bridge.store.tables import connection_state, records


@dataclass(frozen=True, slots=True)
class Claim:
    """A record under our lease. Every write of the run holds against `token`."""

    key: str
    kind: str
    connection: str
    vendor_id: str
    token: int
    generation: int
    attempts: int
    woken_by: str
    claim_class: int
    due_at: int


class LeaseLost(Exception):
    """Another worker has the record now: nothing of this run may be stored."""


async def claim(
    db: Database,
    connection: AsyncConnection,
    *,
    owner: str,
    lease_ms: int,
    limit: int,
    busy: Sequence[str] = (),
) -> list[Claim]:
    """Take up to `limit` due records under a lease; none of a `busy` or paused connection."""
    now = db.now()
    blocked = (
        sa.select(connection_state.c.name)
        .where(connection_state.c.name == records.c.connection)
        .where(
            sa.or_(
                connection_state.c.throttled_until > now,
                connection_state.c.paused_by.is_not(None),
            )
        )
        .exists()
    )
    due = (
        sa.select(records.c.key)
        .where(
            records.c.due_at.is_not(None),
            records.c.due_at <= now,
            records.c.not_before <= now,
            records.c.lease_until < now,
            sa.not_(records.c.dead),
            sa.not_(blocked),
        )
        .order_by(records.c.claim_class, records.c.due_at)
        .limit(limit)
    )
    if busy:
        due = due.where(records.c.connection.not_in(busy))
    if not db.is_sqlite:
        due = due.with_for_update(skip_locked=True)
    taken = await rows(
        connection,
        sa.update(records)
        .where(records.c.key.in_(due))
        .values(
            lease_owner=owner, lease_token=records.c.lease_token + 1, lease_until=now + lease_ms
        )
        .returning(
            records.c.key,
            records.c.kind,
            records.c.connection,
            records.c.vendor_id,
            records.c.lease_token.label("token"),
            records.c.dirty_generation.label("generation"),
            records.c.attempts,
            records.c.woken_by,
            records.c.claim_class,
            records.c.due_at,
        ),
    )
    return sorted((Claim(**each) for each in taken), key=lambda c: (c.claim_class, c.due_at))


async def next_due(db: Database, connection: AsyncConnection) -> int | None:
    """When the next record becomes due that is not due yet, in ms; None if there is none."""
    ready = db.greatest(records.c.due_at, records.c.not_before)
    statement = sa.select(sa.func.min(ready)).where(
        records.c.due_at.is_not(None), sa.not_(records.c.dead), ready > db.now()
    )
    value: int | None = await connection.scalar(statement)
    return value


async def heartbeat(db: Database, connection: AsyncConnection, *, owner: str, lease_ms: int) -> int:
    """Prolong all leases of `owner` that still hold; how many."""
    now = db.now()
    result = await connection.execute(
        sa.update(records)
        .where(records.c.lease_owner == owner, records.c.lease_until >= now)
        .values(lease_until=now + lease_ms)
    )
    return result.rowcount


async def release_all(connection: AsyncConnection, *, owner: str | None) -> int:
    """Give back the leases of `owner` (None: of everybody, at the start of the only process)."""
    held: sa.ColumnElement[bool] = records.c.lease_owner.is_not(None)
    if owner is not None:
        held = records.c.lease_owner == owner
    result = await connection.execute(
        sa.update(records).where(held).values(lease_owner=None, lease_until=0)
    )
    return result.rowcount


def _ours(db: Database, taken: Claim, owner: str) -> tuple[sa.ColumnElement[bool], ...]:
    """What is true of the row as long as the lease is ours and has not passed."""
    return (
        records.c.key == taken.key,
        records.c.lease_owner == owner,
        records.c.lease_token == taken.token,
        records.c.lease_until >= db.now(),
    )


async def hold(db: Database, connection: AsyncConnection, taken: Claim, owner: str) -> None:
    """Prove that the lease is still ours, and keep it so until this transaction ends.

    LeaseLost if it passed: checked before each vendor call and in each storing transaction.
    """
    statement = sa.select(records.c.key).where(*_ours(db, taken, owner))
    if (await connection.execute(db.locked(statement))).first() is None:
        raise LeaseLost(taken.key)


async def finish(
    db: Database, connection: AsyncConnection, taken: Claim, owner: str, *, wake_at: datetime | None
) -> None:
    """The run is done for the generation it saw; what came since makes the record run again."""
    unchanged = records.c.dirty_generation == taken.generation
    wake = sa.literal(None if wake_at is None else to_ms(wake_at), sa.BigInteger)
    result = await connection.execute(
        sa.update(records)
        .where(*_ours(db, taken, owner))
        .values(
            done_generation=taken.generation,
            due_at=sa.case((unchanged, wake), else_=records.c.due_at),
            dirty_since=sa.case((unchanged, sa.null()), else_=db.now()),
            claim_class=sa.case((unchanged, int(ClaimClass.FRESH)), else_=records.c.claim_class),
            not_before=0,
            attempts=0,
            last_error=None,
            lease_owner=None,
            lease_until=0,
        )
    )
    if result.rowcount == 0:
        raise LeaseLost(taken.key)


async def put_back(
    db: Database,
    connection: AsyncConnection,
    taken: Claim,
    owner: str,
    *,
    not_before: datetime | None,
    error: str,
    counts: bool,
    dead: bool = False,
) -> None:
    """The run did not end: try again at `not_before` (None: at once). `counts` towards giving up.

    A mark that came meanwhile stays; it does not shorten the wait.
    """
    await connection.execute(
        sa.update(records)
        .where(*_ours(db, taken, owner))
        .values(
            due_at=db.now(),
            not_before=0 if not_before is None else to_ms(not_before),
            attempts=records.c.attempts + (1 if counts else 0),
            last_error=error[:500],
            # A mark that came during the run wants one of its own.
            dead=sa.case((records.c.dirty_generation == taken.generation, dead), else_=False),
            lease_owner=None,
            lease_until=0,
        )
    )
