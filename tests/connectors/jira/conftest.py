"""A fresh site for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.jira.simulator import JiraSimulator
from tests.connectors.jira.jira_world import (
    BASE,
    SECRET,
    URL,
    HandClock,
    Receiver,
    api_client,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sim(clock: HandClock) -> JiraSimulator:
    return JiraSimulator(clock=clock, base_url=BASE)


@pytest.fixture
async def api(sim: JiraSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(sim) as client:
        yield client


@pytest.fixture
def receiver(sim: JiraSimulator) -> Receiver:
    sim.add_webhook(URL, SECRET)
    return Receiver()
