"""The simulator as tests and the demo hold it: one account, its dials, its people, its door."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.types import ASGIApp

from bridge.kit.faults import FaultDial
from connectors.hubspot.simulator.api.app import build_api
from connectors.hubspot.simulator.calls import Call, CallRecorder
from connectors.hubspot.simulator.crm import Crm
from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.file_store import FileStore, StoredFile
from connectors.hubspot.simulator.outbox import Outbox
from connectors.hubspot.simulator.people import People
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.proxies import call_card, call_workflow_url
from connectors.hubspot.simulator.threads import Thread, Threads
from connectors.hubspot.simulator.tokens import Tokens

_FLUSH_S = 0.05


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HubSpotSimulator(Dials, People):
    """One HubSpot account with one app installed, in memory."""

    def __init__(
        self,
        *,
        portal_id: int = 24680135,
        token: str = "pat-test",
        client_secret: str = "8f3c1f1a-2b7e-4d5c-9a61-0c2f7be1d4aa",
        app_id: int = 1357911,
        seed: int = 0,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__()
        rng = random.Random(seed)
        self._clock = clock
        self._client_secret = client_secret
        self.client_id = f"client-{app_id}"
        outbox = Outbox(self, portal_id, app_id, client_secret, rng, clock)
        self.portal = Portal(
            portal_id=portal_id,
            app_id=app_id,
            dials=self,
            clock=clock,
            rng=rng,
            outbox=outbox,
            crm=Crm(self, outbox, clock),
            threads=Threads(outbox, rng, clock),
            files=FileStore(portal_id, client_secret),
            tokens=Tokens(token, self.client_id, client_secret, rng),
        )
        self.add_owner("alex.agent@vendor.example", "Alex", "Agent")
        self.calls: list[Call] = []
        self.faults = FaultDial(build_api(self.portal))
        self.app: ASGIApp = CallRecorder(self.faults, self.calls, clock)

    @property
    def files(self) -> dict[str, StoredFile]:
        """Every file by id."""
        return self.portal.files.by_id

    @property
    def threads(self) -> dict[str, Thread]:
        """Every conversation thread by id."""
        return self.portal.threads.by_id

    @property
    def refresh_token(self) -> str:
        """The OAuth refresh token of this installation."""
        return self.portal.tokens.refresh_token

    @property
    def pending_events(self) -> list[dict[str, Any]]:
        """Events not yet delivered, those that wait for a retry included."""
        return self.portal.outbox.pending

    @property
    def given_up_events(self) -> list[dict[str, Any]]:
        """Events that the vendor will not send again."""
        return self.portal.outbox.given_up

    def subscribe(
        self,
        event_type: str,
        property_name: str | None = None,
        object_type_id: str | None = None,
    ) -> None:
        """Subscribes the app to one event type."""
        self.portal.outbox.subscriptions.add(
            event_type,
            self._clock(),
            property_name=property_name,
            object_type_id=object_type_id,
        )

    def subscribe_all(self) -> None:
        """Subscribes to tickets, companies, contacts and conversations, each property by name.

        Properties that are defined later need another call, as at the vendor.
        """
        self.portal.outbox.subscriptions.add_default(self.portal.crm.schemas, self._clock())

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Posts the webhooks that are due and tells how many POSTs were made."""
        return await self.portal.outbox.deliver(client, now or self._clock())

    @asynccontextmanager
    async def running(
        self, client: httpx.AsyncClient, flush_s: float = _FLUSH_S
    ) -> AsyncIterator[None]:
        """Delivers in the background, as events occur, until the block ends.

        A slow receiver delays its own POST and not the next flush.
        """
        under_way: set[asyncio.Task[int]] = set()

        async def flush() -> None:
            while True:
                if self.pending_events:
                    task = asyncio.create_task(self.deliver(client))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                await asyncio.sleep(flush_s)

        timer = asyncio.create_task(flush())
        try:
            yield
        finally:
            timer.cancel()
            for task in list(under_way):
                task.cancel()
            await asyncio.gather(timer, *under_way, return_exceptions=True)

    async def open_card(
        self, client: httpx.AsyncClient, url: str, *, user_id: int = 9001, body: Any = None
    ) -> httpx.Response:
        """What HubSpot's proxy sends when a user opens the app's card."""
        return await call_card(
            self.portal, self._client_secret, client, url, user_id=user_id, body=body
        )

    async def run_workflow(
        self, client: httpx.AsyncClient, url: str, ticket_id: str
    ) -> httpx.Response:
        """What a workflow's "send a webhook" action posts for an enrolled ticket."""
        return await call_workflow_url(self.portal, self._client_secret, client, url, ticket_id)
