"""The world of each chaos test, on both engines where the test does not choose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.world import Chaos, open_chaos


@pytest.fixture(params=["sqlite", "postgresql"])
async def chaos(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chaos]:
    """A fresh world whose hub is not started yet."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_chaos(tmp_path, database_url=url) as opened:
        yield opened
