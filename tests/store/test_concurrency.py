"""Two at once: on PostgreSQL in truth, on SQLite one after the other. Nothing is lost or doubled.

`together` holds two transactions open at the same time where the engine allows it; each test
also asks PostgreSQL whether it had to break a deadlock.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bridge.domain.events import Delivery
from bridge.domain.refs import Ref, TicketRef
from bridge.store import connections, database, deliveries, leases, queue
from bridge.store.database import Database
from bridge.store.deliveries import Arrival
from bridge.store.patrols import next_batch
from bridge.store.queue import ClaimClass, Mark
from bridge.store.records import load
from bridge.store.tables import deliveries as delivery_table
from bridge.store.tables import records
from tests.store.kit import LEASE_MS, ME, OTHER, START, Store, item, seen, ticket

TICKETS = [ticket(f"{n:03}") for n in range(60)]


def _keys(*refs: Ref) -> sa.Select[tuple[str]]:
    return sa.select(records.c.key).where(records.c.key.in_([str(each) for each in refs]))


@pytest.fixture
async def other(store: Store, store_url: str) -> AsyncIterator[Store]:
    """Another process's view of the same store: on SQLite, which serves one process, the same."""
    if store.db.is_sqlite:
        yield store
        return
    db = Database(store_url, clock=store.clock)
    yield Store(db, store.clock)
    await db.aclose()


async def test_two_claimers_never_get_the_same_record(store: Store, other: Store) -> None:
    await store.mark(*TICKETS)
    taken: Counter[str] = Counter()

    async def work(own: Store, owner: str) -> None:
        while claimed := await own.claim(limit=3, owner=owner):
            assert len(claimed) <= 3
            taken.update(each.key for each in claimed)

    await asyncio.gather(*(work(s, f"w{n}") for n, s in enumerate((store, other) * 4)))
    assert taken == Counter(str(each) for each in TICKETS)


async def test_marks_racing_with_runs_are_never_lost(store: Store, other: Store) -> None:
    marked: Counter[str] = Counter()
    some = TICKETS[:4]
    ended = asyncio.Event()

    async def bump(own: Store) -> None:
        for n in range(25):
            await own.mark(some[n % len(some)])
            marked[str(some[n % len(some)])] += 1

    async def work(own: Store, owner: str) -> None:
        while True:
            quiet = ended.is_set()
            claimed = await own.claim(owner=owner)
            for each in claimed:
                await asyncio.sleep(0)
                await own.finish(each, owner=owner)
            if quiet and not claimed:
                return

    workers = [asyncio.create_task(work(s, f"w{n}")) for n, s in enumerate((store, other))]
    await asyncio.gather(bump(store), bump(other), bump(store))
    ended.set()
    await asyncio.gather(*workers)
    for ref in some:
        row = await store.row(ref)
        assert row["dirty_generation"] == row["done_generation"] == marked[str(ref)]
        assert row["due_at"] is None


async def test_overlapping_fan_outs_and_batches_never_deadlock(store: Store, other: Store) -> None:
    await store.mark(*TICKETS)

    async def fan_out(own: Store, refs: list[TicketRef]) -> None:
        for _ in range(8):
            await own.mark_where(*refs)

    async def batch(own: Store, refs: list[TicketRef]) -> None:
        for _ in range(8):
            await own.mark(*refs)

    forwards, backwards = TICKETS, list(reversed(TICKETS))
    await asyncio.gather(
        fan_out(store, forwards[:40]),
        fan_out(other, backwards[:40]),
        batch(store, backwards),
        batch(other, forwards),
    )
    assert await store.deadlocks() == 0
    total = sum([(await store.row(each))["dirty_generation"] for each in TICKETS])
    assert total == 60 + 8 * (40 + 40 + 60 + 60)


async def test_heartbeat_and_fan_outs_never_deadlock(store: Store, other: Store) -> None:
    # Claimed in another order than that of the keys, so that the rows lie in another order too.
    for n, ref in enumerate(reversed(TICKETS)):
        await store.mark(ref, claim_class=ClaimClass(n % 5))
    await store.claim()

    async def beat() -> None:
        for _ in range(30):
            assert await store.heartbeat() == len(TICKETS)

    async def fan_out() -> None:
        for _ in range(30):
            await other.mark_where(*TICKETS)

    await asyncio.gather(beat(), fan_out())
    assert await store.deadlocks() == 0


async def test_patrols_and_fan_outs_never_deadlock(store: Store, other: Store) -> None:
    """A patrol takes the records that it has not read for longest: in any order but the keys'."""
    await store.mark(*TICKETS)
    async with store.db.write() as connection:
        for n, ref in enumerate(reversed(TICKETS)):
            turn = sa.update(records).where(records.c.key == str(ref))
            await connection.execute(turn.values(patrolled_at=n, active=True))

    async def patrols(own: Store) -> None:
        for _ in range(30):
            async with own.db.write() as connection:
                late = own.clock.now() + timedelta(days=3)
                ids = await next_batch(own.db, connection, "hubspot", before=late, limit=40)
                assert len(ids) == 40

    async def fan_outs() -> None:
        for _ in range(30):
            await other.mark_where(*TICKETS)

    await asyncio.gather(patrols(store), patrols(other), fan_outs())
    assert await store.deadlocks() == 0


async def test_passes_that_wake_each_other_never_deadlock(store: Store, other: Store) -> None:
    """A ticket's pass holds the ticket and marks the item; the item's pass the other way round."""
    tickets = TICKETS[:5]
    await store.mark(item(), *tickets)
    claims = {each.key: each for each in await store.claim()}

    async def item_pass() -> None:
        for _ in range(10):
            async with store.db.write() as connection:
                await leases.hold(
                    store.db,
                    connection,
                    claims["boards:1"],
                    ME,
                    neighbours=_keys(*tickets),
                )
                await queue.mark(store.db, connection, [Mark(each, "item") for each in tickets])

    async def ticket_pass(n: int) -> None:
        for _ in range(10):
            async with other.db.write() as connection:
                await leases.hold(
                    other.db, connection, claims[str(tickets[n])], ME, neighbours=_keys(item())
                )
                await asyncio.sleep(0.001)
                await queue.mark(other.db, connection, [Mark(item(), "ticket")])

    await asyncio.gather(item_pass(), *(ticket_pass(n) for n in range(len(tickets))))
    assert await store.deadlocks() == 0


async def test_two_writers_of_one_record_lose_nothing_of_each_other(
    store: Store, other: Store
) -> None:
    names = [f"field_{n}" for n in range(30)]

    async def write(own: Store, part: list[str]) -> None:
        for name in part:
            await own.observe(seen(ticket(), {name: name}))

    await asyncio.gather(
        write(store, names[0::3]), write(other, names[1::3]), write(store, names[2::3])
    )
    async with store.db.read() as connection:
        stored = await load(connection, "hubspot:1")
    assert stored is not None
    assert stored.observation is not None
    assert [stored.observation.text(each) for each in names] == names


async def test_two_first_sights_of_one_record_are_merged(store: Store, other: Store) -> None:
    for n in range(10):
        ref = ticket(f"new-{n}")
        await asyncio.gather(
            store.observe(seen(ref, {"a": "1"})), other.observe(seen(ref, {"b": "2"}))
        )
        row = await store.row(ref)
        assert {"a", "b"} <= set(row["observation"]["facts"])


async def test_observation_and_first_mark_of_one_record_meet(store: Store, other: Store) -> None:
    for n in range(10):
        ref = ticket(f"new-{n}")
        await asyncio.gather(store.observe(seen(ref, {"a": "1"})), other.mark(ref))
        row = await store.row(ref)
        assert "a" in row["observation"]["facts"]
        assert row["dirty_generation"] == 1


async def test_lease_held_in_a_transaction_is_not_taken_over_before_its_end(
    store: Store, other: Store
) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    held, go_on = asyncio.Event(), asyncio.Event()

    async def storing() -> None:
        async with store.db.write() as connection:
            await leases.hold(store.db, connection, taken, ME)
            held.set()
            await go_on.wait()
            await leases.finish(store.db, connection, taken, ME, wake_at=None)

    running = asyncio.create_task(storing())
    await held.wait()
    if not store.db.is_sqlite:  # where the second transaction would only wait for the first
        store.later(milliseconds=LEASE_MS + 1)
        assert await other.claim(owner=OTHER) == []
        store.clock.advance(START - store.clock.now())
    go_on.set()
    await running
    assert await store.due() == []


async def test_same_delivery_at_two_replicas_is_lost_at_neither(store: Store, other: Store) -> None:
    def arrivals(who: str) -> list[Arrival]:
        keys = [f"event-{n:02}" for n in range(20)]
        ordered = keys if who == "a" else list(reversed(keys))
        return [
            Arrival(Delivery(f"{who}-{key}", "hubspot", b"{}", "application/json", START), (key,))
            for key in ordered
        ]

    async def accept(own: Store, who: str) -> None:
        async with own.db.write() as connection:
            await deliveries.accept(own.db, connection, arrivals(who))

    await asyncio.gather(accept(store, "a"), accept(other, "b"))
    assert await store.deadlocks() == 0
    assert await store.count(delivery_table) >= 20


async def test_two_intakes_never_read_the_same_delivery(store: Store, other: Store) -> None:
    many = [
        Arrival(Delivery(f"d{n:02}", "hubspot", b"{}", "application/json", START), (f"k{n}",))
        for n in range(40)
    ]
    async with store.db.write() as connection:
        await deliveries.accept(store.db, connection, many)
    read: Counter[str] = Counter()

    async def intake(own: Store) -> None:
        while True:
            async with own.db.write() as connection:
                waiting = await deliveries.waiting(own.db, connection, 4)
                await asyncio.sleep(0)
                done = [deliveries.Settled(each.id, "done", None, []) for each, _ in waiting]
                await deliveries.settle(connection, done)
            read.update(each.id for each, _ in waiting)
            if not waiting:
                return

    await asyncio.gather(*(intake(each) for each in (store, other, store)))
    assert read == Counter(each.delivery.id for each in many)


async def test_counts_of_a_connection_add_up(store: Store, other: Store) -> None:
    await store.connected("hubspot")

    async def count(own: Store) -> None:
        for _ in range(10):
            async with own.db.write() as connection:
                await connections.count_repairs(connection, "hubspot", 1)

    await asyncio.gather(count(store), count(other), count(store))
    async with store.db.read() as connection:
        state = await connections.load(connection, "hubspot")
    assert state is not None
    assert state.repairs == 30


async def test_record_rows_are_made_once_by_many_first_marks(store: Store, other: Store) -> None:
    await asyncio.gather(*(own.mark(*TICKETS) for own in (store, other) * 3))
    assert await store.count(records) == len(TICKETS)
    assert (await store.row(TICKETS[0]))["dirty_generation"] == 6


@pytest.mark.parametrize("limit", ["IDLE_MS", "LASTS_MS"])
async def test_rows_that_a_frozen_worker_holds_are_given_back(
    store: Store, store_url: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process sleeps inside a transaction: what it has locked is taken over, and it fails.

    Between preparing a statement and executing it, it counts as active and not as idle.
    """
    if store.db.is_sqlite:
        return  # one process, whose locks go with it
    monkeypatch.setattr(database, limit, 300)
    frozen = Database(store_url, clock=store.clock)
    await store.mark(ticket())

    async def sleeps() -> None:
        async with frozen.write() as connection:
            await connection.execute(frozen.locked(sa.select(records.c.key)))
            if limit == "LASTS_MS":
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                await driver.prepare("SELECT 1 + 1")
            while not await store.claim(owner=OTHER):  # noqa: ASYNC110 (no event tells of it)
                await asyncio.sleep(0.02)
            await connection.execute(sa.select(records.c.key))

    async with asyncio.timeout(20):
        with pytest.raises(SQLAlchemyError):
            await sleeps()
    await frozen.aclose()
