"""`bridge serve` and `bridge worker`: processes that end with exit code 0 when told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog
import uvicorn
from pydantic import BaseModel, SecretStr

from bridge.api.access import Access
from bridge.api.application import build_watched
from bridge.cli.local_api import LocalApi, new_token
from bridge.cli.slow_clients import Patience, patient_protocol
from bridge.cli.tracing import begin_traces
from bridge.config.settings import Settings
from bridge.domain.errors import ConfigProblem
from bridge.engine import signing_in
from bridge.engine.hub import Hub
from bridge.engine.service import Service
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.main import create_app, open_hub, read_bridge

log = structlog.get_logger(__name__)

DRAIN_S = 30
"""How long requests under way may take once the process was told to stop."""

_STOP = (signal.SIGINT, signal.SIGTERM)

Announce = Callable[[str], None]
Listening = Callable[[str, str | None], None]


def run_server(settings: Settings, announce: Listening) -> None:
    """Serve until told to stop; `announce` is called with the address once it takes requests.

    Besides the address it is given the link by which the first admin of a fresh install signs in.
    """
    _run(_serve(settings, announce))


def run_worker(settings: Settings, announce: Announce) -> None:
    """Work, without doors, until told to stop; `announce` gets the counters' address, or ""."""
    _run(_work(settings, announce))


def _run(main: Coroutine[Any, Any, None]) -> None:
    # The loop that uvicorn would choose; it is ours because more than a server runs in it.
    with asyncio.Runner(loop_factory=server_config(None).get_loop_factory()) as runner:
        runner.run(main)


async def _serve(settings: Settings, announce: Listening) -> None:
    redactor = begin_logs(settings)
    tracing = begin_traces(redactor)
    hub = await open_hub(settings)
    try:
        remember_secrets(redactor, hub)
        listening = _listen(settings.host, settings.port, "BRIDGE_HOST, BRIDGE_PORT")
        token = new_token()
        redactor.remember([token])
        admin = "" if settings.admin_token is None else settings.admin_token.get_secret_value()
        app = create_app(Service(hub), Access(admin_token=admin, local_token=token))
        address = _address(settings.host, listening)
        local = LocalApi(_address(_reachable(settings.host), listening), token)
        first_link = await signing_in.first_link(hub)

        def ready() -> None:
            _settle()
            local.leave_in(settings.data_dir)
            announce(address, first_link)

        server = _Server(server_config(app), ready, hub.leaving.set)
        try:
            with tracing:
                await server.serve(sockets=[listening])
        finally:
            local.take_from(settings.data_dir)
        if not server.started:
            raise ConfigProblem("The hub did not start; the log says why")
    finally:
        await hub.aclose()


async def _work(settings: Settings, announce: Announce) -> None:
    redactor = begin_logs(settings)
    tracing = begin_traces(redactor)
    read_bridge(settings)
    if settings.database_url.get_backend_name() == "sqlite":
        raise ConfigProblem(
            "bridge worker works beside a bridge serve on the same PostgreSQL, and "
            "BRIDGE_DATABASE_URL names none. On SQLite bridge serve does all the work."
        )
    hub = await open_hub(settings)
    try:
        remember_secrets(redactor, hub)
        told = asyncio.Event()
        with tracing, _until_told(told.set):
            async with _watched(settings, hub) as address:
                service = Service(hub)
                await service.start()
                _settle()
                try:
                    announce(address)
                    await told.wait()
                    log.info("stopping")
                finally:
                    await service.stop()
    finally:
        await hub.aclose()


def _settle() -> None:
    """What was loaded at the start is here to stay: the collector need not look through it again.

    It is most of what the process holds, and looking took a tenth of the time of every pass.
    """
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _watched(settings: Settings, hub: Hub) -> AsyncIterator[str]:
    """Where a worker's health and counters can be asked for; nowhere ("") unless it is wished."""
    host, port = settings.metrics_host, settings.metrics_port
    if port is None:
        yield ""
        return
    listening = _listen(host, port, "BRIDGE_METRICS_HOST, BRIDGE_METRICS_PORT")
    ready = asyncio.Event()
    server = _Beside(server_config(build_watched(hub)), ready.set, hub.leaving.set)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        started = asyncio.create_task(ready.wait())
        await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        yield _address(host, listening)
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """uvicorn that says when it takes requests, and ends in peace on SIGTERM."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], leaving: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self._ready, self._leaving = ready, leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so first: streams that are open would be waited for as long as requests are."""
        self._leaving()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain on a signal; uvicorn's own would raise it again at the end, and exit with it."""
        with _until_told(lambda: self.handle_exit(signal.SIGTERM, None)):
            yield


class _Beside(_Server):
    """A door beside the work: the process' signals are not for it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the worker."""
        yield


@contextmanager
def _until_told(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for each in _STOP:
        loop.add_signal_handler(each, stop)
    try:
        yield
    finally:
        for each in _STOP:
            loop.remove_signal_handler(each)


def server_config(app: Any, patience: Patience | None = None) -> uvicorn.Config:
    """How the hub's door is served."""
    return uvicorn.Config(
        app,
        http=patient_protocol(patience or Patience()),
        lifespan="on",
        log_config=None,
        # Our own log has the requests, without their queries: vendors' tokens stand in them.
        access_log=False,
        # Nobody's word on who calls: nothing here depends on it.
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=DRAIN_S,
    )


def _listen(host: str, port: int, variables: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigProblem(
            f"{variables}: can't listen on {host}:{port}: {error.strerror or error}"
        ) from None


def _address(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"


def _reachable(host: str) -> str:
    """An address on this machine for a hub that listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only


def begin_logs(settings: Settings) -> Redactor:
    """Start logging as the settings say; what it returns learns the secrets to leave out."""
    redactor = Redactor()
    if settings.admin_token is not None:
        redactor.remember([settings.admin_token.get_secret_value()])
    if settings.database is not None:
        redactor.remember([settings.database_url.password or ""])
    set_up_logs(settings.log_level, settings.log_format, redactor=redactor)
    return redactor


def remember_secrets(redactor: Redactor, hub: Hub) -> None:
    """Teach the log every secret of every connection."""
    for connection in hub.connections.values():
        redactor.remember(_secrets_of(connection.settings))


def _secrets_of(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets_of(getattr(value, name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _secrets_of(each)
