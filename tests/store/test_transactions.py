"""Transactions end as they must, whatever happens inside them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.store import queue
from bridge.store.database import Database
from bridge.store.queue import Mark
from bridge.store.sqlite import LONG_AT_ONCE
from bridge.store.tables import records
from tests.store.kit import Store, ticket

HOW_MANY = sa.select(sa.func.count()).select_from(records)


async def _count(store: Store) -> int:
    async with store.db.read() as connection:
        return int(await connection.scalar(HOW_MANY) or 0)


@pytest.mark.parametrize("durable", [True, False])
async def test_failure_inside_a_write_stores_nothing_and_the_next_one_works(
    store: Store, durable: bool
) -> None:
    async def fails() -> None:
        async with store.db.write(durable=durable) as connection:
            await queue.mark(store.db, connection, [Mark(ticket(), "test")])
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    assert await _count(store) == 0
    async with store.db.write(durable=durable) as connection:
        await queue.mark(store.db, connection, [Mark(ticket(), "test")])
    assert await _count(store) == 1


async def test_failure_before_the_first_statement_leaves_the_connection_usable(
    store: Store,
) -> None:
    for long in (True, False):
        with pytest.raises(LookupError):
            async with store.db.read(long=long):
                raise LookupError
        assert await _count(store) == 0
    with pytest.raises(LookupError):
        async with store.db.write():
            raise LookupError
    async with store.db.write() as connection:
        await queue.mark(store.db, connection, [Mark(ticket(), "test")])
    assert await _count(store) == 1


async def test_cancelled_write_is_stored_whole_or_not_at_all(store: Store) -> None:
    async def two(n: int) -> None:
        async with store.db.write() as connection:
            await queue.mark(store.db, connection, [Mark(ticket(f"{n}a"), "test")])
            await asyncio.sleep(0)
            await queue.mark(store.db, connection, [Mark(ticket(f"{n}b"), "test")])

    for n in range(20):
        task = asyncio.create_task(two(n))
        for _ in range(n % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert await _count(store) % 2 == 0
    await two(99)
    async with store.db.read() as connection:
        found = await connection.execute(sa.select(records.c.vendor_id).order_by(records.c.key))
        assert {"99a", "99b"} <= {id for (id,) in found}


async def test_long_read_sees_the_same_and_leaves_the_loop_free(store: Store) -> None:
    async with store.db.write() as connection:
        await queue.mark(store.db, connection, [Mark(ticket(str(n)), "test") for n in range(50)])
    async with store.db.read(long=True) as connection:
        assert await connection.scalar(HOW_MANY) == 50
        found = await connection.execute(sa.select(records.c.key))
        assert len(found.all()) == 50
        found = await connection.execute(sa.select(records.c.key, records.c.kind))
        assert {each["kind"] for each in found.mappings()} == {"ticket"}


ENDLESS = sa.text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
)
"""Ends only when it is interrupted."""


async def _endless(db: Database) -> None:
    async with db.read(long=True) as connection:
        await connection.scalar(ENDLESS)


def _threads() -> int:
    return sum(each.name.startswith("sqlite") for each in threading.enumerate())


async def _begun(*tasks: asyncio.Task[None]) -> None:
    """Let the tasks come to where their threads are under way."""
    await asyncio.sleep(0.05)
    assert not any(each.done() for each in tasks)


async def test_cancelled_long_read_ends_and_its_connection_serves_the_next(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'some.sqlite3'}")
    reading = asyncio.create_task(_endless(db))
    await _begun(reading)
    reading.cancel()
    # Cancelled again while it waits for its thread, as a server that hangs up and stops does.
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading], timeout=10)
    assert reading.cancelled()
    for long in (True, False):
        async with db.read(long=long) as connection:
            assert await connection.scalar(sa.text("SELECT 1")) == 1
    await db.aclose()


async def test_long_reads_hold_up_neither_durable_commits_nor_the_loops_own_threads(
    tmp_path: Path,
) -> None:
    db = Database(f"sqlite:///{tmp_path / 'some.sqlite3'}")
    async with db.write() as connection:
        await connection.execute(sa.text("CREATE TABLE some (x INTEGER)"))
    # More than there are threads, of the lane or of the loop: those that wait are cancelled too.
    before = _threads()
    reading = [asyncio.create_task(_endless(db)) for _ in range(40)]
    try:
        await _begun(*reading)
        async with asyncio.timeout(10):
            async with db.write() as connection:
                await connection.execute(sa.text("INSERT INTO some VALUES (1)"))
            assert await asyncio.to_thread(lambda: 1) == 1
        assert not any(each.done() for each in reading)
        assert _threads() - before == LONG_AT_ONCE
    finally:
        for each in reading:
            each.cancel()
        ended = await asyncio.gather(*reading, return_exceptions=True)
    assert {type(each) for each in ended} == {asyncio.CancelledError}
    async with db.read() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM some")) == 1
    await db.aclose()
