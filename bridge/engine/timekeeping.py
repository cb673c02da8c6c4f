"""Time: replicas agree with their database's clock, and a clock set back holds nothing up."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.engine.hub import Hub
from bridge.kit.clock import SteeredClock, from_ms, to_ms
from bridge.store import clock_steps
from bridge.store.database import Database

log = structlog.get_logger(__name__)

LOOK_S = 1.0
ALIGN_EVERY = 30
"""Looks between two questions to the database for its time."""
STEP_MS = 2000
"""A clock that goes back by less is only corrected, and nothing waits much longer for it."""


async def align(db: Database) -> None:
    """Go by the database's clock from now on, if the process' clock can be steered."""
    if not isinstance(db.clock, SteeredClock):
        return
    async with db.read() as connection:
        now = await connection.scalar(sa.select(db.now()))
    if now is not None:
        db.clock.agree(from_ms(int(now)))


async def keep_time(hub: Hub, lease_ms: int) -> None:
    """Watch the clock until the loops are to end.

    A database server's own clock is not watched: it serves more than us, and is slewed.
    """
    clock, looks = hub.db.clock, 0
    wall, steady = to_ms(clock.now()), clock.monotonic()
    while not await hub.stops_within(LOOK_S):
        looks += 1
        now, passed = to_ms(clock.now()), clock.monotonic() - steady
        back = wall + round(passed * 1000) - now
        try:
            if isinstance(clock, SteeredClock):
                if looks % ALIGN_EVERY == 0:
                    await align(hub.db)
            elif back > STEP_MS:
                await _pull_back(hub, back, lease_ms)
        except (SQLAlchemyError, OSError) as error:
            log.error("clock not followed", error=type(error).__name__)
            continue
        wall, steady = now, steady + passed


async def _pull_back(hub: Hub, by_ms: int, lease_ms: int) -> None:
    async with hub.db.write() as connection:
        moved = await clock_steps.pull_back(hub.db, connection, by_ms=by_ms, lease_ms=lease_ms)
    log.warning("the clock was set back", seconds=round(by_ms / 1000), records=moved)
    hub.work_wake.set()
