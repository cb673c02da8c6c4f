"""The bench's lean door answers as the simulator behind it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bench.lean import LeanDoor
from bridge.kit.clock import SystemClock
from tests.scenarios.world import make_hubspot

TICKET = "/crm/objects/2026-03/tickets/{id}"
ASKED = {
    "properties": "subject,work_stage",
    "propertiesWithHistory": "work_stage",
    "associations": "companies",
}


class Doors:
    """The same ticket at both doors."""

    def __init__(self) -> None:
        self.simulator = make_hubspot(SystemClock())
        self.lean_door = LeanDoor(self.simulator, "pat-test")
        acme = self.simulator.add_company("Acme")
        self.ticket = self.simulator.person_creates_ticket(subject="Export", company_id=acme)
        headers = {"Authorization": "Bearer pat-test"}
        routes = httpx.ASGITransport(app=self.simulator.app)
        self.routed = httpx.AsyncClient(
            transport=routes, base_url="http://hubspot.test", headers=headers
        )
        self.lean = httpx.AsyncClient(headers=headers, trust_env=False)

    @property
    def path(self) -> str:
        return TICKET.format(id=self.ticket)


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    made = Doors()
    made.lean.base_url = await made.lean_door.listen()
    yield made
    await made.lean.aclose()
    await made.lean_door.aclose()


async def test_write_is_stored_and_answered_as_by_the_routes(doors: Doors) -> None:
    for stage in ("Reported", "In testing"):
        body = {"properties": {"work_stage": stage, "work_items": "#1"}}
        lean = await doors.lean.patch(doors.path, json=body)
        routed = await doors.routed.patch(doors.path, json=body)
        assert lean.status_code == routed.status_code == 200
        assert lean.json().keys() == routed.json().keys()
        assert lean.json()["properties"].keys() == routed.json()["properties"].keys()
        assert doors.simulator.tickets[doors.ticket].properties["work_stage"] == stage
    assert doors.lean_door.asked["PATCH"] == 2
    assert doors.ticket in doors.lean_door.arrived


async def test_read_is_answered_as_by_the_routes(doors: Doors) -> None:
    await doors.lean.patch(doors.path, json={"properties": {"work_stage": "Reported"}})
    for asked in ({}, ASKED):
        lean = await doors.lean.get(doors.path, params=asked)
        assert lean.json() == (await doors.routed.get(doors.path, params=asked)).json()


async def test_what_the_door_does_not_know_goes_to_the_routes(doors: Doors) -> None:
    refused = {"properties": {"nobody_defined_this": "x"}}
    for method, path, body in (
        ("GET", TICKET.format(id=1), None),
        ("PATCH", doors.path, refused),
        ("PATCH", doors.path, {}),
        ("GET", "/crm/pipelines/2026-03/tickets", None),
    ):
        lean = await doors.lean.request(method, path, json=body)
        routed = await doors.routed.request(method, path, json=body)
        assert lean.status_code == routed.status_code
        assert lean.json().keys() == routed.json().keys()


async def test_wrong_token_is_refused_and_writes_nothing(doors: Doors) -> None:
    body = {"properties": {"work_stage": "Reported"}}
    other = {"Authorization": "Bearer other"}
    answer = await doors.lean.patch(doors.path, json=body, headers=other)
    assert answer.status_code == 401
    assert doors.simulator.tickets[doors.ticket].properties.get("work_stage") is None


async def test_limit_is_told_of_and_kept_as_by_the_routes(doors: Doors) -> None:
    doors.lean_door.limits.burst_limit = doors.simulator.burst_limit = 2
    asked = [await doors.lean.get(doors.path) for _ in range(3)]
    routed = [await doors.routed.get(doors.path) for _ in range(3)]
    for lean, other in zip(asked, routed, strict=True):
        told = {n: v for n, v in other.headers.items() if n.startswith("x-hubspot-ratelimit")}
        assert told.items() <= dict(lean.headers).items()
        assert lean.status_code == other.status_code
    assert [each.status_code for each in asked] == [200, 200, 429]
    hers, ours = asked[-1].json(), routed[-1].json()
    assert {**hers, "correlationId": ""} == {**ours, "correlationId": ""}
    assert doors.lean_door.refused == 1


async def test_request_in_pieces_is_answered_when_it_is_whole(doors: Doors) -> None:
    where = doors.lean.base_url
    reader, writer = await asyncio.open_connection(where.host, where.port)
    body = b'{"properties": {"work_stage": "Reported"}}'
    head = f"PATCH {doors.path} HTTP/1.1\r\nAuthorization: Bearer pat-test\r\n".encode()
    for piece in (head[:20], head[20:] + b"Content-Length: %d\r\n\r" % len(body), b"\n" + body[:9]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    assert not doors.lean_door.asked
    writer.write(body[9:])
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()
