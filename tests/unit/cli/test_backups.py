"""`bridge backup`, `restore`, `restored` and `health`, as an operator runs them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from bridge.cli import app
from bridge.store.database import Database
from bridge.store.migrate import migrate
from tests.unit.cli.test_serving import YAML, hub_process


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def _problem(*words: str) -> str:
    result = _run(*words, "--json")
    assert result.exit_code == 1, result.output
    [problem] = json.loads(result.stdout)["error"]["problems"]
    return str(problem)


def _token(name: str) -> None:
    assert _run("token", "create", "--name", name, "--role", "viewer").exit_code == 0


def _tokens() -> list[str]:
    return [each["name"] for each in json.loads(_run("token", "list", "--json").stdout)["items"]]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what a hub leaves behind is kept, once one has run."""
    return tmp_path_factory.mktemp("once") / "left"


@pytest.fixture
def hub(home: Path, once: Path) -> Path:
    """The folder of a hub that ran, was stopped, and has a token called `before`."""
    if once.exists():
        shutil.copytree(once, home, dirs_exist_ok=True)
        return home
    with hub_process(home):
        _token("before")
    shutil.copytree(home, once)
    return home


def test_backup_of_a_running_hub_is_whole_private_and_overwrites_nothing(home: Path) -> None:
    file = home / "backup"
    with hub_process(home):
        _token("before")
        made = json.loads(_run("backup", str(file), "--json").stdout)
    assert made["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT name FROM api_tokens").fetchall() == [("before",)]
    content = file.read_bytes()
    assert "overwrites nothing" in _problem("backup", str(file))
    assert file.read_bytes() == content
    assert [each.name for each in home.iterdir() if "partial" in each.name] == []


def test_backup_without_a_database_or_into_no_folder_is_refused(hub: Path) -> None:
    assert "is no folder" in _problem("backup", str(hub / "nowhere" / "backup"))
    (hub / "data" / "bridge.sqlite3").unlink()
    assert "nothing to back up" in _problem("backup", str(hub / "backup"))
    assert not (hub / "backup").exists()


def test_restore_puts_the_backup_back_and_keeps_what_was_there(hub: Path) -> None:
    assert _run("backup", str(hub / "backup")).exit_code == 0
    _token("after")
    done = json.loads(_run("restore", str(hub / "backup"), "--json").stdout)
    assert done["known_until"] <= done["restored_at"]
    kept = Path(done["kept"])
    assert stat.S_IMODE((hub / "data" / "bridge.sqlite3").stat().st_mode) == 0o600
    with hub_process(hub):
        assert _tokens() == ["before"]
    with closing(sqlite3.connect(kept)) as old:
        names = old.execute("SELECT name FROM api_tokens ORDER BY name").fetchall()
    assert names == [("after",), ("before",)]


def test_restore_into_an_empty_folder_keeps_nothing_and_works(hub: Path) -> None:
    assert _run("backup", str(hub / "backup")).exit_code == 0
    environment = {"BRIDGE_DATA_DIR": str(hub / "other")}
    words = ["restore", str(hub / "backup"), "--json"]
    result = CliRunner().invoke(app, words, env=environment)
    assert json.loads(result.stdout)["kept"] is None
    assert (hub / "other" / "bridge.sqlite3").exists()


def test_restore_is_refused_while_a_hub_runs(hub: Path) -> None:
    assert _run("backup", str(hub / "backup")).exit_code == 0
    with hub_process(hub):
        assert "in use by another bridge process" in _problem("restore", str(hub / "backup"))


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[8192:12288] = os.urandom(4096)
    file.write_bytes(content)


def _other_application(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE mine (id)")


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as made:
        made.execute("UPDATE alembic_version SET version_num = '9999'")
        made.commit()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_damage, r"damaged|no backup of the hub"),
        (lambda file: file.write_text("not a database at all" * 100), "no backup of the hub"),
        (_other_application, "not one of the hub"),
        (_newer, "revision 9999"),
        (lambda file: file.unlink(), "does not exist"),
    ],
)
def test_restore_of_what_is_no_good_backup_changes_nothing(
    hub: Path, spoil: Any, says: str
) -> None:
    file = hub / "backup"
    assert _run("backup", str(file)).exit_code == 0
    _token("after")
    spoil(file)
    before = sorted(each.name for each in (hub / "data").iterdir())
    assert re.search(says, _problem("restore", str(file)))
    assert sorted(each.name for each in (hub / "data").iterdir()) == before
    assert sorted(_tokens()) == ["after", "before"]


def test_postgres_is_told_its_own_tools(home: Path, postgres_url: str) -> None:
    environment = {"BRIDGE_DATABASE_URL": postgres_url}
    for words, tool in ((["backup"], "pg_dump"), (["restore"], "pg_restore")):
        result = CliRunner().invoke(app, [*words, str(home / "x"), "--json"], env=environment)
        assert result.exit_code == 1
        assert tool in json.loads(result.stdout)["error"]["problems"][0]


async def test_restored_marks_a_postgres_that_nobody_else_uses(
    home: Path, postgres_url: str
) -> None:
    db = Database(postgres_url.replace("postgresql:", "postgresql+asyncpg:"))
    await migrate(db)
    await db.aclose()
    environment = {"BRIDGE_DATABASE_URL": postgres_url}

    def mark() -> Any:
        return CliRunner().invoke(app, ["restored", "--json"], env=environment)

    other = await asyncpg.connect(postgres_url)
    refused = await asyncio.to_thread(mark)
    assert refused.exit_code == 1
    assert "Stop every bridge serve" in json.loads(refused.stdout)["error"]["problems"][0]
    assert await other.fetchval("SELECT count(*) FROM restores") == 0
    await other.close()
    marked = await asyncio.to_thread(mark)
    assert marked.exit_code == 0, marked.output
    assert set(json.loads(marked.stdout)) == {"restored_at", "known_until"}


def test_restored_without_a_database_makes_none(home: Path) -> None:
    assert "restore it first" in _problem("restored")
    assert not (home / "data").exists()


def test_health_finds_the_running_hub_and_says_when_there_is_none(home: Path) -> None:
    (home / "bridge.yaml").write_text(YAML)
    with hub_process(home) as url:
        found = json.loads(_run("health", "--json").stdout)
        assert (found["url"], found["status"]) == (url, "ready")
        assert _run("health", "--url", url).exit_code == 0
    assert "Nothing answers" in _problem("health", "--url", url)
