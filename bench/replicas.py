"""Two replicas on one PostgreSQL against one of them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bench.draining import Drained, drained
from bench.seeding import seed
from bench.stage import staged
from tests.postgres import Databases, PostgresServer

DELAY_S = 0.2
IN_FLIGHT = 8


async def _drained(databases: Databases, count: int, replicas: int) -> Drained:
    with tempfile.TemporaryDirectory() as folder:
        async with staged(
            Path(folder),
            database_url=databases.create_database(),
            settings=f"in_flight: {IN_FLIGHT}",
        ) as stage:
            tickets = await seed(stage, count)
            return await drained(stage, tickets, delay_s=DELAY_S, replicas=replicas)


async def replicas(count: int = 400) -> tuple[Drained, Drained]:
    """The drain of one replica, and that of two, who get twice as much to do."""
    server = PostgresServer()
    server.start()
    try:
        return await _drained(server, count, 1), await _drained(server, 2 * count, 2)
    finally:
        server.close()


if __name__ == "__main__":
    print(asyncio.run(replicas()))
