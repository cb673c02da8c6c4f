"""An upgrade with data: a hub's own rows, brought back to the first revision, and started anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import make_url

from bridge.store.database import Database
from bridge.store.migrate import head, is_current
from bridge.store.tables import metadata
from bridge.store.upgrade import alembic_config
from tests.postgres import Databases
from tests.scenarios.world import ROOT, open_world
from tests.store.conftest import asyncpg_url, sqlite_url

FIRST = "0001"


def _to_first(connection: sa.Connection) -> None:
    """An empty database at the first revision."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, FIRST)


def _taken(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of a living hub."""
    return {
        table.name: [dict(each) for each in connection.execute(sa.select(table)).mappings()]
        for table in metadata.sorted_tables
    }


def _put(connection: sa.Connection, taken: dict[str, list[dict[str, Any]]]) -> None:
    """The rows, as far as the first revision has tables and columns for them."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for table in metadata.sorted_tables:
        if table.name in there and taken[table.name]:
            known = {each["name"] for each in inspector.get_columns(table.name)}
            rows = [{k: v for k, v in each.items() if k in known} for each in taken[table.name]]
            connection.execute(sa.insert(table), rows)


@pytest.fixture
def second_url(postgres_server: Databases) -> Iterator[str]:
    """A second empty database, for the hub that is started anew."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(make_url(url).database or "")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_hub_goes_on_with_the_data_of_the_first_revision(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folders = [tmp_path / "old", tmp_path / "new"]
    urls: list[str | None] = [None, None]
    if engine == "postgresql":
        urls = [request.getfixturevalue(each) for each in ("postgres_url", "second_url")]
    for each in folders:
        (each / "data").mkdir(parents=True)
    async with open_world(folders[0], database_url=urls[0]) as world:
        ticket = world.hubspot.person_creates_ticket(
            subject="Export fails", category="Bug", company_id=world.acme
        )
        await world.settle()
        vendors = world.hubspot, world.boards
        async with world.hub.db.read() as connection:
            taken = await connection.run_sync(_taken)
    assert taken["links"]
    url = urls[1]
    db = Database(
        sqlite_url(folders[1] / "data" / "bridge.sqlite3") if url is None else asyncpg_url(url)
    )
    async with db.write() as connection:
        await connection.run_sync(_to_first)
        await connection.run_sync(_put, taken)
    assert not await is_current(db)
    await db.aclose()
    async with open_world(folders[1], database_url=url, vendors=vendors) as world:
        assert await is_current(world.hub.db)
        listed = (await world.client.get("/api/v1/links", headers=world.admin)).json()["items"]
        assert [each["ticket"]["id"] for each in listed] == [ticket]
        [item] = world.items()
        world.boards.person_moves_state(item.id, "Active")
        world.hubspot.person_creates_ticket(
            subject="Another", category="Bug", company_id=world.acme
        )
        await world.settle()
        assert world.ticket(ticket)["work_stage"] == "In development"
        assert len(world.items()) == 2


async def test_database_of_a_newer_version_stops_the_start_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with open_world(tmp_path) as world, world.hub.db.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")},
        "BRIDGE_CONFIG": str(tmp_path / "bridge.yaml"),
        "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
        "BRIDGE_DATA_DIR": str(tmp_path / "data"),
        "BRIDGE_PORT": "0",
    }
    ended = subprocess.run(  # noqa: ASYNC221 (nothing else runs in this loop)
        [sys.executable, "-m", "bridge.cli", "serve", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    [problem] = json.loads(ended.stdout)["error"]["problems"]
    assert "at revision 9999" in problem
    assert "written by a newer version" in problem
    assert head() not in problem
