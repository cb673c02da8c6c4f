"""Backfill: work items for tickets from before the hub's time, because a person asked for it.

The tickets are listed at the helpdesk and counted; then they are launched page by page, never more
than half of `launch_limit` in an hour, so that new tickets always find room. A launch is a wish on
the ticket, kept together with the mark that has a pass look at it: the pass does the rest, once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.core.backfill import Judgement, judge, reads_customer
from bridge.core.facts import Facts
from bridge.core.wanted import ticket_want
from bridge.domain.errors import ConfigProblem
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import CUSTOMER, Observation
from bridge.domain.refs import TicketRef
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.engine.references import company_of, reference_of
from bridge.engine.sweep import as_want
from bridge.kit.clock import from_ms, to_ms
from bridge.ports.roles import ChangedPage
from bridge.store import backfills, connections, jobs, queue, wishes
from bridge.store.backfills import Known
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, Moved
from bridge.store.queue import ClaimClass, Mark

KIND = "backfill"
ADOPTION = "adoption"
EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any ticket there is."""
AGAIN = timedelta(minutes=1)
"""When to look again where there is no room, or the helpdesk may not be asked."""
SHARE = 2
"""A backfill takes at most this part of `launch_limit`: one in two."""


class UnderWay(Exception):
    """There is such a job over the helpdesk already."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"job {job.id} is {job.state.value}")
        self.job = job


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: counting or launching, and the helpdesk's cursor of its next page."""

    launching: bool = False
    at: str | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that a job's cursor names; the beginning for an empty one."""
        held = json.loads(text) if text else {}
        return cls(bool(held.get("launching")), held.get("at"))

    def text(self) -> str:
        """The job's cursor."""
        return json.dumps({"launching": self.launching, "at": self.at})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that was listed, with what the backfill does about it."""

    ref: TicketRef
    judged: Judgement


async def start(
    hub: Hub,
    helpdesk: str,
    *,
    kind: str = KIND,
    params: Mapping[str, Any],
    by: str,
) -> Job:
    """Begin a backfill (or an adoption) over a helpdesk. UnderWay if one is not over yet."""
    async with hub.db.write() as connection:
        await connections.hold(hub.db, connection, helpdesk)
        for each in (KIND, ADOPTION):
            for live in await jobs.live(connection, each, helpdesk):
                raise UnderWay(live)
        job = await jobs.add(
            hub.db,
            connection,
            kind=kind,
            target=helpdesk,
            params=params,
            by=by,
            now=hub.now(),
        )
    hub.work_wake.set()
    return job


def mapping_of(hub: Hub, helpdesk: str) -> MappingData:
    """The mapping in force for the helpdesk; ConfigProblem if there is none."""
    active = hub.mappings.get(helpdesk)
    if active is None:
        raise ConfigProblem(f"no mapping is in force for {helpdesk}")
    return active.data


async def prepare(hub: Hub, job: Job) -> Step:
    """The next page of a backfill: counted, or launched as far as there is room."""
    wait = await blocked_until(hub, job.target)
    if wait is not None:
        return resting(job, wait)
    place, mapping = Place.parse(job.cursor), mapping_of(hub, job.target)
    page = await list_page(hub, job, mapping, place.at)
    found = await _judged(hub, job, mapping, page.observations)
    if not place.launching:
        return _counting(job, page, found)
    return await _launching(hub, job, mapping, page, found)


async def blocked_until(hub: Hub, helpdesk: str) -> datetime | None:
    """When to ask the helpdesk again, if it may not be asked now."""
    async with hub.db.read() as connection:
        state = await connections.load(connection, helpdesk)
    if helpdesk not in hub.connections or state is None:
        raise ConfigProblem(f"there is no connection {helpdesk!r} any more")
    if state.paused_by is not None:
        return hub.now() + AGAIN
    until = state.throttled_until
    return until if until is not None and until > hub.now() else None


def resting(job: Job, until: datetime) -> Step:
    """A step that only waits."""

    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(job.cursor, job.done, wake_at=until)

    return Step(store)


async def list_page(hub: Hub, job: Job, mapping: MappingData, at: str | None) -> ChangedPage:
    """The next page of the helpdesk's tickets that changed since the job's beginning of time."""
    said = job.params.get("since")
    since = EVER if said is None else from_ms(said)
    # Notes and files of each ticket cost calls, and launch nothing.
    want = replace(as_want(ticket_want(mapping)), attachments=False, comments=False)
    if extra := job.params.get("property"):
        want = replace(want, fields=want.fields | {extra})
    desk = hub.helpdesk(job.target)
    async with hub.calling(job.target):
        page = await desk.list_changed(at, since, want)
        if page.observations and reads_customer(mapping):
            ids = [each.ref.id for each in page.observations]
            whole = await desk.fetch_tickets(ids, want)
            page = replace(page, observations=tuple(whole))
    return page


async def _judged(
    hub: Hub, job: Job, mapping: MappingData, seen: Sequence[Observation]
) -> list[Candidate]:
    """What to do about each ticket of a page, oldest id first."""
    reference = await reference_of(hub, job.target)
    async with hub.db.read() as connection:
        known = await backfills.known(connection, [str(each.ref) for each in seen])
    found = []
    for each in sorted(seen, key=lambda one: (len(one.ref.id), one.ref.id)):
        key, company = str(each.ref), None
        if each.text(CUSTOMER) and reads_customer(mapping):
            company = await company_of(hub, job.target, each.text(CUSTOMER), mapping)
        about = known.get(key, Known())
        judged = judge(
            Facts(each.ref, each, mapping, reference, company),
            linked=about.linked,
            launched=about.launched,
            only=job.params.get("route"),
        )
        found.append(Candidate(TicketRef(job.target, each.ref.id), judged))
    return found


def _counting(job: Job, page: ChangedPage, found: list[Candidate]) -> Step:
    result = _counted(job.result, found)
    total = sum(result["routes"].values())
    ends = not page.more and bool(job.params["dry_run"])
    # Counted to the end: now from the beginning again, launching.
    ahead = Place(False, page.cursor) if page.more or ends else Place(True, None)

    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(ahead.text(), 0, total, result, finished=ends)

    return Step(store)


def _counted(before: Mapping[str, Any] | None, found: Sequence[Candidate]) -> dict[str, Any]:
    held = before or {"tickets": 0, "routes": {}, "skipped": {}, "launched": {}}
    routes, skipped = Counter(held["routes"]), Counter(held["skipped"])
    for each in found:
        if each.judged.route is None:
            skipped[each.judged.reason] += 1
        else:
            routes[each.judged.route] += 1
    return {
        **held,
        "tickets": held["tickets"] + len(found),
        "routes": dict(routes),
        "skipped": dict(skipped),
    }


async def _launching(
    hub: Hub, job: Job, mapping: MappingData, page: ChangedPage, found: list[Candidate]
) -> Step:
    due = [each for each in found if each.judged.route is not None]
    room = await _room(hub, job.target, mapping)
    taken = due[:room]
    rest = len(taken) < len(due)
    # A ticket that changed since the list began stands behind its end: looked for once more.
    finished = not page.more and not due
    at = Place.parse(job.cursor).at if rest else page.cursor
    launched = Counter((job.result or {}).get("launched", {}))
    launched.update(str(each.judged.route) for each in taken)
    result = {**(job.result or {}), "launched": dict(launched)}
    cause = f"backfill {job.id}"

    async def store(connection: AsyncConnection) -> Moved:
        marks = [Mark(each.ref, cause, ClaimClass.CAMPAIGN, read=True) for each in taken]
        await queue.mark(hub.db, connection, marks)
        for each in taken:
            await wishes.ask(
                hub.db,
                connection,
                str(each.ref),
                str(each.judged.route),
                by=job.created_by,
                now=hub.now(),
            )
        done = job.done + len(taken)
        return Moved(
            Place(True, at).text(),
            done,
            max(done, job.total or 0),
            result,
            finished=finished,
            wake_at=hub.now() + AGAIN if rest else None,
        )

    return Step(store, [str(each.ref) for each in taken])


async def _room(hub: Hub, helpdesk: str, mapping: MappingData) -> int:
    """How many launches may be asked for now, beside those under way and of the last hour."""
    share, since = max(1, hub.launch_limit // SHARE), hub.now() - timedelta(hours=1)
    async with hub.db.read() as connection:
        recent = await backfills.launched_since(connection, mapping.trackers(), since)
        # One that has waited longer waits for a person, and must not hold up the others.
        waiting = await backfills.waiting(connection, helpdesk, since)
    return max(0, share - recent - waiting)


def since_of(moment: datetime | None) -> int | None:
    """The beginning of time as a job keeps it."""
    return None if moment is None else to_ms(moment)
