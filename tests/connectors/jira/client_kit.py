"""A connection to the simulator, a clock that tests move, and a wire that can lose replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.domain.operations import ItemField, LaunchItem
from bridge.domain.records import Observation
from bridge.domain.refs import TicketRef
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.http import CallMade, Wire
from bridge.ports.roles import Want
from connectors.jira.client import JiraTracker
from connectors.jira.connection import JiraConnection
from connectors.jira.settings import JiraSettings
from connectors.jira.simulator import JiraSimulator
from tests.conformance.line import Line, RigClock

SITE, ORIGIN = "https://acme.atlassian.net", "http://jira.test:8080"
MARKER = "tb-812-bug"


def settings(**more: Any) -> JiraSettings:
    """Settings that fit the simulator."""
    given: dict[str, Any] = {
        "vendor": "jira",
        "site": SITE,
        "base_url": ORIGIN,
        "email": "hub@acme.example",
        "token": "token-test",
        "projects": ["DEMO"],
        "webhook_secret": "hub-jira-secret-1",
    }
    return JiraSettings(**(given | more))


@dataclass
class Site:
    """The simulator, the connection to it, and what was called."""

    sim: JiraSimulator
    connection: JiraConnection
    line: Line
    clock: RigClock
    calls: list[CallMade] = field(default_factory=list)

    @property
    def tracker(self) -> JiraTracker:
        return self.connection.tracker

    def later(self, **span: float) -> datetime:
        return self.clock.advance(**span)

    def fault(self, match: str, kind: FaultKind = FaultKind.ANSWER, **more: Any) -> Fault:
        return self.sim.faults.add(Fault(match, kind, **more))

    async def read(self, id: str, *fields: str) -> Observation:
        """The issue with its comments and these fields, read now."""
        want = Want(fields=frozenset(fields), comments=True, attachments=True)
        return await self.tracker.fetch_item(id, want)

    async def set(self, id: str, **fields: Any) -> Observation:
        """Write fields."""
        given = [ItemField(name, value) for name, value in fields.items()]
        return await self.tracker.set_fields(id, given, None)


@asynccontextmanager
async def jira_site(**more: Any) -> AsyncIterator[Site]:
    """A connection to a fresh simulator with these settings."""
    clock = RigClock()
    sim = JiraSimulator(clock=clock.now, base_url=SITE)
    calls: list[CallMade] = []
    line = Line(sim.app, sim.faults)
    wire = Wire(transport=line, on_call=calls.append, clock=clock)
    connection = JiraConnection("jira", settings(**more), wire)
    try:
        yield Site(sim, connection, line, clock, calls)
    finally:
        await connection.aclose()


def launch(**more: Any) -> LaunchItem:
    """A launch of a bug."""
    given: dict[str, Any] = {
        "ticket": TicketRef("hubspot", "812"),
        "route": "bug",
        "connection": "jira",
        "marker": MARKER,
        "project": None,
        "type": "Bug",
        "fields": {
            "summary": "[Globex] Export fails",
            "description": "<p>Press <b>Export</b></p><script>x()</script>",
            "priority": "High",
        },
        "back_link": "https://desk.acme.example/tickets/812",
    }
    return LaunchItem(**(given | more))
