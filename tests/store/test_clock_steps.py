"""A clock that was set back: what was due soon is due soon, and no lease lasts an hour."""

from __future__ import annotations

from datetime import timedelta

from bridge.store import clock_steps, connections
from tests.store.kit import LEASE_MS, OTHER, START, Store, ticket

HOUR_MS = 3_600_000


async def _set_back(store: Store) -> int:
    """The clock goes back by an hour, and somebody notices."""
    store.later(hours=-1)
    async with store.db.write() as connection:
        return await clock_steps.pull_back(store.db, connection, by_ms=HOUR_MS, lease_ms=LEASE_MS)


async def test_what_was_due_and_what_waited_goes_on_as_if_nothing_had_been(store: Store) -> None:
    await store.mark(ticket("waits"))
    in_a_minute = START + timedelta(seconds=60)
    await store.put_back(await store.claim_one(), not_before=in_a_minute)
    await store.mark(ticket("bursts"), debounce_ms=300)
    await store.mark(ticket("due"))
    assert await _set_back(store) == 3
    assert await store.due() == ["hubspot:due"]
    store.later(milliseconds=300)
    assert await store.due() == ["hubspot:due", "hubspot:bursts"]
    store.later(seconds=60)
    assert set(await store.due()) == {"hubspot:due", "hubspot:bursts", "hubspot:waits"}


async def test_lease_of_a_worker_that_died_before_lasts_no_longer_than_any(store: Store) -> None:
    await store.mark(ticket())
    held = await store.claim_one()
    await _set_back(store)
    await store.hold(held)
    store.later(milliseconds=LEASE_MS + 1)
    assert (await store.claim_one(owner=OTHER)).key == held.key


async def test_limit_of_a_vendor_lasts_as_long_as_it_would_have(store: Store) -> None:
    await store.connected("hubspot")
    await store.mark(ticket())
    async with store.db.write() as connection:
        until = START + timedelta(seconds=60)
        await connections.throttle(store.db, connection, "hubspot", until)
    await _set_back(store)
    store.later(seconds=59)
    assert await store.due() == []
    store.later(seconds=1)
    assert await store.due() == ["hubspot:1"]


async def test_times_that_are_past_are_left_alone(store: Store) -> None:
    await store.mark(ticket())
    before = await store.row(ticket())
    store.later(hours=2)
    assert await _set_back(store) == 0
    assert await store.row(ticket()) == before


async def test_start_bounds_what_was_asked_for_and_nothing_that_sleeps(store: Store) -> None:
    await store.mark(ticket("asked"), ticket("sleeps"))
    far = START + timedelta(hours=5)
    for each in await store.claim():
        if each.vendor_id == "asked":
            await store.put_back(each, not_before=far)
        else:
            await store.finish(each, wake_at=far)
    store.later(hours=-1)
    async with store.db.write() as connection:
        assert await clock_steps.bound_waits(store.db, connection, longest_ms=60_000) == 1
    assert await store.due() == []
    store.later(seconds=60)
    assert await store.due() == ["hubspot:asked"]
