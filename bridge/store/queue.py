"""The queue that is the record row: marking, claiming under a fenced lease, finishing.

Three laws, each with its tests on both engines:
a mark is never lost (the generation test at finish), a lease that passed its time can finish
nothing (the token), and a new event never cuts a wait short (`not_before` is its own column).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from bridge.domain.refs import Ref
from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, row, rows
from bridge.store.tables import records

MAX_DEBOUNCE_MS = 2000
"""However long a burst lasts, a machine's change waits no longer than this (design rule 3)."""

TIMER = "timer"


class ClaimClass(IntEnum):
    """Who goes first; a smaller number is served before a greater one."""

    PERSON = 0
    CRITICAL = 1
    FRESH = 2
    FAN_OUT = 3
    CAMPAIGN = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A reason to look at a record. `debounce_ms` 0: at once. `read`: what is stored is too old."""

    ref: Ref
    cause: str
    claim_class: ClaimClass = ClaimClass.FRESH
    debounce_ms: int = 0
    read: bool = False
    trace: str | None = None
    """The delivery at the beginning of all this, if it was one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a record is: done when `done` has reached the `dirty` that was asked for."""

    dirty: int
    done: int
    dead: bool
    error: str | None


def _combine(marks: Iterable[Mark]) -> list[Mark]:
    """One mark per record, the most urgent, in key order: two replicas never deadlock."""
    best: dict[str, Mark] = {}
    for mark in marks:
        key = str(mark.ref)
        held = best.get(key)
        if held is None:
            best[key] = mark
            continue
        first = min(held, mark, key=lambda m: (m.claim_class, m.debounce_ms))
        best[key] = replace(first, read=held.read or mark.read)
    return [best[key] for key in sorted(best)]


def _mark_statement(db: Database) -> Any:
    """The upsert of one mark, with the parameters that `_parameters` fills."""
    now = db.now()
    statement = db.insert(records).values(
        key=sa.bindparam("p_key"),
        kind=sa.bindparam("p_kind"),
        connection=sa.bindparam("p_connection"),
        vendor_id=sa.bindparam("p_vendor_id"),
        dirty_generation=1,
        dirty_since=now,
        due_at=now + sa.bindparam("p_debounce", type_=sa.BigInteger),
        claim_class=sa.bindparam("p_class"),
        woken_by=sa.bindparam("p_cause"),
        trace=sa.bindparam("p_trace"),
        not_older_than=sa.case((sa.bindparam("p_read", type_=sa.Boolean), now), else_=sa.null()),
    )
    new = statement.excluded
    r = records.c
    pending = r.dirty_generation > r.done_generation
    since = sa.func.coalesce(r.dirty_since, now)
    # A person's click is not pushed back by a machine's burst.
    keeps = sa.and_(pending, r.claim_class < new.claim_class, r.due_at.is_not(None))
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "dirty_generation": r.dirty_generation + 1,
            "dirty_since": since,
            "due_at": sa.case(
                (keeps, r.due_at), else_=db.least(new.due_at, since + MAX_DEBOUNCE_MS)
            ),
            "claim_class": sa.case(
                (pending, db.least(r.claim_class, new.claim_class)), else_=new.claim_class
            ),
            "woken_by": new.woken_by,
            "trace": new.trace,
            "not_older_than": sa.func.coalesce(new.not_older_than, r.not_older_than),
            "dead": sa.false(),
            "attempts": sa.case((r.dead, 0), else_=r.attempts),
        },
    )


def _parameters(mark: Mark) -> dict[str, object]:
    return {
        "p_key": str(mark.ref),
        "p_kind": mark.ref.kind.value,
        "p_connection": mark.ref.connection,
        "p_vendor_id": mark.ref.id,
        "p_debounce": mark.debounce_ms,
        "p_class": int(mark.claim_class),
        "p_cause": mark.cause,
        "p_trace": mark.trace,
        "p_read": mark.read,
    }


async def mark(db: Database, connection: AsyncConnection, marks: Iterable[Mark]) -> int:
    """Wake the records, creating rows for new ones; returns how many records were marked."""
    combined = _combine(marks)
    if combined:
        await _make_rows(db, connection, [each.ref for each in combined])
        statement = db.prepared("mark", lambda: _mark_statement(db))
        await connection.execute(statement, [_parameters(each) for each in combined])
    return len(combined)


async def _make_rows(db: Database, connection: AsyncConnection, refs: Sequence[Ref]) -> None:
    """Rows for new records, on PostgreSQL: its upsert is not safe where two create the same one.

    `records` has two unique constraints and an upsert names but one; a race breaks the other.
    """
    if db.is_sqlite:
        return
    held = await lock(db, connection, [str(each) for each in refs])
    new = [
        {"key": str(ref), "kind": ref.kind.value, "connection": ref.connection, "vendor_id": ref.id}
        for ref in refs
        if str(ref) not in held
    ]
    if new:
        await connection.execute(db.insert(records).on_conflict_do_nothing(), new)


async def lock(
    db: Database,
    connection: AsyncConnection,
    keys: sa.Select[tuple[str]] | Sequence[str],
    given: Mapping[str, object] | None = None,
) -> set[str]:
    """Lock those of these records that exist, in key order.

    Every transaction that writes several records does this first: two that share some of them
    wait for each other instead of deadlocking. Returns the keys that were locked; none on SQLite,
    whose writer is alone.
    """
    if db.is_sqlite:
        return set()
    statement = sa.select(records.c.key).where(records.c.key.in_(keys))
    statement = statement.order_by(records.c.key).with_for_update()
    found = await connection.execute(statement, dict(given or {}))
    return set(found.scalars())


async def mark_where(
    db: Database,
    connection: AsyncConnection,
    keys: sa.Select[tuple[str]],
    *,
    cause: str,
    claim_class: ClaimClass,
    read: bool = False,
    trace: str | None = None,
    name: str = "",
    given: Mapping[str, object] | None = None,
    unless: sa.ColumnElement[bool] | None = None,
) -> int:
    """Wake all existing records whose key the select names, in one statement; how many.

    `name` of a select that is always the same but for what is `given`: it is built once. Those
    for which `unless` holds are locked like the others, so that it holds until the end of the
    transaction, and left as they are.
    """
    given = given or {}
    await lock(db, connection, keys, given)

    def build() -> Any:
        statement = _mark_where(db, keys, read=read)
        return statement if unless is None else statement.where(sa.not_(unless))

    statement = db.prepared(f"mark where {name} {read}", build) if name else build()
    told = {"p_class": int(claim_class), "p_cause": cause, "p_trace": trace}
    result = await connection.execute(statement, {**given, **told})
    return int(result.rowcount)


def _mark_where(db: Database, keys: sa.Select[tuple[str]], *, read: bool) -> Any:
    now, r = db.now(), records.c
    called = sa.bindparam("p_class", type_=sa.Integer)
    pending = r.dirty_generation > r.done_generation
    return (
        sa.update(records)
        .where(r.key.in_(keys))
        .values(
            dirty_generation=r.dirty_generation + 1,
            dirty_since=sa.func.coalesce(r.dirty_since, now),
            due_at=now,
            claim_class=sa.case((pending, db.least(r.claim_class, called)), else_=called),
            woken_by=sa.bindparam("p_cause"),
            trace=sa.bindparam("p_trace"),
            dead=sa.false(),
            attempts=sa.case((r.dead, 0), else_=r.attempts),
            **({"not_older_than": now} if read else {}),
        )
    )


async def ensure_timer(db: Database, connection: AsyncConnection, name: str) -> None:
    """A timer row that is due now, unless it exists: a sweep is a row like any other."""
    statement = db.insert(records).values(
        key=f"{TIMER}:{name}",
        kind=TIMER,
        connection="",
        vendor_id=name,
        dirty_generation=1,
        due_at=db.now(),
        claim_class=int(ClaimClass.FRESH),
        woken_by="start",
    )
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))


async def wake_timer(
    db: Database, connection: AsyncConnection, name: str, *, at: datetime | None = None
) -> None:
    """Run the timer now, or at that time if it would be due later."""
    due = db.now() if at is None else db.least(records.c.due_at, to_ms(at))
    await connection.execute(
        sa.update(records)
        .where(records.c.key == f"{TIMER}:{name}", records.c.due_at.is_not(None))
        .values(
            dirty_generation=records.c.dirty_generation + (1 if at is None else 0),
            due_at=due,
            dead=sa.false(),
        )
    )


async def wake_at_once(db: Database, connection: AsyncConnection, name: str) -> None:
    """Run the timer now, also one that rests."""
    await connection.execute(
        sa.update(records)
        .where(records.c.key == f"{TIMER}:{name}")
        .values(
            dirty_generation=records.c.dirty_generation + 1,
            due_at=db.now(),
            dead=sa.false(),
        )
    )


async def require_read(db: Database, connection: AsyncConnection, key: str) -> None:
    """Whatever is stored of the record is too old: the next pass reads it from the vendor."""
    await connection.execute(
        sa.update(records).where(records.c.key == key).values(not_older_than=db.now())
    )


async def progress(connection: AsyncConnection, key: str) -> Progress | None:
    """The record's generations."""
    r = records.c
    found = await row(
        connection,
        sa.select(r.dirty_generation, r.done_generation, r.dead, r.last_error).where(r.key == key),
    )
    return None if found is None else Progress(*found.values())


async def backlog(db: Database, connection: AsyncConnection) -> dict[int, tuple[int, int]]:
    """Claim class → how many records are due, and for how many ms the oldest has been."""
    now = db.now()
    found = await rows(
        connection,
        sa.select(
            records.c.claim_class,
            sa.func.count().label("n"),
            (now - sa.func.min(records.c.due_at)).label("age"),
        )
        .where(records.c.due_at <= now, sa.not_(records.c.dead), records.c.kind != TIMER)
        .group_by(records.c.claim_class),
    )
    return {each["claim_class"]: (each["n"], int(each["age"])) for each in found}
