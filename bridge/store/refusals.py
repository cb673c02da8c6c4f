"""Values that a vendor refused for a field: forgotten where there is a reason to try once more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from bridge.core.fingerprints import FIELD_INVALID
from bridge.store.codec import fingerprint_from_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.tables import findings, fingerprints
from bridge.store.work import write_fingerprints


async def forget(db: Database, connection: AsyncConnection, keys: Collection[str]) -> int:
    """Let the values that were refused on these records be sent once more; how many there were.

    They are found by their findings, which are few, whatever became of these.
    """
    f, p = findings.c, fingerprints.c
    found = await rows(
        connection,
        sa.select(p.record_key, p.field, p.pair)
        .join_from(findings, fingerprints, sa.and_(p.record_key == f.ref, p.field == f.topic))
        .where(f.ref.in_(sorted(keys)), f.code == FIELD_INVALID)
        .order_by(p.record_key, p.field),
    )
    count = 0
    for each in found:
        pair = fingerprint_from_json(each["field"], each["pair"])
        if pair.refused is not None:
            count += 1
            await write_fingerprints(
                db, connection, each["record_key"], [replace(pair, refused=None)]
            )
    return count
