"""A fresh account for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.hub_world import SECRET, HandClock, Receiver, api_client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sim(clock: HandClock) -> HubSpotSimulator:
    return HubSpotSimulator(client_secret=SECRET, clock=clock)


@pytest.fixture
async def api(sim: HubSpotSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(sim) as client:
        yield client


@pytest.fixture
def receiver(sim: HubSpotSimulator) -> Receiver:
    sim.webhook_url = "https://hub.example.test/webhooks/hubspot"
    sim.subscribe_all()
    return Receiver()
