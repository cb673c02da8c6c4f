"""The simulator as tests and the demo hold it: one account, its dials, its people, its door."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from starlette.types import ASGIApp

from bridge.kit.faults import FaultDial
from connectors.zendesk.simulator.account import Account
from connectors.zendesk.simulator.api.app import build_api
from connectors.zendesk.simulator.calls import Call, CallRecorder
from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.outbox import Invocation
from connectors.zendesk.simulator.people import People
from connectors.zendesk.simulator.webhooks import EVENT_TYPES, Webhook

if TYPE_CHECKING:
    from connectors.zendesk.simulator.sidebar import SidebarApp

_FLUSH_S = 0.05


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ZendeskSimulator(Dials, People):
    """One Zendesk account, in memory. `base_url` is what its answers name as its address."""

    def __init__(
        self,
        *,
        base_url: str = "http://acme.zendesk.test",
        account_id: int = 22129848,
        api_token: str = "token-test",
        email: str = "hub@vendor.example",
        seed: int = 0,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__()
        self.api_token = api_token
        self.email = email
        self._clock = clock
        self.account = Account(
            self,
            clock,
            random.Random(seed),
            base_url=base_url,
            account_id=account_id,
            api_token=api_token,
        )
        self._furnish(email)
        self.calls: list[Call] = []
        self.faults = FaultDial(build_api(self.account))
        self.app: ASGIApp = CallRecorder(self.faults, self.calls, clock)

    def _furnish(self, email: str) -> None:
        account = self.account
        self.admin_id = self.add_agent("Hub", email, admin=True)
        self.agent_id = self.add_agent("Ana Lopes", "ana@vendor.example")
        account.add_named(account.groups, "groups", {"name": "Support", "deleted": False})
        brand = {"name": "Acme", "subdomain": "acme", "active": True, "default": True}
        account.add_named(account.brands, "brands", brand)
        form = {"name": "Default", "active": True, "default": True, "ticket_field_ids": []}
        account.add_named(account.forms, "ticket_forms", form)
        self.customer_id = self.add_customer("Kim Customer", "kim@customer.example")

    def basic(self, email: str | None = None) -> str:
        """The `Authorization` header of the API token, as one of the account's people."""
        pair = f"{email or self.email}/token:{self.api_token}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def install_app(self, subdomain: str = "acme", installation_id: int = 987) -> SidebarApp:
        """An admin installs an app with a sidebar whose first request is signed."""
        # Signing needs what nobody else needs of this account.
        from connectors.zendesk.simulator.sidebar import SidebarApp

        return SidebarApp(subdomain, installation_id, self._clock)

    def subscribe(self, url: str, event_types: Sequence[str] = (), **more: Any) -> Webhook:
        """An admin adds a webhook for these event types, or for every one there is."""
        given = {
            "name": "Hub",
            "endpoint": url,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": list(event_types) or sorted(EVENT_TYPES),
            **more,
        }
        return self.account.webhooks.create(given, str(self.admin_id))

    @property
    def pending_events(self) -> list[dict[str, Any]]:
        """Envelopes not yet delivered, those that wait for another attempt included."""
        return [one.event for one in self.account.outbox.waiting if one.event is not None]

    @property
    def invocations(self) -> list[Invocation]:
        """Every webhook request that was to be made, with what came of it."""
        return self.account.outbox.invocations

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Makes the webhook requests that are due and tells how many those were."""
        return await self.account.outbox.deliver(client, now or self._clock())

    @asynccontextmanager
    async def running(
        self, client: httpx.AsyncClient, flush_s: float = _FLUSH_S
    ) -> AsyncIterator[None]:
        """Delivers in the background, as events occur, until the block ends."""
        under_way: set[asyncio.Task[int]] = set()

        async def flush() -> None:
            while True:
                if self.account.outbox.waiting:
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
