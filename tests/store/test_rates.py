"""The rate of a connection that several processes share: one time line, whoever asks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bridge.kit.clock import SystemClock
from bridge.kit.rate import PART, SharedBucket
from bridge.store import connections
from bridge.store.rates import BURST_S, SharedRates
from tests.store.kit import Store

NAME = "hubspot"
RATE = 10.0


@pytest.fixture
async def rates(store: Store) -> SharedRates:
    async with store.db.write() as connection:
        await connections.ensure(store.db, connection, [NAME], store.clock.now())
    return SharedRates(store.db)


async def test_calls_of_all_who_ask_follow_one_another(rates: SharedRates, store: Store) -> None:
    """What nobody used is made up for once; from then on each call has its place in the row."""
    burst = round(BURST_S * RATE)
    assert await rates.reserve(NAME, RATE, burst) == 0.0
    other = SharedRates(store.db)  # another process on the same database
    waits = [await each.reserve(NAME, RATE, 1) for each in (rates, other, rates, other)]
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert await rates.reserve(NAME, RATE, 10) == pytest.approx(0.4)
    assert await other.reserve(NAME, RATE, 1) == pytest.approx(1.4)


async def test_time_that_passes_gives_calls_back_but_no_more_than_a_burst(
    rates: SharedRates, store: Store
) -> None:
    await rates.reserve(NAME, RATE, 100)
    store.clock.advance(timedelta(seconds=5))
    assert await rates.reserve(NAME, RATE, 1) == pytest.approx(4.5)
    store.clock.advance(timedelta(hours=1))
    assert await rates.reserve(NAME, RATE, round(BURST_S * RATE)) == 0.0
    assert await rates.reserve(NAME, RATE, 1) == 0.0
    assert await rates.reserve(NAME, RATE, 1) == pytest.approx(0.1)


async def test_connections_do_not_share_a_rate(rates: SharedRates, store: Store) -> None:
    async with store.db.write() as connection:
        await connections.ensure(store.db, connection, ["boards"], store.clock.now())
    await rates.reserve(NAME, RATE, 100)
    assert await rates.reserve("boards", RATE, 1) == 0.0


async def test_part_of_a_connections_calls_has_a_time_line_of_its_own_for_all_processes(
    rates: SharedRates, store: Store
) -> None:
    other = SharedRates(store.db)  # another process on the same database
    lists = f"{NAME}{PART}lists"
    waits = [await each.reserve(lists, 1.0, 1) for each in (rates, other, rates)]
    assert waits[1] > 0
    assert waits[2] == pytest.approx(waits[1] + 1)
    assert await rates.reserve(NAME, RATE, 1) == 0.0


class Counted:
    """Grants that are given at once, and counted."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    async def reserve(self, name: str, rate: float, calls: int) -> float:
        self.calls.append(calls)
        await asyncio.sleep(0)
        return 0.0


async def test_many_who_wait_ask_once_and_an_idle_process_keeps_nothing() -> None:
    grants = Counted()
    bucket = SharedBucket(NAME, 1000.0, grants, SystemClock())
    await bucket.take()
    assert grants.calls == [1]
    await asyncio.gather(*(bucket.take() for _ in range(20)))
    assert sum(grants.calls) == 21
    assert len(grants.calls) <= 4
