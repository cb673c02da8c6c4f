"""How commands reach the hub: the one that runs on this machine, or one opened for the moment.

While `bridge serve` runs on SQLite no other process may write its database. It leaves the address
and a token of its API in the data directory, readable by its own account only; the token is made
at each start and never stored anywhere else.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from bridge.api.access import Access
from bridge.api.application import build_app
from bridge.cli.output import Refused
from bridge.config.bridge_yaml import BridgeFile
from bridge.config.settings import Settings
from bridge.domain.errors import ConfigProblem
from bridge.engine.activation import load_active
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import learn
from bridge.engine.receive import Reception
from bridge.kit.http import Wire
from bridge.main import open_database, read_bridge
from bridge.ports.roles import Connection
from bridge.store import restores
from bridge.store.database import Database
from bridge.store.migrate import is_current, migrate
from connectors.registry import CONNECTORS

FILE = "api.json"
_PATIENCE_S = 70.0


@dataclass(frozen=True, slots=True)
class LocalApi:
    """Where the running hub listens on this machine, and the token that opens it."""

    url: str
    token: str

    def leave_in(self, folder: Path) -> None:
        """Write the file that commands look for; only our own account can read it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path, fresh = folder / FILE, folder / f"{FILE}.{secrets.token_hex(4)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        fresh.replace(path)

    def take_from(self, folder: Path) -> None:
        """Remove the file, unless another start has written its own since."""
        if read_local_api(folder) == self:
            (folder / FILE).unlink(missing_ok=True)


def new_token() -> str:
    """A token that lives as long as this process."""
    return secrets.token_urlsafe(32)


def read_local_api(folder: Path) -> LocalApi | None:
    """What a running hub left; None if there is nothing, or nothing that makes sense."""
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return LocalApi(url=str(said["url"]), token=str(said["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@asynccontextmanager
async def changing(
    settings: Settings, *, configured: bool = False, in_force: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """The API for a command that changes something: the running hub's, or the store's own.

    `configured`: the command needs the connections of bridge.yaml, and with `in_force` the
    mappings as well, which must be without mistakes then. ConfigProblem where no hub ever ran:
    the folder is the wrong one, or it is too early.
    """
    _need_file(settings)
    db = open_database(settings)
    hub = Hub(db=db, connections={}, public_url="")
    try:
        busy = _lock(db)
        if busy is not None:
            async with _running(settings, busy) as client:
                yield client
            return
        if configured:
            hub = _configured(db, read_bridge(settings))
        await db.reach()
        await migrate(db)
        if configured:
            await _know(hub, in_force=in_force)
        async with _in_process(hub) as client:
            yield client
    finally:
        await hub.aclose()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API for a command that only reads; writes nothing, not even a migration."""
    _need_file(settings)
    db = open_database(settings)
    busy = _lock(db)
    await db.aclose()
    if busy is not None:
        async with _running(settings, busy) as client:
            yield client
        return
    hub = await _open_for_reading(settings)
    try:
        async with _in_process(hub) as client:
            yield client
    finally:
        await hub.aclose()


def _lock(db: Database) -> ConfigProblem | None:
    try:
        db.lock()
    except ConfigProblem as busy:
        return busy
    return None


def has_database(settings: Settings) -> bool:
    """Whether there is a database to open: of PostgreSQL nothing is known before it is asked."""
    url = settings.database_url
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _need_file(settings: Settings) -> None:
    """To open an SQLite database that is not there would make it."""
    if not has_database(settings):
        file = settings.database_url.database
        raise ConfigProblem(
            f"There is no database at {file} yet: start the hub once (bridge serve), or set "
            "BRIDGE_DATA_DIR to the hub's data folder"
        )


async def _open_for_reading(settings: Settings) -> Hub:
    """The hub as it was left, with its connections; ConfigProblem if it never ran here."""
    bridge = read_bridge(settings)
    hub = _configured(open_database(settings), bridge)
    try:
        await hub.db.reach()
        if not await is_current(hub.db):
            raise ConfigProblem(
                "The database is not at this version's revision: start the hub once (bridge serve)"
            )
        await _know(hub)
    except BaseException:
        await hub.aclose()
        raise
    return hub


def _configured(db: Database, bridge: BridgeFile) -> Hub:
    """A hub with all that bridge.yaml says and a command may come to judge by."""
    return Hub(
        db=db,
        connections=_connections(bridge),
        public_url=bridge.public_url,
        launch_limit=bridge.launch_limit,
        people=bridge.people,
    )


async def _know(hub: Hub, *, in_force: bool = True) -> None:
    """What a hub knows once it has started: mappings in force, its Sentry, a store put back."""
    if in_force:
        await load_active(hub)
    await learn(hub)
    async with hub.db.read() as connection:
        hub.restored = await restores.restored(connection)


def _connections(bridge: BridgeFile) -> dict[str, Connection]:
    return {
        name: CONNECTORS[each.vendor].connect(name, each, Wire())
        for name, each in bridge.connections.items()
    }


@asynccontextmanager
async def _running(settings: Settings, busy: ConfigProblem) -> AsyncIterator[httpx.AsyncClient]:
    left = read_local_api(settings.data_dir)
    if left is None:
        raise busy
    async with _client(left.token, base_url=left.url) as client:
        yield client


@asynccontextmanager
async def _in_process(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    token = new_token()
    app = build_app(hub, Reception(hub), Access(local_token=token))
    transport = httpx.ASGITransport(app)
    async with _client(token, base_url="http://hub.local", transport=transport) as client:
        yield client


def _client(token: str, **options: Any) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "bridge"}
    return httpx.AsyncClient(headers=headers, timeout=_PATIENCE_S, trust_env=False, **options)


async def ask(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> Any:
    """The hub's answer; Refused if it refuses, ConfigProblem if it does not answer."""
    try:
        answer = await client.request(method, f"/api/v1{path}", **options)
    except httpx.HTTPError as error:
        raise ConfigProblem(
            f"The running hub does not answer at {client.base_url} ({type(error).__name__}); "
            "is it stopping? Try again, or restart it."
        ) from None
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {"detail": f"the hub answered {answer.status_code}", "status": answer.status_code}
    if answer.status_code == 404 and "%2F" in path:
        # The API takes it for another address, and can't say more than that there is none.
        problem["detail"] = "There is no such thing here: no name or id has a slash in it"
    raise Refused(problem)
