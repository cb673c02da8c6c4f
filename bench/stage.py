"""What a measure stands on: the vendors' process, the hub's processes, and a database to fill."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bridge.config.settings import Settings
from bridge.engine.hub import Hub
from bridge.main import open_hub
from tests.scenarios.world import HOOK_PASSWORD, HOOK_USER, PORTAL, ROOT

ADMIN_TOKEN = "bench-admin-token"  # noqa: S105 (made up)
START_S = 60.0
SOON_MS = 30_000
"""Longer than anybody idles for a measure."""
_WAITING = (
    "SELECT (SELECT count(*) FROM deliveries WHERE state = 'received') "
    "+ (SELECT count(*) FROM records WHERE kind <> 'timer' AND NOT dead AND due_at <= ?)"
)
BRIDGE_YAML = """
public_url: http://127.0.0.1:{port}
launch_limit: 1000000
connections:
  hubspot:
    vendor: hubspot
    base_url: {hubspot}
    token: pat-test
    webhook_secret: hubspot-client-secret
    portal_id: {portal}
    app_id: 1357911
    debounce_ms: 0
    sweep_s: 86400
    search_lag_s: 0
    {more}
  boards:
    vendor: azure_devops
    base_url: {boards}
    organization: acme
    project: Platform
    token: pat-test
    webhook_user: {user}
    webhook_password: {password}
    debounce_ms: 0
    sweep_s: 86400
  internal:
    vendor: teams
    webhook_url: http://127.0.0.1:9/workflows/1?sig=x
  mail:
    vendor: email
    host: 127.0.0.1
    port: 9
    sender: support@acme.com
people:
  development_leads: [lead.one@acme.com, lead.two@acme.com]
"""


@dataclass
class Vendors:
    """The vendors' process, as the measure speaks with it."""

    process: Process
    hubspot: str
    boards: str

    async def do(self, name: str, *given: Any) -> Any:
        """Give a command of `bench.vendors.Vendors` and return what it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write((json.dumps([name, *given]) + "\n").encode())
        return json.loads(await self.process.stdout.readline())


@dataclass
class HubProcess:
    """One `bridge serve`."""

    process: Process
    url: str

    def used_s(self) -> float:
        """Seconds of CPU that the process has used."""
        spent = psutil.Process(self.process.pid).cpu_times()
        return float(spent.user + spent.system)

    def held_mb(self) -> float:
        """Memory that the process holds, in MB."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    async def stop(self) -> None:
        """Ask it to stop, and wait for that."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()


@dataclass
class Stage:
    """A folder with a configuration, the vendors, and the hubs started on it."""

    folder: Path
    vendors: Vendors
    port: int
    database_url: str | None = None
    settings: str = ""
    """More lines for the helpdesk's connection in bridge.yaml."""
    hubs: list[HubProcess] = field(default_factory=list)

    def environment(self, port: int) -> dict[str, str]:
        """The environment of a hub of this stage."""
        made = {
            **os.environ,
            "BRIDGE_CONFIG": str(self.folder / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(ROOT / "mappings"),
            "BRIDGE_DATA_DIR": str(self.folder / "data"),
            "BRIDGE_PORT": str(port),
            "BRIDGE_ADMIN_TOKEN": ADMIN_TOKEN,
            "BRIDGE_LOG_LEVEL": "error",
        }
        if self.database_url is not None:
            made["BRIDGE_DATABASE_URL"] = self.database_url
        return made

    def write(self) -> None:
        """Write bridge.yaml."""
        text = BRIDGE_YAML.format(
            port=self.port,
            hubspot=self.vendors.hubspot,
            boards=self.vendors.boards,
            portal=PORTAL,
            user=HOOK_USER,
            password=HOOK_PASSWORD,
            more=self.settings,
        )
        (self.folder / "bridge.yaml").write_text(text)

    def busy(self) -> int:
        """How much a hub on SQLite has to do now or soon: deliveries to read, records due."""
        file = f"file:{self.folder / 'data' / 'bridge.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as connection:
            ((count,),) = connection.execute(_WAITING, (round(time.time() * 1000) + SOON_MS,))
            return int(count)

    @asynccontextmanager
    async def filling(self) -> AsyncIterator[Hub]:
        """The hub's parts without its loops, to fill the database with what a measure needs."""
        extra: dict[str, Any] = {}
        if self.database_url is not None:
            extra["BRIDGE_DATABASE_URL"] = self.database_url
        settings = Settings(
            config=self.folder / "bridge.yaml",
            mappings=ROOT / "mappings",
            data_dir=self.folder / "data",
            **extra,
        )
        hub = await open_hub(settings)
        try:
            yield hub
        finally:
            await hub.aclose()

    async def start(self, *, profile: Path | None = None) -> HubProcess:
        """Start one more `bridge serve`; `profile` is where its profile goes when it ends."""
        watched = [] if profile is None else ["-m", "cProfile", "-o", str(profile)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *watched, "-m", "bridge.cli", "serve",
            env=self.environment(self.port + len(self.hubs)), stdout=PIPE, stderr=None,
        )  # fmt: skip
        hub = HubProcess(process, await _address(process))
        self.hubs.append(hub)
        return hub


async def _address(process: Process) -> str:
    """The address that a hub says it listens on."""
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        while line := (await process.stdout.readline()).decode():
            if found := re.search(r"http://[0-9.]+:[0-9]+", line):
                return found.group()
    raise RuntimeError("the hub ended before it listened")


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    database_url: str | None = None,
    settings: str = "",
) -> AsyncIterator[Stage]:
    """A stage; everything that was started on it has ended when the block has."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.vendors", stdin=PIPE, stdout=PIPE, limit=2**26
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        addresses = json.loads(await process.stdout.readline())
        vendors = Vendors(process, addresses["hubspot"], addresses["boards"])
        stage = Stage(folder, vendors, _free_port(), database_url, settings)
        stage.write()
        try:
            yield stage
        finally:
            for each in stage.hubs:
                await each.stop()
    finally:
        process.stdin.close()
        await process.wait()


def _free_port() -> int:
    """A port nobody listens on now, with a free one behind it, as a rule."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(true: Callable[[], Any], *, every_s: float = 0.05, seconds: float = 900.0) -> None:
    """Wait for something that the vendors show."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(every_s)


async def at_peace(stage: Stage) -> None:
    """Wait until no webhook is under way and the hub (on SQLite) has nothing to do."""
    calm = 0

    async def calmer() -> bool:
        nonlocal calm
        untold: int = await stage.vendors.do("untold")
        calm = calm + 1 if not untold and not stage.busy() else 0
        return calm >= 5

    await until(calmer, every_s=0.2)
