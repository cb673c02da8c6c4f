"""What customers wrote is not left open to whoever else has an account on the machine."""

from __future__ import annotations

import stat
from pathlib import Path

from bridge.main import keep_private
from bridge.store.database import Database
from tests.store.conftest import sqlite_url


async def test_file_of_before_is_closed_to_strangers_and_stays_open_to_its_group(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bridge.sqlite3"
    file.write_bytes(b"")
    # A process that was killed leaves the log, with the newest of what customers wrote.
    log = tmp_path / "bridge.sqlite3-wal"
    log.write_bytes(b"words")
    for each in (file, log):
        each.chmod(0o664)
    db = Database(sqlite_url(file))
    keep_private(db)
    await db.aclose()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (file, log)] == [0o660, 0o660]
