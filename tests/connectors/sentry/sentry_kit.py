"""An organization with a clock that only tests move, and a receiver that keeps what it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.sentry.simulator import SentrySimulator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOOK = "https://hub.example.test/webhooks/sentry"
ORIGIN = "http://sentry.acme.test"


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    moment: datetime = NOON
    spans: float = 0.0

    def __call__(self) -> datetime:
        return self.moment

    def now(self) -> datetime:
        """The time it was moved to."""
        return self.moment

    def monotonic(self) -> float:
        """A minute later each time it is asked, so that no rate limiter waits."""
        self.spans += 60.0
        return self.spans

    def move(self, **span: float) -> datetime:
        """Moves on, and tells the new time."""
        self.moment += timedelta(**span)
        return self.moment


@dataclass
class Door:
    """An address that requests are sent to; `answers` are used up first, then all is taken."""

    answers: list[httpx.Response] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    silent: int = 0
    """So many requests are not answered in time."""

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.silent > 0:
            self.silent -= 1
            raise httpx.ReadTimeout("no answer", request=request)
        return self.answers.pop(0) if self.answers else httpx.Response(200)

    def bodies(self) -> list[dict[str, Any]]:
        """The body of each request."""
        return [json.loads(request.content) for request in self.requests]

    def actions(self) -> list[str]:
        """What each webhook says was done."""
        return [body["action"] for body in self.bodies()]


def api_client(sim: SentrySimulator, token: str | None = None) -> httpx.AsyncClient:
    """A client of the simulated API, with the integration's token unless told otherwise."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app),
        base_url=f"{ORIGIN}/api/0/",
        headers={"Authorization": f"Bearer {token or sim.token}"},
    )
