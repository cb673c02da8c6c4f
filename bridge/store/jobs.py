"""Background jobs: rows with a cursor, each driven by a timer row of the queue.

A step of a job stores what it did, moves the cursor and gives its lease back in one transaction,
so a kill between two steps repeats nothing and loses nothing. Any replica does the next step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bridge.kit.clock import from_ms, to_ms
from bridge.kit.ids import new_id
from bridge.store import queue
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.queue import TIMER, ClaimClass
from bridge.store.tables import jobs, records

PREFIX = "job:"
"""How the names of the timers of jobs begin."""


class JobState(StrEnum):
    """`waiting`: not begun. `paused`: by a person. The last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({JobState.WAITING, JobState.RUNNING})
"""A job in one of these takes steps."""
LIVE = ACTIVE | {JobState.PAUSED}
"""A job in one of these is not over."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work in the background.

    `target` is what it is about (a connection, a mapping), `cursor` where its next step begins.
    `total` None: not counted yet. `result` is what it came to, or has come to so far; `error`
    why it failed, in words.
    """

    id: str
    kind: str
    target: str
    state: JobState
    params: Mapping[str, Any]
    cursor: str
    done: int
    total: int | None
    result: Any
    error: str | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a step came. `wake_at`: when the next one is due (None: at once)."""

    cursor: str
    done: int
    total: int | None = None
    result: Any = None
    finished: bool = False
    wake_at: datetime | None = None


def job_of(found: Row) -> Job:
    """The job of a row of `jobs`."""
    ended = found["finished_at"]
    return Job(
        id=found["id"],
        kind=found["kind"],
        target=found["target"],
        state=JobState(found["state"]),
        params=found["params"],
        cursor=found["cursor"],
        done=found["done"],
        total=found["total"],
        result=found.get("result"),
        error=found["error"],
        created_at=from_ms(found["created_at"]),
        created_by=found["created_by"],
        updated_at=from_ms(found["updated_at"]),
        finished_at=None if ended is None else from_ms(ended),
    )


async def add(
    db: Database,
    connection: AsyncConnection,
    *,
    kind: str,
    target: str,
    params: Mapping[str, Any],
    by: str,
    now: datetime,
    total: int | None = None,
    begins: datetime | None = None,
    result: Any = None,
) -> Job:
    """A new job that waits for its first step, at `begins` at the earliest."""
    id = new_id()
    await connection.execute(
        sa.insert(jobs).values(
            id=id,
            kind=kind,
            target=target,
            state=JobState.WAITING.value,
            params=dict(params),
            total=total,
            result=result,
            created_at=to_ms(now),
            created_by=by,
            updated_at=to_ms(now),
        )
    )
    await wake(db, connection, id, at=begins)
    found = await load(connection, id)
    assert found is not None  # noqa: S101 - inserted a moment ago, in this transaction
    return found


def timer_key(id: str) -> str:
    """The key of the timer row that drives the job."""
    return f"{TIMER}:{PREFIX}{id}"


async def wake(
    db: Database, connection: AsyncConnection, id: str, *, at: datetime | None = None
) -> None:
    """Have the job's next step done now (or at that time), behind all live work."""
    await queue.ensure_timer(db, connection, f"{PREFIX}{id}")
    await connection.execute(
        sa.update(records)
        .where(records.c.key == timer_key(id))
        .values(
            dirty_generation=records.c.dirty_generation + 1,
            due_at=db.now() if at is None else to_ms(at),
            claim_class=int(ClaimClass.CAMPAIGN),
            dead=sa.false(),
        )
    )


async def load(connection: AsyncConnection, id: str) -> Job | None:
    """The job of that id."""
    found = await row(connection, sa.select(jobs).where(jobs.c.id == id))
    return None if found is None else job_of(found)


async def hold(db: Database, connection: AsyncConnection, id: str) -> Job | None:
    """The job of that id, kept to this transaction: who comes second waits for its end."""
    found = await row(connection, db.locked(sa.select(jobs).where(jobs.c.id == id)))
    return None if found is None else job_of(found)


async def page(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    kind: str | None = None,
    target: str | None = None,
    state: str | None = None,
) -> list[Row]:
    """Jobs without their results, newest first, after the id `cursor`."""
    j = jobs.c
    columns = [column for column in j if column is not j.result]
    statement = sa.select(*columns).order_by(j.id.desc()).limit(limit)
    for column, wanted in ((j.kind, kind), (j.target, target), (j.state, state)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if cursor is not None:
        statement = statement.where(j.id < cursor)
    return await rows(connection, statement)


async def live(connection: AsyncConnection, kind: str, target: str | None = None) -> list[Job]:
    """The jobs of a kind (about `target`, if given) that are not over, oldest first."""
    j = jobs.c
    statement = sa.select(jobs).where(j.kind == kind, j.state.in_(_values(LIVE))).order_by(j.id)
    if target is not None:
        statement = statement.where(j.target == target)
    return [job_of(each) for each in await rows(connection, statement)]


async def last_moved(connection: AsyncConnection, kind: str) -> int | None:
    """When any job of the kind came on last, in ms; None if there is none."""
    found: int | None = await connection.scalar(
        sa.select(sa.func.max(jobs.c.updated_at)).where(jobs.c.kind == kind)
    )
    return found


async def under_way(connection: AsyncConnection, *, limit: int) -> list[Job]:
    """The jobs of every kind that are not over, newest first, without what they came to."""
    j = jobs.c
    columns = [column for column in j if column is not j.result]
    statement = sa.select(*columns).where(j.state.in_(_values(LIVE)))
    return [job_of(e) for e in await rows(connection, statement.order_by(j.id.desc()).limit(limit))]


async def newest_on(connection: AsyncConnection, kind: str, name: str) -> Job | None:
    """The newest job of a kind about a record of that connection, over or not."""
    j = jobs.c
    about = j.target.startswith(f"{name}:", autoescape=True)
    statement = sa.select(jobs).where(j.kind == kind, about).order_by(j.id.desc())
    found = await row(connection, statement.limit(1))
    return None if found is None else job_of(found)


async def newest(connection: AsyncConnection, kind: str, target: str) -> Job | None:
    """The newest job of a kind about `target`, over or not."""
    j = jobs.c
    statement = sa.select(jobs).where(j.kind == kind, j.target == target).order_by(j.id.desc())
    found = await row(connection, statement.limit(1))
    return None if found is None else job_of(found)


async def move(connection: AsyncConnection, id: str, moved: Moved, now: datetime) -> None:
    """Store how far a step came."""
    state = JobState.DONE if moved.finished else JobState.RUNNING
    values: dict[str, Any] = {
        "state": state.value,
        "cursor": moved.cursor,
        "done": moved.done,
        "updated_at": to_ms(now),
    }
    if moved.total is not None:
        values["total"] = moved.total
    if moved.result is not None:
        values["result"] = moved.result
    if moved.finished:
        values["finished_at"] = to_ms(now)
    await connection.execute(sa.update(jobs).where(jobs.c.id == id).values(**values))


async def switch(
    connection: AsyncConnection,
    id: str,
    state: JobState,
    now: datetime,
    *,
    among: Sequence[JobState] | frozenset[JobState],
    error: str | None = None,
) -> bool:
    """Give the job that state if it is in one of `among`; whether it was."""
    values: dict[str, Any] = {"state": state.value, "updated_at": to_ms(now)}
    if error is not None:
        values["error"] = error[:2000]
    if state not in LIVE:
        values["finished_at"] = to_ms(now)
    result = await connection.execute(
        sa.update(jobs).where(jobs.c.id == id, jobs.c.state.in_(_values(among))).values(**values)
    )
    return bool(result.rowcount)


async def rank(connection: AsyncConnection, key: str) -> None:
    """Put the timer of that key behind all live work again; a finished pass forgets its class."""
    await connection.execute(
        sa.update(records).where(records.c.key == key).values(claim_class=int(ClaimClass.CAMPAIGN))
    )


async def drop_timer(connection: AsyncConnection, key: str) -> None:
    """Remove the timer row of a job that is over."""
    await connection.execute(sa.delete(records).where(records.c.key == key))


def _values(states: Sequence[JobState] | frozenset[JobState]) -> list[str]:
    return sorted(each.value for each in states)
