"""Pausing a connection and letting it go on, by a person. The door stays open all the while."""

from __future__ import annotations

import structlog

from bridge.engine.hub import Hub
from bridge.store import connections, history, queue, standing, tokens

log = structlog.get_logger(__name__)

RESUMED = "connection.resumed"
_OF_A_PAUSE = frozenset({"AUTH_EXPIRED", "CREDENTIAL_SUSPECT"})


async def pause(hub: Hub, name: str, *, reason: str, by: str) -> bool:
    """Let nothing go out to the connection until a person resumes it; False if that is so already.

    It also takes the place of a pause that the hub made for a bad credential: a person's stays.
    Calls that are under way are not cut off.
    """
    now = hub.now()
    async with hub.db.write() as connection:
        if not await standing.pause_by_person(connection, name, reason, now):
            return False
        await tokens.audit(
            connection, actor=by, action=standing.PAUSED, target=name,
            detail={"reason": reason}, now=now,
        )  # fmt: skip
    log.info("connection paused", connection=name, by=by)
    return True


async def resume(hub: Hub, name: str, *, by: str) -> bool:
    """End whatever pause there is, and look at once at what waited; False if there is none."""
    async with hub.db.write() as connection:
        if not await connections.resume(connection, name):
            return False
        await history.resolve_connection_findings(connection, name, _OF_A_PAUSE)
        await standing.release(connection, name)
        await queue.wake_timer(hub.db, connection, f"sweep:{name}")
        await tokens.audit(
            connection, actor=by, action=RESUMED, target=name, detail={}, now=hub.now()
        )
    hub.work_wake.set()
    log.info("connection resumed", connection=name, by=by)
    return True
