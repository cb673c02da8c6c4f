"""A simulator with a clock that tests move, a client of it, and a place that receives hooks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.azure_devops.simulator import AzureDevOpsSimulator

PATCH_TYPE = "application/json-patch+json"
BASIC = "Basic " + base64.b64encode(b":pat-test").decode()


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class Receiver:
    """An endpoint that keeps what it is sent and answers as told, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses: Iterator[int] = iter(statuses)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.bodies.append(json.loads(await request.body()))
        self.headers.append(dict(request.headers))
        self.arrived.set()
        await Response(status_code=next(self.statuses, 200))(scope, receive, send)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self))

    def kinds(self) -> list[str]:
        return [body["eventType"] for body in self.bodies]


@asynccontextmanager
async def client_of(
    sim: AzureDevOpsSimulator, version: str = "7.1", **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the credential and the version, and nothing clever."""
    said = {"Authorization": BASIC, "Accept": f"application/json;api-version={version}"} | headers
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app, raise_app_exceptions=False),
        base_url="https://dev.azure.com/acme/",
        headers=said,
    ) as client:
        yield client


def ops(**fields: Any) -> list[dict[str, Any]]:
    """Add operations for `System.*` fields."""
    return [{"op": "add", "path": f"/fields/System.{k}", "value": v} for k, v in fields.items()]


async def patch(
    client: httpx.AsyncClient, path: str, operations: Any, method: str = "PATCH", **more: Any
) -> httpx.Response:
    """Send a JSON Patch."""
    content = json.dumps(operations)
    return await client.request(
        method, path, content=content, headers={"Content-Type": PATCH_TYPE}, **more
    )


async def make(client: httpx.AsyncClient, title: str = "T", type: str = "Bug") -> dict[str, Any]:
    """Create an item and return it."""
    answer = await patch(client, f"Platform/_apis/wit/workitems/${type}", ops(Title=title), "POST")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
