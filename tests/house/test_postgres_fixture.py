"""The PostgreSQL that tests are given answers, is fresh, and survives `kill -9`."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import asyncpg
import pytest

from tests.postgres import (
    VARIABLE,
    NamedServer,
    PostgresMissing,
    PostgresServer,
    named_server,
    need_binaries,
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    own = PostgresServer()
    own.start()
    yield own
    own.close()


async def _ask(url: str, *statements: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def test_postgres_url_answers_a_query(postgres_url: str) -> None:
    assert await _ask(postgres_url, "select 1") == 1


@pytest.mark.parametrize("again", [1, 2])
async def test_postgres_url_is_an_empty_database_each_time(postgres_url: str, again: int) -> None:
    tables = "select count(*) from pg_tables where schemaname = 'public'"
    assert await _ask(postgres_url, tables) == 0
    await _ask(postgres_url, "create table left_behind (n int)", tables)


async def test_database_from_template_carries_its_content(server: PostgresServer) -> None:
    url = server.create_database("pattern")
    await _ask(url, "create table t (n int)", "insert into t values (7)", "select 1")
    copy = server.create_database(template="pattern")
    assert await _ask(copy, "select n from t") == 7


async def test_server_killed_with_open_transaction_keeps_what_was_committed(
    server: PostgresServer,
) -> None:
    url = server.create_database("killed")
    await _ask(url, "create table t (n int)", "insert into t values (1)", "select 1")
    open_ended = await asyncpg.connect(url)
    transaction = open_ended.transaction()
    await transaction.start()
    await open_ended.execute("insert into t values (2)")

    server.kill()
    assert not server.running
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asyncpg.connect(url)
    open_ended.terminate()

    server.start()
    assert await _ask(url, "select array_agg(n) from t") == [1]


async def test_server_restarted_keeps_its_address_and_data(server: PostgresServer) -> None:
    url = server.create_database("restarted")
    await _ask(url, "create table t (n int)", "insert into t values (1)", "select 1")
    server.restart()
    assert await _ask(url, "select n from t") == 1


def test_named_server_keeps_account_and_options_of_its_url() -> None:
    server = NamedServer("postgres://me:word@db:5433/main?sslmode=disable")
    assert server.url("mine") == "postgresql://me:word@db:5433/mine?sslmode=disable"


def test_no_server_named_and_no_wheel_fails_and_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert named_server() is None
    with pytest.raises(PostgresMissing, match=VARIABLE):
        need_binaries()
