"""An account with a clock that only tests move, and a receiver that keeps what it is sent."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.zendesk.simulator import ZendeskSimulator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOOK = "https://hub.example.test/in/zendesk/acme"


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
    silent: int = 0
    """So many requests are never answered."""

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.arrived.set()
        if self.silent > 0:
            self.silent -= 1
            raise httpx.ReadTimeout("no answer", request=request)
        return self.answers.pop(0) if self.answers else httpx.Response(200)

    def events(self) -> list[dict[str, Any]]:
        """The body of each request."""
        return [json.loads(request.content) for request in self.requests]

    def kinds(self) -> list[str]:
        """The end of each event's type."""
        return [event["type"].rpartition(":")[2] for event in self.events()]


def api_client(sim: ZendeskSimulator, header: str | None = None) -> httpx.AsyncClient:
    """A client of the simulated API, with the admin's API token unless told otherwise."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app),
        base_url="http://acme.zendesk.test/api/v2/",
        headers={"Authorization": header or sim.basic()},
    )


async def put(api: httpx.AsyncClient, ticket_id: int, **given: Any) -> httpx.Response:
    """Updates a ticket."""
    return await api.put(f"tickets/{ticket_id}.json", json={"ticket": given})


async def read(api: httpx.AsyncClient, ticket_id: int) -> dict[str, Any]:
    """Reads a ticket."""
    answer = await api.get(f"tickets/{ticket_id}")
    assert answer.status_code == 200, answer.text
    ticket: dict[str, Any] = answer.json()["ticket"]
    return ticket
