"""Hub and vendors in one process, on loopback, with everything they keep in one folder."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
from starlette.types import ASGIApp

from bridge.api.access import Access
from bridge.cli.demo.configuration import write_files
from bridge.cli.demo.hub_api import HubApi
from bridge.cli.demo.servers import (
    DropsConnections,
    address_of,
    listening_socket,
    serving,
    serving_all,
)
from bridge.cli.demo.vendors import HookSecrets, Vendors, connect_hooks, open_accounts
from bridge.cli.demo.window import window
from bridge.cli.local_api import LocalApi, new_token
from bridge.config.settings import Settings
from bridge.engine import signing_in
from bridge.engine.service import Service
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.main import create_app, open_hub

WINDOW = "window"
"""The name of the page that shows them all."""
SYSTEMS = ("hubspot", "boards", "rocketlane", "zendesk", "jira", "sentry", "teams")
"""What listens beside the hub; the mail server has a door of its own kind."""


@dataclass(frozen=True, slots=True)
class World:
    """What runs, and where."""

    vendors: Vendors
    hub: str
    at: Mapping[str, str]
    """The address of each of `SYSTEMS`, and of the page that shows them all."""
    token: str
    folder: Path
    api: HubApi
    sign_in: str
    """The link that signs the first admin in to the hub's pages."""


@asynccontextmanager
async def open_world(folder: Path, port: int | None) -> AsyncIterator[World]:
    """The simulators and a hub connected to them, until the block ends."""
    async with AsyncExitStack() as stack:
        bound = listening_socket(port)
        doors = {name: listening_socket(0) for name in (*SYSTEMS, WINDOW)}
        for each in (bound, *doors.values()):
            stack.callback(each.close)
        hub, at = address_of(bound), {name: address_of(door) for name, door in doors.items()}
        vendors = open_accounts(at["zendesk"])
        _tell_addresses(vendors, at)
        await stack.enter_async_context(vendors.mail.running())
        token, hooks = secrets.token_urlsafe(24), HookSecrets()
        write_files(folder, vendors, hooks, hub, at)
        apps = ((DropsConnections(app), doors[name]) for name, app in _apps(vendors).items())
        await stack.enter_async_context(serving_all(apps))
        sign_in = await stack.enter_async_context(_hub(folder, hub, token, bound))
        connect_hooks(vendors, hub, hooks)
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        desk = vendors.desk
        for sends in (
            vendors.helpdesk, vendors.boards, vendors.projects.rocketlane,
            desk.zendesk, desk.jira, desk.sentry,
        ):  # fmt: skip
            await stack.enter_async_context(sends.running(client))
        headers = {"Authorization": f"Bearer {token}"}
        asking = await stack.enter_async_context(
            httpx.AsyncClient(base_url=hub, headers=headers, trust_env=False)
        )
        yield World(vendors, hub, at, token, folder, HubApi(asking), sign_in)


def _tell_addresses(vendors: Vendors, at: Mapping[str, str]) -> None:
    """Let the vendors know where they are: their answers name it."""
    vendors.boards.base_url, vendors.teams.origin = at["boards"], at["teams"]
    vendors.desk.sentry.base_url = at["sentry"]
    vendors.projects.rocketlane.rocketlane.base_url = at["rocketlane"]


def _apps(vendors: Vendors) -> dict[str, ASGIApp]:
    desk = vendors.desk
    return {
        "hubspot": vendors.helpdesk.app,
        "boards": vendors.boards.app,
        "rocketlane": vendors.projects.rocketlane.app,
        "zendesk": desk.zendesk.app,
        "jira": desk.jira.app,
        "sentry": desk.sentry.app,
        "teams": vendors.teams.app,
        WINDOW: window(vendors),
    }


@asynccontextmanager
async def _hub(folder: Path, url: str, token: str, bound: socket.socket) -> AsyncIterator[str]:
    """The hub as `bridge serve` runs it, on this process's loop; the link to sign in."""
    settings = _settings(folder, url)
    local = LocalApi(url, new_token())
    service = Service(await open_hub(settings))
    sign_in = await signing_in.first_link(service.hub) or url
    app = create_app(service, Access(admin_token=token, local_token=local.token))
    async with app.router.lifespan_context(app), serving(app, bound):
        local.leave_in(settings.data_dir)
        try:
            yield sign_in
        finally:
            # A page that is still open would be waited for.
            service.hub.leaving.set()
            local.take_from(settings.data_dir)


def _settings(folder: Path, url: str) -> Settings:
    """Settings of the demo alone: whatever the environment says of a real hub is left out."""
    return Settings.model_construct(
        config=folder / "bridge.yaml",
        mappings=folder / "mappings",
        data_dir=folder / "data",
        database=None,
        host="127.0.0.1",
        port=httpx.URL(url).port or 0,
        admin_token=None,
        log_level="info",
        log_format="json",
        mappings_autoactivate=False,
    )


@contextmanager
def logging_to(folder: Path) -> Iterator[Path]:
    """All logs go to a file of the folder: the terminal belongs to the story."""
    root, file = logging.getLogger(), folder / "hub.log"
    before, handlers, level = structlog.get_config(), root.handlers[:], root.level
    with file.open("w", encoding="utf-8") as opened:
        set_up_logs("info", "json", redactor=Redactor(), to=opened)
        try:
            yield file
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            structlog.configure(**before)
