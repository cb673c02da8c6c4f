"""Transactions end as they must, whatever happens inside them."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bridge.store import queue
from bridge.store.queue import Mark
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
