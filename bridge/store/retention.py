"""What is removed when its time is over, in batches that stall nobody.

Ids begin with the time at which they were made (`bridge/kit/ids.py`), so "older than" is a range
of the primary key. Links, launches, the ledger, fingerprint pairs, aliases and start marks have no
time here: they are why the hub does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.core.forgetting import has_words, plain_data
from bridge.kit.clock import to_ms
from bridge.store import audits, queue, views
from bridge.store import records as record_rows
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.notices import FORGOTTEN
from bridge.store.queue import TIMER
from bridge.store.releases import EXCEPTION
from bridge.store.tables import (
    aliases,
    audit_log,
    closures,
    deliveries,
    delivery_keys,
    drafts,
    escalations,
    findings,
    fingerprints,
    held_texts,
    jobs,
    launches,
    ledger,
    links,
    notice_tokens,
    notices,
    operations,
    origins,
    promises,
    record_references,
    records,
    relations,
    release_exceptions,
    releases,
    runs,
    said,
    ticket_needs,
    ticket_views,
    timelines,
    transitions,
    wishes,
)

BATCH = 500
"""Rows that one transaction looks at or removes, at most."""

_READ = deliveries.c.state != "received"
_OVER = jobs.c.finished_at.is_not(None)


def id_at(moment: datetime) -> str:
    """Every id made earlier sorts before this, every later one behind it."""
    return f"{to_ms(moment):012x}"


async def _drop(
    connection: AsyncConnection,
    column: sa.Column[str],
    before: datetime,
    *where: sa.ColumnElement[bool],
) -> int:
    oldest = sa.select(column).where(column < id_at(before), *where).order_by(column).limit(BATCH)
    result = await connection.execute(sa.delete(column.table).where(column.in_(oldest)))
    return result.rowcount


async def drop_deliveries(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest deliveries received before then and read; how many."""
    return await _drop(connection, deliveries.c.id, before, _READ)


async def drop_delivery_keys(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest keys by which a delivery of before then would be recognised; how many."""
    k = delivery_keys.c
    oldest = await rows(
        connection,
        sa.select(k.connection, k.key)
        .where(k.received_at < to_ms(before))
        .order_by(k.received_at)
        .limit(BATCH),
    )
    pairs = [(each["connection"], each["key"]) for each in oldest]
    if pairs:
        await connection.execute(
            sa.delete(delivery_keys).where(sa.tuple_(k.connection, k.key).in_(pairs))
        )
    return len(pairs)


async def drop_jobs(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest jobs begun before then that are over; how many.

    What an audit that was cancelled or failed has kept besides goes at once.
    """
    await audits.forget_ended(connection)
    return await _drop(connection, jobs.c.id, before, _OVER)


async def drop_whom(connection: AsyncConnection, kind: str) -> int:
    """Remove whom ended jobs of that kind were about: a cancelled one could not do it itself."""
    j = jobs.c
    ended = sa.select(j.id).where(j.kind == kind, _OVER, sa.cast(j.params, sa.Text) != "{}")
    result = await connection.execute(
        sa.update(jobs).where(j.id.in_(ended.limit(BATCH))).values(params={})
    )
    return result.rowcount


async def drop_runs(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest runs of before then; how many."""
    return await _drop(connection, runs.c.id, before)


async def drop_operations(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest operations of before then; how many."""
    return await _drop(connection, operations.c.id, before)


async def drop_transitions(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest rows of timelines of before then; how many."""
    return await _drop(connection, transitions.c.id, before)


async def drop_audit(connection: AsyncConnection, before: datetime) -> int:
    """Remove the oldest rows of the audit log of before then; how many."""
    return await _drop(connection, audit_log.c.id, before)


async def blank_reasons(connection: AsyncConnection, before: datetime) -> int:
    """Remove why customers had a release apart from their group, once that is over; how many.

    It is over when their day has come, or the release was deleted, and that before then.
    """
    e, r = release_exceptions.c, releases.c
    gone = sa.exists().where(r.id == e.release_id, r.gone_at < to_ms(before))
    over = sa.or_(e.day < before.date().isoformat(), gone)
    oldest = sa.select(EXCEPTION).where(e.reason != "", over).limit(BATCH)
    result = await connection.execute(
        sa.update(release_exceptions).where(EXCEPTION.in_(oldest)).values(reason="")
    )
    return result.rowcount


async def drop_findings(connection: AsyncConnection, before: datetime) -> int:
    """Remove closed findings last seen before then; how many."""
    f = findings.c
    oldest = (
        sa.select(f.id).where(f.state == "resolved", f.last_seen_at < to_ms(before)).limit(BATCH)
    )
    result = await connection.execute(sa.delete(findings).where(f.id.in_(oldest)))
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a batch came: the last key that it looked at, and whether there are more."""

    at: str
    more: bool


def _walked(ids: Sequence[str], after: str) -> Walked:
    return Walked(ids[-1] if ids else after, len(ids) == BATCH)


async def _next(
    connection: AsyncConnection, column: sa.Column[str], after: str, before: datetime | None
) -> list[str]:
    """The next ids behind `after`, up to those of `before`."""
    statement = sa.select(column).where(column > after).order_by(column).limit(BATCH)
    if before is not None:
        statement = statement.where(column < id_at(before))
    return [each[column.name] for each in await rows(connection, statement)]


async def blank_runs(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove what the next runs behind `after` were decided from."""
    ids = await _next(connection, runs.c.id, after, before)
    if ids:
        some = sa.or_(runs.c.inputs.is_not(None), runs.c.decided.is_not(None))
        await connection.execute(
            sa.update(runs)
            .where(runs.c.id.in_(ids), some)
            .values(inputs=sa.null(), decided=sa.null())
        )
    return _walked(ids, after)


async def blank_operations(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove what the next operations behind `after` sent."""
    o = operations.c
    ids = await _next(connection, o.id, after, before)
    if ids:
        some = sa.or_(o.request.is_not(None), o.detail != "")
        await connection.execute(
            sa.update(operations).where(o.id.in_(ids), some).values(request=sa.null(), detail="")
        )
    return _walked(ids, after)


async def blank_findings(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Cut closed findings last seen before then to ids and numbers."""
    f = findings.c
    found = await rows(
        connection,
        sa.select(f.id, f.data, f.last_seen_at)
        .where(f.state == "resolved", f.id > after)
        .order_by(f.id)
        .limit(BATCH),
    )
    for each in found:
        kept = plain_data(each["data"])
        if each["last_seen_at"] < to_ms(before) and kept != each["data"]:
            await connection.execute(
                sa.update(findings).where(f.id == each["id"]).values(data=kept)
            )
    return _walked([each["id"] for each in found], after)


async def blank_notices(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove the words of the next notices that are over and were made before then."""
    n = notices.c
    ids = await _next(connection, n.id, after, None)
    found = await rows(
        connection,
        sa.select(n.id).where(
            n.id.in_(ids),
            n.created_at < to_ms(before),
            n.due_at.is_(None),
            sa.or_(n.content.is_not(None), n.recipient != "", n.acknowledged_by != ""),
        ),
    )
    over = [each["id"] for each in found]
    if over:
        await connection.execute(sa.update(notices).where(n.id.in_(over)).values(**FORGOTTEN))
        await connection.execute(
            sa.delete(notice_tokens).where(notice_tokens.c.notice_id.in_(over))
        )
    return _walked(ids, after)


async def blank_held(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove what people wrote about the next held comments that were decided before then.

    A field that was rewritten shows their words for as long as it stands.
    """
    h = held_texts.c
    ids = await _next(connection, h.id, after, None)
    if ids:
        await connection.execute(
            sa.update(held_texts)
            .where(
                h.id.in_(ids),
                h.decided_at < to_ms(before),
                h.source.contains("#comment/"),
                sa.or_(h.words != "", h.reason != ""),
            )
            .values(words="", reason="")
        )
    return _walked(ids, after)


async def blank_drafts(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove the words of the next drafts that go on no more and were made before then."""
    d = drafts.c
    ids = await _next(connection, d.id, after, None)
    if ids:
        going = ("open", "approved", "unclear")
        await connection.execute(
            sa.update(drafts)
            .where(
                d.id.in_(ids),
                d.made_at < to_ms(before),
                d.state.not_in(going),
                sa.or_(d.html != "", d.error != ""),
            )
            .values(html="", error="")
        )
    return _walked(ids, after)


async def blank_escalations(connection: AsyncConnection, after: str, before: datetime) -> Walked:
    """Remove the words of the next escalations that were decided before then."""
    e = escalations.c
    ids = await _next(connection, e.id, after, None)
    if ids:
        await connection.execute(
            sa.update(escalations)
            .where(e.id.in_(ids), e.decided_at < to_ms(before))
            .values(reason="", contact="", note="")
        )
    return _walked(ids, after)


def _idle(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Records that nobody looks after, and of which nothing was seen since then."""
    r = records.c
    # All are written in UTC, so that they sort as texts.
    return (
        r.kind != TIMER,
        sa.not_(r.active),
        r.lease_owner.is_(None),
        r.observation["seen_at"].as_string() < before.isoformat(),
    )


async def forget_idle(
    db: Database, connection: AsyncConnection, after: str, before: datetime
) -> Walked:
    """Remove people's words from the next records that are closed and were not seen since then.

    They are read again should a plan ever need them.
    """
    keys = await _next(connection, records.c.key, after, None)
    idle = sa.select(records.c.key).where(records.c.key.in_(keys), *_idle(before))
    found = [each["key"] for each in await rows(connection, idle)]
    # Locked in key order, as every transaction does that writes several records.
    await queue.lock(db, connection, found)
    for stored in (await record_rows.load_many(connection, found)).values():
        if stored.observation is not None and has_words(stored.observation):
            await record_rows.forget_texts(connection, stored)
    if found:
        await views.forget_texts(connection, found)
    return _walked(keys, after)


def _nothing_hangs() -> list[sa.ColumnElement[bool]]:
    """No other table speaks of the record."""
    r = records.c
    ends = (
        *(links.c.ticket_key, links.c.work_item_key, relations.c.a_key, relations.c.b_key),
        *(origins.c.signal_key, origins.c.work_item_key, launches.c.ticket_key),
        *(launches.c.origin_ticket_key, ledger.c.target_key, fingerprints.c.record_key),
        *(aliases.c.record_key, wishes.c.ticket_key, notices.c.ticket_key),
        *(held_texts.c.ticket_key, held_texts.c.work_item_key, escalations.c.ticket_key),
        *(drafts.c.ticket_key, said.c.ticket_key),
    )
    return [sa.not_(sa.exists().where(column == r.key)) for column in ends]


async def drop_dead_records(
    db: Database, connection: AsyncConnection, after: str, before: datetime
) -> Walked:
    """Remove those of the next records that are closed or gone, were not seen since then, and on
    which nothing ever hung."""
    r = records.c
    keys = await _next(connection, r.key, after, None)
    done = (r.due_at.is_(None), r.merged_into.is_(None), r.done_generation >= r.dirty_generation)
    dead = sa.select(r.key).where(r.key.in_(keys), *_idle(before), *done, *_nothing_hangs())
    found = [each["key"] for each in await rows(connection, db.locked(dead.order_by(r.key)))]
    if found:
        await _drop_records(connection, found)
    return _walked(keys, after)


async def _drop_records(connection: AsyncConnection, keys: Sequence[str]) -> None:
    columns: tuple[sa.Column[Any], ...] = (
        record_references.c.record_key,
        ticket_needs.c.ticket_key,
        ticket_views.c.ticket_key,
        closures.c.ticket_key,
        timelines.c.ticket_key,
        promises.c.ticket_key,
        records.c.key,
    )
    for column in columns:
        await connection.execute(sa.delete(column.table).where(column.in_(keys)))
