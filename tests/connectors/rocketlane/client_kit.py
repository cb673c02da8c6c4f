"""A connection to a simulated account, as the hub holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bridge.domain.operations import LaunchItem
from bridge.domain.refs import TicketRef
from bridge.kit.http import Wire
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.client import RocketlaneTracker
from connectors.rocketlane.connection import RocketlaneConnection
from connectors.rocketlane.settings import RocketlaneSettings
from connectors.rocketlane.simulator import RocketlaneSimulator
from tests.conformance.line import Line, RigClock

PLACE = Place("https://api.rocketlane.com", "https://acme.rocketlane.com")
BACK = "https://desk.acme.example/tickets/812"


@dataclass
class Desk:
    """A simulated account, its one project, and the hub's way to it."""

    clock: RigClock
    sim: RocketlaneSimulator
    line: Line
    connection: RocketlaneConnection

    @property
    def tracker(self) -> RocketlaneTracker:
        """The tracker role."""
        return self.connection.tracker

    def sent(self, method: str) -> list[httpx.Request]:
        """The calls of a method, in order."""
        return [each for each in self.line.requests if each.method == method]


def settings(**more: Any) -> RocketlaneSettings:
    """The settings of a connection."""
    given = {"api_key": "key-test", "account": "hub@acme.example", "base_url": "http://rl.test"}
    quick = {"webhook_token": "hook-1", "lists_per_minute": 600_000}
    return RocketlaneSettings.model_validate(given | quick | more)


@asynccontextmanager
async def desk(**more: Any) -> AsyncIterator[Desk]:
    """A fresh account with a connection to it."""
    clock = RigClock()
    sim = RocketlaneSimulator(clock=clock.now, base_url="http://rl.test")
    line = Line(sim.app, sim.faults)
    connection = RocketlaneConnection("rl", settings(**more), Wire(line, clock=clock))
    try:
        yield Desk(clock, sim, line, connection)
    finally:
        await connection.aclose()


def launch(project: int, **more: Any) -> LaunchItem:
    """A launch into a project."""
    given: dict[str, Any] = {
        "ticket": TicketRef("support", "812"),
        "route": "post-implementation",
        "connection": "rl",
        "marker": "tb-1",
        "project": str(project),
        "type": "TASK",
        "fields": {"taskName": "[Globex] Export fails"},
        "back_link": BACK,
    }
    return LaunchItem(**given | more)
