"""How often each value was seen: the same on both engines."""

from __future__ import annotations

from bridge.domain.records import Fact, Observation, Source, Value
from bridge.domain.refs import TicketRef
from bridge.store import records
from bridge.store.seen_values import seen_values
from tests.store.kit import START, Store


async def test_values_are_counted_the_most_frequent_first(store: Store) -> None:
    values: tuple[Value, ...] = ("b", "a", "b", 3, 3.5, True, None, "", ["a", "b"], {"a": 1})
    async with store.db.write() as connection:
        for number, value in enumerate(values):
            for name in ("hubspot", "zendesk") if number == 0 else ("hubspot",):
                facts = {"a.field with 'signs": Fact(value, START)}
                seen = Observation(TicketRef(name, str(number)), facts, START, Source.READ)
                await records.observe(store.db, connection, seen, shown=lambda _: "", counter=None)
    async with store.db.read() as connection:
        found = await seen_values(connection, "hubspot", "a.field with 'signs")
        assert found.pop("b") == 2
        assert found.pop("a") == 1
        # How a database writes a truth or a number is its own; each is counted once.
        assert sorted(found.values()) == [1, 1, 1]
        assert list(await seen_values(connection, "hubspot", "a.field with 'signs", most=1)) == [
            "b"
        ]
        for field in ("nothing", 'a"b', "a\\b", "$.x", "*"):
            assert await seen_values(connection, "hubspot", field) == {}
