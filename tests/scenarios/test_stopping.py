"""A hub that is told to stop while it takes work up: nothing goes on behind its back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from bridge.engine import daily
from bridge.engine.claimed import Loaded
from bridge.engine.hub import Hub
from bridge.engine.worker import Worker
from bridge.store import queue
from bridge.store.leases import Claim
from bridge.store.tables import records
from tests.scenarios.world import open_world


class Caught(Worker):
    """A worker that is about to begin what it has claimed when the test goes on."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.claimed, self.go_on = asyncio.Event(), asyncio.Event()
        self.taken: list[Claim] = []
        self.begun: list[Claim] = []

    async def _claim(self) -> tuple[list[Claim], Loaded | None, bool]:
        found = await super()._claim()
        self.taken += found[0]
        self.claimed.set()
        await self.go_on.wait()
        return found

    async def _one(self, claim: Claim, loaded: Loaded | None) -> None:
        self.begun.append(claim)
        await super()._one(claim, loaded)


async def test_worker_stopped_while_it_claims_begins_nothing_and_gives_back_all(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path) as world:
        await world.settle()
        await world.service.stop()
        hub = world.hub
        async with hub.db.write() as connection:
            await queue.wake_timer(hub.db, connection, daily.TIMER)
        worker = Caught(hub)
        loop = asyncio.create_task(worker.run())
        await worker.claimed.wait()
        assert [each.vendor_id for each in worker.taken] == [daily.TIMER]
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        worker.go_on.set()
        await asyncio.gather(loop, stopping)
        assert worker.begun == []
        async with hub.db.read() as connection:
            leased = await connection.scalar(
                sa.select(sa.func.count()).select_from(records).where(records.c.lease_until > 0)
            )
        assert leased == 0
