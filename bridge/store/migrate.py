"""Migrations: run at every start, one process at a time, and never backwards."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.domain.errors import ConfigProblem
from bridge.store.database import Database

_LOCK = 0x7B1D9E
"""Key of PostgreSQL's advisory lock while migrations run."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head() -> str:
    """The newest revision that this version of the hub knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def known_revisions() -> frozenset[str]:
    """Every revision that this version of the hub can start from."""
    return frozenset(
        each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()
    )


def _upgrade(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Until the end of this transaction: replicas that start together take turns.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    script = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(connection).get_current_revision()
    known = {each.revision for each in script.walk_revisions()}
    if current is not None and current not in known:
        raise ConfigProblem(
            f"The database is at revision {current}, which this version of bridge does not know: "
            "it was written by a newer version. Start that version, or restore a backup."
        )
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate(db: Database) -> None:
    """Bring the database to the newest revision; ConfigProblem if it is newer than this code."""
    async with db.write() as connection:
        await connection.run_sync(_upgrade)


async def is_current(db: Database) -> bool:
    """Whether the database is at the revision that this code expects."""

    def revision(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with db.read() as connection:
        return await connection.run_sync(revision) == head()
