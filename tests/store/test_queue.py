"""The queue that is the record row: nothing that was marked is lost, nothing runs too early."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.store import connections, leases, queue
from bridge.store.queue import MAX_DEBOUNCE_MS, ClaimClass, Mark
from bridge.store.tables import records
from tests.store.kit import OTHER, START, Store, item, ticket


async def test_marked_record_is_due_and_after_its_run_no_more(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    assert (taken.key, taken.kind, taken.woken_by) == ("hubspot:1", "ticket", "test")
    await store.finish(taken)
    store.later(days=1)
    assert await store.due() == []
    row = await store.row(ticket())
    assert row["dirty_generation"] == row["done_generation"] == 1


async def test_mark_while_leased_runs_once_more(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.mark(ticket(), cause="meanwhile")
    assert await store.due() == []
    await store.finish(taken)
    again = await store.claim_one()
    assert (again.woken_by, again.generation) == ("meanwhile", 2)
    await store.finish(again)
    assert await store.due() == []


async def test_mark_while_leased_survives_the_wish_to_wake_much_later(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.mark(ticket())
    await store.finish(taken, wake_at=START + timedelta(days=1))
    assert await store.due() == ["hubspot:1"]


async def test_mark_while_leased_survives_a_failed_run(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.mark(ticket())
    await store.put_back(taken)
    again = await store.claim_one()
    await store.finish(again)
    row = await store.row(ticket())
    assert row["done_generation"] == row["dirty_generation"] == 2


async def test_mark_during_the_last_failing_run_keeps_the_record_alive(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.mark(ticket())
    await store.put_back(taken, dead=True)
    assert await store.due() == ["hubspot:1"]


async def test_burst_of_ten_marks_is_one_run_after_the_last(store: Store) -> None:
    for _ in range(10):
        await store.mark(ticket(), debounce_ms=300)
        store.later(milliseconds=100)
        assert await store.due() == []
    store.later(milliseconds=199)
    assert await store.due() == []
    store.later(milliseconds=1)
    taken = await store.claim_one()
    assert taken.generation == 10
    await store.finish(taken)
    store.later(days=1)
    assert await store.due() == []


async def test_endless_burst_waits_two_seconds_and_no_longer(store: Store) -> None:
    for _ in range(MAX_DEBOUNCE_MS // 100 - 1):
        await store.mark(ticket(), debounce_ms=300)
        store.later(milliseconds=100)
    await store.mark(ticket(), debounce_ms=300)
    assert await store.due() == []
    store.later(milliseconds=100)
    assert await store.due() == ["hubspot:1"]


async def test_second_burst_is_gathered_like_the_first(store: Store) -> None:
    await store.mark(ticket(), debounce_ms=300)
    store.later(seconds=1)
    await store.finish(await store.claim_one())
    store.later(minutes=5)
    await store.mark(ticket(), debounce_ms=300)
    assert await store.due() == []
    store.later(milliseconds=300)
    assert await store.due() == ["hubspot:1"]


async def test_click_is_not_pushed_back_by_a_burst(store: Store) -> None:
    await store.mark(ticket(), claim_class=ClaimClass.PERSON)
    await store.mark(ticket(), debounce_ms=2000)
    taken = await store.claim_one()
    assert taken.claim_class == ClaimClass.PERSON


async def test_click_into_a_burst_runs_at_once(store: Store) -> None:
    await store.mark(ticket(), debounce_ms=2000)
    await store.mark(ticket(), claim_class=ClaimClass.PERSON)
    taken = await store.claim_one()
    assert taken.claim_class == ClaimClass.PERSON


async def test_class_of_a_finished_run_is_forgotten(store: Store) -> None:
    await store.mark(ticket(), claim_class=ClaimClass.PERSON)
    await store.finish(await store.claim_one())
    await store.mark(ticket(), claim_class=ClaimClass.CAMPAIGN)
    assert (await store.claim_one()).claim_class == ClaimClass.CAMPAIGN


async def test_wait_is_cut_short_neither_by_marks_nor_by_a_fan_out(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.put_back(taken, not_before=START + timedelta(seconds=60), counts=False)
    await store.mark(ticket(), claim_class=ClaimClass.PERSON)
    await store.mark_where(ticket())
    store.later(seconds=59)
    assert await store.due() == []
    store.later(seconds=1)
    assert await store.due() == ["hubspot:1"]


async def test_claims_go_by_class_then_by_due_time(store: Store) -> None:
    plan = (
        ("campaign", ClaimClass.CAMPAIGN),
        ("fan-out", ClaimClass.FAN_OUT),
        ("fresh", ClaimClass.FRESH),
        ("critical", ClaimClass.CRITICAL),
        ("person", ClaimClass.PERSON),
        ("later-fresh", ClaimClass.FRESH),
        ("later-person", ClaimClass.PERSON),
    )
    for id, claim_class in plan:
        await store.mark(ticket(id), claim_class=claim_class)
        store.later(milliseconds=1)
    wanted = ["person", "later-person", "critical", "fresh", "later-fresh", "fan-out", "campaign"]
    taken = []
    for _ in wanted:
        [one] = await store.claim(limit=1)
        taken.append(one.vendor_id)
    assert taken == wanted


async def test_claim_takes_no_more_than_the_limit(store: Store) -> None:
    await store.mark(*(ticket(str(n)) for n in range(50)))
    assert len(await store.claim(limit=7)) == 7
    assert len(await store.claim(limit=100)) == 43


async def test_claim_passes_busy_paused_and_throttled_connections_by(store: Store) -> None:
    names = ("busy", "paused", "throttled", "free")
    await store.connected(*names)
    await store.mark(*(ticket("1", name) for name in names))
    async with store.db.write() as connection:
        now = store.clock.now()
        await connections.pause(connection, "paused", by="person", reason="moving", now=now)
        until = now + timedelta(seconds=10)
        await connections.throttle(store.db, connection, "throttled", until)
    assert [each.key for each in await store.claim(busy=["busy"])] == ["free:1"]
    store.later(seconds=10)
    assert {each.key for each in await store.claim()} == {"busy:1", "throttled:1"}
    async with store.db.write() as connection:
        await connections.resume(connection, "paused")
    assert [each.key for each in await store.claim()] == ["paused:1"]


async def test_later_limit_is_not_cut_short_by_an_earlier_one(store: Store) -> None:
    await store.connected("hubspot")
    await store.mark(ticket())
    async with store.db.write() as connection:
        for seconds in (60, 10):
            until = START + timedelta(seconds=seconds)
            await connections.throttle(store.db, connection, "hubspot", until)
    store.later(seconds=11)
    assert await store.due() == []
    store.later(seconds=49)
    assert await store.due() == ["hubspot:1"]


async def test_two_marks_of_one_record_in_one_batch_take_the_most_urgent(store: Store) -> None:
    marks = [
        Mark(ticket(), "machine", ClaimClass.FAN_OUT, debounce_ms=2000, read=True),
        Mark(ticket(), "person", ClaimClass.PERSON),
    ]
    async with store.db.write() as connection:
        assert await queue.mark(store.db, connection, marks) == 1
    taken = await store.claim_one()
    assert (taken.woken_by, taken.claim_class) == ("person", ClaimClass.PERSON)
    assert (await store.row(ticket()))["not_older_than"] == store.now_ms


async def test_wish_to_read_survives_a_mark_that_has_none(store: Store) -> None:
    await store.mark(ticket(), read=True)
    store.later(seconds=1)
    await store.mark(ticket())
    assert (await store.row(ticket()))["not_older_than"] == store.now_ms - 1000


@pytest.mark.parametrize("by", ["mark", "mark_where", "retry"])
async def test_dead_letter_is_revived_with_all_its_tries(store: Store, by: str) -> None:
    await store.mark(ticket())
    for _ in range(3):
        await store.put_back(await store.claim_one())
    await store.put_back(await store.claim_one(), dead=True)
    store.later(days=1)
    assert await store.due() == []
    if by == "mark_where":
        await store.mark_where(ticket())
    else:
        claim_class = ClaimClass.PERSON if by == "retry" else ClaimClass.FRESH
        await store.mark(ticket(), claim_class=claim_class)
    assert (await store.claim_one()).attempts == 0


async def test_mark_of_a_living_record_keeps_the_count_of_its_failures(store: Store) -> None:
    await store.mark(ticket())
    await store.put_back(await store.claim_one())
    await store.mark(ticket())
    assert (await store.claim_one()).attempts == 1


async def test_fan_out_marks_what_exists_and_creates_nothing(store: Store) -> None:
    await store.mark(ticket("1"), ticket("2"), ticket("3"))
    for taken in await store.claim():
        await store.finish(taken)
    assert await store.mark_where(ticket("1"), ticket("3"), ticket("9"), read=True) == 2
    assert sorted(await store.due()) == ["hubspot:1", "hubspot:3"]
    assert await store.count(records) == 3
    assert (await store.row(ticket("1")))["not_older_than"] == store.now_ms


async def test_fan_out_of_a_leased_record_runs_it_once_more(store: Store) -> None:
    await store.mark(ticket())
    taken = await store.claim_one()
    await store.mark_where(ticket())
    await store.finish(taken)
    assert await store.due() == ["hubspot:1"]


async def test_fan_out_does_not_demote_a_click(store: Store) -> None:
    await store.mark(ticket(), claim_class=ClaimClass.PERSON)
    await store.mark_where(ticket(), claim_class=ClaimClass.FAN_OUT)
    assert (await store.claim_one()).claim_class == ClaimClass.PERSON


async def test_timer_is_made_once_and_sleeps_until_its_time(store: Store) -> None:
    async def ensure() -> None:
        async with store.db.write() as connection:
            await queue.ensure_timer(store.db, connection, "sweep:hubspot")

    await ensure()
    taken = await store.claim_one()
    assert (taken.key, taken.kind, taken.vendor_id) == (
        "timer:sweep:hubspot",
        "timer",
        "sweep:hubspot",
    )
    await store.finish(taken, wake_at=START + timedelta(seconds=60))
    await ensure()
    store.later(seconds=59)
    assert await store.due() == []
    store.later(seconds=1)
    assert await store.due() == ["timer:sweep:hubspot"]


async def test_timer_woken_while_it_runs_runs_once_more(store: Store) -> None:
    async with store.db.write() as connection:
        await queue.ensure_timer(store.db, connection, "campaign")
    taken = await store.claim_one()
    async with store.db.write() as connection:
        await queue.wake_timer(store.db, connection, "campaign")
    await store.finish(taken, wake_at=START + timedelta(hours=1))
    assert await store.due() == ["timer:campaign"]


async def test_next_due_time_is_that_of_the_wait_not_of_the_mark(store: Store) -> None:
    await store.mark(ticket())
    await store.put_back(await store.claim_one(), not_before=START + timedelta(seconds=60))
    async with store.db.read() as connection:
        assert await leases.next_due(store.db, connection) == store.now_ms + 60_000


async def test_backlog_counts_what_is_due_by_class_with_its_age(store: Store) -> None:
    await store.mark(ticket("1"), ticket("2"))
    store.later(seconds=2)
    await store.mark(item("1"), claim_class=ClaimClass.PERSON)
    async with store.db.read() as connection:
        found = await queue.backlog(store.db, connection)
    assert found == {ClaimClass.FRESH: (2, 2000), ClaimClass.PERSON: (1, 0)}


async def test_reopened_database_still_knows_what_is_due(store: Store) -> None:
    await store.mark(ticket(), debounce_ms=300)
    await store.db.aclose()
    store.later(milliseconds=300)
    assert await store.due() == ["hubspot:1"]


async def test_progress_tells_how_far_a_record_is(store: Store) -> None:
    await store.mark(ticket())
    async with store.db.read() as connection:
        found = await queue.progress(connection, "hubspot:1")
        unknown = await queue.progress(connection, "hubspot:2")
    assert unknown is None
    assert found == queue.Progress(dirty=1, done=0, dead=False, error=None)
    await store.put_back(await store.claim_one(owner=OTHER), owner=OTHER, dead=True)
    async with store.db.read() as connection:
        found = await queue.progress(connection, "hubspot:1")
    assert found == queue.Progress(dirty=1, done=0, dead=True, error="it failed")


async def test_require_read_asks_for_a_reading(store: Store) -> None:
    await store.mark(ticket())
    async with store.db.write() as connection:
        await queue.require_read(store.db, connection, "hubspot:1")
    async with store.db.read() as connection:
        wanted = await connection.scalar(sa.select(records.c.not_older_than))
    assert wanted == store.now_ms
