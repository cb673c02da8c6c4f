"""The simulator as others use it: an ASGI app, its dials, and deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.kit.faults import FaultDial
from connectors.azure_devops.simulator import (
    routes_feed,
    routes_items,
    routes_metadata,
    routes_organization,
    routes_talk,
    routes_trees,
)
from connectors.azure_devops.simulator.api import Routes, VendorApi
from connectors.azure_devops.simulator.people import People
from connectors.azure_devops.simulator.subscriptions import (
    EVENT_TYPES,
    Notification,
    Subscription,
)


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
        if scope["type"] == "lifespan":
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
            query = scope.get("query_string", b"").decode("latin-1")
            method = scope.get("method", "")
            self._calls.append(Call(method, scope["path"], status, self._clock(), query))


class AzureDevOpsSimulator(People):
    """Azure DevOps Boards of one organisation, in memory."""

    def __init__(
        self,
        organization: str = "acme",
        projects: Sequence[str] = ("Platform",),
        pat: str = "pat-test",
        process: str = "Agile",
        seed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(organization, projects, pat, process, seed, clock)
        routes = Routes()
        for module in (
            routes_items,
            routes_talk,
            routes_feed,
            routes_metadata,
            routes_organization,
            routes_trees,
        ):
            module.register(routes)
        self.calls: list[Call] = []
        self.faults = FaultDial(VendorApi(self, routes))
        self.app: ASGIApp = _Recorder(self.faults, self.calls, lambda: self.clock())
        self.delivery_interval = 0.02

    @property
    def drop_hooks(self) -> int:
        """How many of the next notifications are lost without a trace."""
        return self.hooks.drop

    @drop_hooks.setter
    def drop_hooks(self, count: int) -> None:
        self.hooks.drop = count

    @property
    def duplicate_rate(self) -> float:
        """How many of the deliveries arrive twice, from 0 to 1."""
        return self.hooks.duplicate_rate

    @duplicate_rate.setter
    def duplicate_rate(self, rate: float) -> None:
        self.hooks.duplicate_rate = rate

    @property
    def reorder(self) -> bool:
        """Whether what is due is posted in any order."""
        return self.hooks.reorder

    @reorder.setter
    def reorder(self, on: bool) -> None:
        self.hooks.reorder = on

    @property
    def retry_delays(self) -> tuple[float, ...]:
        """Seconds before each resend after a transient failure."""
        return self.hooks.retry_delays

    @retry_delays.setter
    def retry_delays(self, delays: Iterable[float]) -> None:
        self.hooks.retry_delays = tuple(delays)

    @property
    def probation_delays(self) -> tuple[float, ...]:
        """Seconds before each try of a subscription on probation."""
        return self.hooks.probation_delays

    @probation_delays.setter
    def probation_delays(self, delays: Iterable[float]) -> None:
        self.hooks.probation_delays = tuple(delays)

    @property
    def subscriptions(self) -> list[Subscription]:
        """The service hook subscriptions."""
        return list(self.hooks.subscriptions.values())

    @property
    def pending_notifications(self) -> list[Notification]:
        """What is still to be delivered, oldest first."""
        return self.hooks.pending()

    def subscribe(
        self, url: str, user: str, password: str, events: Iterable[str] = tuple(EVENT_TYPES)
    ) -> list[Subscription]:
        """Subscribe an address with Basic auth to events of every project."""
        inputs = {"url": url, "basicAuthUsername": user, "basicAuthPassword": password}
        return [
            self.hooks.subscribe(
                {
                    "publisherId": "tfs",
                    "eventType": event,
                    "resourceVersion": "1.0",
                    "consumerId": "webHooks",
                    "consumerActionId": "httpRequest",
                    "publisherInputs": {"projectId": ""},
                    "consumerInputs": inputs,
                },
                self.service_account.id,
            )
            for event in events
        ]

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Post the notifications that are due; returns how many requests were made."""
        return await self.hooks.deliver(client, now or self.now())

    @asynccontextmanager
    async def running(self, client: httpx.AsyncClient) -> AsyncIterator[AzureDevOpsSimulator]:
        """Deliver in the background for as long as the block lasts.

        A slow receiver holds up its own request, and others only when `at_once` are under way.
        """
        under_way: set[asyncio.Task[int]] = set()

        async def loop() -> None:
            while True:
                free = self.hooks.at_once - len(under_way)
                for each in self.hooks.due(self.now())[:free]:
                    task = asyncio.create_task(self.hooks.post(client, each, self.now()))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                await asyncio.sleep(self.delivery_interval)

        timer = asyncio.create_task(loop())
        try:
            yield self
        finally:
            timer.cancel()
            for task in list(under_way):
                task.cancel()
            await asyncio.gather(timer, *under_way, return_exceptions=True)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
