"""Commands in a folder of their own, with logging put back afterwards."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logged import log_plainly
from tests.migrated import put_sqlite


@pytest.fixture(autouse=True)
def logging_put_back() -> Iterator[None]:
    """Commands set up logging for their process; the tests share one."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    log_plainly()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the commands take their configuration from and keep their data in."""
    for name in list(os.environ):
        if name.startswith("BRIDGE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "bridge.yaml"))
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(tmp_path / "mappings"))
    (tmp_path / "mappings").mkdir()
    return tmp_path


@pytest.fixture
def begun(home: Path) -> Path:
    """The same folder after a first start: there is a database, and nobody works on it."""
    put_sqlite(home / "data")
    return home
