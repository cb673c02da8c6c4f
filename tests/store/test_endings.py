"""Escalations and what is remembered of tickets' ends: decided once, moved along, forgotten."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain.closures import Closure, Standing
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.store import closures, erasing, escalations, records, retention
from tests.store.kit import START, Store, seen, ticket

WORDS = ("They can not restore", "Kim, kim@client.example")


def request(id: str = "es-1", on: str = "hubspot:1") -> EscalationRequest:
    """A request that waits."""
    return EscalationRequest(
        id, on, EscalationState.OPEN, *WORDS, "ada", START, missing=("Impact",)
    )


async def decided(store: Store, id: str, state: EscalationState, by: str) -> bool:
    """Somebody decides; whether they were the first."""
    async with store.db.write() as connection:
        return await escalations.decide(
            connection, id, state, by=by, now=store.clock.now(), note="So be it", owner=by
        )


async def load(store: Store, id: str = "es-1") -> EscalationRequest:
    """The request of that id."""
    async with store.db.read() as connection:
        found = await escalations.load(connection, id)
    assert found is not None
    return found


async def add(store: Store, *requests: EscalationRequest) -> None:
    """Keep these requests."""
    async with store.db.write() as connection:
        await escalations.add(store.db, connection, requests)


async def test_request_is_kept_once_and_decided_once(store: Store) -> None:
    await add(store, request())
    assert await load(store) == request()
    assert await decided(store, "es-1", EscalationState.DECLINED, "mia")
    assert not await decided(store, "es-1", EscalationState.ACCEPTED, "bob")
    await add(store, request())
    kept = await load(store)
    assert (kept.state, kept.decided_by) == (EscalationState.DECLINED, "mia")


async def test_merge_takes_requests_and_memory_along_and_the_survivors_memory_counts(
    store: Store,
) -> None:
    old = Closure(Standing.CLOSED, START, START, "71")
    own = Closure(Standing.OPEN, START, None, "72")
    async with store.db.write() as connection:
        for each in ("1", "2", "3"):
            await records.observe(store.db, connection, seen(ticket(each)), shown=str, counter=None)
        await closures.keep(store.db, connection, "hubspot:1", old)
        await closures.keep(store.db, connection, "hubspot:3", own)
        await escalations.add(store.db, connection, [request()])
        for source, target in (("1", "2"), ("2", "3")):
            await records.merge_records(
                store.db, connection, f"hubspot:{source}", ticket(target), START
            )
        kept = await closures.of_tickets(connection, ["hubspot:1", "hubspot:2", "hubspot:3"])
        asked = await escalations.of_tickets(connection, ["hubspot:1", "hubspot:3"])
    assert kept == {"hubspot:3": own}
    assert [each.id for each in asked["hubspot:3"]] == ["es-1"]


async def test_words_go_in_time_and_at_once_when_they_are_erased(store: Store) -> None:
    await add(store, request(), request("es-2"), request("es-3", "hubspot:3"))
    assert await decided(store, "es-1", EscalationState.ACCEPTED, "mia")
    later = store.clock.now() + timedelta(days=31)
    async with store.db.write() as connection:
        await retention.blank_escalations(connection, "", later)
    assert (await load(store)).reason == ""
    # What waits still says why.
    assert (await load(store, "es-2")).reason == WORDS[0]
    async with store.db.write() as connection:
        await erasing.forget_record(connection, "hubspot:3")
    assert [(await load(store, "es-3")).reason, (await load(store, "es-3")).contact] == ["", ""]


async def test_memory_that_is_kept_again_replaces_what_was_there(store: Store) -> None:
    whole = Closure(Standing.OPEN, START, START, "71", START, START, "m1")
    async with store.db.write() as connection:
        for each in (Closure(Standing.SOLVED, START), whole):
            await closures.keep(store.db, connection, "hubspot:1", each)
        assert await closures.of_tickets(connection, ["hubspot:1"]) == {"hubspot:1": whole}
