"""The last check of each connection, so that a page can show what is missing.

Rows beside the reference data, one for each connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.core.check_result import Result
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, rows
from bridge.store.tables import reference_data

KIND = "check"


@dataclass(frozen=True, slots=True)
class LastCheck:
    """What the last check of a connection came to."""

    at: datetime
    by: str
    results: tuple[Result, ...]

    @property
    def wrong(self) -> int:
        """How many things were not as they should be."""
        return sum(not each.ok for each in self.results)


async def keep(
    db: Database,
    connection: AsyncConnection,
    name: str,
    *,
    results: Sequence[Result],
    by: str,
    now: datetime,
) -> None:
    """Keep what a check came to, in place of the one before."""
    await connection.execute(
        db.upsert(reference_data, ("connection", "kind", "id")),
        {
            "connection": name,
            "kind": KIND,
            "id": "",
            "data": {"by": by, "results": [asdict(each) for each in results]},
            "read_at": to_ms(now),
        },
    )


async def load_all(connection: AsyncConnection) -> dict[str, LastCheck]:
    """The last check of each connection that was ever checked here."""
    r = reference_data.c
    found = await rows(connection, sa.select(reference_data).where(r.kind == KIND, r.id == ""))
    return {
        each["connection"]: LastCheck(
            at=from_ms(each["read_at"]),
            by=each["data"]["by"],
            results=tuple(Result(**result) for result in each["data"]["results"]),
        )
        for each in found
    }
