"""Timers: rows of the queue like any other, whose pass does what is done by the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from bridge.engine import daily, notices, phases, retention, sweep
from bridge.engine.hub import Hub
from bridge.engine.job_kinds import KINDS
from bridge.engine.jobs import run_step
from bridge.store import history, leases
from bridge.store.leases import Claim

TIMERS: dict[str, Callable[[Hub, str], Awaitable[datetime | None]]] = {
    "sweep": sweep.sweep,
    "patrol": sweep.patrol,
    retention.TIMER: retention.prune,
    notices.TIMER: notices.send_due,
    daily.TIMER: daily.look,
}


async def run_timer(hub: Hub, claim: Claim) -> None:
    """Do what the timer is for, and store when it is due next."""
    what, _, name = claim.vendor_id.partition(":")
    if what == phases.TIMER:
        # A phase of a project: found or created under this one lease.
        await phases.settle(hub, claim)
        return
    if what == "job":
        # A step of a job is stored together with the end of its pass.
        await run_step(hub, claim, KINDS)
        return
    wake_at = None
    if what in TIMERS and (not name or name in hub.connections):
        wake_at = await TIMERS[what](hub, name)
    async with hub.db.write(durable=False) as connection:
        await history.close_findings(connection, ref=claim.key, still=[])
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=wake_at)
