"""The connector in front of a simulated account, with clocks that only tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bridge.kit.http import CallMade, Wire
from connectors.hubspot.connection import CONNECTOR, HubSpotConnection
from connectors.hubspot.helpdesk import HubSpotHelpdesk
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import SECRET, HandClock

PORTAL = 24680135
APP = 1357911
ORIGIN = "http://hubspot.test"


class SteppingClock:
    """The account's time; spans measured with it never make a rate limiter wait."""

    def __init__(self, hand: HandClock) -> None:
        self._hand = hand
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._hand.now

    def monotonic(self) -> float:
        self._seconds += 1.0
        return self._seconds


class Line(httpx.ASGITransport):
    """A line to the simulator: what it drops arrives as a lost connection."""

    def __init__(self, sim: HubSpotSimulator) -> None:
        super().__init__(sim.app)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            return await super().handle_async_request(request)
        except ConnectionError as lost:
            raise httpx.ReadError(str(lost), request=request) from lost


@dataclass
class World:
    """One connection, its role, and every call it made."""

    connection: HubSpotConnection
    helpdesk: HubSpotHelpdesk
    calls: list[CallMade]
    requests: list[httpx.Request]

    def paths(self, start: int = 0) -> list[str]:
        """Method and path of each call since `start`."""
        return [f"{call.method} {call.path}" for call in self.calls[start:]]


def settings(**given: Any) -> HubSpotSettings:
    """Settings for the simulated account."""
    known = {
        "token": "pat-test",
        "portal_id": PORTAL,
        "app_id": APP,
        "webhook_secret": SECRET,
        "base_url": ORIGIN,
        "search_lag_s": 0,
    }
    return HubSpotSettings.model_validate(known | given)


@asynccontextmanager
async def connected(sim: HubSpotSimulator, clock: HandClock, **given: Any) -> AsyncIterator[World]:
    """The connector, connected to the simulator."""
    line = Line(sim)
    async with _connection(line, clock, given) as (connection, calls):
        yield World(connection, connection.helpdesk, calls, line.requests)


@asynccontextmanager
async def answered_by(
    answer: Callable[[httpx.Request], httpx.Response], clock: HandClock, **given: Any
) -> AsyncIterator[World]:
    """The connector in front of hand-made answers."""
    requests: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    async with _connection(httpx.MockTransport(take), clock, given) as (connection, calls):
        yield World(connection, connection.helpdesk, calls, requests)


@asynccontextmanager
async def _connection(
    transport: httpx.AsyncBaseTransport, clock: HandClock, given: dict[str, Any]
) -> AsyncIterator[tuple[HubSpotConnection, list[CallMade]]]:
    calls: list[CallMade] = []
    wire = Wire(transport, on_call=calls.append, clock=SteppingClock(clock))
    connection = CONNECTOR.connect("hubspot", settings(**given), wire)
    try:
        yield connection, calls
    finally:
        await connection.aclose()
