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
    file.chmod(0o664)
    db = Database(sqlite_url(file))
    keep_private(db)
    await db.aclose()
    assert stat.S_IMODE(file.stat().st_mode) == 0o660
