"""The rate of a connection, shared by all replicas that work on one database."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.kit.rate import PART
from bridge.store import connections
from bridge.store.database import Database
from bridge.store.tables import connection_state

BURST_S = 0.5
"""How much of what nobody used may be made up for."""


class SharedRates:
    """Calls in a row on one time line per connection; its head stands in `rate_at`, in µs.

    Whoever takes calls moves the head on by what they cost: the generic cell rate algorithm
    (ITU-T I.371), in one statement.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def reserve(self, name: str, rate: float, calls: int) -> float:
        """Take that many calls in a row, `rate` a second; seconds until the first may be made."""
        wait = await self._take(name, rate, calls)
        if wait is None and PART in name:
            # The time line of a part begins with its first call; a connection's is there.
            async with self._db.write(durable=False) as connection:
                await connections.ensure(self._db, connection, [name], self._db.clock.now())
            wait = await self._take(name, rate, calls)
        return 0.0 if wait is None else max(0.0, wait / 1_000_000)

    async def _take(self, name: str, rate: float, calls: int) -> int | None:
        head = connection_state.c.rate_at
        cost = round(calls * 1_000_000 / rate)
        now = self._db.now() * 1000
        start = self._db.greatest(head, now - round(BURST_S * 1_000_000))
        async with self._db.write(durable=False) as connection:
            found = await connection.execute(
                sa.update(connection_state)
                .where(connection_state.c.name == name)
                .values(rate_at=start + cost)
                .returning(connection_state.c.rate_at - cost - now)
            )
            wait = found.scalar()
        return None if wait is None else int(wait)
