"""What the inspector's list asks: deliveries narrowed as people ask for them, and what they led to.

A page looks at a bounded part of the table, newest first, and says where it stopped: no question
reads everything that was ever delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bridge.core.traced import PER_RECORD
from bridge.core.verdicts import GIVEN_UP, NOTHING_NEW, UNSETTLED, CameOf, Pending, Verdict
from bridge.domain.notices import Notice
from bridge.kit.clock import to_ms
from bridge.store import figures
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.notices import notice_of
from bridge.store.queue import TIMER
from bridge.store.tables import deliveries, notices, operations, records, runs

REACH = 5_000
"""Deliveries that one page looks through at most."""
SLACK = timedelta(hours=1)
"""How far the time in an id, the process's own, may be from the time of receipt, the store's."""

_D, _R, _O, _REC = deliveries.c, runs.c, operations.c, records.c
_PENDING = (
    _REC.due_at.is_not(None),
    _REC.dirty_generation > _REC.done_generation,
    _REC.trace.is_not(None),
)


_HELD = sa.func.coalesce(sa.cast(_R.decided["held"], sa.Text), "null").not_in(("null", "[]"))
"""The run held texts that did not wait for a person before."""

_R2, _O2 = runs.alias("later_run"), operations.alias("later_operation")
_MADE_GOOD = sa.and_(
    _O.state.in_(("rejected", "unknown")),
    sa.exists()
    .where(
        _R2.c.trace == _R.trace,
        _R2.c.id > _R.id,
        _O2.c.run_id == _R2.c.id,
        _O2.c.record_key == _O.record_key,
        _O2.c.state.in_(("done", "skipped")),
        # What got no answer is probed for, or read, by an operation of another kind.
        sa.or_(_O2.c.kind == _O.kind, _O.state == "unknown"),
    )
    .correlate(runs, operations),
)
"""A later run of the same trace did what was refused, or found out what was unclear."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the list is narrowed to; None does not narrow.

    `text` stands in a delivery's records or its reason; `keys` are the records that it may name
    too, and those deliveries are meant that led to a run over one of them.
    """

    connection: str | None = None
    verdict: Verdict | None = None
    text: str | None = None
    keys: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """One page. `further`: the cursor of the next one; None where there is nothing older."""

    found: list[Row]
    further: str | None


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures above the list."""

    received: int
    """In the last hour."""
    unread: int
    parked: int
    """Records that the hub gave up on."""


async def page(
    connection: AsyncConnection, wanted: Narrowed, *, cursor: str | None, limit: int
) -> Looked:
    """Deliveries without their bodies, newest first, those before the cursor."""
    begun = _begun(wanted, cursor)
    floor = await connection.scalar(
        sa.select(_D.id).where(*begun).order_by(_D.id.desc()).offset(REACH).limit(1)
    )
    conditions = [*begun, *_holds(wanted)]
    if floor is not None:
        conditions.append(_D.id >= floor)
    columns = [column for column in _D if column is not _D.body]
    statement = sa.select(*columns).where(*conditions).order_by(_D.id.desc()).limit(limit + 1)
    found = await rows(connection, statement)
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1]["id"])
    return Looked(found, floor)


def _begun(wanted: Narrowed, cursor: str | None) -> list[sa.ColumnElement[bool]]:
    """Where the page begins, by the ids' order alone."""
    begun = [] if cursor is None else [_D.id < cursor]
    if wanted.until is not None:
        begun.append(_D.id < _id_at(wanted.until + SLACK))
    if wanted.since is not None:
        begun.append(_D.id >= _id_at(wanted.since - SLACK))
    return begun


def _id_at(at: datetime) -> str:
    return f"{max(0, to_ms(at)):012x}"


def _holds(wanted: Narrowed) -> list[sa.ColumnElement[bool]]:
    parts: list[sa.ColumnElement[bool]] = []
    if wanted.connection is not None:
        parts.append(_D.connection == wanted.connection)
    if wanted.since is not None:
        parts.append(_D.received_at >= to_ms(wanted.since))
    if wanted.until is not None:
        parts.append(_D.received_at < to_ms(wanted.until))
    if wanted.text is not None:
        parts.append(_names(wanted.text, wanted.keys))
    if wanted.verdict is not None:
        parts.append(_became(wanted.verdict))
    return parts


def _names(text: str, keys: Sequence[str]) -> sa.ColumnElement[bool]:
    listed = sa.cast(_D.records, sa.Text)
    ways = [listed.icontains(text, autoescape=True), _D.reason.icontains(text, autoescape=True)]
    ways += [listed.contains(f'"{key}"', autoescape=True) for key in keys]
    if keys:
        ways.append(_D.id.in_(sa.select(_R.trace).where(_R.record_key.in_(list(keys)))))
    return sa.or_(*ways)


def _ran(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(_R.trace == _D.id, *conditions)


def _operated(*states: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        _R.trace == _D.id, _O.run_id == _R.id, _O.state.in_(states), sa.not_(_MADE_GOOD)
    )


def _pending(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return _D.id.in_(sa.select(_REC.trace).where(*_PENDING, *conditions))


def _became(verdict: Verdict) -> sa.ColumnElement[bool]:
    """`core.verdicts.verdict_of` as a condition."""
    reason = sa.func.coalesce(_D.reason, "")
    received, dead = _D.state == "received", _pending(_REC.dead)
    tried = _pending(_REC.attempts > 0, sa.not_(_REC.dead))
    if verdict is Verdict.WAITING:
        fresh = sa.and_(_pending(), sa.not_(dead), sa.not_(tried))
        return sa.or_(received, fresh)
    if verdict is Verdict.RETRYING:
        return sa.and_(sa.not_(received), tried, sa.not_(dead))
    settled = sa.and_(sa.not_(received), sa.not_(_pending()))
    given_up = sa.or_(reason.startswith(GIVEN_UP, autoescape=True), _operated("rejected"))
    if verdict is Verdict.PARKED:
        return sa.or_(sa.and_(sa.not_(received), dead), sa.and_(settled, given_up))
    unclear, applied = _operated("unknown"), _operated("done")
    rest = sa.and_(settled, sa.not_(given_up), sa.not_(unclear))
    if verdict is Verdict.APPLIED:
        return sa.and_(rest, applied)
    rest = sa.and_(rest, sa.not_(applied))
    if verdict is Verdict.IGNORED:
        return sa.and_(rest, _D.state == "ignored")
    begun, read = _operated(*UNSETTLED), _D.state != "ignored"
    taken_over = sa.or_(sa.and_(settled, sa.not_(given_up), unclear), sa.and_(rest, read, begun))
    rest = sa.and_(rest, read, sa.not_(begun))
    held = _ran(_HELD)
    if verdict is Verdict.HELD:
        return sa.and_(rest, held)
    told = [
        (each, sa.and_(reason.startswith(start, autoescape=True), sa.not_(reason.contains("; "))))
        for each, start in NOTHING_NEW.items()
    ]
    nothing = sa.and_(rest, sa.not_(_ran()))
    for each, condition in told:
        if verdict is each:
            said = sa.and_(nothing, condition)
            return sa.or_(said, taken_over) if verdict is Verdict.SUPERSEDED else said
    other = sa.and_(*(sa.not_(condition) for _, condition in told))
    return sa.and_(rest, sa.not_(held), sa.or_(_ran(), other))


async def came_of(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, CameOf]:
    """What each of these deliveries led to."""
    ran = await rows(
        connection,
        sa.select(_R.trace, sa.func.max(sa.case((_HELD, 1), else_=0)).label("held"))
        .where(_R.trace.in_(list(ids)))
        .group_by(_R.trace),
    )
    held = {each["trace"]: bool(each["held"]) for each in ran}
    done = await _operations(connection, ids)
    waiting = await _waiting(connection, ids)
    return {
        id: CameOf(done.get(id, {}), id in held, held.get(id, False), tuple(waiting.get(id, ())))
        for id in ids
    }


async def _operations(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, dict[tuple[str, str], int]]:
    """By trace how many operations of each kind came to each state."""
    done = await rows(
        connection,
        sa.select(
            _R.trace,
            _O.kind,
            _O.state,
            sa.func.count().label("n"),
            sa.func.count(_O.record_key.distinct()).label("records"),
        )
        .join(operations, _O.run_id == _R.id)
        .where(_R.trace.in_(list(ids)), sa.not_(_MADE_GOOD))
        .group_by(_R.trace, _O.kind, _O.state),
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for each in done:
        counted = each["records"] if each["kind"] in PER_RECORD else each["n"]
        found.setdefault(each["trace"], {})[each["kind"], each["state"]] = counted
    return found


async def _waiting(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Pending]]:
    """By trace the records that no pass has ended for since."""
    columns = (
        _REC.trace, _REC.key, _REC.attempts, _REC.dead, _REC.last_error, _REC.not_before,
        _REC.due_at,
    )  # fmt: skip
    statement = sa.select(*columns).where(*_PENDING, _REC.trace.in_(list(ids)))
    found: dict[str, list[Pending]] = {}
    # Put in order here: SQLite would read every record in the order of the keys instead.
    for each in sorted(await rows(connection, statement), key=lambda one: str(one["key"])):
        one = Pending(
            key=each["key"],
            attempts=each["attempts"],
            dead=each["dead"],
            error=each["last_error"] or "",
            next_ms=max(each["not_before"], each["due_at"]),
        )
        found.setdefault(each["trace"], []).append(one)
    return found


async def told_during(connection: AsyncConnection, run: Row) -> list[Notice]:
    """The notices that a kept run gave rise to, oldest first."""
    if run["finished_at"] is None:
        return []
    n = notices.c
    statement = sa.select(notices).where(
        n.ticket_key == run["record_key"],
        n.created_at >= run["started_at"],
        n.created_at <= run["finished_at"],
    )
    found = await rows(connection, statement.order_by(n.created_at, n.id))
    return [notice_of(each) for each in found]


async def strip(connection: AsyncConnection, now: datetime) -> Strip:
    """The figures above the list."""
    received = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(deliveries)
        .where(_D.id >= _id_at(now - timedelta(hours=1)))
    )
    dead = await figures.dead(connection)
    parked = sum(n for kind, n in dead.items() if kind != TIMER)
    return Strip(int(received or 0), await figures.unread(connection), parked)
