"""SQLite serves one process: a second one is refused before it reads anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.domain.errors import ConfigProblem
from bridge.store.database import Database
from tests.store.conftest import sqlite_url

ROOT = Path(__file__).resolve().parents[2]
LOCK = """
import sys
from bridge.store.database import Database
db = Database(sys.argv[1])
db.lock()
print("locked", flush=True)
sys.stdin.readline()
"""


def _holder(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK, sqlite_url(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    return holder


async def test_second_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "data" / "bridge.sqlite3"
    db = Database(sqlite_url(path))
    with _holder(path) as holder:
        with pytest.raises(ConfigProblem, match=r"in use by another bridge process.*PostgreSQL"):
            db.lock()
        holder.communicate("\n", timeout=30)
    db.lock()
    await db.aclose()


async def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "bridge.sqlite3"
    with _holder(path) as holder:
        holder.kill()
        holder.wait(timeout=30)
    db = Database(sqlite_url(path))
    db.lock()
    await db.aclose()


async def test_closed_database_gives_its_lock_back(tmp_path: Path) -> None:
    first = Database(sqlite_url(tmp_path / "bridge.sqlite3"))
    first.lock()
    second = Database(sqlite_url(tmp_path / "bridge.sqlite3"))
    with pytest.raises(ConfigProblem):
        second.lock()
    await first.aclose()
    second.lock()
    await second.aclose()
