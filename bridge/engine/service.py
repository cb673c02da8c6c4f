"""Everything that runs in one process: the door's writer, the intake, the worker, the timers."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from bridge.core.hygiene import CODES
from bridge.engine import daily, hygiene, notices, retention, silence
from bridge.engine.activation import REFRESH_S, load_active
from bridge.engine.hub import Hub
from bridge.engine.intake_loop import intake_loop
from bridge.engine.known_sentry import learn
from bridge.engine.promise_counts import PromiseCounts
from bridge.engine.receive import Reception
from bridge.engine.remembered import Remembered
from bridge.engine.timekeeping import keep_time
from bridge.engine.worker import LEASE_MS, LONGEST_WAIT_S, Worker
from bridge.store import clock_steps, connections, history, leases, queue
from bridge.store import hygiene as kept

log = structlog.get_logger(__name__)

LONGEST_WAIT_MS = round(LONGEST_WAIT_S * 2000)
"""Twice what a failed pass waits at most: its wait is spread."""

STOP_S = 3.0
"""How long the loops get to end by themselves."""


class Service:
    """Starts and stops the hub's loops. `work` False: only the door (and the API) is served."""

    def __init__(self, hub: Hub, *, work: bool = True, lease_ms: int = LEASE_MS) -> None:
        self.hub = hub
        self.reception = Reception(hub)
        self._work = work
        self._lease_ms = lease_ms
        self._worker = Worker(hub, lease_ms=lease_ms)
        self._door: asyncio.Task[None] | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._promises = PromiseCounts(hub)
        self._remembered = Remembered(hub)

    async def start(self) -> None:
        """Begin to receive, and to work."""
        await self._seed()
        self._door = asyncio.create_task(self.reception.run(), name="reception")
        self._loops = [
            asyncio.create_task(self._refresh(), name="refresh"),
            asyncio.create_task(keep_time(self.hub, self._lease_ms), name="time"),
        ]
        if self._work:
            self._loops += [
                asyncio.create_task(intake_loop(self.hub), name="intake"),
                asyncio.create_task(self._worker.run(), name="worker"),
                asyncio.create_task(self._worker.heartbeat(), name="heartbeat"),
            ]

    async def _seed(self) -> None:
        """Timer rows for every connection; on SQLite the leases of the process before are void."""
        hub = self.hub
        async with hub.db.write(durable=False) as connection:
            # Here, and not when the hub is opened: a start that fails must not leave a start mark,
            # before which nothing is launched.
            await connections.ensure(hub.db, connection, hub.connections, hub.now())
            if hub.db.is_sqlite:
                await leases.release_all(connection, owner=None)
                await clock_steps.bound_waits(hub.db, connection, longest_ms=LONGEST_WAIT_MS)
            await queue.ensure_timer(hub.db, connection, retention.TIMER)
            await queue.ensure_timer(hub.db, connection, daily.TIMER)
            await queue.wake_timer(hub.db, connection, daily.TIMER)
            tells = {name for name, port in hub.connections.items() if port.notifier is not None}
            for name in sorted(tells):
                await queue.ensure_timer(hub.db, connection, f"{notices.TIMER}:{name}")
                await queue.wake_timer(hub.db, connection, f"{notices.TIMER}:{name}")
            for name in sorted(hub.connections.keys() - tells):
                await queue.ensure_timer(hub.db, connection, f"patrol:{name}")
                await queue.ensure_timer(hub.db, connection, f"sweep:{name}")
                await queue.wake_timer(hub.db, connection, f"sweep:{name}")

    async def _refresh(self) -> None:
        while True:
            try:
                await load_active(self.hub)
                await learn(self.hub)
                await self._remembered.look()
                await self._measure()
            except Exception as error:  # noqa: BLE001 - a database away must not end the loop
                log.error("refresh failed", error=type(error).__name__)
            if await self.hub.stops_within(REFRESH_S):
                return

    async def _measure(self) -> None:
        """Store when connections were last written to, and set the gauges from two queries."""
        metrics = self.hub.metrics
        if self.hub.last_writes:
            async with self.hub.db.write(durable=False) as connection:
                while self.hub.last_writes:
                    name, at = self.hub.last_writes.popitem()
                    await connections.change(connection, name, last_write_at=at)
        async with self.hub.db.read(long=True) as connection:
            waiting = await queue.backlog(self.hub.db, connection)
            found = await history.count_findings(connection)
            promised = await self._promises.read(connection)
            looks = bool(hygiene.looked_after(self.hub))
            ages = await kept.ages(connection, CODES) if looks else {}
        for claim_class in queue.ClaimClass:
            count, age_ms = waiting.get(int(claim_class), (0, 0))
            metrics.due.labels(claim_class.name.lower()).set(count)
            metrics.due_age.labels(claim_class.name.lower()).set(age_ms / 1000)
        metrics.findings.clear()
        for (code, severity), count in found.items():
            metrics.findings.labels(code, severity).set(count)
        metrics.promises.clear()
        for (name, state), count in promised.items():
            metrics.promises.labels(name, state).set(count)
        metrics.hygiene_age.clear()
        for code, since in ages.items():
            age = (self.hub.now() - since).total_seconds()
            metrics.hygiene_age.labels(code).set(max(0.0, age))
        await silence.measure(self.hub)

    async def stop(self) -> None:
        """Commit what waits at the door, let passes under way end, give the leases back."""
        self.hub.leaving.set()
        if self._work:
            await self._worker.stop()
        # Between two steps, not in the middle of a query: a cut-off connection is not closed.
        self.hub.stopping.set()
        self.hub.intake_wake.set()
        if self._loops:
            await asyncio.wait(self._loops, timeout=STOP_S)
        for task in [*self._loops, *([self._door] if self._door is not None else [])]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.reception.drain()
        self._loops, self._door = [], None
