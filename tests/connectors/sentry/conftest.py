"""A fresh organization for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.sentry.simulator import SentrySimulator
from tests.connectors.sentry.sentry_kit import HOOK, Door, HandClock, api_client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sim(clock: HandClock) -> SentrySimulator:
    return SentrySimulator(clock=clock)


@pytest.fixture
async def api(sim: SentrySimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(sim) as client:
        yield client


@pytest.fixture
def door(sim: SentrySimulator) -> Door:
    sim.subscribe(HOOK)
    return Door()
