"""An account with a clock that only tests move, and a receiver that keeps what it is sent."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.hubspot.simulator import HubSpotSimulator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "8f3c1f1a-2b7e-4d5c-9a61-0c2f7be1d4aa"


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> datetime:
        """Moves on, and tells the new time."""
        self.now += timedelta(**span)
        return self.now


@dataclass
class Receiver:
    """An endpoint for webhooks; `answers` are used up first, then everything is taken."""

    answers: list[httpx.Response] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.arrived.set()
        return self.answers.pop(0) if self.answers else httpx.Response(200)

    def batches(self) -> list[list[dict[str, Any]]]:
        """The events of each POST."""
        return [json.loads(request.content) for request in self.requests]


def api_client(sim: HubSpotSimulator, token: str = "pat-test") -> httpx.AsyncClient:
    """A client of the simulated API."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app),
        base_url="http://hubspot.test",
        headers={"Authorization": f"Bearer {token}"},
    )
