"""Leases: claiming due records, proving that they are still ours, finishing or putting back.

A lease that passed its time can finish nothing: every write of a run holds against its token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database
from bridge.store.queue import ClaimClass, lock
from bridge.store.tables import connection_state, records

TELLING = ""
"""Stands for a void digest (ADR 10) while a pass is under way: void again means that what
neighbours take has changed since the claim.
"""


_TAKEN = records.c.due_at.is_not(None)
"""Holds for every record under a lease: only its finish takes the due time away. Said so that the
index of what is due finds them, and not a look at every record there is.
"""


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
    trace: str | None = None


class LeaseLost(Exception):
    """Another worker has the record now: nothing of this run may be stored."""


def _claim_statement(db: Database) -> Any:
    """One UPDATE that takes what is due, most urgent first, and returns it."""
    now, r = db.now(), records.c
    state = connection_state.c
    blocked = (
        sa.select(state.name)
        .where(
            state.name == r.connection,
            sa.or_(state.throttled_until > now, state.paused_by.is_not(None)),
        )
        .exists()
    )
    due = (
        sa.select(r.key)
        .where(
            r.due_at.is_not(None),
            r.due_at <= now,
            r.not_before <= now,
            r.lease_until < now,
            sa.not_(r.dead),
            sa.not_(blocked),
            r.connection.not_in(sa.bindparam("p_busy", expanding=True)),
        )
        .order_by(r.claim_class, r.due_at)
        .limit(sa.bindparam("p_limit", type_=sa.Integer))
    )
    # A CTE that locks is run once on PostgreSQL; a subselect with a limit may be run again.
    picked = db.locked(due, skip=True).cte("picked")
    return (
        sa.update(records)
        .where(r.key.in_(sa.select(picked.c.key)))
        .values(
            lease_owner=sa.bindparam("p_owner"),
            lease_token=r.lease_token + 1,
            lease_until=now + sa.bindparam("p_lease", type_=sa.BigInteger),
            mirror_digest=sa.func.coalesce(r.mirror_digest, TELLING),
        )
        .returning(
            r.key,
            r.kind,
            r.connection,
            r.vendor_id,
            r.lease_token.label("token"),
            r.dirty_generation.label("generation"),
            r.attempts,
            r.woken_by,
            r.claim_class,
            r.due_at,
            r.trace,
        )
    )


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
    statement = db.prepared("claim", lambda: _claim_statement(db))
    taken = await connection.execute(
        statement,
        {"p_owner": owner, "p_lease": lease_ms, "p_limit": limit, "p_busy": list(busy)},
    )
    return sorted(
        (Claim(**each) for each in taken.mappings()), key=lambda c: (c.claim_class, c.due_at)
    )


async def next_due(db: Database, connection: AsyncConnection) -> int | None:
    """When to look for due records again, in ms; None if there is nothing to wait for.

    That is when the next becomes due that is not due yet, or a wait ends; never later.
    """

    found = (await connection.execute(db.prepared("next due", lambda: _next_statement(db)))).one()
    return min((each for each in found if each is not None), default=None)


def _next_statement(db: Database) -> Any:
    # One step into an index for each: a backlog, or all that is planned, is not gone through.
    r = records.c
    numbers = [sa.literal_column(str(int(each)), sa.SmallInteger) for each in ClaimClass]
    classes = sa.union_all(*(sa.select(each.label("n")) for each in numbers)).subquery("classes")
    first = (
        sa.select(r.due_at)
        .where(r.due_at.is_not(None), r.claim_class == classes.c.n, r.due_at > db.now())
        .order_by(r.due_at)
        .limit(sa.literal_column("1"))
    )
    waiting = r.not_before > sa.literal_column("0")
    ends = sa.select(sa.func.min(r.not_before)).where(waiting, r.not_before > db.now())
    return sa.select(sa.func.min(first.scalar_subquery()), ends.scalar_subquery()).select_from(
        classes
    )


async def heartbeat(db: Database, connection: AsyncConnection, *, owner: str, lease_ms: int) -> int:
    """Prolong all leases of `owner` that still hold; how many."""
    held = (_TAKEN, records.c.lease_owner == owner, records.c.lease_until >= db.now())
    await lock(db, connection, sa.select(records.c.key).where(*held))
    result = await connection.execute(
        sa.update(records).where(*held).values(lease_until=db.now() + lease_ms)
    )
    return result.rowcount


async def release_all(connection: AsyncConnection, *, owner: str | None) -> int:
    """Give back the leases of `owner` (None: of everybody, at the start of the only process)."""
    held: sa.ColumnElement[bool] = records.c.lease_owner.is_not(None)
    if owner is not None:
        held = records.c.lease_owner == owner
    held = sa.and_(_TAKEN, held)
    result = await connection.execute(
        sa.update(records).where(held).values(lease_owner=None, lease_until=0)
    )
    return result.rowcount


def _ours(db: Database) -> tuple[sa.ColumnElement[bool], ...]:
    """What is true of the row as long as the lease (`_lease`) is ours and has not passed."""
    return (
        records.c.key == sa.bindparam("p_key"),
        records.c.lease_owner == sa.bindparam("p_owner"),
        records.c.lease_token == sa.bindparam("p_token", type_=sa.BigInteger),
        records.c.lease_until >= db.now(),
    )


def _lease(taken: Claim, owner: str) -> dict[str, Any]:
    return {"p_key": taken.key, "p_owner": owner, "p_token": taken.token}


def _hold_statement(db: Database) -> Any:
    left = records.c.lease_until - db.now()
    return db.locked(sa.select(left).where(*_ours(db)))


async def hold(
    db: Database,
    connection: AsyncConnection,
    taken: Claim,
    owner: str,
    *,
    neighbours: sa.Select[tuple[str]] | None = None,
) -> int:
    """Prove that the lease is still ours, and keep it so until this transaction ends.

    LeaseLost if it passed: checked before each vendor call and in each storing transaction.
    Returns the milliseconds that it still lasts without a heartbeat.
    `neighbours`: other records that this transaction will write. They are locked together with
    ours, in key order, because their passes may write ours.
    """
    if neighbours is not None:
        both = neighbours.union_all(sa.select(sa.literal(taken.key))).subquery()
        await lock(db, connection, sa.select(both.c[0]))
    held = await connection.execute(
        db.prepared("hold", lambda: _hold_statement(db)), _lease(taken, owner)
    )
    found = held.first()
    if found is None:
        raise LeaseLost(taken.key)
    return int(found[0])


def _finish_statement(db: Database, *, shown: bool) -> Any:
    generation = sa.bindparam("p_generation", type_=sa.BigInteger)
    unchanged = records.c.dirty_generation == generation
    wake = sa.bindparam("p_wake", type_=sa.BigInteger)
    told: dict[str, Any] = {}
    if shown:
        # If what neighbours take has changed since, the digest stays void: one may have looked.
        # A mark alone does not void it, or else many that wake each other never come to rest.
        told_still = sa.or_(unchanged, records.c.mirror_digest.is_not(None))
        digest = sa.case((told_still, sa.bindparam("p_digest")), else_=sa.null())
        told = {"active": sa.bindparam("p_active", type_=sa.Boolean), "mirror_digest": digest}
    return (
        sa.update(records)
        .where(*_ours(db))
        .values(
            done_generation=generation,
            due_at=sa.case((unchanged, wake), else_=records.c.due_at),
            dirty_since=sa.case((unchanged, sa.null()), else_=db.now()),
            claim_class=sa.case((unchanged, int(ClaimClass.FRESH)), else_=records.c.claim_class),
            not_before=0,
            attempts=0,
            last_error=None,
            lease_owner=None,
            lease_until=0,
            **told,
        )
        .returning(records.c.due_at)
    )


async def finish(
    db: Database,
    connection: AsyncConnection,
    taken: Claim,
    owner: str,
    *,
    wake_at: datetime | None,
    shown: tuple[bool, str] | None = None,
) -> bool:
    """The run is done for the generation it saw; what came since makes the record run again.

    LeaseLost if the lease is not ours any more. Returns whether the record is to be looked at
    again at all. `shown`: whether the patrol looks after the record, and the digest of what its
    neighbours take.
    """
    wake = None if wake_at is None else to_ms(wake_at)
    given = {**_lease(taken, owner), "p_generation": taken.generation, "p_wake": wake}
    if shown is None:
        statement = db.prepared("finish", lambda: _finish_statement(db, shown=False))
    else:
        statement = db.prepared("finish shown", lambda: _finish_statement(db, shown=True))
        given |= {"p_active": shown[0], "p_digest": shown[1]}
    found = (await connection.execute(statement, given)).first()
    if found is None:
        raise LeaseLost(taken.key)
    return found[0] is not None


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
        .where(*_ours(db))
        .values(
            due_at=db.now(),
            not_before=0 if not_before is None else to_ms(not_before),
            attempts=records.c.attempts + (1 if counts else 0),
            last_error=error[:500],
            # A mark that came during the run wants one of its own.
            dead=sa.case((records.c.dirty_generation == taken.generation, dead), else_=False),
            lease_owner=None,
            lease_until=0,
        ),
        _lease(taken, owner),
    )
