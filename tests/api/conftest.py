"""The doors on both databases, and a whole world behind them where the work matters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.api.access import Access
from tests.api.doors import ADMIN, Doors, open_doors
from tests.scenarios.world import World, open_world


@pytest.fixture(params=["sqlite", "postgresql"])
async def doors(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Doors]:
    """Open doors with nobody at work behind them, on each database."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_doors(tmp_path, database_url=url) as opened:
        yield opened


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Doors]:
    """The same on SQLite only, for what never reaches the store."""
    async with open_doors(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The same for a whole module of requests that must change nothing."""
    async with open_doors(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A hub at work between simulated vendors, on each database; its client is an admin."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_world(tmp_path, database_url=url) as opened:
        opened.app.state.access = Access(admin_token=ADMIN)
        yield opened
