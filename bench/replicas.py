"""Two replicas on one PostgreSQL against one of them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bench.draining import drained
from bench.seeding import seed
from bench.stage import staged
from tests.postgres import Databases, PostgresServer

DELAY_S = 0.2
IN_FLIGHT = 8


async def _rate(databases: Databases, count: int, replicas: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        async with staged(
            Path(folder),
            database_url=databases.create_database(),
            settings=f"in_flight: {IN_FLIGHT}",
        ) as stage:
            tickets = await seed(stage, count)
            done = await drained(stage, tickets, delay_s=DELAY_S, replicas=replicas)
            return done.rate


async def replicas(count: int = 800) -> tuple[float, float]:
    """Writes a second of one replica and of two."""
    server = PostgresServer()
    server.start()
    try:
        return await _rate(server, count, 1), await _rate(server, count, 2)
    finally:
        server.close()


if __name__ == "__main__":
    one, two = asyncio.run(replicas())
    print(one, two, two / one)
