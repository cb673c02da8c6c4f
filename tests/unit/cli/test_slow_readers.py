"""An answer that nobody reads is not kept for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import Receive, Scope, Send

from bridge.cli.slow_clients import Patience, patient_protocol

MB = 1024 * 1024
LARGE = 8 * MB
PATIENCE_S = 0.4


async def _large(scope: Scope, receive: Receive, send: Send) -> None:
    """An application whose every answer is larger than what lies between two processes."""
    length = [(b"content-length", str(LARGE).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if scope["path"] == "/streamed":
        for _ in range(LARGE // MB):
            await send({"type": "http.response.body", "body": b"a" * MB, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": b"a" * LARGE})


async def _until(holds: Callable[[], bool]) -> None:
    end = asyncio.get_running_loop().time() + 10
    while not holds():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.02)


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[uvicorn.Server, int]]:
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        _large,
        http=patient_protocol(Patience(answer_s=PATIENCE_S)),
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([door]))
    await _until(lambda: server.started)
    try:
        yield server, door.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        door.close()


async def _asking(
    port: int, path: str, *, at_once: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, at_once)
    caller.connect(("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=caller, limit=at_once)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
    return reader, writer


async def test_caller_that_reads_nothing_is_hung_up_on() -> None:
    async with _serving() as (server, port):
        writers = [(await _asking(port, path, at_once=4096))[1] for path in ("/streamed", "/whole")]
        held = server.server_state
        await _until(lambda: len(held.connections) == len(writers))
        await _until(lambda: not held.connections and not held.tasks)
        for each in writers:
            each.close()


async def test_caller_that_reads_slowly_gets_the_whole_answer() -> None:
    async with _serving() as (_, port):
        reader, writer = await _asking(port, "/whole", at_once=MB // 2)
        begun = asyncio.get_running_loop().time()
        await reader.readuntil(b"\r\n\r\n")
        read = 0
        while read < LARGE:
            part = await reader.read(MB // 2)
            assert part, read
            read += len(part)
            await asyncio.sleep(PATIENCE_S * len(part) / (2 * MB))
        # So long a caller who reads nothing at all is not waited for.
        assert asyncio.get_running_loop().time() - begun > 2 * PATIENCE_S
        writer.close()
