"""What an audit asks of the store, and what it has found so far: a row for each thing.

The rows stand beside the reference data, by the job, and go when it is over: what is listed is in
its result then. A step adds its own rows, however many there are already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.links import Link
from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.jobs import LIVE, PREFIX
from bridge.store.tables import jobs, links, origins, records, reference_data
from bridge.store.work import link_of

ENTRY, TIED = "audit_entry", "audit_tied"
"""The kinds of the rows: what was found, and work items that Sentry shows as linked."""


async def links_to_origins(
    connection: AsyncConnection, desks: Sequence[str], after: str, limit: int
) -> list[Link]:
    """Links of these helpdesks that have not ended, to items that ever had an origin, by id.

    Those after the link `after`, at most `limit`.
    """
    born = sa.select(origins.c.work_item_key)
    theirs = sa.select(records.c.key).where(records.c.connection.in_(desks))
    found = await rows(
        connection,
        sa.select(links)
        .where(
            links.c.id > after,
            links.c.state != "ended",
            links.c.work_item_key.in_(born),
            links.c.ticket_key.in_(theirs),
        )
        .order_by(links.c.id)
        .limit(limit),
    )
    return [link_of(each) for each in found]


async def keep_entries(
    db: Database, connection: AsyncConnection, job: str, found: Mapping[str, Any], now: datetime
) -> list[str]:
    """Keep what is new of the entries, each under its name; the names of those."""
    known = {each["id"] for each in await _rows(connection, job, ENTRY, found)}
    fresh = [each for each in found if each not in known]
    for name in fresh:
        await _put(db, connection, job, ENTRY, name, found[name], now)
    return fresh


async def keep_tied(
    db: Database,
    connection: AsyncConnection,
    job: str,
    found: Mapping[str, Iterable[str]],
    now: datetime,
) -> int:
    """Keep which items are linked, with the comments that Sentry wrote to them; how many are new.

    What was kept of an item before is added to.
    """
    known = await tied(connection, job, found)
    for item, comments in found.items():
        every = sorted({*known.get(item, ()), *comments})
        await _put(db, connection, job, TIED, item, every, now)
    return len(found.keys() - known.keys())


async def tied(
    connection: AsyncConnection, job: str, items: Iterable[str]
) -> dict[str, Sequence[str]]:
    """Those of the items that Sentry shows as linked → the comments that it wrote to them."""
    return {each["id"]: each["data"] for each in await _rows(connection, job, TIED, items)}


async def listed(connection: AsyncConnection, job: str, limit: int) -> list[Any]:
    """The first entries by their names."""
    r = reference_data.c
    found = await rows(
        connection,
        sa.select(r.data)
        .where(r.connection == PREFIX + job, r.kind == ENTRY)
        .order_by(r.id)
        .limit(limit),
    )
    return [each["data"] for each in found]


async def drop(connection: AsyncConnection, job: str) -> None:
    """Remove the rows of an audit that ends."""
    r = reference_data.c
    await connection.execute(
        sa.delete(reference_data).where(r.connection == PREFIX + job, r.kind.in_([ENTRY, TIED]))
    )


async def forget_ended(connection: AsyncConnection) -> None:
    """Remove the rows of audits that are over."""
    r = reference_data.c
    live = sa.select(sa.literal(PREFIX) + jobs.c.id).where(
        jobs.c.state.in_([each.value for each in LIVE])
    )
    await connection.execute(
        sa.delete(reference_data).where(r.kind.in_([ENTRY, TIED]), r.connection.not_in(live))
    )


async def _rows(connection: AsyncConnection, job: str, kind: str, ids: Iterable[str]) -> list[Any]:
    r = reference_data.c
    asked = sa.select(r.id, r.data).where(
        r.connection == PREFIX + job, r.kind == kind, r.id.in_(sorted(set(ids)))
    )
    return await rows(connection, asked)


async def _put(
    db: Database,
    connection: AsyncConnection,
    job: str,
    kind: str,
    id: str,
    data: Any,
    now: datetime,
) -> None:
    await connection.execute(
        db.upsert(reference_data, ("connection", "kind", "id")),
        {
            "connection": PREFIX + job, "kind": kind, "id": id, "data": data, "read_at": to_ms(now),
        },
    )  # fmt: skip
