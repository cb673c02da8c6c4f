"""How connections stand: what waits, what was put right, what is wrong, and who paused them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, rows
from bridge.store.queue import TIMER, ClaimClass
from bridge.store.tables import (
    audit_log,
    connection_state,
    findings,
    links,
    records,
    runs,
    ticket_views,
)
from bridge.store.tables.history import REPAIRS

PAUSED = "connection.paused"
"""The audit log's word for a pause by a person."""


async def oldest_waiting(connection: AsyncConnection, now: datetime) -> dict[str, datetime]:
    """Since when the oldest record of each connection is due.

    Those that were given up do not count, nor those of a campaign, which wait behind all others.
    """
    r = records.c
    statement = (
        sa.select(r.connection, sa.func.min(r.due_at).label("since"))
        .where(r.due_at.is_not(None), r.due_at <= to_ms(now))
        .where(r.kind != TIMER, sa.not_(r.dead), r.claim_class < int(ClaimClass.CAMPAIGN))
        .group_by(r.connection)
    )
    return {e["connection"]: from_ms(e["since"]) for e in await rows(connection, statement)}


async def repairs_since(
    connection: AsyncConnection, names: Iterable[str], since: datetime
) -> dict[str, int]:
    """How often since then a sweep or patrol found something to do that no webhook had told."""
    r, asked = runs.c, sorted(names)
    if not asked:
        return {}
    counts = [
        sa.func.count(sa.case((r.record_key.startswith(f"{name}:", autoescape=True), 1)))
        for name in asked
    ]
    # An id begins with its time, so the newest runs are one range of the key.
    statement = sa.select(*counts).where(r.id >= f"{to_ms(since):012x}", REPAIRS)
    found = (await connection.execute(statement)).one()
    return dict(zip(asked, found, strict=True))


async def open_findings(connection: AsyncConnection) -> list[Row]:
    """The open findings on connections themselves, oldest first."""
    f = findings.c
    statement = (
        sa.select(f.connection, f.code, f.data)
        .where(f.state == "open", f.ref == "")
        .order_by(f.first_seen_at, f.id)
    )
    return await rows(connection, statement)


async def pause_by_person(
    connection: AsyncConnection, name: str, reason: str, now: datetime
) -> bool:
    """Pause calls out until a person resumes, in place of any other pause; False if one did."""
    c = connection_state.c
    result = await connection.execute(
        sa.update(connection_state)
        .where(c.name == name, sa.or_(c.paused_by.is_(None), c.paused_by != "person"))
        .values(paused_by="person", paused_reason=reason, paused_at=to_ms(now))
    )
    return bool(result.rowcount)


async def pausers(connection: AsyncConnection, names: Iterable[str]) -> dict[str, str]:
    """Who last paused each of these connections, by the audit log."""
    a = audit_log.c
    statement = (
        sa.select(a.target, a.actor)
        .where(a.action == PAUSED, a.target.in_(sorted(names)))
        .order_by(a.at, a.id)
    )
    return {each["target"]: each["actor"] for each in await rows(connection, statement)}


async def tickets_and_links(connection: AsyncConnection, name: str) -> tuple[int, int]:
    """How many tickets of the connection are in the list, and how many links lead to its items."""
    count, t, link = sa.func.count(), ticket_views.c, links.c
    tickets = await connection.scalar(sa.select(count).where(t.connection == name))
    tied = await connection.scalar(
        sa.select(count).where(
            link.work_item_key.startswith(f"{name}:", autoescape=True), link.state != "ended"
        )
    )
    return int(tickets or 0), int(tied or 0)


async def waiting(connection: AsyncConnection, name: str, now: datetime) -> int:
    """How many records of the connection are due."""
    r = records.c
    found = await connection.scalar(
        sa.select(sa.func.count())
        .where(r.due_at.is_not(None), r.due_at <= to_ms(now), sa.not_(r.dead))
        .where(r.connection == name, r.kind != TIMER)
    )
    return int(found or 0)


async def workers(db: Database, connection: AsyncConnection) -> int:
    """How many processes hold a record at this moment."""
    r = records.c
    found = await connection.scalar(
        sa.select(sa.func.count(sa.distinct(r.lease_owner))).where(
            r.due_at.is_not(None), r.lease_owner.is_not(None), r.lease_until >= db.now()
        )
    )
    return int(found or 0)


async def release(connection: AsyncConnection, name: str) -> int:
    """Let go of what waits only because the connection was paused; how many records."""
    r = records.c
    result = await connection.execute(
        sa.update(records)
        # As passes are put back that needed the connection of another record.
        .where(r.last_error == f"{name} is paused", r.due_at.is_not(None), sa.not_(r.dead))
        .values(not_before=0)
    )
    return result.rowcount
