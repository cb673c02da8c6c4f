"""Databases that are migrated once in a test process and then copied, or emptied and used again:
migrating takes longer than most tests do. What migrates is tested by tests/store and
tests/packaging.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from bridge.store.database import Database
from bridge.store.migrate import migrate
from tests.postgres import run_aside

SQLITE = "bridge.sqlite3"

_CUT_OFF = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# TRUNCATE takes its time for every table named; a test leaves most without a page.
_TOUCHED = """
    SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
# A test that drops a table, or says that another version wrote it, leaves no database to others.
_SHAPE = """
    SELECT concat((SELECT string_agg(version_num, ',') FROM alembic_version), ': ',
      string_agg(relname, ',' ORDER BY relname)) FROM pg_class
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
"""


def put_sqlite(data_dir: Path) -> Path:
    """A migrated, empty database where a hub with that folder looks for one, if none is there."""
    path = data_dir / SQLITE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_migrated_file())
    return path


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


def empty_aside(url: str) -> str:
    """Cut off whoever still uses that PostgreSQL database, and leave no row in its tables.

    Returns its shape: the revision, and the names of tables and indexes.
    """
    shapes: list[str] = []

    async def empty() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_CUT_OFF)
            touched = await connection.fetchval(_TOUCHED)
            if touched:
                await connection.execute(f"TRUNCATE {touched} RESTART IDENTITY CASCADE")
            shapes.append(await connection.fetchval(_SHAPE))
        finally:
            await connection.close()

    run_aside(empty)
    return shapes[0]
