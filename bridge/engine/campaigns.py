"""Campaigns: the records of a helpdesk gone over once more, because its mapping changed.

A campaign is a job (design rule 11): it marks records behind all live work, 200 a second, and can
be watched, paused, resumed and cancelled. Each marked record then has a pass of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.store import jobs, mappings, queue, refusals
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import LIVE, Job, JobState, Moved
from bridge.store.queue import ClaimClass

KIND = "campaign"
CHUNK = 200
EVERY = timedelta(seconds=1)


async def start(
    hub: Hub,
    connection: AsyncConnection,
    helpdesk: str,
    *,
    reason: str,
    mapping: str,
    by: str,
    begins: datetime,
    first: bool = False,
) -> Job | None:
    """Plan to go over every record of the helpdesk; a campaign under way over it is cancelled.

    None where the helpdesk has its `first` mapping and no records yet: no pass has planned by
    another.
    """
    now = hub.now()
    total = await mappings.count_records(connection, helpdesk)
    if first and not total:
        return None
    for each in await jobs.live(connection, KIND, helpdesk):
        said = f"a newer campaign took its place: {reason}"
        await jobs.switch(connection, each.id, JobState.CANCELLED, now, among=LIVE, error=said)
    return await jobs.add(
        hub.db,
        connection,
        kind=KIND,
        target=helpdesk,
        params={"reason": reason, "mapping": mapping},
        by=by,
        now=now,
        total=total,
        begins=begins,
    )


async def prepare(hub: Hub, job: Job) -> Step:
    """The next records of a campaign: tickets to be read anew, and the work items on them.

    Work items are only planned again: nothing that a mapping says makes what is known of them old.
    """
    async with hub.db.read() as connection:
        tickets = await mappings.campaign_keys(connection, job.target, job.cursor, CHUNK)
        items = await mappings.items_on(connection, tickets)
    cause = f"campaign {job.params['reason']}"

    async def store(connection: AsyncConnection) -> Moved:
        # What was refused under the mapping before may be taken under this one.
        await refusals.forget(hub.db, connection, [*tickets, *items])
        for keys, read in ((tickets, True), (items, False)):
            await queue.mark_where(
                hub.db,
                connection,
                mappings.keyed(keys),
                cause=cause,
                claim_class=ClaimClass.CAMPAIGN,
                read=read,
            )
        return Moved(
            cursor=tickets[-1] if tickets else job.cursor,
            done=job.done + len(tickets),
            finished=len(tickets) < CHUNK,
            wake_at=hub.now() + EVERY,
        )

    return Step(store, (*tickets, *items))
