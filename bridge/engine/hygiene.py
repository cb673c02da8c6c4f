"""The nightly look: a job that goes over what is stored of tickets, behind all live work.

It asks no vendor. Each step stores what it found together with the job's cursor, so that a kill
in the middle of a night loses nothing and tells nothing twice.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bridge.core.ends import forgotten_ends
from bridge.core.hygiene import CODES, hygiene_of, old_findings
from bridge.core.situation import TicketSituation
from bridge.domain import records as facts
from bridge.domain.errors import ConfigProblem
from bridge.domain.findings import Finding
from bridge.domain.mapping_hygiene import Hygiene
from bridge.domain.refs import Ref, TicketRef, WorkItemRef, split_ref
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.jobs import Step
from bridge.engine.references import stored_reference
from bridge.engine.situations import Known, situated, start_mark, trackers_of
from bridge.store import connections, history, hygiene, jobs, queue, records, surroundings
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, Moved

KIND = "hygiene"
LISTED_BY = "daily"
"""The timer whose digests tell of what a look found."""
CHUNK = 100
"""Tickets of one step."""


def looked_after(hub: Hub) -> dict[str, ActiveMapping]:
    """The helpdesks whose mapping asks for a nightly look."""
    return {name: each for name, each in hub.mappings.items() if each.data.hygiene is not None}


async def start(hub: Hub, helpdesk: str, *, by: str) -> Job:
    """Begin a look at one helpdesk's tickets; the one under way, if there is one."""
    async with hub.db.write() as connection:
        # Two presses at the same moment: the second one waits, and finds the first one's job.
        await connections.hold(hub.db, connection, helpdesk)
        job = await begin(hub, connection, helpdesk, by=by)
    hub.work_wake.set()
    return job


async def begin(hub: Hub, connection: AsyncConnection, helpdesk: str, *, by: str) -> Job:
    """The look under way at the helpdesk, or a new one, in the caller's transaction."""
    for live in await jobs.live(connection, KIND, helpdesk):
        return live
    return await jobs.add(
        hub.db,
        connection,
        kind=KIND,
        target=helpdesk,
        params={},
        by=by,
        now=hub.now(),
        result={"tickets": 0, "counts": {}},
    )


async def prepare(hub: Hub, job: Job) -> Step:
    """Look at the next tickets; at the end, at what has been open too long."""
    active = hub.mappings.get(job.target)
    spec = None if active is None else active.data.hygiene
    if active is None or spec is None:
        raise ConfigProblem(f"the mapping of {job.target} asks for no nightly look any more")
    async with hub.db.read() as connection:
        keys = await hygiene.next_tickets(connection, job.target, after=job.cursor, limit=CHUNK)
    found = await look(hub, active, spec, keys)
    last = len(keys) < CHUNK
    if last:
        found += await _old(hub, active, spec)
    counts = Counter(job.result["counts"]) + Counter(each.code for each in found)
    tickets = int(job.result["tickets"]) + len(keys)

    async def store(connection: AsyncConnection) -> Moved:
        await history.raise_findings(hub.db, connection, found, hub.now())
        if last:
            # Whatever this look did not find any more has been mended since.
            await hygiene.close_unseen(connection, job.target, CODES, job.created_at)
            await queue.wake_timer(hub.db, connection, LISTED_BY)
        return Moved(
            cursor=keys[-1] if keys else job.cursor,
            done=job.done + len(keys),
            result={"tickets": tickets, "counts": dict(counts)},
            finished=last,
        )

    return Step(store, [f"{queue.TIMER}:{LISTED_BY}"] if last else [])


async def look(hub: Hub, active: ActiveMapping, spec: Hygiene, keys: list[str]) -> list[Finding]:
    """What has come apart about these tickets, by what is stored of them."""
    now = hub.now()
    pairs = await _situations(hub, active, keys, now)
    found = [finding for s, inherited in pairs for finding in hygiene_of(s, spec, now, inherited)]
    unknown = {(str(s.ref), each) for s, _ in pairs for each in forgotten_ends(s, spec)}
    if unknown:
        async with hub.db.read() as connection:
            given = await hygiene.given(connection, sorted({key for key, _ in unknown}))
        found += [each for each in given if (each.ref, each.topic) in unknown]
    return found


async def _situations(
    hub: Hub, active: ActiveMapping, keys: list[str], now: datetime
) -> list[tuple[TicketSituation, list[Ref]]]:
    name, mapping = active.data.helpdesk, active.data
    async with hub.db.read() as connection:
        tickets = await records.load_many(connection, keys)
        around = await surroundings.load(connection, keys, now)
        mark = await start_mark(hub, connection, name)
        seen = [each.observation for each in tickets.values() if each.observation is not None]
        wanted = {each.text(facts.CUSTOMER) for each in seen}
        companies = await connections.load_companies(connection, name, wanted)
        before = {str(each.ref): _aliases(name, each.value(facts.ALIASES)) for each in seen}
        hanging = await hygiene.hanging_on(
            connection, [key for some in before.values() for key in some]
        )
    trackers = await trackers_of(hub, mapping, set(hub.connections))
    known = Known(hub, mapping, trackers, 0, mark, hub.telling(name))
    reference = await stored_reference(hub, name)
    made = []
    for observation in seen:
        ref = TicketRef(name, observation.ref.id)
        company = companies.get(observation.text(facts.CUSTOMER))
        s = situated(ref, observation, around, known, reference, company)
        own = {str(each.link.work_item) for each in s.items}
        on_others = [item for key in before[str(ref)] for item in hanging.get(key, ())]
        lost = [item for item in dict.fromkeys(on_others) if item not in own]
        made.append((s, [_item(each) for each in lost]))
    return made


def _aliases(name: str, value: facts.Value) -> list[str]:
    ids = value if isinstance(value, list) else []
    return [f"{name}:{each}" for each in ids if isinstance(each, str)]


def _item(key: str) -> Ref:
    return WorkItemRef(*split_ref(key))


async def _old(hub: Hub, active: ActiveMapping, spec: Hygiene) -> list[Finding]:
    mapping = active.data
    names = {mapping.helpdesk, *mapping.trackers(), *mapping.notifiers()}
    async with hub.db.read() as connection:
        groups = await hygiene.open_by_code(connection, names)
    return [*old_findings(mapping.helpdesk, groups, spec, hub.now())]
