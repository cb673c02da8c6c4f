"""A call that waited for its turn at the vendor's rate goes out only if it still may."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bridge.kit.context import only_while
from bridge.kit.http import Caller, Wire

BURST = 10
"""Calls that a bucket lets through at once."""


class Forbidden(Exception):
    """Whoever wanted the call may not make it any more."""


class Vendor(httpx.AsyncBaseTransport):
    """Notes what arrives."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request.url.path)
        return httpx.Response(200)


async def test_call_whose_turn_comes_after_its_right_has_ended_never_goes_out() -> None:
    vendor, may = Vendor(), True

    async def allowed() -> None:
        if not may:
            raise Forbidden

    caller = Caller(
        "boards", "http://vendor", headers={}, timeout_s=5, rate=20, wire=Wire(transport=vendor)
    )
    for _ in range(BURST):
        await caller.request("GET", "/before")
    with only_while(allowed):
        waiting = asyncio.create_task(caller.request("POST", "/create"))
    await asyncio.sleep(0)
    may = False
    with pytest.raises(Forbidden):
        await waiting
    assert vendor.got == ["/before"] * BURST
    await caller.request("GET", "/after")
    assert vendor.got[-1] == "/after"
    await caller.aclose()
