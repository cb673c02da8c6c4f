"""What neighbours were last told: void when it changes, and only then (ADR 10)."""

from __future__ import annotations

from datetime import timedelta

from bridge.domain import records as facts
from bridge.store import leases
from bridge.store.leases import Claim
from tests.store.kit import ME, START, Store, item, seen


async def ends(store: Store, taken: Claim, told: str) -> None:
    async with store.db.write() as connection:
        await leases.finish(store.db, connection, taken, ME, wake_at=None, shown=(True, told))


async def told(store: Store) -> str | None:
    digest: str | None = (await store.row(item()))["mirror_digest"]
    return digest or None


async def moves(store: Store, state: str, minutes: int) -> None:
    at = START + timedelta(minutes=minutes)
    await store.observe(seen(item(), {facts.STATUS: state}, at=at))


async def test_mark_during_a_pass_leaves_what_the_pass_told(store: Store) -> None:
    """Otherwise a bug and its thousand tickets wake each other for ever."""
    await moves(store, "Active", 1)
    await store.mark(item())
    taken = await store.claim_one()
    await store.mark(item(), cause="a ticket was woken")
    await ends(store, taken, "active")
    assert await told(store) == "active"


async def test_change_during_a_pass_voids_what_the_pass_told(store: Store) -> None:
    """A neighbour may have looked at that very moment, whatever the next pass finds."""
    await moves(store, "Active", 1)
    await store.mark(item())
    first = await store.claim_one()
    await moves(store, "Resolved", 2)
    await store.mark(item())
    await ends(store, first, "active")
    assert await told(store) is None
    await moves(store, "Active", 3)
    second = await store.claim_one()
    await ends(store, second, "active")
    assert await told(store) == "active"


async def test_pass_that_was_put_back_has_told_nothing(store: Store) -> None:
    await moves(store, "Active", 1)
    await store.mark(item())
    await ends(store, await store.claim_one(), "active")
    await moves(store, "Resolved", 2)
    await store.mark(item())
    await store.put_back(await store.claim_one(), not_before=None)
    assert await told(store) is None
    again = await store.claim_one()
    assert await told(store) is None
    await ends(store, again, "resolved")
    assert await told(store) == "resolved"
