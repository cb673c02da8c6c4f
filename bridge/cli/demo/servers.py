"""Web servers inside this process, on loopback: the hub's and the simulators'."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.kit.faults import ConnectionLost

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8080
_POLL_S = 0.01


class PortTaken(Exception):
    """Somebody else listens on the port that was asked for."""


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone: the demo has many of them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class DropsConnections:
    """ASGI middleware that turns a simulator's lost reply into a connection closed half-way.

    Left alone, the server would answer 500, which is an answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, but for the reply that is to be lost."""
        try:
            await self._app(scope, receive, send)
        except ConnectionLost:
            # Headers that promise a body, and then nothing: the server closes the connection.
            headers = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})


def listening_socket(port: int | None) -> socket.socket:
    """A socket bound to `port` on loopback; without one to the usual port, or else a free one."""
    if port is not None:
        return _bound(port)
    try:
        return _bound(USUAL_PORT)
    except PortTaken:
        return _bound(0)


def address_of(bound: socket.socket) -> str:
    """The address under which a bound socket is reached."""
    return f"http://{LOOPBACK}:{bound.getsockname()[1]}"


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
    except OSError as error:
        made.close()
        raise PortTaken(
            f"Port {port} can't be used ({error.strerror}). Choose another with --port, or leave "
            "--port out and a free one is taken."
        ) from None
    return made


@asynccontextmanager
async def serving(app: ASGIApp, bound: socket.socket) -> AsyncIterator[None]:
    """Serve the app on the socket until the block ends; start-up code of the app is not run."""
    async with serving_all([(app, bound)]):
        yield


@asynccontextmanager
async def serving_all(doors: Iterable[tuple[ASGIApp, socket.socket]]) -> AsyncIterator[None]:
    """Serve each app on its socket; all of them end at once, so that Ctrl-C is not waited for."""
    servers = [(_server(app), bound) for app, bound in doors]
    tasks = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in servers]
    try:
        for (server, bound), task in zip(servers, tasks, strict=True):
            while not server.started:
                if task.done():
                    task.result()
                    raise RuntimeError(f"the server at {address_of(bound)} ended before it began")
                await asyncio.sleep(_POLL_S)
        yield
    finally:
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


def _server(app: ASGIApp) -> _Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return _Server(config)
