"""A hub that may open a single connection to PostgreSQL does all its work all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.scenarios.test_mirror import bug
from tests.scenarios.world import open_world


async def test_nobody_who_holds_the_only_connection_waits_for_another(
    migrated_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_CONNECTIONS", "1")
    async with open_world(tmp_path, database_url=migrated_postgres) as world:
        ticket, item = await bug(world)
        world.hubspot.person_adds_note(ticket, "<p>#dev</p><p>Happens on Safari only.</p>")
        world.boards.person_moves_state(item, "Active")
        await world.settle()
        assert world.ticket(ticket)["work_stage"] == "In development"
        assert await world.findings() == set()
        sessions = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        )
        async with world.hub.db.read() as connection:
            assert await connection.scalar(sessions) == 1
