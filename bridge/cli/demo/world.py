"""Hub and vendors in one process, on loopback, with everything they keep in one folder."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

import bridge
from bridge.api.access import Access
from bridge.cli.demo.cast import LEADS
from bridge.cli.demo.servers import DropsConnections, address_of, listening_socket, serving
from bridge.cli.demo.vendors import HOOK_USER, Vendors, connect_hooks, open_accounts
from bridge.cli.local_api import LocalApi, new_token
from bridge.config.settings import Settings
from bridge.engine.service import Service
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.main import create_app, open_hub

MAPPING = "hubspot-success.yaml"
_SWEEP_S = 3
_DEBOUNCE_MS = 100
_LAUNCH_LIMIT = 10_000
"""An hour: a demo that is told to hurry launches more than people would."""


@dataclass(frozen=True, slots=True)
class World:
    """What runs, and where."""

    vendors: Vendors
    hub: str
    helpdesk: str
    boards: str
    token: str
    folder: Path


@asynccontextmanager
async def open_world(folder: Path, port: int | None) -> AsyncIterator[World]:
    """The simulators and a hub connected to them, until the block ends."""
    vendors = open_accounts()
    async with AsyncExitStack() as stack:
        sockets = [listening_socket(port), *(listening_socket(0) for _ in range(3))]
        for bound in sockets:
            stack.callback(bound.close)
        hub, helpdesk, boards, teams = (address_of(bound) for bound in sockets)
        vendors.boards.base_url, vendors.teams.origin = boards, teams
        await stack.enter_async_context(vendors.mail.running())
        world = World(vendors, hub, helpdesk, boards, secrets.token_urlsafe(24), folder)
        password = secrets.token_urlsafe(24)
        _write_files(world, password)
        apps = (vendors.helpdesk.app, vendors.boards.app, vendors.teams.app)
        for app, bound in zip(apps, sockets[1:], strict=True):
            await stack.enter_async_context(serving(DropsConnections(app), bound))
        await stack.enter_async_context(_hub(world, sockets[0]))
        connect_hooks(vendors, hub, password)
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        await stack.enter_async_context(vendors.helpdesk.running(client))
        await stack.enter_async_context(vendors.boards.running(client))
        yield world


@asynccontextmanager
async def _hub(world: World, bound: socket.socket) -> AsyncIterator[None]:
    """The hub as `bridge serve` runs it, on this process's loop."""
    settings = _settings(world)
    local = LocalApi(world.hub, new_token())
    service = Service(await open_hub(settings))
    app = create_app(service, Access(admin_token=world.token, local_token=local.token))
    async with app.router.lifespan_context(app), serving(app, bound):
        local.leave_in(settings.data_dir)
        try:
            yield
        finally:
            local.take_from(settings.data_dir)


def _settings(world: World) -> Settings:
    """Settings of the demo alone: whatever the environment says of a real hub is left out."""
    folder = world.folder
    return Settings.model_construct(
        config=folder / "bridge.yaml",
        mappings=folder / "mappings",
        data_dir=folder / "data",
        database=None,
        host="127.0.0.1",
        port=httpx.URL(world.hub).port or 0,
        admin_token=None,
        log_level="info",
        log_format="json",
        mappings_autoactivate=False,
    )


def _write_files(world: World, password: str) -> None:
    """bridge.yaml and the shipped mapping, as somebody would write them for these accounts."""
    folder = world.folder
    (folder / "mappings").mkdir(parents=True)
    (folder / "data").mkdir()
    shutil.copy(shipped_mapping(), folder / "mappings" / MAPPING)
    helpdesk, boards = world.vendors.helpdesk, world.vendors.boards
    timing = {"sweep_s": _SWEEP_S, "debounce_ms": _DEBOUNCE_MS}
    content = {
        "public_url": world.hub,
        "launch_limit": _LAUNCH_LIMIT,
        "connections": {
            "hubspot": {
                "vendor": "hubspot",
                "base_url": world.helpdesk,
                "token": world.vendors.helpdesk_token,
                "webhook_secret": world.vendors.helpdesk_secret,
                "portal_id": helpdesk.portal.portal_id,
                "app_id": helpdesk.portal.app_id,
                "search_lag_s": 0,
                **timing,
            },
            "boards": {
                "vendor": "azure_devops",
                "base_url": world.boards,
                "organization": boards.organization,
                "project": boards.projects[0].name,
                "token": boards.pat,
                "webhook_user": HOOK_USER,
                "webhook_password": password,
                **timing,
            },
            "internal": {
                "vendor": "teams",
                "webhook_url": world.vendors.teams.url_of(world.vendors.channel),
            },
            "mail": {
                "vendor": "email",
                "host": world.vendors.mail.host,
                "port": world.vendors.mail.port,
                "sender": "Harborline Support <support@harborline.example>",
            },
        },
        "people": {"development_leads": list(LEADS)},
    }
    # JSON is YAML, so nothing has to be escaped by hand.
    (folder / "bridge.yaml").write_text(json.dumps(content, indent=2), encoding="utf-8")
    (folder / "bridge.yaml").chmod(0o600)


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


async def open_findings(world: World) -> list[str] | None:
    """The codes of the hub's open findings, read like anybody with a token may; None: no answer."""
    headers = {"Authorization": f"Bearer {world.token}"}
    codes: list[str] = []
    query = {"state": "open", "limit": "100"}
    async with httpx.AsyncClient(base_url=world.hub, headers=headers, trust_env=False) as client:
        while True:
            try:
                answer = await client.get("/api/v1/findings", params=query)
                answer.raise_for_status()
            except httpx.HTTPError:
                return None
            page = answer.json()
            codes += [each["code"] for each in page["items"]]
            if page["next_cursor"] is None:
                return codes
            query["cursor"] = page["next_cursor"]


def shipped_mapping() -> Path:
    """The ready-made mapping: inside the wheel, or beside the package in a checkout."""
    package = Path(bridge.__file__).parent
    inside, beside = package / "_mappings" / MAPPING, package.parent / "mappings" / MAPPING
    return inside if inside.exists() else beside
