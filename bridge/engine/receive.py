"""Receive: prove the raw bytes, store them, answer. Nothing is answered before its commit.

Verification comes before any database read. One writer task takes everything that waits and
commits it in one transaction (group commit): on a slow disk that is the difference between a
hundred and a thousand deliveries a second. No NOTIFY inside it: PostgreSQL serialises commits
that notify.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.domain.events import Delivery, InboundRequest, Refused
from bridge.engine import faultpoints
from bridge.engine.hub import Hub
from bridge.engine.traces import receiving
from bridge.kit.ids import new_id
from bridge.store import deliveries
from bridge.store.deliveries import Arrival, Stored

log = structlog.get_logger(__name__)

MAX_BATCH = 256
MAX_WAITING = 4096
"""More waiting than this means that the store can't follow: the vendor is asked to come back."""


PRESSED = 8
PRESSED_S = 0.1
"""So many in one commit: the vendors' clocks run, and for that long the intake stands back."""


class UnknownDoor(Exception):
    """No connection of that name receives webhooks."""


class Unproven(Exception):
    """The request is not proven to be the vendor's."""


class StoreBusy(Exception):
    """The store can't take the delivery now; nothing was stored."""


@dataclass(slots=True)
class _Waiting:
    arrival: Arrival
    answer: asyncio.Future[Stored]


class Reception:
    """The door. `accept` returns after the commit; `run` is the writer task."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)

    async def accept(self, name: str, request: InboundRequest, content_type: str) -> Stored:
        """Verify and store one request; raises UnknownDoor, Unproven or StoreBusy."""
        connection = self._hub.connections.get(name)
        receiver = None if connection is None else connection.receiver
        if receiver is None:
            raise UnknownDoor(name)
        now = self._hub.now()
        verdict = receiver.verify(request, now)
        if isinstance(verdict, Refused):
            self._hub.metrics.deliveries.labels(name, "refused").inc()
            log.warning("delivery refused", connection=name, reason=verdict.reason)
            raise Unproven(verdict.reason)
        # A signal's delivery is full of what no customer may read: it never reaches the store.
        signals = self._hub.connections[name].signals
        body = request.body if signals is None else signals.reduce(request.body)
        delivery = Delivery(new_id(), name, body, content_type, now)
        waiting = _Waiting(
            Arrival(delivery, verdict.keys), asyncio.get_running_loop().create_future()
        )
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            self._hub.metrics.deliveries.labels(name, "busy").inc()
            raise StoreBusy from None
        with self._hub.metrics.accept_seconds.time(), receiving(name, delivery.id) as shown:
            stored = await waiting.answer
            shown.say("duplicate", stored.duplicate)
        answer = "duplicate" if stored.duplicate else "stored"
        self._hub.metrics.deliveries.labels(name, answer).inc()
        return stored

    async def run(self) -> None:
        """Commit what waits, batch by batch, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            if len(batch) >= PRESSED:
                self._hub.pressed_until = time.monotonic() + PRESSED_S
            await self._commit(batch)
            self._hub.intake_wake.set()

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            answers = await self._store([each.arrival for each in batch])
        except (SQLAlchemyError, OSError) as error:
            if len(batch) == 1:
                log.error("delivery not stored", error=type(error).__name__)
                _fail(batch[0])
                return
            # One bad row must not refuse its neighbours.
            for each in batch:
                await self._commit([each])
            return
        for each, stored in zip(batch, answers, strict=True):
            if not each.answer.done():
                each.answer.set_result(stored)

    async def _store(self, arrivals: list[Arrival]) -> list[Stored]:
        async with self._hub.db.write() as connection:
            answers = await deliveries.accept(self._hub.db, connection, arrivals)
            # In order of their names, so that replicas never deadlock.
            for name in sorted({each.delivery.connection for each in arrivals}):
                await deliveries.touch(connection, name, self._hub.now())
        faultpoints.reach("receive.stored")
        return answers

    async def drain(self) -> None:
        """Commit what waits once more; called when the writer task has been stopped."""
        batch = []
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        if batch:
            await self._commit(batch)


def _fail(waiting: _Waiting) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(StoreBusy())
