"""The self-test of the Sentry rule on a live installation, with a planted text.

The hub has no account under whose name Sentry writes: what it writes itself it knows as its own and
copies nowhere. So a person plants the text, as Sentry's integration would, on the item of a ticket
that is there for tests. The hub waits until it has read it, lets the ticket's pass happen, and then
reads the ticket and looks into its own store.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge.core.canary import CanaryState, outcome, places_in, planted, text_of_canary
from bridge.core.ledger import comment_source
from bridge.domain.errors import ConfigProblem
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.engine.auditing_reads import textual_fields
from bridge.engine.backfill import UnderWay, blocked_until, resting
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.kit.clock import from_ms, to_ms
from bridge.ports.roles import Want
from bridge.store import canaries, connections, jobs, queue, records, work
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, Moved
from bridge.store.queue import ClaimClass, Mark

KIND = "canary"
EVERY = timedelta(seconds=1)
"""Between two looks."""
REST = timedelta(seconds=2)
"""After the text was read: a burst of changes is gathered for so long at most."""
log = structlog.get_logger(__name__)


class NotTestable(Exception):
    """The ticket is not one that this can be tried on; says why."""


async def start(hub: Hub, ticket: TicketRef, wait: timedelta, *, by: str) -> Job:
    """Begin a self-test. NotTestable, or UnderWay if one is on for the ticket already."""
    active = hub.mappings.get(ticket.connection)
    if active is None or active.data.comments.to_ticket == "none":
        raise NotTestable("the mapping in force copies no comments to tickets: none can leak")
    async with hub.db.write() as connection:
        await connections.hold(hub.db, connection, ticket.connection)
        for live in await jobs.live(connection, KIND, str(ticket)):
            raise UnderWay(live)
        links = await work.links_of_ticket(connection, str(ticket))
        if len(links) != 1:
            count = len(links) or "no"
            raise NotTestable(f"{ticket} has {count} work items; take a test ticket with one")
        now = hub.now()
        job = await jobs.add(
            hub.db,
            connection,
            kind=KIND,
            target=str(ticket),
            params={
                "item": str(links[0].work_item),
                "token": f"canary{secrets.token_hex(8)}",
                "until": to_ms(now + wait),
            },
            by=by,
            now=now,
        )
    hub.work_wake.set()
    return job


async def prepare(hub: Hub, job: Job) -> Step:
    """Look for what was planted; once it was read, wait for the ticket and look where it got to."""
    ticket, item = TicketRef(*split_ref(job.target)), WorkItemRef(*split_ref(job.params["item"]))
    wait = await blocked_until(hub, ticket.connection)
    if wait is not None:
        return resting(job, wait)
    at = json.loads(job.cursor) if job.cursor else None
    if at is None:
        return await _planting(hub, job, ticket, item)
    if hub.now() < from_ms(at["seen"]) + REST or await _is_busy(hub, ticket):
        return _going_on(hub, job, job.cursor, job.result)
    return await _looking(hub, job, ticket, str(at["source"]))


async def _planting(hub: Hub, job: Job, ticket: TicketRef, item: WorkItemRef) -> Step:
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(item))
    comment = planted(None if stored is None else stored.observation, job.params["token"])
    if comment is None:
        if hub.now() > from_ms(job.params["until"]):
            return _over(job, _result(job, CanaryState.UNSEEN))
        return _going_on(hub, job, "", _result(job, CanaryState.PLANTING))
    cursor = json.dumps({"seen": to_ms(hub.now()), "source": comment_source(item, comment)})
    result = _result(job, CanaryState.SEEN)

    async def store(connection: AsyncConnection) -> Moved:
        mark = Mark(ticket, f"canary {job.id}", ClaimClass.PERSON, read=True)
        await queue.mark(hub.db, connection, [mark])
        return Moved(cursor, 0, 1, result, wake_at=hub.now() + REST)

    return Step(store, [str(ticket)])


async def _is_busy(hub: Hub, ticket: TicketRef) -> bool:
    """Whether the ticket's pass is still to come."""
    async with hub.db.read() as connection:
        progress = await queue.progress(connection, str(ticket))
    if progress is None:
        raise ConfigProblem(f"{ticket} is not there any more")
    return not progress.dead and progress.done < progress.dirty


async def _looking(hub: Hub, job: Job, ticket: TicketRef, source: str) -> Step:
    """The ticket as the helpdesk has it now, and what the hub keeps about it."""
    token = str(job.params["token"])
    want = Want(await textual_fields(hub, ticket.connection), comments=True)
    async with hub.calling(ticket.connection):
        seen = await hub.helpdesk(ticket.connection).fetch_ticket(ticket.id, want)
    async with hub.db.read() as connection:
        inside = await canaries.places_of(connection, str(ticket), token)
        held = await canaries.is_held(connection, str(ticket), source)
    places = [*places_in(seen, token), *inside]
    state = outcome(places, held=held)
    if state is CanaryState.LEAKED:
        log.error("canary leaked", ticket=str(ticket), places=places)
    return _over(job, {**_result(job, state), "places": places})


def _result(job: Job, state: CanaryState) -> dict[str, Any]:
    token = str(job.params["token"])
    return {
        "state": state.value,
        "item": job.params["item"],
        "token": token,
        "text": text_of_canary(token),
        "places": [],
    }


def _going_on(hub: Hub, job: Job, cursor: str, result: Mapping[str, Any]) -> Step:
    until: datetime = hub.now() + EVERY

    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(cursor, job.done, 1, result, wake_at=until)

    return Step(store)


def _over(job: Job, result: Mapping[str, Any]) -> Step:
    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(job.cursor, 1, 1, result, finished=True)

    return Step(store)
