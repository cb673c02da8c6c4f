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


class Counting(httpx.AsyncBaseTransport):
    """Counts how many requests are under way at once."""

    def __init__(self) -> None:
        self.now = self.most = self.answered = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.now -= 1
        self.answered += 1
        return httpx.Response(200)


async def test_no_more_requests_of_a_connection_are_under_way_than_it_has_slots() -> None:
    vendor = Counting()
    wire = Wire(transport=vendor, slots=asyncio.Semaphore(3))
    # Two clients of one connection, as HubSpot's for its API and its files, share the slots.
    callers = [
        Caller("crm", "http://vendor", headers={}, timeout_s=5, rate=None, wire=wire)
        for _ in range(2)
    ]
    await asyncio.gather(*(callers[n % 2].request("GET", f"/{n}") for n in range(20)))
    assert (vendor.most, vendor.answered) == (3, 20)
    for each in callers:
        await each.aclose()
