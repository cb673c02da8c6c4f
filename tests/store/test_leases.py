"""A lease is fenced by its token: whoever lost it can store nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.store import leases, records
from bridge.store.leases import Claim, LeaseLost
from tests.store.kit import LEASE_MS, ME, OTHER, START, Store, seen, ticket


async def _lost(store: Store) -> Claim:
    """A claim of mine that ran out and was taken over by the other."""
    await store.mark(ticket())
    taken = await store.claim_one()
    store.later(milliseconds=LEASE_MS + 1)
    await store.claim_one(owner=OTHER)
    return taken


async def test_leased_record_is_claimed_by_nobody_until_the_lease_has_passed(store: Store) -> None:
    await store.mark(ticket())
    await store.claim_one()
    store.later(milliseconds=LEASE_MS)
    assert await store.claim(owner=OTHER) == []
    store.later(milliseconds=1)
    assert (await store.claim_one(owner=OTHER)).token == 2


async def test_finish_with_an_old_token_raises_and_changes_nothing(store: Store) -> None:
    taken = await _lost(store)
    before = await store.row(ticket())
    with pytest.raises(LeaseLost):
        await store.finish(taken)
    assert await store.row(ticket()) == before


async def test_finish_with_an_old_token_of_the_same_worker_raises(store: Store) -> None:
    await store.mark(ticket())
    first = await store.claim_one()
    store.later(milliseconds=LEASE_MS + 1)
    await store.claim_one()
    with pytest.raises(LeaseLost):
        await store.finish(first)
    with pytest.raises(LeaseLost):
        await store.hold(first)


async def test_finish_after_the_lease_has_passed_raises_though_nobody_took_it(
    store: Store,
) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    store.later(milliseconds=LEASE_MS + 1)
    with pytest.raises(LeaseLost):
        await store.finish(taken)
    assert await store.due() == ["hubspot:1"]


async def test_hold_raises_once_the_lease_has_passed_or_was_taken(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    store.later(milliseconds=LEASE_MS)
    await store.hold(taken)
    store.later(milliseconds=1)
    with pytest.raises(LeaseLost):
        await store.hold(taken)
    await store.claim_one(owner=OTHER)
    with pytest.raises(LeaseLost):
        await store.hold(taken)


async def test_put_back_with_an_old_token_changes_nothing(store: Store) -> None:
    taken = await _lost(store)
    before = await store.row(ticket())
    await store.put_back(taken, not_before=START + timedelta(days=1), dead=True)
    assert await store.row(ticket()) == before


async def test_put_back_after_the_lease_has_passed_changes_nothing(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    store.later(milliseconds=LEASE_MS + 1)
    await store.put_back(taken, dead=True)
    assert await store.due() == ["hubspot:1"]


async def test_put_back_frees_the_record_and_counts_the_failure(store: Store) -> None:
    await store.mark(ticket())
    await store.put_back(await store.claim_one())
    again = await store.claim_one(owner=OTHER)
    assert again.attempts == 1
    await store.put_back(again, owner=OTHER, counts=False)
    assert (await store.claim_one()).attempts == 1


async def test_finished_run_forgets_failures_and_waits(store: Store) -> None:
    await store.mark(ticket())
    await store.put_back(await store.claim_one())
    await store.finish(await store.claim_one())
    row = await store.row(ticket())
    assert (row["attempts"], row["not_before"], row["last_error"]) == (0, 0, None)


async def test_heartbeat_prolongs_only_own_leases_that_still_hold(store: Store) -> None:
    await store.mark(ticket("mine"))
    await store.claim_one()
    await store.mark(ticket("others"))
    await store.claim_one(owner=OTHER)
    store.later(milliseconds=LEASE_MS)
    assert await store.heartbeat() == 1
    store.later(milliseconds=1)
    assert await store.due() == ["hubspot:others"]
    store.later(milliseconds=LEASE_MS)
    assert await store.heartbeat() == 0
    assert sorted(await store.due()) == ["hubspot:mine", "hubspot:others"]


async def test_released_leases_are_free_at_once_and_void_for_their_owner(store: Store) -> None:
    await store.mark(ticket("1"))
    mine = await store.claim_one()
    await store.mark(ticket("2"))
    await store.claim_one(owner=OTHER)
    async with store.db.write() as connection:
        assert await leases.release_all(connection, owner=ME) == 1
    assert await store.due() == ["hubspot:1"]
    with pytest.raises(LeaseLost):
        await store.finish(mine)
    async with store.db.write() as connection:
        assert await leases.release_all(connection, owner=None) == 1
    assert sorted(await store.due()) == ["hubspot:1", "hubspot:2"]


async def _merged(store: Store, *, fence: bool) -> Claim:
    """My claim of a ticket that was merged into another one meanwhile."""
    await store.observe(seen(ticket("1"), {"subject": "Export fails"}))
    await store.mark(ticket("1"))
    taken = await store.claim_one()
    async with store.db.write() as connection:
        await records.merge_records(
            store.db, connection, "hubspot:1", ticket("2"), store.clock.now(), fence=fence
        )
    return taken


async def test_pass_over_a_record_that_was_merged_away_can_store_nothing(store: Store) -> None:
    taken = await _merged(store, fence=True)
    with pytest.raises(LeaseLost):
        await store.hold(taken)
    with pytest.raises(LeaseLost):
        await store.finish(taken)
    await store.put_back(taken, dead=True)
    assert await store.due() == ["hubspot:1"]


async def test_pass_that_finds_the_merge_itself_keeps_its_lease(store: Store) -> None:
    taken = await _merged(store, fence=False)
    await store.hold(taken)
    await store.finish(taken)
    assert await store.due() == []
