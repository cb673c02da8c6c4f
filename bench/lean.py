"""A vendor's door at the smallest cost: HTTP by hand in front of the HubSpot simulator's books.

What a measure of the hub asks most, one ticket's PATCH or GET, goes straight to the simulator's
records, so that what is stored, checked and announced is what the simulator does; its routes and
web server, which cost twenty times as much, are left out. Everything else is handed to them.
The door keeps the fixed delay and the allowance, of which it tells in HubSpot's own headers.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import httpx

from connectors.hubspot.simulator import HubSpotSimulator
from connectors.hubspot.simulator.api.allowance import Allowance, refusal
from connectors.hubspot.simulator.api.bodies import record_body
from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.problems import ApiProblem
from connectors.hubspot.simulator.records import Record

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_TOKEN = re.compile(rb"\r\nauthorization: *Bearer ([^\r]+)", re.IGNORECASE)
_TICKET = re.compile(r"/crm/objects/[0-9-]+/tickets/([0-9]+)(?:\?(.*))?")
_REASONS = {200: "OK", 429: "Too Many Requests"}


class LeanDoor:
    """The listening end: counts what it is asked, waits, and answers."""

    def __init__(self, simulator: HubSpotSimulator, token: str) -> None:
        self.simulator = simulator
        self.token = token.encode()
        self.seconds = 0.0
        self.asked: Counter[str] = Counter()
        self.refused = 0
        """Requests that the allowance did not let through."""
        self.arrived: dict[str, float] = {}
        """Ticket id → when it was last written to."""
        self.limits = Dials()
        self._allowance = Allowance(self.limits)
        self._app = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=simulator.app), base_url="http://hubspot.test"
        )
        self.tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def passes(self) -> tuple[dict[str, str], bytes | None]:
        """Count one request: the headers that tell of the allowance, and the body of a refusal."""
        dials, now = self.limits, self.simulator.portal.clock()
        if dials.burst_limit is None:
            return {}, None
        policy = self._allowance.take("token", now, search=False, oauth=False)
        headers = self._allowance.headers("token", now, oauth=False)
        if policy is None:
            return headers, None
        self.refused += 1
        return headers, json.dumps(refusal(policy, self.simulator.portal.correlation_id())).encode()

    def ticket(self, method: str, target: str, body: bytes) -> bytes | None:
        """The body of a 200 about one ticket; None if the simulator's routes must answer."""
        found = _TICKET.fullmatch(target)
        if found is None:
            return None
        portal = self.simulator.portal
        record = portal.crm.find("tickets", found[1])
        if record is None or record.archived:
            return None
        if method == "PATCH" and found[2] is None:
            self.arrived[found[1]] = time.perf_counter()
            return self._write(record, body)
        if method == "GET":
            return self._read(record, found[2] or "")
        return None

    def _write(self, record: Record, body: bytes) -> bytes | None:
        portal = self.simulator.portal
        try:
            given = json.loads(body)["properties"]
            portal.crm.update(record, given, portal.app)
        except (ApiProblem, ValueError, KeyError, TypeError):
            # Nothing was stored; the routes say what is wrong, in the vendor's words.
            return None
        defaults = portal.crm.schemas["tickets"].defaults
        return json.dumps(record_body(portal, record, [*defaults, *given])).encode()

    def _read(self, record: Record, query: str) -> bytes:
        asked = {name: ",".join(values).split(",") for name, values in parse_qs(query).items()}
        return json.dumps(
            record_body(
                self.simulator.portal,
                record,
                asked.get("properties", ()),
                asked.get("propertiesWithHistory", ()),
                asked.get("associations", ()),
            )
        ).encode()

    async def routed(self, method: str, target: str, body: bytes, token: bytes) -> httpx.Response:
        """The answer of the simulator's own routes."""
        headers = {"Authorization": f"Bearer {token.decode()}", "Content-Type": "application/json"}
        return await self._app.request(method, target, content=body, headers=headers)

    async def listen(self) -> str:
        """Listen on loopback; the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def aclose(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        await self._app.aclose()


class _Connection(asyncio.Protocol):
    """One kept-alive connection; a client sends the next request after the answer."""

    def __init__(self, door: LeanDoor) -> None:
        self._door = door
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        held = self._held + data if self._held else data
        while (end := held.find(_HEAD_END)) >= 0:
            head, begin = held[:end], end + len(_HEAD_END)
            length = _LENGTH.search(head)
            after = begin + (int(length[1]) if length else 0)
            if len(held) < after:
                break
            self._asked(head, held[begin:after])
            held = held[after:]
        self._held = held

    def _asked(self, head: bytes, body: bytes) -> None:
        door = self._door
        method, target, _ = head[: head.index(b"\r\n")].decode().split(" ")
        door.asked[method] += 1
        found = _TOKEN.search(head)
        token = found[1] if found else b""
        headers, refused = door.passes()
        if refused is not None:
            self._later(429, headers, refused)
            return
        known = door.ticket(method, target, body) if token == door.token else None
        if known is not None:
            self._later(200, headers, known)
            return
        task = asyncio.create_task(self._routed(method, target, body, token, headers))
        door.tasks.add(task)
        task.add_done_callback(door.tasks.discard)

    async def _routed(
        self, method: str, target: str, body: bytes, token: bytes, headers: dict[str, str]
    ) -> None:
        answer = await self._door.routed(method, target, body, token)
        self._later(answer.status_code, headers, answer.content)

    def _later(self, status: int, headers: dict[str, str], body: bytes) -> None:
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n"
            f"content-type: application/json\r\n{told}content-length: {len(body)}\r\n\r\n"
        )
        answer = head.encode() + body
        if self._door.seconds > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(self._door.seconds, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)
