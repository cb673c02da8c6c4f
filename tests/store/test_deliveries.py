"""Deliveries: each stored once, none forgotten, a replay marks its records again."""

from __future__ import annotations

from bridge.domain.events import Delivery
from bridge.store import deliveries, erasing
from bridge.store.deliveries import Arrival, Stored
from bridge.store.tables import deliveries as delivery_table
from tests.store.kit import Store


def _arrival(store: Store, id: str, *keys: str, name: str = "hubspot") -> Arrival:
    body = f"body of {id}".encode()
    return Arrival(Delivery(id, name, body, "application/json", store.clock.now()), keys)


async def _accept(store: Store, *arrivals: Arrival) -> list[Stored]:
    async with store.db.write() as connection:
        return await deliveries.accept(store.db, connection, arrivals)


async def _waiting(store: Store) -> list[str]:
    async with store.db.write() as connection:
        found = await deliveries.waiting(store.db, connection, 100)
        return [each.id for each, _ in found]


async def _settle(store: Store, *ids: str) -> None:
    async with store.db.write() as connection:
        done = [deliveries.Settled(id, "done", None, ["hubspot:1"]) for id in ids]
        await deliveries.settle(connection, done)


async def test_deliveries_wait_in_the_order_in_which_they_came(store: Store) -> None:
    answers = await _accept(store, _arrival(store, "d1", "a"), _arrival(store, "d2", "b"))
    assert answers == [Stored("d1", False), Stored("d2", False)]
    await _accept(store, _arrival(store, "d3", "c"))
    assert await _waiting(store) == ["d1", "d2", "d3"]
    await _settle(store, "d1")
    assert await _waiting(store) == ["d2", "d3"]


async def test_stored_delivery_comes_back_as_it_was_sent(store: Store) -> None:
    arrival = _arrival(store, "d1", "a")
    await _accept(store, arrival)
    async with store.db.write() as connection:
        found = await deliveries.waiting(store.db, connection, 1)
        assert found == [(arrival.delivery, False)]


async def test_duplicate_within_a_batch_is_stored_once(store: Store) -> None:
    arrivals = [_arrival(store, "d1", "a"), _arrival(store, "d2", "a")]
    assert await _accept(store, *arrivals) == [Stored("d1", False), Stored("d1", True)]
    assert await store.count(delivery_table) == 1
    assert await _waiting(store) == ["d1"]


async def test_duplicate_of_an_earlier_delivery_reopens_its_intake(store: Store) -> None:
    await _accept(store, _arrival(store, "d1", "a"))
    await _settle(store, "d1")
    assert await _accept(store, _arrival(store, "d2", "a")) == [Stored("d1", True)]
    assert await store.count(delivery_table) == 1
    assert await _waiting(store) == ["d1"]


async def test_delivery_with_one_new_event_among_known_ones_is_stored(store: Store) -> None:
    await _accept(store, _arrival(store, "d1", "a", "b"))
    await _settle(store, "d1")
    assert await _accept(store, _arrival(store, "d2", "b", "c")) == [Stored("d2", False)]
    assert await _waiting(store) == ["d2"]
    await _settle(store, "d2")
    assert await _accept(store, _arrival(store, "d3", "c")) == [Stored("d2", True)]
    assert await _accept(store, _arrival(store, "d4", "a")) == [Stored("d1", True)]


async def test_same_key_on_another_connection_is_no_duplicate(store: Store) -> None:
    await _accept(store, _arrival(store, "d1", "a"))
    answers = await _accept(store, _arrival(store, "d2", "a", name="boards"))
    assert answers == [Stored("d2", False)]


async def test_delivery_without_keys_is_always_stored(store: Store) -> None:
    answers = await _accept(store, _arrival(store, "d1"), _arrival(store, "d2"))
    assert answers == [Stored("d1", False), Stored("d2", False)]


async def test_reopened_delivery_is_read_again_unless_its_body_is_gone(store: Store) -> None:
    await _accept(store, _arrival(store, "d1", "a"), _arrival(store, "d2", "b"))
    await _settle(store, "d1", "d2")
    async with store.db.write() as connection:
        assert await deliveries.reopen(connection, "d1")
        assert not await deliveries.reopen(connection, "unknown")
        about, _ = await erasing.deliveries_about(connection, "", {"hubspot:1"}, {}, ())
        assert about == ["d2"]  # one that waits to be read is left for the second round
        await erasing.drop_bodies(connection, about)
        assert not await deliveries.reopen(connection, "d2")
    assert await _waiting(store) == ["d1"]
    await _accept(store, _arrival(store, "d3", "b"))
    assert await _waiting(store) == ["d1"]
