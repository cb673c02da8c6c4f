"""`bridge backup`, `bridge restore` and `bridge restored`: an older state, put back safely."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bridge.cli.output import AsJson, people, print_json, told
from bridge.config.settings import Settings, load_settings
from bridge.domain.errors import ConfigProblem
from bridge.domain.restores import Restored
from bridge.kit.clock import rfc3339
from bridge.main import open_database
from bridge.store.backup import Restore, back_up
from bridge.store.backup import restore as restore_file
from bridge.store.migrate import migrate
from bridge.store.restores import mark_restored, refuse_others

_WHAT_NOW = (
    "At its next start the hub reads every active record again. Before it makes a work item, a "
    "comment or a file on something older than this restore, it looks whether it made it already."
)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    as_json: AsJson = False,
) -> None:
    """Copy the hub's SQLite database into one file, while the hub runs."""
    with told(as_json):
        database = _sqlite_file(load_settings(), "pg_dump --format=custom --file=FILE")
        made = back_up(database, file)
        if as_json:
            print_json({"file": str(made.file), "bytes": made.size, "revision": made.revision})
        else:
            people().print(
                f"[green]✓[/] {escape(str(made.file))}: {made.size:,} bytes, checked, revision "
                f"{made.revision}. It holds customers' texts: keep it as safe as the hub.",
                soft_wrap=True,
            )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What bridge backup has made.")],
    as_json: AsJson = False,
) -> None:
    """Put a backup in place of the hub's SQLite database; the hub must be stopped."""
    with told(as_json):
        settings = load_settings()
        _sqlite_file(settings, "pg_restore, and then bridge restored")
        done = asyncio.run(_restore(settings, file))
        if as_json:
            kept = None if done.kept is None else str(done.kept)
            print_json({"file": str(done.file), "kept": kept, **_moments(done.restored)})
            return
        print_to = people()
        print_to.print(
            f"[green]✓[/] {escape(str(done.file))} is as it was at {_known(done.restored)}. "
            + (f"The one before is kept as {escape(str(done.kept))}. " if done.kept else "")
            + _WHAT_NOW,
            soft_wrap=True,
        )


def restored(as_json: AsJson = False) -> None:
    """Tell a hub that its database was put back from a backup (after pg_restore)."""
    with told(as_json):
        settings = load_settings()
        _need_database(settings)
        marked = asyncio.run(_mark(settings))
        if as_json:
            print_json(_moments(marked))
        else:
            people().print(
                f"[green]✓[/] The database is known to be as it was at {_known(marked)}. "
                f"{_WHAT_NOW}",
                soft_wrap=True,
            )


def _sqlite_file(settings: Settings, instead: str) -> Path:
    url = settings.database_url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigProblem(
            f"BRIDGE_DATABASE_URL names a PostgreSQL: use {instead}. Step by step: docs/operate.md."
        )
    return Path(url.database)


def _need_database(settings: Settings) -> None:
    """To open an SQLite database that is not there would make it."""
    url = settings.database_url
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise ConfigProblem(f"{url.database} does not exist: restore it first (bridge restore)")


async def _restore(settings: Settings, file: Path) -> Restore:
    db = open_database(settings)
    try:
        db.lock()
        return await restore_file(db, file, db.clock.now())
    finally:
        await db.aclose()


async def _mark(settings: Settings) -> Restored:
    db = open_database(settings)
    try:
        db.lock()
        await refuse_others(db)
        await migrate(db)
        async with db.write() as connection:
            return await mark_restored(db, connection, db.clock.now())
    finally:
        await db.aclose()


def _known(marked: Restored) -> str:
    return f"{marked.known_until:%Y-%m-%d %H:%M:%S} UTC"


def _moments(marked: Restored) -> dict[str, str]:
    return {"restored_at": rfc3339(marked.at), "known_until": rfc3339(marked.known_until)}
