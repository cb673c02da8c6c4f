"""The composition root: settings, connections, store and engine become one application."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import structlog
from fastapi import FastAPI

from bridge import __version__
from bridge.api.access import Access
from bridge.api.application import build_app
from bridge.config.bridge_yaml import BridgeFile, read_bridge_file
from bridge.config.mapping_files import LoadedFolder, load_folder
from bridge.config.settings import Settings
from bridge.domain.errors import ConfigProblem
from bridge.engine.activation import context_of, import_files, load_active
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import learn
from bridge.engine.metrics import Metrics
from bridge.engine.provider_sign_in import sign_in_by
from bridge.engine.service import Service
from bridge.engine.timekeeping import align
from bridge.kit.clock import Clock, SteeredClock, SystemClock
from bridge.kit.http import Wire
from bridge.store import restores
from bridge.store.database import Database, no_folder
from bridge.store.migrate import migrate
from bridge.store.rates import SharedRates
from bridge.web.site import add_pages
from connectors.registry import CONNECTORS, SETTINGS

log = structlog.get_logger(__name__)


def read_bridge(settings: Settings) -> BridgeFile:
    """bridge.yaml with its secrets; ConfigProblem with every mistake in it."""
    return read_bridge_file(settings.config, vendors=SETTINGS, environment=os.environ)


def open_database(settings: Settings, *, clock: Clock | None = None) -> Database:
    """The database of the settings, not locked and not migrated yet."""
    url = settings.database_url
    if url.database and url.get_backend_name() == "sqlite":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise no_folder(folder, error) from None
    return Database(url, clock=clock, connections=settings.database_connections)


def keep_private(db: Database) -> None:
    """See to it that strangers on this machine can't read what customers wrote.

    A new SQLite file is its own account's alone, as backups are; one that is there stays as it is
    for its group, and so do the logs beside it that a killed process left. New ones get the file's
    rights from SQLite. https://www.sqlite.org/wal.html
    """
    if not db.is_sqlite or not db.url.database:
        return
    file = Path(db.url.database)
    # On a file system that knows no rights, or in a folder of somebody else's, it stays as it is.
    with suppress(OSError):
        if not file.exists():
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            if each.exists():
                each.chmod(each.stat().st_mode & ~stat.S_IRWXO)


async def open_hub(
    settings: Settings, *, wire: Wire | None = None, clock: Clock | None = None
) -> Hub:
    """A hub that is ready to serve: configured, migrated, mappings imported.

    Raises ConfigProblem, with all that is wrong, and leaves nothing open.
    """
    bridge = read_bridge(settings)
    metrics = Metrics()
    db = open_database(settings, clock=clock)
    given = wire or Wire(clock=clock or SystemClock())
    if clock is None and not db.is_sqlite:
        db.clock = SteeredClock(given.clock)
        given = replace(given, clock=db.clock)
    grants = None if db.is_sqlite else SharedRates(db)
    chosen = replace(given, on_call=metrics.heard(given.on_call), grants=grants)
    connections = {
        name: CONNECTORS[each.vendor].connect(
            name, each, replace(chosen, slots=asyncio.Semaphore(each.in_flight))
        )
        for name, each in bridge.connections.items()
    }
    metrics.runs_as(__version__, "sqlite" if db.is_sqlite else "postgresql")
    hub = Hub(
        db=db,
        connections=connections,
        public_url=bridge.public_url,
        launch_limit=bridge.launch_limit,
        people=bridge.people,
        retention=bridge.retention,
        metrics=metrics,
        sign_in_by=None if bridge.sign_in is None else sign_in_by(bridge.sign_in, chosen),
    )
    try:
        db.lock()
        keep_private(db)
        await db.reach()
        await migrate(db)
        await align(db)
        await _prepare(hub, settings)
    except BaseException:
        await hub.aclose()
        raise
    return hub


async def _prepare(hub: Hub, settings: Settings) -> None:
    folder: LoadedFolder = load_folder(settings.mappings, known=context_of(hub))
    if folder.problems:
        lines = tuple(str(each) for each in folder.problems)
        raise ConfigProblem("\n".join(lines), problems=lines)
    if not settings.mappings.is_dir():
        log.warning("there is no folder of mappings", folder=str(settings.mappings))
    await import_files(hub, folder.mappings, autoactivate=settings.mappings_autoactivate)
    await load_active(hub)
    await learn(hub)
    async with hub.db.read() as connection:
        hub.restored = await restores.restored(connection)


def create_app(service: Service, access: Access | None = None) -> FastAPI:
    """The ASGI application: the doors and the API. The service runs while the application does."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()
            await service.hub.aclose()

    app = build_app(service.hub, service.reception, access or Access(), lifespan=lifespan)
    add_pages(app)
    return app
