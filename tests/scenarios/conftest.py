"""The world of each scenario, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.world import World, open_world


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A fresh world; every scenario runs on SQLite and on PostgreSQL."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_world(tmp_path, database_url=url) as opened:
        yield opened
