"""What every replica begins with: imported by the server that forks them, and by nothing else.

A hub's first start in a process costs a second of computing: routes are made, schemas built and
statements compiled. Here one hub is started and stopped again before the first fork, so that
those that are forked have all this behind them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from pathlib import Path

import uvicorn

from bridge.api.access import Access
from bridge.cli.server import server_config
from bridge.config.settings import load_settings
from bridge.engine.service import Service
from bridge.kit.logs import set_up_logs
from bridge.kit.redact import Redactor
from bridge.main import create_app, open_hub
from tests.chaos.replica import PATIENCE
from tests.dialects import compile_once
from tests.migrated import put_sqlite
from tests.shipped import SHIPPED

_NOTHING = """
public_url: http://127.0.0.1:9
connections:
  hubspot:
    {vendor: hubspot, base_url: "http://127.0.0.1:9", token: none, webhook_secret: none,
     portal_id: 1, app_id: 1}
  boards:
    {vendor: azure_devops, base_url: "http://127.0.0.1:9", organization: none, project: none,
     token: none, webhook_user: none, webhook_password: none}
"""
"""Two vendors; port 9 answers nobody."""


async def _live_once() -> None:
    hub = await open_hub(load_settings())
    config = server_config(create_app(Service(hub), Access()), PATIENCE)
    config.port = 0
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 (no event tells of it)
        await asyncio.sleep(0.01)
    server.should_exit = True
    await serving


def _prepare() -> None:
    compile_once()
    set_up_logs("error", "console", redactor=Redactor())
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bridge.yaml").write_text(_NOTHING)
        (folder / "mappings").mkdir()
        (folder / "mappings" / "hubspot-success.yaml").write_text(SHIPPED)
        put_sqlite(folder / "data")
        os.environ |= {
            "BRIDGE_CONFIG": str(folder / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(folder / "mappings"),
            "BRIDGE_DATA_DIR": str(folder / "data"),
        }
        asyncio.run(_live_once())
    os.environ.clear()
    os.environ.update(before)
    # What is there already stays: a fork need not copy it only to look whether it is still needed.
    gc.collect()
    gc.freeze()


_prepare()
