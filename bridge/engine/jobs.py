"""Jobs: long work in short steps, done by whichever worker is free, behind all live work.

A kind of job is a function that prepares the next step: it may read and ask vendors, with no
transaction open, and gives back what to store. That is stored together with the job's new cursor
under the lease of the job's timer row: a step happens as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.domain.errors import BridgeError, ConfigProblem, RecordMissing, Rejected
from bridge.engine import faultpoints
from bridge.engine.hub import CallFailed, Hub
from bridge.store import history, jobs, leases, queue, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import ACTIVE, LIVE, Job, JobState, Moved
from bridge.store.leases import Claim, LeaseLost

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A prepared step. `store` keeps what it did and says how far the job is; it calls no vendor.

    `writes` are the keys of all records that it marks or changes: they are locked before the
    rest, in key order, because passes over them may hold some of them.
    """

    store: Callable[[AsyncConnection], Awaitable[Moved]]
    writes: Sequence[str] = ()


Prepare = Callable[[Hub, Job], Awaitable[Step]]
"""Makes the next step of a job. Raises the errors of vendors' calls as `CallFailed`."""

TRIES = 8
"""Steps that fail by the hub's own fault in a row before the job has failed."""
HOPELESS = (Rejected, RecordMissing, ConfigProblem)
"""What a vendor refuses for good, or no configuration allows: trying again changes nothing."""


class JobOver(Exception):
    """The job is in a state that does not allow what was asked."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"the job is {job.state.value}")
        self.job = job


async def run_step(hub: Hub, claim: Claim, kinds: Mapping[str, Prepare]) -> None:
    """Do the next step of the job whose timer is claimed, or end its timer.

    Failures that may pass are raised, for the worker to put the timer back.
    """
    id = claim.vendor_id.removeprefix(jobs.PREFIX)
    async with hub.db.read() as connection:
        job = await jobs.load(connection, id)
    if job is None or job.state not in ACTIVE:
        await _end(hub, claim)
        return
    prepare = kinds.get(job.kind)
    try:
        if prepare is None:
            raise ConfigProblem(f"this version of the hub knows no job of the kind {job.kind}")
        step = await prepare(hub, job)
    except (LeaseLost, SQLAlchemyError):
        raise
    except (CallFailed, BridgeError) as error:
        cause = error.cause if isinstance(error, CallFailed) else error
        if not isinstance(cause, HOPELESS):
            raise
        await _fail(hub, claim, id, str(cause))
        return
    except Exception as error:
        if claim.attempts + 1 < TRIES:
            raise
        log.exception("job failed", job=id, kind=job.kind)
        await _fail(hub, claim, id, f"a fault of the hub's own: {type(error).__name__}")
        return
    faultpoints.reach("job.prepared", job.kind)
    await _store(hub, claim, id, step)
    faultpoints.reach("job.stored", job.kind)


async def _store(hub: Hub, claim: Claim, id: str, step: Step) -> None:
    async with hub.db.write(durable=False) as connection:
        await queue.lock(hub.db, connection, [claim.key, *step.writes])
        await leases.hold(hub.db, connection, claim, hub.worker_id)
        job = await jobs.hold(hub.db, connection, id)
        if job is None or job.state not in ACTIVE:
            # Somebody paused or cancelled it meanwhile: what was prepared is left undone.
            await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=None)
            return
        moved = await step.store(connection)
        await jobs.move(connection, id, moved, hub.now())
        await _finish(hub, connection, claim, moved)
    hub.work_wake.set()


async def _finish(hub: Hub, connection: AsyncConnection, claim: Claim, moved: Moved) -> None:
    wake_at = None if moved.finished else moved.wake_at or hub.now()
    await history.close_findings(connection, ref=claim.key, still=[])
    await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=wake_at)
    if moved.finished:
        await jobs.drop_timer(connection, claim.key)
    else:
        await jobs.rank(connection, claim.key)


async def _end(hub: Hub, claim: Claim) -> None:
    """Let the timer of a job that takes no steps rest; it is removed once the job is over."""
    async with hub.db.write(durable=False) as connection:
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=None)
        job = await jobs.hold(hub.db, connection, claim.vendor_id.removeprefix(jobs.PREFIX))
        if job is None or job.state not in LIVE:
            await history.close_findings(connection, ref=claim.key, still=[])
            await jobs.drop_timer(connection, claim.key)


async def _fail(hub: Hub, claim: Claim, id: str, why: str) -> None:
    log.warning("job failed", job=id, why=why)
    async with hub.db.write() as connection:
        await jobs.switch(connection, id, JobState.FAILED, hub.now(), among=LIVE, error=why)
    await _end(hub, claim)


async def steer(hub: Hub, id: str, to: JobState, *, by: str) -> Job | None:
    """Pause, resume (`running`) or cancel a job; None if there is none of that id.

    Asking for what is already so changes nothing. JobOver if the job is over.
    """
    among = {
        JobState.PAUSED: ACTIVE,
        JobState.RUNNING: frozenset({JobState.PAUSED}),
        JobState.CANCELLED: LIVE,
    }[to]
    async with hub.db.write() as connection:
        # The timer before the job, as a step does it: the two wait for each other in one order.
        await queue.lock(hub.db, connection, [jobs.timer_key(id)])
        job = await jobs.hold(hub.db, connection, id)
        if job is None:
            return None
        if job.state not in LIVE and job.state is not to:
            raise JobOver(job)
        if await jobs.switch(connection, id, to, hub.now(), among=among):
            await jobs.wake(hub.db, connection, id)
            await tokens.audit(
                connection,
                actor=by,
                action=f"job.{to.value}",
                target=f"job {id}",
                detail={"kind": job.kind, "about": job.target},
                now=hub.now(),
            )
        after = await jobs.load(connection, id)
    hub.work_wake.set()
    return after
