"""Waking the other ends of a record's links, when what they take from it has changed."""

from __future__ import annotations

from bridge.core.resting import NOBODY, Resting
from bridge.core.resting import resting as resting_now
from bridge.core.situation import ItemSituation, TicketSituation
from bridge.engine.operation import Run
from bridge.store import queue, resting, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark

FAN_OUT = 25
"""An item with more tickets than this wakes them behind all fresh changes, those that rest not."""


async def wake_neighbours(
    run: Run, connection: AsyncConnection, now: TicketSituation | ItemSituation | None = None
) -> None:
    """What the record shows to the other ends of its links has changed: they look again.

    `now` is how it stands. By it those of many tickets on an item are spared that are closed and
    have nothing to find out; without it none is.
    """
    hub, claim = run.hub, run.claim
    if claim.kind == "ticket":
        links = await work.links_of_ticket(connection, claim.key)
        marks = [Mark(each.work_item, f"ticket {claim.key}", trace=claim.trace) for each in links]
        await queue.mark(hub.db, connection, marks)
        return
    many = await work.count_links_of_item(connection, claim.key) > FAN_OUT
    rests = _resting(run, now) if many else NOBODY
    spares = rests != NOBODY
    await queue.mark_where(
        hub.db,
        connection,
        work.TICKETS_ON,
        name="tickets on that do not rest" if spares else "tickets on",
        given={"p_item": claim.key} | (resting.given(rests) if spares else {}),
        cause=f"work item {claim.key}",
        claim_class=ClaimClass.FAN_OUT if many else ClaimClass.FRESH,
        trace=claim.trace,
        unless=resting.RESTS if spares else None,
    )


def _resting(run: Run, now: TicketSituation | ItemSituation | None) -> Resting:
    if not isinstance(now, ItemSituation):
        return NOBODY
    mappings = [each.data for each in run.hub.mappings.values()]
    name, reference = run.claim.connection, now.tracker.reference
    return resting_now(mappings, name, now.observation, reference)
