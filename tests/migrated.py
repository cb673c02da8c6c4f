"""Databases that are migrated once in a test process and then copied: migrating takes longer than
most tests do. What migrates is tested by tests/store and tests/packaging.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from bridge.store.database import Database
from bridge.store.migrate import migrate
from tests.postgres import run_aside

SQLITE = "bridge.sqlite3"


def put_sqlite(data_dir: Path) -> None:
    """A migrated, empty database where a hub with that folder looks for one, if none is there."""
    path = data_dir / SQLITE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_migrated_file())


@functools.cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SQLITE
        migrate_aside(f"sqlite:///{path}")
        return path.read_bytes()


def migrate_aside(url: str) -> None:
    """Bring the database of that URL to the newest revision, also while a loop is running."""

    async def bring() -> None:
        driver = "postgresql+asyncpg" if url.startswith("postgresql") else "sqlite"
        db = Database(make_url(url).set(drivername=driver))
        await migrate(db)
        await db.aclose()

    run_aside(bring)
