"""Which comments of work items are proven copies of notes at a signal: ids, no word of either.

Rows beside the reference data, by the signal: they are read from its source like that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bridge.domain.refs import SignalRef, split_ref
from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.tables import origins, reference_data

KIND = "copies"


async def keep(
    db: Database,
    connection: AsyncConnection,
    signal: SignalRef,
    comments: frozenset[str],
    now: datetime,
) -> bool:
    """Keep what the signal's source says; False if it said no more before.

    A note that was deleted there leaves its copy in the tracker: what was proven stays so.
    """
    before = (await _said(connection, signal.connection, [signal.id])).get(signal.id, frozenset())
    if comments <= before:
        return False
    await connection.execute(
        db.upsert(reference_data, ("connection", "kind", "id")),
        {
            "connection": signal.connection,
            "kind": KIND,
            "id": signal.id,
            "data": {"comments": sorted(before | comments)},
            "read_at": to_ms(now),
        },
    )
    return True


async def proven(connection: AsyncConnection, items: Iterable[str]) -> dict[str, frozenset[str]]:
    """Work item → the ids of its comments that are such copies, by every signal it is born of."""
    keys = sorted(set(items))
    if not keys:
        return {}
    born = await rows(
        connection,
        sa.select(origins.c.work_item_key, origins.c.signal_key).where(
            origins.c.work_item_key.in_(keys)
        ),
    )
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for each in born:
        name, id = split_ref(each["signal_key"])
        ids[name].append(id)
    said = {name: await _said(connection, name, of) for name, of in ids.items()}
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for each in born:
        name, id = split_ref(each["signal_key"])
        found[each["work_item_key"]] |= said[name].get(id, frozenset())
    return dict(found)


async def _said(
    connection: AsyncConnection, name: str, ids: Iterable[str]
) -> dict[str, frozenset[str]]:
    r = reference_data.c
    found = await rows(
        connection,
        sa.select(r.id, r.data).where(r.connection == name, r.kind == KIND, r.id.in_(list(ids))),
    )
    return {each["id"]: frozenset(each["data"]["comments"]) for each in found}
