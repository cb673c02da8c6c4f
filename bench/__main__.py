"""`python -m bench`: prints a table of measures and writes them as JSON.

A figure by itself says more of the machine than of the hub, so each stands beside a reference of
the same run: the same work without the hub around it. Everything runs in one process, simulators
included, so the figures are lower than those of a hub that has the machine to itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import structlog
from fastapi import FastAPI, Request

from bridge.kit.ids import new_id
from bridge.kit.signatures import hmac_sha256_base64, same
from bridge.store import deliveries
from bridge.store.deliveries import Arrival
from connectors.hubspot.simulator.signing import webhook_headers
from tests.scenarios.world import World, open_world

DELIVERIES = 2_000
IN_FLIGHT = 32
TICKETS = 150
URL = "http://bridge.test/webhooks/hubspot"
SECRET = "hubspot-client-secret"  # noqa: S105 (made up)


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table."""

    name: str
    hub: float
    reference: float
    unit: str
    ratio: float
    p99_ms: float | None = None
    reference_p99_ms: float | None = None


def _body(n: int) -> bytes:
    event = {
        "eventId": n,
        "subscriptionId": 1,
        "portalId": 99,
        "occurredAt": 1795338942000 + n,
        "subscriptionType": "ticket.propertyChange",
        "attemptNumber": 0,
        "objectId": 7,
        "propertyName": "subject",
        "propertyValue": "x" * 1_800,
    }
    return json.dumps([event]).encode()


async def _load(client: httpx.AsyncClient, first: int) -> tuple[float, float]:
    """Post signed bodies of 2 kB; deliveries a second, and the 99th percentile in ms."""
    waiting = iter(range(first, first + DELIVERIES))
    spent: list[float] = []

    async def one_caller() -> None:
        for n in waiting:
            body = _body(n)
            headers = webhook_headers(SECRET, URL, body, to_ms_now())
            began = time.perf_counter()
            answer = await client.post("/webhooks/hubspot", content=body, headers=headers)
            spent.append(time.perf_counter() - began)
            answer.raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(one_caller() for _ in range(IN_FLIGHT)))
    rate = DELIVERIES / (time.perf_counter() - began)
    return rate, sorted(spent)[int(len(spent) * 0.99)] * 1000


def to_ms_now() -> int:
    """The time by which a webhook is signed."""
    return round(time.time() * 1000)


def _bare(world: World) -> FastAPI:
    """A route with the same HMAC and the same group-committed insert, and nothing else."""
    app = FastAPI()
    queue: asyncio.Queue[tuple[Arrival, asyncio.Future[None]]] = asyncio.Queue()

    async def writer() -> None:
        while True:
            batch = [await queue.get()]
            while not queue.empty() and len(batch) < 256:
                batch.append(queue.get_nowait())
            async with world.hub.db.write() as connection:
                await deliveries.accept(world.hub.db, connection, [each for each, _ in batch])
            for _, done in batch:
                done.set_result(None)

    app.state.writer = None

    @app.post("/webhooks/hubspot")
    async def door(request: Request) -> dict[str, str]:
        if app.state.writer is None:
            app.state.writer = asyncio.create_task(writer())
        body = await request.body()
        stamp = request.headers["x-hubspot-request-timestamp"]
        signed = hmac_sha256_base64(SECRET, b"POST" + URL.encode() + body + stamp.encode())
        assert same(request.headers["x-hubspot-signature-v3"], signed)
        delivery = deliveries.Delivery(new_id(), "bare", body, "application/json", world.hub.now())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.put_nowait((Arrival(delivery, (new_id(),)), done))
        await done
        return {"delivery": delivery.id}

    return app


async def accept(world: World) -> Measure:
    """Signed webhooks durably stored, against the bare route."""
    transport = httpx.ASGITransport(app=_bare(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://bridge.test") as bare:
        reference, reference_p99 = await _load(bare, 0)
    rate, p99 = await _load(world.client, DELIVERIES)
    return Measure("accept", rate, reference, "deliveries/s", rate / reference, p99, reference_p99)


async def mirror(world: World) -> Measure:
    """Items that move, each with one ticket, against the same writes by bare calls."""
    world.hub.launch_limit = TICKETS * 2
    for n in range(TICKETS):
        world.hubspot.person_creates_ticket(
            subject=f"Export {n} fails", category="Bug", company_id=world.acme
        )
    await world.settle(seconds=600)
    ids = list(world.hubspot.tickets)
    headers = {"Authorization": "Bearer pat-test"}
    transport = httpx.ASGITransport(app=world.hubspot.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://hubspot.test", headers=headers
    ) as bare:
        began = time.perf_counter()
        for id in ids:
            body = {"properties": {"work_items": "#0"}}
            answer = await bare.patch(f"/crm/objects/2026-03/tickets/{id}", json=body)
            answer.raise_for_status()
        reference = len(ids) / (time.perf_counter() - began)
    await world.settle(seconds=600)
    world.calls.clear()
    for item in world.items():
        world.boards.person_moves_state(str(item.id), "Active")
    began = time.perf_counter()
    await world.settle(seconds=600)
    rate = TICKETS / (time.perf_counter() - began)
    writes = len(world.writes("hubspot"))
    reads = len(world.calls) - writes
    print(f"  writes per mirrored change: {writes / TICKETS:.2f}, reads: {reads / TICKETS:.2f}")
    return Measure("mirror", rate, reference, "changes/s", rate / reference)


async def _measured() -> list[Measure]:
    measures = []
    for take in (accept, mirror):
        with tempfile.TemporaryDirectory() as folder:
            async with open_world(Path(folder)) as world:
                await world.settle(seconds=60)
                measures.append(await take(world))
    return measures


def main() -> None:
    """Take every measure, print the table, write `bench/results.json`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    measures = asyncio.run(_measured())
    print(f"{'measure':<10}{'hub':>10}{'reference':>12}{'ratio':>8}  unit")
    for each in measures:
        line = f"{each.name:<10}{each.hub:>10.0f}{each.reference:>12.0f}{each.ratio:>8.2f}"
        late = "" if each.p99_ms is None else f"  p99 {each.p99_ms:.0f} ms"
        other = "" if each.reference_p99_ms is None else f" against {each.reference_p99_ms:.0f} ms"
        print(f"{line}  {each.unit}{late}{other}")
    written = json.dumps([asdict(each) for each in measures], indent=2) + "\n"
    (Path(__file__).parent / "results.json").write_text(written)


if __name__ == "__main__":
    main()
