"""Open doors with nobody at work behind them, and people who sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.doors import Doors, open_doors


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """Open doors on SQLite."""
    async with open_doors(tmp_path) as opened:
        yield opened
