"""The simulator as tests and the demo hold it: one site, its dials, its people, its door."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.kit.faults import FaultDial
from connectors.jira.simulator.account import Account
from connectors.jira.simulator.api.app import JiraApi
from connectors.jira.simulator.dials import Dials
from connectors.jira.simulator.outbox import Delivery, Webhook
from connectors.jira.simulator.people import People

_INTERVAL_S = 0.05
EVENTS = (
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted",
    "comment_created", "comment_updated", "comment_deleted",
    "issuelink_created", "issuelink_deleted", "attachment_created", "attachment_deleted",
    "issue_property_set", "issue_property_deleted",
    "jira:version_created", "jira:version_updated", "jira:version_deleted",
    "jira:version_released", "jira:version_unreleased",
)  # fmt: skip
"""What this site can announce."""


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


class JiraSimulator(Dials, People):
    """A Jira Cloud site with one project, in memory."""

    def __init__(
        self,
        *,
        base_url: str = "https://acme.atlassian.net",
        email: str = "hub@acme.example",
        token: str = "token-test",
        app_token: str = "app-test",
        seed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._clock = clock
        self.jira = Account(self, clock, random.Random(seed), base_url)
        site = self.jira.site
        self.account = site.add_user("Hub Service", email)
        self.account.admin = True
        site.tokens[email.casefold()] = (token, self.account)
        self.app_user = site.add_user("Hub App", "app@connect.example", "app")
        site.bearers[app_token] = self.app_user
        self.ana = site.add_user("Ana Dev", "ana@acme.example")
        site.add_project("DEMO", "Demo")
        self.calls: list[Call] = []
        self.faults = FaultDial(JiraApi(self.jira))
        self.app: ASGIApp = _Recorder(self.faults, self.calls, clock)

    @property
    def pending_deliveries(self) -> list[Delivery]:
        """What is still to be delivered, retries included."""
        return list(self.jira.outbox.pending)

    @property
    def given_up_deliveries(self) -> list[Delivery]:
        """What will not be sent again."""
        return list(self.jira.outbox.given_up)

    def add_webhook(
        self, url: str, secret: str | None, events: Iterable[str] = EVENTS, jql: str = ""
    ) -> Webhook:
        """An administrator registers a webhook by hand."""
        made = Webhook(0, url, list(events), jql, "Hub", secret)
        return self.jira.outbox.register(made)

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Post the webhooks that are due; tells how many requests were made."""
        return await self.jira.outbox.deliver(client, now or self._clock())

    @asynccontextmanager
    async def running(
        self, client: httpx.AsyncClient, interval_s: float = _INTERVAL_S
    ) -> AsyncIterator[JiraSimulator]:
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
