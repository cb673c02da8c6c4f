"""What explanations ask of the store: who waits, what was found, which change came from where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.core.changes_told import WORK_ITEM
from bridge.kit.clock import from_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import findings, mapping_versions, records, runs, ticket_views

MOST_KNOWN = 500
"""Refs on each side that are looked through for one that is nearly the one asked for."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A record's place in the queue. `pending`: something happened that no pass has seen yet."""

    pending: bool
    not_before: datetime
    attempts: int
    dead: bool
    last_error: str | None


async def turns_of(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, Turn]:
    """The places of these records, by key."""
    r = records.c
    found = await rows(
        connection,
        sa.select(
            r.key,
            r.dirty_generation,
            r.done_generation,
            r.not_before,
            r.attempts,
            r.dead,
            r.last_error,
        ).where(r.key.in_(sorted(set(keys)))),
    )
    return {
        each["key"]: Turn(
            pending=each["dirty_generation"] > each["done_generation"],
            not_before=from_ms(each["not_before"]),
            attempts=each["attempts"],
            dead=each["dead"],
            last_error=each["last_error"],
        )
        for each in found
    }


async def open_findings(connection: AsyncConnection, refs: Iterable[str]) -> list[Row]:
    """The open findings on these records, oldest first."""
    statement = sa.select(findings).where(
        findings.c.ref.in_(sorted(set(refs))), findings.c.state == "open"
    )
    return await rows(connection, statement.order_by(findings.c.id))


async def first_causes(connection: AsyncConnection, happened: Sequence[Row]) -> dict[str, str]:
    """What woke the line that led to each of these rows of a timeline, by the row's id.

    A ticket that its item woke was woken by whatever had woken the item's own last kept run.
    """
    causes = {str(each["id"]): str(each["cause"] or "") for each in happened}
    items = {
        id: cause.removeprefix(WORK_ITEM)
        for id, cause in causes.items()
        if cause.startswith(WORK_ITEM)
    }
    for id, item in items.items():
        # Ids sort by time: the newest run before the row is the one that woke the ticket.
        woken_by = await connection.scalar(
            sa.select(runs.c.woken_by)
            .where(runs.c.record_key == item, runs.c.id < id)
            .order_by(runs.c.id.desc())
            .limit(1)
        )
        causes[id] = woken_by or causes[id]
    return causes


async def known_tickets(connection: AsyncConnection, near: str) -> list[str]:
    """Refs of tickets that the hub knows, those around `near` in the order of refs."""
    key = ticket_views.c.ticket_key
    before = sa.select(key).where(key <= near).order_by(key.desc()).limit(MOST_KNOWN)
    after = sa.select(key).where(key > near).order_by(key).limit(MOST_KNOWN)
    found = [*await rows(connection, before), *await rows(connection, after)]
    return [each["ticket_key"] for each in found]


async def mapping_of_hash(
    connection: AsyncConnection, helpdesk: str, content_hash: str
) -> Row | None:
    """The stored version of that content for a helpdesk, whatever became of it since."""
    v = mapping_versions.c
    found = await rows(
        connection,
        sa.select(mapping_versions)
        .where(v.hash == content_hash, v.helpdesk == helpdesk)
        .order_by(v.name)
        .limit(1),
    )
    return found[0] if found else None
