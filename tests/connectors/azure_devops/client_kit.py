"""A connection to the simulator, a clock that tests move, and a wire that can lose replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bridge.domain.events import Delivery, InboundRequest
from bridge.domain.operations import LaunchItem
from bridge.domain.refs import TicketRef
from bridge.kit.clock import ManualClock
from bridge.kit.faults import ConnectionLost, Fault, FaultKind
from bridge.kit.http import CallMade, Wire
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.client import AzureDevOpsTracker
from connectors.azure_devops.connection import AzureDevOpsConnection
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.azure_devops.simulator import AzureDevOpsSimulator

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLACE = Place("https://dev.azure.com", "acme")
USER, PASSWORD = "bridge", "hook-secret"


def settings(**more: Any) -> AzureDevOpsSettings:
    """Settings that fit the simulator."""
    given: dict[str, Any] = {
        "vendor": "azure_devops",
        "organization": "acme",
        "project": "Platform",
        "token": "pat-test",
        "webhook_user": USER,
        "webhook_password": SecretStr(PASSWORD),
    }
    return AzureDevOpsSettings(**(given | more))


class Lossy(httpx.AsyncBaseTransport):
    """The simulator's app as a transport; a lost connection is what httpx makes of one."""

    def __init__(self, sim: AzureDevOpsSimulator) -> None:
        self._app = httpx.ASGITransport(sim.app)
        self.unreachable = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.unreachable:
            raise httpx.ConnectError("refused", request=request)
        await asyncio.sleep(0)  # as on a network, several calls are under way at once
        try:
            return await self._app.handle_async_request(request)
        except ConnectionLost as lost:
            raise httpx.ReadError(str(lost), request=request) from lost


@dataclass
class Boards:
    """The simulator, the connection to it, and what was called."""

    sim: AzureDevOpsSimulator
    connection: AzureDevOpsConnection
    transport: Lossy
    clock: ManualClock
    calls: list[CallMade] = field(default_factory=list)

    @property
    def tracker(self) -> AzureDevOpsTracker:
        return self.connection.tracker

    def later(self, **span: float) -> datetime:
        self.clock.advance(timedelta(**span))
        return self.clock.now()

    def fault(self, match: str, kind: FaultKind = FaultKind.ANSWER, **more: Any) -> Fault:
        return self.sim.faults.add(Fault(match, kind, **more))


@asynccontextmanager
async def boards(**more: Any) -> AsyncIterator[Boards]:
    """A connection to a fresh simulator; simulator options in `sim`, the rest are settings."""
    clock = ManualClock(START)
    sim = AzureDevOpsSimulator(clock=clock.now, **more.pop("sim", {}))
    calls: list[CallMade] = []
    transport = Lossy(sim)
    wire = Wire(transport=transport, on_call=calls.append, clock=clock)
    connection = AzureDevOpsConnection("boards", settings(**more), wire)
    try:
        yield Boards(sim, connection, transport, clock, calls)
    finally:
        await connection.aclose()


def launch(**more: Any) -> LaunchItem:
    """A launch of a bug."""
    given: dict[str, Any] = {
        "ticket": TicketRef("hubspot", "812"),
        "route": "bug",
        "connection": "boards",
        "marker": "m-812-bug",
        "project": None,
        "type": "Bug",
        "fields": {
            "System.Title": "[Globex] Export fails",
            "Microsoft.VSTS.TCM.ReproSteps": "<p>Press <b>Export</b></p><script>x()</script>",
            "Microsoft.VSTS.Common.Priority": 1,
        },
        "back_link": "https://desk.acme.example/tickets/812",
    }
    return LaunchItem(**(given | more))


class Door:
    """An endpoint that keeps what it is sent as the hub's door sees it."""

    def __init__(self) -> None:
        self.requests: list[InboundRequest] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.requests.append(
            InboundRequest(
                method=request.method,
                url=str(request.url),
                query=dict(request.query_params),
                headers=dict(request.headers),
                body=await request.body(),
            )
        )
        await Response(status_code=200)(scope, receive, send)

    async def collect(self, sim: AzureDevOpsSimulator) -> list[Delivery]:
        """Let the simulator deliver what is due; the deliveries, in order."""
        self.requests.clear()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self)) as client:
            await sim.deliver(client)
        return [delivery(each.body) for each in self.requests]


def delivery(body: bytes) -> Delivery:
    """A stored delivery of those bytes."""
    return Delivery("d1", "boards", body, "application/json", START)
