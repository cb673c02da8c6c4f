"""The connector in front of a simulated account, with a clock that only tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bridge.kit.faults import ConnectionLost
from bridge.kit.http import Wire
from bridge.ports.roles import Want
from connectors.zendesk.connection import CONNECTOR, ZendeskConnection
from connectors.zendesk.helpdesk import ZendeskHelpdesk
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HandClock

ORIGIN = "http://acme.zendesk.test"
SECRET = "signing-secret-of-the-account"
TALK = Want(comments=True, attachments=True)


class SteppingClock:
    """The account's time; spans measured with it never make a rate limiter wait."""

    def __init__(self, hand: HandClock) -> None:
        self._hand = hand
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._hand.now

    def monotonic(self) -> float:
        self._seconds += 60.0
        return self._seconds


class Line(httpx.ASGITransport):
    """A line to the simulator: what it drops arrives as a lost connection."""

    def __init__(self, sim: ZendeskSimulator) -> None:
        super().__init__(sim.app)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            return await super().handle_async_request(request)
        except ConnectionLost as lost:
            raise httpx.ReadError(str(lost), request=request) from lost


@dataclass
class Desk:
    """One connection, its role, and every request it made."""

    connection: ZendeskConnection
    requests: list[httpx.Request]

    @property
    def helpdesk(self) -> ZendeskHelpdesk:
        """The helpdesk role."""
        return self.connection.helpdesk

    def sent(self, method: str) -> list[httpx.Request]:
        """The requests of that method."""
        return [each for each in self.requests if each.method == method]


def settings(**given: Any) -> ZendeskSettings:
    """Settings for the simulated account."""
    known = {
        "subdomain": "acme",
        "email": "hub@vendor.example",
        "token": "token-test",
        "webhook_secret": SECRET,
        "base_url": ORIGIN,
    }
    return ZendeskSettings.model_validate(known | given)


@asynccontextmanager
async def connected(sim: ZendeskSimulator, clock: HandClock, **given: Any) -> AsyncIterator[Desk]:
    """The connector, connected to the simulator."""
    line = Line(sim)
    async with _connection(line, clock, given) as connection:
        yield Desk(connection, line.requests)


@asynccontextmanager
async def answered_by(
    answer: Callable[[httpx.Request], httpx.Response], clock: HandClock, **given: Any
) -> AsyncIterator[Desk]:
    """The connector in front of hand-made answers."""
    requests: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    async with _connection(httpx.MockTransport(take), clock, given) as connection:
        yield Desk(connection, requests)


@asynccontextmanager
async def _connection(
    transport: httpx.AsyncBaseTransport, clock: HandClock, given: Mapping[str, Any]
) -> AsyncIterator[ZendeskConnection]:
    wire = Wire(transport, clock=SteppingClock(clock))
    connection = CONNECTOR.connect("zendesk", settings(**given), wire)
    try:
        yield connection
    finally:
        await connection.aclose()
