"""The short way to SQLite's driver gives what SQLAlchemy's own way gives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from bridge.store.connection import AsyncConnection
from bridge.store.database import Database
from bridge.store.shortcuts import SHAPES, shortcut

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("alive", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("data", sa.JSON),
    sa.Column("body", sa.LargeBinary),
)
stamped = sa.Table("stamped", things.metadata, sa.Column("at", sa.Integer, default=lambda: 7))

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "ant", "alive": True, "data": {"legs": 6}, "body": b"\x00a"},
    {"id": 2, "name": "bee", "alive": False, "data": [1, None, "ü"], "body": None},
    {"id": 3, "name": "crow", "alive": True, "data": None, "body": b""},
]


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with a few things of every type."""
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'things.db'}")
    async with db.write() as connection:
        await connection.run_sync(things.metadata.create_all)
        await connection.execute(things.insert(), ROWS)
    yield db
    await db.aclose()


IDS: Any = sa.bindparam("p_ids", expanding=True)
STATEMENTS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "all": (sa.select(things).order_by(things.c.id), [{}]),
    "one": (sa.select(things).where(things.c.id == sa.bindparam("p_id")), [{"p_id": 2}]),
    "lists": (
        sa.select(things.c.name).where(things.c.id.in_(IDS), things.c.name.in_(["ant", "bee"])),
        [{"p_ids": each} for each in ([1, 2, 3], [3], [], (2, 1), [1, 2, 3, 4, 5])],
    ),
    "its own": (sa.select(things.c.id).where(things.c.alive.is_(True)).limit(1), [{}]),
    "both": (sa.union_all(sa.select(things.c.alive), sa.select(things.c.alive)), [{}]),
    "counted": (sa.select(sa.func.count(), sa.func.max(things.c.name)).select_from(things), [{}]),
    "called": (sa.select(sa.bindparam("p_now", callable_=lambda: 42)), [{}, {"p_now": 1}]),
}  # fmt: skip


async def long_way(connection: AsyncConnection, statement: Any, given: dict[str, Any]) -> Any:
    """What SQLAlchemy itself answers."""
    return await connection.run_sync(lambda held: held.execute(statement, given))


@pytest.mark.parametrize("name", STATEMENTS)
async def test_what_is_read_is_the_same(store: Database, name: str) -> None:
    statement, tries = STATEMENTS[name]
    short = None
    async with store.read() as connection:
        for given in tries * 2:
            short, usual = shortcut(statement, given), await long_way(connection, statement, given)
            found = await connection.execute(statement, given)
            assert found.keys() == usual.keys()
            rows = usual.all()
            assert [tuple(each) for each in found] == [tuple(each) for each in rows]
            mapped = (await connection.execute(statement, given)).mappings().all()
            assert [dict(each) for each in mapped] == [dict(each._mapping) for each in rows]
    assert short is not None, "it was run before"


async def test_what_is_written_is_the_same(store: Database) -> None:
    update = sa.update(things).where(things.c.id == sa.bindparam("p_id"))
    insert = things.insert().returning(things.c.id, things.c.alive, things.c.data)
    async with store.write() as connection:
        for _ in range(3):
            for given in (
                {"p_id": 1, "alive": False, "data": {"a": [None]}},
                {"p_id": 2, "data": None},
                {"p_id": 9, "name": "nobody"},
            ):
                done = await connection.execute(update, given)
                assert done.rowcount == (0 if given["p_id"] == 9 else 1)
        for at in (10, 11, 12):
            (row,) = (
                await connection.execute(insert, {"id": at, "name": "new", "data": [at]})
            ).all()
            assert tuple(row) == (at, True, [at])
        assert shortcut(update, {"p_id": 1, "data": 1}) is not None
        assert shortcut(insert, {"id": 1, "name": "new", "data": [1]}) is not None
        kept = await long_way(connection, sa.select(things).order_by(things.c.id), {})
        first, second, *_ = kept.mappings().all()
    assert (first["alive"], first["data"]) == (False, {"a": [None]})
    assert (second["alive"], second["data"]) == (False, None)


async def test_errors_are_of_the_same_sort_and_tell_no_value(store: Database) -> None:
    insert = things.insert()
    said = []
    for _ in range(3):
        with pytest.raises(IntegrityError) as refused:
            async with store.write() as connection:
                await connection.execute(insert, {"id": 1, "name": "a customer's words"})
        said.append(str(refused.value))
    assert "customer" not in said[-1]
    nowhere = sa.select(sa.table("nowhere", sa.column("x")))
    for _ in range(3):
        with pytest.raises(OperationalError):
            async with store.read() as connection:
                await connection.execute(nowhere)
    one = STATEMENTS["one"][0]
    async with store.read() as connection:
        await connection.execute(one, {"p_id": 1})
        await connection.execute(one, {"p_id": 1})
        with pytest.raises(StatementError, match="'p_id'"):
            await connection.execute(one, {"p_other": 1})


async def test_what_a_type_refuses_is_of_the_same_sort(store: Database) -> None:
    update = sa.update(things).where(things.c.id == sa.bindparam("p_id"))
    async with store.write() as connection:
        for _ in range(3):
            with pytest.raises(StatementError):
                await connection.execute(update, {"p_id": 1, "data": {1, 2}})


async def test_value_in_two_places_is_asked_for_once(store: Database) -> None:
    ticks = iter(range(100))
    now: Any = sa.bindparam("p_tick", callable_=lambda: next(ticks), type_=sa.Integer)
    statement = sa.select(now, now + 0)
    async with store.read() as connection:
        for _ in range(4):
            one, other = (await connection.execute(statement)).one()
            assert one == other


async def test_unusual_goes_the_long_way(store: Database) -> None:
    insert, default = things.insert(), stamped.insert()
    listed = sa.delete(things).where(things.c.id.in_(IDS))
    async with store.write() as connection:
        for _ in range(3):
            await connection.execute(
                insert, [{"id": None, "name": "many"}, {"id": None, "name": "x"}]
            )
            await connection.execute(default, {})
            await connection.execute(listed, {"p_ids": [1, 2]})
        assert [*await connection.scalars(sa.select(stamped.c.at))] == [7, 7, 7]
        assert await connection.scalar(sa.select(sa.func.count()).select_from(things)) == 7
    assert shortcut(insert, [{}]) is None
    assert shortcut(default, {}) is None
    assert shortcut(listed, {"p_ids": [1]}) is None
    async with store.read() as connection:
        several = sa.select(things.c.id).where(things.c.id.in_(IDS))
        for given in ({1, 3}, {1: 0, 3: 0}.keys(), [1, 3]):
            await connection.execute(several, {"p_ids": given})
        assert shortcut(several, {"p_ids": {1, 3}}) is None


async def test_lists_of_ever_other_lengths_are_not_all_kept(store: Database) -> None:
    statement = sa.select(things.c.id).where(things.c.id.in_(IDS))
    async with store.read() as connection:
        for count in range(SHAPES + 20):
            found = await connection.execute(statement, {"p_ids": [*range(count)]})
            assert len(found.all()) == min(max(count - 1, 0), 3)
    assert shortcut(statement, {"p_ids": [*range(SHAPES + 10)]}) is None
    assert shortcut(statement, {"p_ids": [1]}) is not None


async def test_database_is_forgotten_with_its_statements(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'short.db'}")
    statement = sa.select(db.now())
    shortcut(statement, {})
    known = shortcut(statement, {})
    assert known is not None
    (slot,) = known.slots
    assert slot.value({}) > 1_700_000_000_000
    await db.aclose()
    gone = weakref.ref(statement), weakref.ref(db)
    del db, statement
    gc.collect()
    assert [each() for each in gone] == [None, None]
