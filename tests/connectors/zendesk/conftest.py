"""A fresh account for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HOOK, HandClock, Receiver, api_client
from tests.connectors.zendesk.connector_kit import Desk, connected


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sim(clock: HandClock) -> ZendeskSimulator:
    return ZendeskSimulator(clock=clock)


@pytest.fixture
async def api(sim: ZendeskSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(sim) as client:
        yield client


@pytest.fixture
def receiver(sim: ZendeskSimulator) -> Receiver:
    sim.subscribe(HOOK)
    return Receiver()


@pytest.fixture
async def desk(sim: ZendeskSimulator, clock: HandClock) -> AsyncIterator[Desk]:
    async with connected(sim, clock) as connected_desk:
        yield connected_desk
