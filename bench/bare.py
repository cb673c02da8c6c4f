"""The bare route of the accept measure, in its own process: HMAC, insert, nothing else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request

from bridge.cli.demo.servers import address_of, listening_socket
from bridge.domain.events import Delivery
from bridge.kit.clock import SystemClock
from bridge.kit.ids import new_id
from bridge.kit.signatures import hmac_sha256_base64, same
from bridge.store import deliveries
from bridge.store.database import Database
from bridge.store.deliveries import Arrival
from bridge.store.migrate import migrate

SECRET = "hubspot-client-secret"  # noqa: S105 (made up)


def build(db: Database, public: str) -> FastAPI:
    """The application."""
    queue: asyncio.Queue[tuple[Arrival, asyncio.Future[None]]] = asyncio.Queue()
    clock = SystemClock()

    async def writer() -> None:
        while True:
            batch = [await queue.get()]
            while not queue.empty() and len(batch) < 256:
                batch.append(queue.get_nowait())
            async with db.write() as connection:
                await deliveries.accept(db, connection, [each for each, _ in batch])
            for _, done in batch:
                done.set_result(None)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await migrate(db)
        task = asyncio.create_task(writer())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.post("/webhooks/hubspot")
    async def door(request: Request) -> dict[str, object]:
        body = await request.body()
        stamp = request.headers["x-hubspot-request-timestamp"]
        text = b"POST" + f"{public}/webhooks/hubspot".encode() + body + stamp.encode()
        signed = hmac_sha256_base64(SECRET, text)
        if not same(request.headers["x-hubspot-signature-v3"], signed):
            raise PermissionError
        delivery = Delivery(new_id(), "hubspot", body, "application/json", clock.now())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.put_nowait((Arrival(delivery, (new_id(),)), done))
        await done
        return {"delivery": delivery.id, "duplicate": False}

    return app


def main() -> None:
    """Serve, on a database of its own in the folder given; says the address first."""
    folder, public = Path(sys.argv[1]), sys.argv[2]
    listening = listening_socket(0)
    db = Database(f"sqlite:///{folder / f'bare-{new_id()}.sqlite3'}")
    app = build(db, public)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    print(address_of(listening), flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
