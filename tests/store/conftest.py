"""The store of each test, on both engines, migrated once and copied."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.engine import make_url

from bridge.kit.clock import ManualClock
from bridge.store.database import Database
from bridge.store.migrate import migrate
from tests.migrated import empty_aside
from tests.postgres import Databases
from tests.store.kit import START, Store


def asyncpg_url(url: str) -> str:
    """The URL with the driver that the hub uses."""
    return make_url(url).set(drivername="postgresql+asyncpg").render_as_string(False)


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


async def _migrated(url: str) -> None:
    db = Database(url)
    await migrate(db)
    await db.aclose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    path = tmp_path_factory.mktemp("migrated") / "bridge.sqlite3"
    asyncio.run(_migrated(sqlite_url(path)))
    return path


@pytest.fixture(scope="session")
def migrated_url(postgres_server: Databases) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database, to be emptied after each use."""
    url = postgres_server.create_database()
    asyncio.run(_migrated(asyncpg_url(url)))
    yield asyncpg_url(url)
    postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated, empty database that only this test uses."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path") / "bridge.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield sqlite_url(path)
        return
    url: str = request.getfixturevalue("migrated_url")
    yield url
    empty_aside(url.replace("postgresql+asyncpg:", "postgresql:"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database that only this test uses."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "bridge.sqlite3")
    url: str = request.getfixturevalue("postgres_url")
    return asyncpg_url(url)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An empty store whose time the test moves."""
    clock = ManualClock(START)
    db = Database(store_url, clock=clock)
    opened = Store(db, clock)
    opened.deadlocks_before = await opened.deadlocks()
    yield opened
    await db.aclose()
