"""Jobs: each step once, whatever is killed, paused, cancelled or frozen in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.errors import Rejected, Unavailable
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.jobs import TRIES, JobOver, Prepare, Step, run_step, steer
from bridge.store import jobs, queue
from bridge.store.jobs import Job, JobState, Moved
from bridge.store.leases import LeaseLost
from bridge.store.queue import ClaimClass, Mark
from bridge.store.tables import audit_log, records
from tests.store.kit import LEASE_MS, Store, ticket

STEPS = 3


class Killed(BaseException):
    """The process dies here."""


def hub_on(store: Store, worker: str = "worker-me") -> Hub:
    return Hub(db=store.db, connections={}, public_url="http://hub.test", worker_id=worker)


def marking(after: Callable[[Job], None] = lambda _job: None) -> Prepare:
    """Jobs that mark one ticket in each step; `after` is called when a step has stored all."""

    async def prepare(hub: Hub, job: Job) -> Step:
        number = job.done + 1

        async def store(connection: AsyncConnection) -> Moved:
            mark = Mark(ticket(str(number)), f"step {number}", ClaimClass.CAMPAIGN)
            await queue.mark(hub.db, connection, [mark])
            after(job)
            return Moved(str(number), number, STEPS, {"at": number}, finished=number == STEPS)

        return Step(store, [str(ticket(str(number)))])

    return prepare


async def added(store: Store, kind: str = "marking", begins: timedelta | None = None) -> str:
    now = store.clock.now()
    async with store.db.write() as connection:
        job = await jobs.add(
            store.db, connection, kind=kind, target="hubspot", params={"why": "test"}, by="ada",
            now=now, begins=None if begins is None else now + begins,
        )  # fmt: skip
    return job.id


async def loaded(store: Store, id: str) -> Job:
    async with store.db.read() as connection:
        job = await jobs.load(connection, id)
    assert job is not None
    return job


async def step(store: Store, prepare: Prepare | None = None, worker: str = "worker-me") -> None:
    """Claim the one due timer and do the step."""
    claims = [each for each in await store.claim(owner=worker) if each.kind == "timer"]
    [claim] = claims
    await run_step(hub_on(store, worker), claim, {"marking": prepare or marking()})


async def marks(store: Store) -> dict[str, int]:
    """How often each ticket was marked."""
    async with store.db.read() as connection:
        r = records.c
        found = await connection.execute(
            sa.select(r.vendor_id, r.dirty_generation).where(r.kind == "ticket")
        )
        return {each.vendor_id: each.dirty_generation for each in found}


async def timers(store: Store) -> int:
    return await store.count(records, records.c.kind == "timer")


async def test_job_goes_step_by_step_and_its_timer_goes_with_it(store: Store) -> None:
    id = await added(store)
    assert (await loaded(store, id)).state is JobState.WAITING
    for number in range(1, STEPS + 1):
        await step(store)
        job = await loaded(store, id)
        assert (job.cursor, job.done, job.total, job.result) == (
            str(number), number, STEPS, {"at": number},
        )  # fmt: skip
    job = await loaded(store, id)
    assert job.state is JobState.DONE
    assert job.finished_at == store.clock.now()
    assert await marks(store) == {"1": 1, "2": 1, "3": 1}
    assert await timers(store) == 0


async def test_job_begins_when_it_was_told_to(store: Store) -> None:
    await added(store, begins=timedelta(seconds=5))
    assert await store.due() == []
    store.later(seconds=6)
    assert len(await store.due()) == 1


async def test_step_that_was_killed_is_done_once_by_whoever_comes_next(store: Store) -> None:
    id = await added(store)
    await step(store)

    def die(_job: Job) -> None:
        raise Killed

    with pytest.raises(Killed):
        await step(store, marking(after=die))
    assert (await loaded(store, id)).done == 1
    assert await marks(store) == {"1": 1}
    store.later(seconds=LEASE_MS / 1000 + 1)
    await step(store, worker="worker-other")
    assert (await loaded(store, id)).done == 2
    assert await marks(store) == {"1": 1, "2": 1}


async def test_frozen_worker_stores_nothing_of_its_step(store: Store) -> None:
    id = await added(store)
    [claim] = await store.claim()
    store.later(seconds=LEASE_MS / 1000 + 1)
    await step(store, worker="worker-other")
    with pytest.raises(LeaseLost):
        await run_step(hub_on(store), claim, {"marking": marking()})
    assert (await loaded(store, id)).done == 1
    assert await marks(store) == {"1": 1}


async def test_every_step_waits_behind_live_work(store: Store) -> None:
    id = await added(store)
    for _ in range(2):
        await store.mark(ticket("9"), claim_class=ClaimClass.FAN_OUT)
        assert [each for each in await store.due() if "job" in each or each.endswith(":9")] == [
            "hubspot:9",
            jobs.timer_key(id),
        ]
        await step(store)
        store.later(seconds=LEASE_MS / 1000 + 1)


async def test_paused_job_rests_and_goes_on_where_it_was(store: Store) -> None:
    id = await added(store)
    await step(store)
    paused = await steer(hub_on(store), id, JobState.PAUSED, by="ada")
    assert paused is not None
    assert paused.state is JobState.PAUSED
    await step(store)
    assert jobs.timer_key(id) not in await store.due()
    assert (await loaded(store, id)).done == 1
    await steer(hub_on(store), id, JobState.RUNNING, by="ada")
    await step(store)
    assert (await loaded(store, id)).done == 2
    assert await store.count(audit_log, audit_log.c.action == "job.paused") == 1
    assert await store.count(audit_log, audit_log.c.action == "job.running") == 1


async def test_job_paused_while_a_step_is_prepared_stores_nothing_of_it(store: Store) -> None:
    id = await added(store)

    async def slow(hub: Hub, job: Job) -> Step:
        await steer(hub, id, JobState.PAUSED, by="ada")
        return await marking()(hub, job)

    await step(store, slow)
    job = await loaded(store, id)
    assert (job.state, job.done) == (JobState.PAUSED, 0)
    assert await marks(store) == {}


async def test_cancelled_job_is_over_and_leaves_no_timer(store: Store) -> None:
    id = await added(store)
    await step(store)
    await steer(hub_on(store), id, JobState.CANCELLED, by="ada")
    await step(store)
    job = await loaded(store, id)
    assert (job.state, job.done) == (JobState.CANCELLED, 1)
    assert await timers(store) == 0
    with pytest.raises(JobOver):
        await steer(hub_on(store), id, JobState.RUNNING, by="ada")


async def test_asking_twice_for_the_same_changes_nothing(store: Store) -> None:
    id = await added(store)
    for _ in range(2):
        await steer(hub_on(store), id, JobState.PAUSED, by="ada")
    assert await store.count(audit_log) == 1
    assert await steer(hub_on(store), "nothing", JobState.PAUSED, by="ada") is None


async def test_refusal_for_good_fails_the_job_with_its_reason(store: Store) -> None:
    id = await added(store)

    async def refused(_hub: Hub, _job: Job) -> Step:
        raise CallFailed("hubspot", Rejected("HubSpot refuses this search"))

    await step(store, refused)
    job = await loaded(store, id)
    assert (job.state, job.error) == (JobState.FAILED, "HubSpot refuses this search")
    assert await timers(store) == 0


async def test_vendor_that_is_away_is_the_workers_affair(store: Store) -> None:
    id = await added(store)

    async def away(_hub: Hub, _job: Job) -> Step:
        raise CallFailed("hubspot", Unavailable("no answer"))

    with pytest.raises(CallFailed):
        await step(store, away)
    assert (await loaded(store, id)).state is JobState.WAITING


async def test_job_of_a_kind_nobody_knows_fails_and_says_so(store: Store) -> None:
    id = await added(store, "from-the-future")
    await step(store)
    job = await loaded(store, id)
    assert job.state is JobState.FAILED
    assert "from-the-future" in str(job.error)


async def test_fault_of_our_own_is_tried_again_but_not_for_ever(store: Store) -> None:
    id = await added(store)

    async def broken(_hub: Hub, _job: Job) -> Step:
        raise KeyError("oh")

    for _ in range(TRIES - 1):
        claim = await store.claim_one()
        with pytest.raises(KeyError):
            await run_step(hub_on(store), claim, {"marking": broken})
        await store.put_back(claim)
    await step(store, broken)
    job = await loaded(store, id)
    assert job.state is JobState.FAILED
    assert "KeyError" in str(job.error)
