"""Migrations: from nothing, again, two processes at once, equal to the tables, never backwards."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.domain.access import AccessRole, Actor, Person
from bridge.domain.errors import ConfigProblem
from bridge.kit.clock import from_ms, to_ms
from bridge.store import figures, jobs, sessions, standing, tallies, upgrade, views
from bridge.store.database import Database
from bridge.store.migrate import head, is_current, known_revisions, migrate
from bridge.store.tables import metadata, records
from bridge.store.tokens import digest
from bridge.store.upgrade import alembic_config

ROOT = Path(__file__).resolve().parents[2]
MIGRATE = """
import asyncio, sys
from bridge.store.database import Database
from bridge.store.migrate import migrate

async def main() -> None:
    db = Database(sys.argv[1])
    sys.stdin.readline()
    await migrate(db)
    await db.aclose()

print("ready", flush=True)
asyncio.run(main())
"""


async def _tables(db: Database) -> set[str]:
    async with db.read() as connection:
        found = await connection.run_sync(lambda c: set(sa.inspect(c).get_table_names()))
    return found - {"alembic_version"}


def test_files_of_the_migrations_are_named_by_their_revisions() -> None:
    # What is missing is known by them, without loading what would run it.
    script = ScriptDirectory.from_config(alembic_config())
    assert known_revisions() == {each.revision for each in script.walk_revisions()}
    assert head() == script.get_current_head()


async def test_migration_on_a_slow_machine_is_not_cut_off(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions that are idle in a transaction are ended, and this one is between its statements."""
    real, seen = upgrade.upgrade, []

    def looks(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            seen.append(connection.scalar(sa.text("SHOW idle_in_transaction_session_timeout")))
        real(connection)

    monkeypatch.setattr(upgrade, "upgrade", looks)
    db = Database(empty_url)
    await migrate(db)
    async with db.read() as connection:
        if not db.is_sqlite:
            again = sa.text("SHOW idle_in_transaction_session_timeout")
            seen.append(await connection.scalar(again))
    await db.aclose()
    assert seen in ([], ["0", "10s"])


def test_start_on_a_current_database_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    told = f"{MIGRATE}\nprint('alembic' in sys.modules)"
    run = [
        subprocess.run(
            [sys.executable, "-c", told, url],
            input="\n",
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    assert [each.stdout.split()[-1] for each in run] == ["True", "False"]


async def test_empty_database_gets_all_tables(empty_url: str) -> None:
    db = Database(empty_url)
    assert not await is_current(db)
    await migrate(db)
    assert await is_current(db)
    assert await _tables(db) == set(metadata.tables)
    await db.aclose()


async def test_second_migration_changes_nothing_and_keeps_the_data(empty_url: str) -> None:
    db = Database(empty_url)
    await migrate(db)
    async with db.write() as connection:
        await connection.execute(
            sa.text(
                "INSERT INTO records (key, kind, connection, vendor_id) "
                "VALUES ('hubspot:1', 'ticket', 'hubspot', '1')"
            )
        )
    await migrate(db)
    async with db.read() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM records")) == 1
    await db.aclose()


async def test_campaign_of_the_first_version_goes_on_as_a_job(empty_url: str) -> None:
    def first(connection: sa.Connection) -> None:
        config = Config()
        folder = ROOT / "bridge" / "store" / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    db = Database(empty_url)
    async with db.write() as connection:
        await connection.run_sync(first)
        for id, state in (("019a", "running"), ("019b", "finished")):
            await connection.execute(
                sa.text(
                    "INSERT INTO campaigns (id, connection, reason, state, cursor, total, marked, "
                    "started_at) VALUES (:id, 'hubspot', 'a mapping', :state, 'hubspot:7', 9, 4, 1)"
                ),
                {"id": id, "state": state},
            )
        await connection.execute(
            sa.text(
                "INSERT INTO records (key, kind, connection, vendor_id) "
                "VALUES ('timer:campaign', 'timer', '', 'campaign')"
            )
        )
    await migrate(db)
    async with db.read() as reading:
        [job] = await jobs.live(reading, "campaign", "hubspot")
        timers = await reading.execute(sa.select(records.c.key, records.c.due_at))
        assert [tuple(each) for each in timers] == [("timer:job:019a", 1)]
    assert (job.id, job.cursor, job.done, job.total) == ("019a", "hubspot:7", 4, 9)
    assert job.params["reason"]
    await db.aclose()


async def test_migrations_say_the_same_as_the_tables(store_url: str) -> None:
    def differences(connection: sa.Connection) -> list[Any]:
        # On SQLite Alembic takes an empty text as default for a difference.
        defaults = connection.dialect.name != "sqlite"
        options = {"compare_type": True, "compare_server_default": defaults}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    db = Database(store_url)
    async with db.read() as connection:
        assert await connection.run_sync(differences) == []
    await db.aclose()


async def test_checks_of_the_tables_are_in_the_database(store_url: str) -> None:
    # Alembic does not compare CHECK constraints.
    wanted = {
        (table.name, str(each.name))
        for table in metadata.tables.values()
        for each in table.constraints
        if isinstance(each, sa.CheckConstraint)
    }

    def held(connection: sa.Connection) -> set[tuple[str, str]]:
        inspector = sa.inspect(connection)
        return {
            (table, str(each["name"]))
            for table in metadata.tables
            for each in inspector.get_check_constraints(table)
        }

    db = Database(store_url)
    async with db.read() as connection:
        assert await connection.run_sync(held) == wanted
    await db.aclose()


async def test_two_processes_that_start_together_migrate_once(empty_url: str) -> None:
    # On SQLite the file lock keeps the second process out long before; PostgreSQL has replicas.
    processes = [
        subprocess.Popen(  # noqa: ASYNC220 (both must run before the loop goes on)
            [sys.executable, "-c", MIGRATE, empty_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    ended = await asyncio.gather(
        *(asyncio.to_thread(each.communicate, "go\n", 60) for each in processes)
    )
    assert [(each.returncode, out) for each, (out, _) in zip(processes, ended, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    db = Database(empty_url)
    assert await is_current(db)
    await db.aclose()


async def test_database_of_a_newer_version_is_refused_with_a_sentence(store_url: str) -> None:
    db = Database(store_url)
    async with db.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(ConfigProblem, match=r"at revision 9999.*newer version.*backup\."):
            await migrate(db)
        assert not await is_current(db)
    finally:
        async with db.write() as connection:
            await connection.execute(
                sa.text("UPDATE alembic_version SET version_num = :head"), {"head": head()}
            )
        await db.aclose()


async def test_people_stay_signed_in_and_the_list_stands_through_the_sixth_migration(
    empty_url: str,
) -> None:
    def to_fifth(connection: sa.Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")

    db = Database(empty_url)
    now = db.clock.now()
    at = {"at": 1, "until": to_ms(now) + 60_000}
    async with db.write() as connection:
        await connection.run_sync(to_fifth)
        a_session = """INSERT INTO sessions (digest, name, role, created_at, seen_at, expires_at)
            VALUES (:secret, 'Ada', 'csm', :at, :at, :until)"""
        a_link = """INSERT INTO sign_in_links (digest, name, role, created_at, created_by,
            expires_at) VALUES (:secret, 'Grace', 'viewer', :at, 'an admin', :until)"""
        a_row = """INSERT INTO ticket_views (ticket_key, connection, vendor_id, subject, needs,
            updated_at) VALUES ('hubspot:1', 'hubspot', '1', 'Export', '[]', 1)"""
        for statement, values in (
            (a_session, {"secret": digest("a session"), **at}),
            (a_link, {"secret": digest("a link"), **at}),
            (a_row, {}),
        ):
            await connection.execute(sa.text(statement), values)
    await migrate(db)
    async with db.read() as reading:
        session = await sessions.find(reading, "a session", now)
        invited = await sessions.link_of(reading, "a link", now)
        [row] = await views.page(reading, views.TicketFilter(), cursor=None, limit=2)
        assert await tallies.counts(reading) == ({}, tallies.Tally(1))
        assert not await views.has_tickets(reading, "ada@acme.com")
    assert session is not None
    assert session.person == Person(Actor("Ada", AccessRole.CSM))
    assert invited == Person(Actor("Grace", AccessRole.VIEWER))
    assert (row["subject"], row["owner"]) == ("Export", None)
    await db.aclose()


async def test_what_health_counts_stands_through_the_seventh_migration(empty_url: str) -> None:
    def to_sixth(connection: sa.Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")

    db = Database(empty_url)
    now = db.clock.now()
    ms = to_ms(now)
    at = {"id": f"{ms:012x}", "at": ms}
    async with db.write() as connection:
        await connection.run_sync(to_sixth)
        a_delivery = """INSERT INTO deliveries (id, connection, received_at, content_type, size,
            state) VALUES (:id, 'boards', :at, 'application/json', 2, 'done')"""
        a_run = """INSERT INTO runs (id, record_key, woken_by, started_at)
            VALUES (:id, 'boards:1', 'sweep', :at)"""
        a_pause = """INSERT INTO audit_log (id, at, actor, action, target, detail)
            VALUES (:id, :at, 'Ada', 'connection.paused', 'boards', '{}')"""
        for statement in (a_delivery, a_run, a_pause):
            await connection.execute(sa.text(statement), at)
    await migrate(db)
    async with db.read() as reading:
        assert await figures.recent_deliveries(reading, "boards") == [from_ms(ms)]
        assert await standing.repairs_since(reading, ["boards"], now) == {"boards": 1}
        assert await figures.repaired_since(reading, "boards", now)
        assert await standing.pausers(reading, ["boards"]) == {"boards": "Ada"}
    await db.aclose()
