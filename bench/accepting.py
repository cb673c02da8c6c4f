"""Accept: signed webhooks durably stored, against a bare route with the same HMAC and insert.

The load comes from plain sockets with requests made beforehand, so that it is the server that is
measured. The hub under load is a real `bridge serve`: its intake and worker run beside the door.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.stage import staged
from connectors.hubspot.simulator.signing import webhook_headers

CONNECTIONS = 32
TURNS = 3
SECRET = "hubspot-client-secret"  # noqa: S105 (made up)
_LENGTH = re.compile(rb"content-length: ([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What a load of webhooks came to. Milliseconds are from the first byte out to the answer."""

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


def _request(public: str, n: int) -> bytes:
    """A signed delivery of 2 kB, unlike every other."""
    event = {
        "eventId": n,
        "subscriptionId": 1,
        "portalId": 24680135,
        "occurredAt": 1795338942000 + n,
        "subscriptionType": "ticket.propertyChange",
        "attemptNumber": 0,
        "objectId": 7 + n % 500,
        "propertyName": "subject",
        "propertyValue": f"{n} " + "x" * 1_780,
    }
    body = json.dumps([event]).encode()
    url = f"{public}/webhooks/hubspot"
    signed = webhook_headers(SECRET, url, body, round(time.time() * 1000))
    lines = [
        "POST /webhooks/hubspot HTTP/1.1",
        "host: bridge.test",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in signed.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def load(address: str, public: str, count: int, first: int) -> Load:
    """Post that many deliveries over as many connections as the design says."""
    waiting = iter([_request(public, first + n) for n in range(count)])
    host, port = urlsplit(address).hostname, urlsplit(address).port
    spent: list[float] = []
    errors = 0

    async def one() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(host, port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = _LENGTH.search(head)
            await reader.readexactly(int(found[1]) if found else 0)
            spent.append(time.perf_counter() - began)
            errors += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    rate = count / (time.perf_counter() - began)
    ordered = sorted(spent)
    return Load(
        rate, ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.99)] * 1000, errors
    )


async def _listens(address: str) -> None:
    where = urlsplit(address)
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection(where.hostname, where.port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def _bare(folder: Path, public: str, count: int, first: int) -> Load:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare", str(folder), public, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        await _listens(address)
        await load(address, public, 200, first + count)
        return await load(address, public, count, first)
    finally:
        process.terminate()
        await process.wait()


async def accept(count: int = 5000) -> tuple[Load, Load]:
    """The hub's load and the bare route's: turn about, the best that either came to."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            public = f"http://127.0.0.1:{stage.port}"
            hub = await stage.start()
            await load(hub.url, public, 200, 10**9)
            hubs, bares = [], []
            for turn in range(TURNS):
                bares.append(await _bare(Path(folder), public, count, turn * 10**7))
                hubs.append(await load(hub.url, public, count, turn * 10**7 + 5 * 10**6))
            return _best(hubs), _best(bares)


def _best(turns: list[Load]) -> Load:
    """What another program does meanwhile only ever makes a figure worse; errors all count."""
    return Load(
        max(each.rate for each in turns),
        min(each.p50_ms for each in turns),
        min(each.p99_ms for each in turns),
        sum(each.errors for each in turns),
    )


if __name__ == "__main__":
    for each in asyncio.run(accept(int(sys.argv[1]))):
        print(each)
