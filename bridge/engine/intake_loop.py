"""The intake's loop: deliveries are read as they are stored, and never hold each other up."""

from __future__ import annotations

import asyncio
import time

import structlog
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from bridge.engine.hub import Hub
from bridge.engine.intake import BATCH, intake_once, set_aside

log = structlog.get_logger(__name__)

POLL_S = 0.5

PRESSED_BATCH = 4
"""Read at a time while vendors wait at the door: what arrives meanwhile waits for all of them."""
PRESSED_SHARE = 20
"""One part of so many of the time is the intake's then."""

POISON = (DataError, IntegrityError, ProgrammingError)
"""Failures of the database that are the delivery's fault and would come again."""


async def intake_loop(hub: Hub) -> None:
    """Read deliveries as they are stored; another replica's are found by the poll.

    A delivery that can't be read is found by reading one at a time, and set aside for a person:
    it must not hold up those behind it.
    """
    limit = BATCH
    while not hub.stopping.is_set():
        hub.intake_wake.clear()
        began = time.monotonic()
        # A vendor waits for its answer, nobody for this.
        pressed = began < hub.pressed_until
        most = min(limit, PRESSED_BATCH) if pressed else limit
        try:
            count = await intake_once(hub, most)
        except Exception as error:  # noqa: BLE001 - one delivery must not end the intake
            away = isinstance(error, SQLAlchemyError | OSError) and not isinstance(error, POISON)
            log.error("intake failed", error=type(error).__name__, limit=limit)
            await asyncio.sleep(1 if away else 0.05)
            if not away:
                limit = BATCH if limit == 1 and await _aside(hub, error) else 1
            continue
        if pressed:
            await hub.stops_within((time.monotonic() - began) * (PRESSED_SHARE - 1))
        if count < most:
            limit = BATCH
            try:
                await asyncio.wait_for(hub.intake_wake.wait(), POLL_S)
            except TimeoutError:
                continue


async def _aside(hub: Hub, error: Exception) -> bool:
    """Set the oldest waiting delivery aside; false if even that failed."""
    try:
        await set_aside(hub, type(error).__name__)
    except (SQLAlchemyError, OSError) as worse:
        log.error("delivery not set aside", error=type(worse).__name__)
        return False
    return True
