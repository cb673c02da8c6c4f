"""Backup and restore of the embedded database: one file, whole and checked, or nothing.

PostgreSQL has its own tools (docs/operate.md); here is what SQLite needs. The copy is made with
its online backup, which sees one moment although the hub goes on writing:
https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL

from bridge.domain.errors import ConfigProblem
from bridge.domain.restores import Restored
from bridge.store.database import Database
from bridge.store.migrate import known_revisions, migrate
from bridge.store.restores import mark_restored

_SIDES = ("-wal", "-shm")
"""What SQLite keeps beside a database: https://www.sqlite.org/tempfiles.html"""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: its file, its size in bytes, the revision of its tables."""

    file: Path
    size: int
    revision: str


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that was done; `kept` is the database that was there before, if there was one."""

    file: Path
    kept: Path | None
    restored: Restored


def back_up(database: Path, target: Path) -> Backup:
    """Copy the database as it is at one moment, readable by our own account only.

    Safe while the hub runs. ConfigProblem if the target exists or the copy is not sound; nothing
    is left behind then.
    """
    if not database.exists():
        raise ConfigProblem(
            f"{database} does not exist: there is nothing to back up. BRIDGE_DATA_DIR names the "
            "folder of the hub's database."
        )
    if target.exists():
        raise ConfigProblem(f"{target} exists: a backup overwrites nothing. Choose another name.")
    if not target.parent.is_dir():
        raise ConfigProblem(f"{target.parent} is no folder: make it, or choose another place.")
    partial = target.with_name(f".{target.name}.partial")
    try:
        _make_private(partial)
        _copy(database, partial)
        revision = _check(partial)
        _flush(partial)
        # A link refuses where something has appeared meanwhile; a rename would replace it.
        os.link(partial, target)
        _flush(target.parent)
    except FileExistsError as error:
        raise ConfigProblem(
            f"{error.filename2 or error.filename} exists: remove it first."
        ) from None
    except (OSError, sqlite3.Error) as error:
        raise ConfigProblem(f"{target} can't be written: {error}") from None
    finally:
        _remove(partial)
    return Backup(target, target.stat().st_size, revision)


async def restore(db: Database, source: Path, now: datetime) -> Restore:
    """Put a backup in place of the database, marked as an older state; the lock must be ours.

    The database that was there is kept beside it. ConfigProblem if the backup is none, is damaged
    or comes from a newer version; nothing has changed then.
    """
    database = Path(str(db.url.database))
    fresh = database.with_name(f".{database.name}.restoring")
    kept = database.with_name(f"{database.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    try:
        # What an earlier try may have left; the lock says that nobody is at it.
        _remove(fresh)
        _make_private(fresh)
        _read_backup(source, fresh)
        restored = await _prepare(fresh, db, now)
        _flush(fresh)
        was_there = _put_aside(database, kept)
        fresh.replace(database)
        _flush(database.parent)
    except (OSError, sqlite3.Error) as error:
        raise ConfigProblem(f"{source} can't be restored: {error}") from None
    finally:
        _remove(fresh)
    return Restore(database, kept if was_there else None, restored)


async def _prepare(fresh: Path, db: Database, now: datetime) -> Restored:
    """Bring the copy to this version's tables, and write down that it is an older state."""
    copy = Database(URL.create(db.url.drivername, database=str(fresh)), clock=db.clock)
    try:
        await migrate(copy)
        async with copy.write() as connection:
            return await mark_restored(copy, connection, now)
    finally:
        await copy.aclose()


def _read_backup(source: Path, fresh: Path) -> None:
    if not source.is_file():
        raise ConfigProblem(f"{source} does not exist: name a file that bridge backup has made.")
    try:
        _copy(source, fresh)
        revision = _check(fresh)
    except sqlite3.DatabaseError as error:
        raise ConfigProblem(f"{source} is no backup of the hub: {error}") from None
    if revision not in known_revisions():
        raise ConfigProblem(
            f"{source} is at revision {revision}, which this version of bridge does not know: "
            "restore it with the version that made it, or a newer one."
        )


def _make_private(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _copy(source: Path, target: Path) -> None:
    """Copy a database in one step, so that a busy writer can't make it begin anew."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as held,
        closing(sqlite3.connect(target)) as copy,
    ):
        held.backup(copy)
        # One file: without this the copy would want a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")


def _check(file: Path) -> str:
    """The revision of a database that is sound; ConfigProblem if it is not, or none of ours."""
    with closing(sqlite3.connect(file)) as copy:
        said = [each for (each,) in copy.execute("PRAGMA integrity_check")]
        if said != ["ok"]:
            raise ConfigProblem(f"The copy is damaged ({said[0]}): the database needs repair.")
        tables = {each for (each,) in copy.execute("SELECT name FROM sqlite_master")}
        if "alembic_version" not in tables or "records" not in tables:
            raise ConfigProblem("This is an SQLite database, but not one of the hub.")
        found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else ""


def _put_aside(database: Path, kept: Path) -> bool:
    """Keep the database under another name, with what SQLite has beside it; whether it exists.

    It stays in place as well until it is replaced: a power cut leaves the old one or the new one.
    """
    if not database.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as old:
        # Closing the last connection takes the log into the file, if the file can be read at all.
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for side in _SIDES:
        with suppress(FileNotFoundError):
            Path(f"{database}{side}").replace(f"{kept}{side}")
    try:
        os.link(database, kept)
    except OSError:
        # Some file systems have no links.
        shutil.copy2(database, kept)
    return True


def _remove(file: Path) -> None:
    for each in (file, *(Path(f"{file}{side}") for side in (*_SIDES, "-journal"))):
        each.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """See to it that a file, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
