"""A fresh account for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.rocketlane.simulator.records import Project
from tests.connectors.rocketlane.rocketlane_world import (
    BASE,
    URL,
    HandClock,
    Receiver,
    api_client,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sim(clock: HandClock) -> RocketlaneSimulator:
    return RocketlaneSimulator(clock=clock, base_url=BASE)


@pytest.fixture
def project(sim: RocketlaneSimulator) -> Project:
    return sim.add_project("Globex rollout", "Globex")


@pytest.fixture
async def api(sim: RocketlaneSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(sim) as client:
        yield client


@pytest.fixture
def receiver(sim: RocketlaneSimulator) -> Receiver:
    sim.add_webhook(URL)
    return Receiver()
