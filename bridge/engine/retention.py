"""Retention: a timer that removes what is older than bridge.yaml says, behind everybody's back.

Each batch is a short transaction of its own, with a pause behind it: the line goes on meanwhile.
Any replica may do the next batch; to do one twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.engine import erasing
from bridge.engine.hub import Hub
from bridge.store import connections, sessions
from bridge.store import retention as store
from bridge.store.connection import AsyncConnection
from bridge.store.retention import Walked

TIMER = "retention"
EVERY = timedelta(hours=1)
GO_ON = timedelta(seconds=1)
BATCHES = 40
"""Batches of one pass; what is left waits for the next, so that a stop need not wait long."""
ROUND = timedelta(days=1)
"""How often the tables are walked through whose rows grow old without being new."""
PAUSE_S = 0.02
LOOKED_AFTER = timedelta(days=14)
"""For how long people stay at least: those on open tickets are read again within a week."""
RECOGNISED = timedelta(days=7)
"""For how long a repeated delivery is recognised, however short payloads are kept."""

Drop = Callable[[AsyncConnection, datetime], Awaitable[int]]
Walk = Callable[[AsyncConnection, str, datetime], Awaitable[Walked]]


@dataclass(frozen=True, slots=True)
class _Path:
    """A table that is walked through. `round_again`: from its beginning, once a day."""

    name: str
    walk: Walk
    before: datetime
    round_again: bool = False


async def prune(hub: Hub, _name: str) -> datetime:
    """Remove the next things whose time is over; when to go on."""
    left = BATCHES
    for drop, before in _drops(hub):
        left = await _dropped(hub, drop, before, left)
    for path in _paths(hub):
        left = await _walked(hub, path, left)
    return hub.now() + (EVERY if left else GO_ON)


async def _dropped(hub: Hub, drop: Drop, before: datetime, left: int) -> int:
    """Remove rows batch by batch; how many batches are left for this pass."""
    more = True
    while more and left:
        left -= 1
        async with hub.db.write(durable=False) as connection:
            more = await drop(connection, before) == store.BATCH
        if more and await hub.stops_within(PAUSE_S):
            return 0
    return left


async def _walked(hub: Hub, path: _Path, left: int) -> int:
    """Go on through a table; how many batches are left for this pass."""
    at, not_before = hub.pruned.get(path.name, ("", hub.now()))
    more = hub.now() >= not_before
    while more and left:
        left -= 1
        async with hub.db.write(durable=False) as connection:
            came = await path.walk(connection, at, path.before)
        at, more = came.at, came.more
        if path.round_again and not more:
            at, not_before = "", hub.now() + ROUND
        # Only in this process: a restart walks once more over what is empty already.
        hub.pruned[path.name] = at, not_before
        if more and await hub.stops_within(PAUSE_S):
            return 0
    return left


def _drops(hub: Hub) -> list[tuple[Drop, datetime]]:
    kept, now = hub.retention, hub.now()

    async def whom(connection: AsyncConnection, _before: datetime) -> int:
        return await store.drop_whom(connection, erasing.KIND)

    async def expired(connection: AsyncConnection, before: datetime) -> int:
        return await sessions.drop_expired(connection, before, store.BATCH)

    async def came(connection: AsyncConnection, before: datetime) -> int:
        return await sessions.drop_used(connection, before, store.BATCH)

    async def people(connection: AsyncConnection, before: datetime) -> int:
        return await connections.drop_contacts(connection, before, store.BATCH)

    return [
        (whom, now),
        (store.drop_delivery_keys, now - max(kept.payloads, RECOGNISED)),
        (store.drop_deliveries, now - kept.payloads),
        (store.drop_jobs, now - kept.texts),
        (store.drop_operations, now - kept.transitions),
        (store.drop_runs, now - kept.transitions),
        (store.drop_transitions, now - kept.transitions),
        (store.drop_audit, now - kept.transitions),
        (expired, now),
        (came, now - kept.transitions),
        (people, now - max(kept.texts, LOOKED_AFTER)),
        (store.blank_reasons, now - kept.texts),
        (store.drop_findings, now - kept.transitions),
    ]


def _paths(hub: Hub) -> list[_Path]:
    """The tables whose rows stay and lose their words, and the records that may go at last."""
    texts, long = hub.now() - hub.retention.texts, hub.now() - hub.retention.transitions

    async def idle(connection: AsyncConnection, after: str, before: datetime) -> Walked:
        return await store.forget_idle(hub.db, connection, after, before)

    async def dead(connection: AsyncConnection, after: str, before: datetime) -> Walked:
        return await store.drop_dead_records(hub.db, connection, after, before)

    return [
        _Path("runs", store.blank_runs, texts),
        _Path("operations", store.blank_operations, texts),
        _Path("findings", store.blank_findings, texts, round_again=True),
        _Path("notices", store.blank_notices, texts, round_again=True),
        _Path("held texts", store.blank_held, texts, round_again=True),
        _Path("drafts", store.blank_drafts, texts, round_again=True),
        _Path("escalations", store.blank_escalations, texts, round_again=True),
        _Path("records", idle, texts, round_again=True),
        _Path("dead records", dead, long, round_again=True),
    ]
