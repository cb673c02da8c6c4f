"""The simulator as tests and the demo hold it: one account, its dials, its people, its door."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.kit.faults import FaultDial
from connectors.rocketlane.simulator.account import Account
from connectors.rocketlane.simulator.announcing import EVENTS
from connectors.rocketlane.simulator.api.app import RocketlaneApi
from connectors.rocketlane.simulator.dials import Dials
from connectors.rocketlane.simulator.outbox import Delivery, Webhook
from connectors.rocketlane.simulator.people import People
from connectors.rocketlane.simulator.records import Person

__all__ = ["EVENTS", "Call", "RocketlaneSimulator"]

_INTERVAL_S = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the client saw it answered; status 0 is a connection that was lost."""

    method: str
    path: str
    status: int
    at: datetime
    query: str = ""


class _Recorder:
    """Notes every request outside of the faults: what the client was answered counts."""

    def __init__(self, app: ASGIApp, calls: list[Call], clock: Callable[[], datetime]) -> None:
        self._app, self._calls, self._clock = app, calls, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            query = scope["query_string"].decode("latin-1")
            call = Call(scope["method"], scope["path"], status, self._clock(), query)
            self._calls.append(call)


class RocketlaneSimulator(Dials, People):
    """A Rocketlane account in memory: a key, its owner, a consultant, and no project yet."""

    def __init__(
        self,
        *,
        base_url: str = "https://api.rocketlane.com",
        email: str = "hub@acme.example",
        api_key: str = "key-test",
        seed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._clock = clock
        self._bin = {}
        self.rocketlane = Account(self, clock, random.Random(seed), base_url)
        workspace = self.rocketlane.workspace
        self.account: Person = workspace.add_person(email, "Hub", "Service")
        self.ana = workspace.add_person("ana@acme.example", "Ana", "Consult")
        workspace.keys[api_key] = self.account
        self.calls: list[Call] = []
        self.faults = FaultDial(RocketlaneApi(self.rocketlane))
        self.app: ASGIApp = _Recorder(self.faults, self.calls, clock)

    @property
    def pending_deliveries(self) -> list[Delivery]:
        """What is still to be delivered."""
        return list(self.rocketlane.outbox.pending)

    @property
    def failed_deliveries(self) -> list[Delivery]:
        """What was not taken, and will not be sent again."""
        return list(self.rocketlane.outbox.failed)

    def add_webhook(
        self,
        url: str,
        events: Iterable[str] = EVENTS,
        headers: Mapping[str, str] | None = None,
    ) -> Webhook:
        """An admin enters an address in the product; the API has no call for it."""
        number = self.rocketlane.workspace.new_id()
        made = Webhook(number, url, headers=dict(headers or {}), events=frozenset(events))
        self.rocketlane.outbox.webhooks.append(made)
        return made

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Post the webhooks that are due; tells how many requests were made."""
        return await self.rocketlane.outbox.deliver(client, now or self._clock())

    @asynccontextmanager
    async def running(
        self, client: httpx.AsyncClient, interval_s: float = _INTERVAL_S
    ) -> AsyncIterator[RocketlaneSimulator]:
        """Deliver in the background for as long as the block lasts."""

        async def loop() -> None:
            while True:
                await self.deliver(client)
                await asyncio.sleep(interval_s)

        task = asyncio.create_task(loop())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
