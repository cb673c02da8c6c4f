"""Migrations: run at every start, one process at a time, and never backwards."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import sqlalchemy as sa

from bridge.domain.errors import ConfigProblem
from bridge.store.database import UNLIMITED, Database

_LOCK = 0x7B1D9E
"""Key of PostgreSQL's advisory lock while migrations run."""
_FILE = re.compile(r"v(\d{4})_\w+\.py")
_REVISION = sa.table("alembic_version", sa.column("version_num"))


@functools.cache
def known_revisions() -> frozenset[str]:
    """Every revision that this version of the hub can start from; its migration's file says it."""
    folder = Path(__file__).parent / "migrations" / "versions"
    found = (_FILE.fullmatch(each.name) for each in folder.iterdir())
    return frozenset(each[1] for each in found if each is not None)


def head() -> str:
    """The newest revision that this version of the hub knows."""
    return max(known_revisions(), default="")


def _revision(connection: sa.Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    if not sa.inspect(connection).has_table(_REVISION.name):
        return None
    return connection.execute(sa.select(_REVISION.c.version_num)).scalar()


def _upgrade(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Until the end of this transaction: replicas that start together take turns.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # Between two of its statements a slow machine may take longer than others wait for a lock.
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(UNLIMITED)
    current = _revision(connection)
    if current is not None and current not in known_revisions():
        raise ConfigProblem(
            f"The database is at revision {current}, which this version of bridge does not know: "
            "it was written by a newer version. Start that version, or restore a backup."
        )
    if current != head():
        # Alembic takes 10 MB, which a hub that has nothing to upgrade need not hold.
        from bridge.store.upgrade import upgrade

        upgrade(connection)


async def migrate(db: Database) -> None:
    """Bring the database to the newest revision; ConfigProblem if it is newer than this code."""
    async with db.write() as connection:
        await connection.run_sync(_upgrade)


async def is_current(db: Database) -> bool:
    """Whether the database is at the revision that this code expects."""
    async with db.read() as connection:
        return await connection.run_sync(_revision) == head()
