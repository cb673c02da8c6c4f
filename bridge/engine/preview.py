"""Preview: what a draft of a mapping would change, told before it counts.

The very plans that an activation would make, on what is stored: no vendor is asked, no record is
touched. Few tickets are answered at once; many are gone over by a job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bridge.config.mapping_files import LoadedMapping
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.preview import (
    Change,
    Comparison,
    NewItem,
    Trouble,
    compare,
    lacks,
)
from bridge.core.situation import (
    Earlier,
    ItemSituation,
    Plan,
    Telling,
    TicketSituation,
    TrackerView,
)
from bridge.core.wanted import facts_of_ticket, is_past
from bridge.domain import records as facts
from bridge.domain.errors import ConfigProblem
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import Company, Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.activation import BrokenMapping, NoSuchVersion, check_mapping
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.engine.references import stored_reference
from bridge.engine.situations import (
    Known,
    item_situation,
    recent_launches,
    situated,
    start_mark,
    trackers_of,
)
from bridge.store import connections, jobs, mappings, records, surroundings
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, JobState, Moved
from bridge.store.records import StoredRecord

KIND = "preview"
AT_ONCE = 1000
"""Tickets that are gone over while the caller waits; more are a job's work."""
CHUNK = 200
MOST_LISTED = 1000
"""Entries listed of each sort; what is beyond is only counted."""
LISTS = ("changes", "launches", "problems", "refused")
TALLIES = ("messages", "notices", "promises", "broken")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that may be put in force, and what it would replace (None: nothing is in force)."""

    loaded: LoadedMapping
    active: MappingData | None
    active_hash: str | None

    @property
    def mapping(self) -> MappingData:
        """What the draft says."""
        return self.loaded.mapping


@dataclass(frozen=True, slots=True)
class Situations:
    """One record as the mapping in force sees it, and as the draft does."""

    seen: Observation
    before: TicketSituation | ItemSituation | None
    after: TicketSituation | ItemSituation
    unread: bool = False


async def read_draft(hub: Hub, name: str, text: str | bytes | None) -> Draft:
    """The draft in `text`, or the newest stored one. BrokenMapping or NoSuchVersion otherwise."""
    if text is None:
        async with hub.db.read() as connection:
            stored = await mappings.newest_draft(connection, name)
        if stored is None:
            raise NoSuchVersion("draft")
        text = str(stored["source"])
    loaded = await check_mapping(hub, name, text)
    if isinstance(loaded, list):
        raise BrokenMapping(loaded)
    active = hub.mappings.get(loaded.mapping.helpdesk)
    if active is None:
        return Draft(loaded, None, None)
    return Draft(loaded, active.data, active.hash)


async def preview(
    hub: Hub, draft: Draft, *, by: str, at_once: int = AT_ONCE, chunk: int = CHUNK
) -> dict[str, Any] | Job:
    """What the draft would change, or the job that finds it out for more than `at_once` tickets.

    `chunk` tickets are loaded and planned at a time.
    """
    async with hub.db.read() as connection:
        total = await mappings.count_records(connection, draft.mapping.helpdesk)
    if total > at_once:
        return await _as_job(hub, draft, total, by, chunk)
    return await _at_once(hub, draft, chunk)


async def _at_once(hub: Hub, draft: Draft, chunk: int) -> dict[str, Any]:
    result, cursor, keys = _empty(draft), "", [""]
    while keys:
        async with hub.db.read() as connection:
            keys = await mappings.campaign_keys(connection, draft.mapping.helpdesk, cursor, chunk)
        if keys:
            result, cursor = await _with_chunk(hub, draft, result, keys), keys[-1]
    return _ended(result, draft)


@dataclass(frozen=True, slots=True)
class Tried:
    """One ticket under a draft: what changes, as in a preview, and the whole plans behind it.

    `now` is None where nothing is in force.
    """

    result: dict[str, Any]
    now: Plan | None
    then: Plan


async def try_ticket(hub: Hub, draft: Draft, ticket: TicketRef) -> Tried | None:
    """What the draft would do to one ticket and its work items; None where it was never read.

    As with a preview nothing is written and no vendor is asked.
    """
    keys = [str(ticket)]
    found = await situations(hub, draft, keys)
    if not found:
        return None
    result = _ended(await _with_chunk(hub, draft, _empty(draft), keys), draft)
    url, now = hub.public_url, hub.now()
    before, after = found[0].before, found[0].after
    return Tried(
        result, None if before is None else _plan(before, url, now), _plan(after, url, now)
    )


async def preview_so_far(
    hub: Hub, draft: Draft, *, at_once: int = AT_ONCE
) -> dict[str, Any] | Job | None:
    """What the draft would change; with many tickets the newest job for it, None without one.

    Starts no job.
    """
    async with hub.db.read() as connection:
        total = await mappings.count_records(connection, draft.mapping.helpdesk)
        job = await jobs.newest(connection, KIND, draft.mapping.mapping)
    if total <= at_once:
        return await _at_once(hub, draft, CHUNK)
    if job is None or job.state is JobState.CANCELLED:
        return None
    same = (job.params["text"], job.params["active"]) == (draft.loaded.text, draft.active_hash)
    return job if same else None


async def _as_job(hub: Hub, draft: Draft, total: int, by: str, chunk: int) -> Job:
    name = draft.mapping.mapping
    params = {"text": draft.loaded.text, "active": draft.active_hash, "chunk": chunk}
    async with hub.db.write() as connection:
        for each in await jobs.live(connection, KIND, name):
            if each.params == params:
                return each
        job = await jobs.add(
            hub.db,
            connection,
            kind=KIND,
            target=name,
            params=params,
            by=by,
            now=hub.now(),
            total=total,
        )
    hub.work_wake.set()
    return job


async def prepare(hub: Hub, job: Job) -> Step:
    """The next tickets of a preview."""
    try:
        draft = await read_draft(hub, job.target, job.params["text"])
    except BrokenMapping as error:
        raise ConfigProblem(f"the draft has mistakes by now: {error}") from None
    if draft.active_hash != job.params["active"]:
        raise ConfigProblem("another version came into force meanwhile; preview the draft again")
    helpdesk, chunk = draft.mapping.helpdesk, int(job.params["chunk"])
    async with hub.db.read() as connection:
        keys = await mappings.campaign_keys(connection, helpdesk, job.cursor, chunk)
    result = await _with_chunk(hub, draft, job.result or _empty(draft), keys)
    finished = len(keys) < chunk

    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(
            cursor=keys[-1] if keys else job.cursor,
            done=job.done + len(keys),
            result=_ended(result, draft) if finished else result,
            finished=finished,
        )

    return Step(store)


def _empty(draft: Draft) -> dict[str, Any]:
    return {
        "active": draft.active_hash,
        "draft": draft.loaded.hash,
        "records": 0,
        "unread": 0,
        **{name: [] for name in LISTS},
        "counts": dict.fromkeys((*LISTS, *TALLIES), 0),
    }


async def _with_chunk(
    hub: Hub, draft: Draft, before: Mapping[str, Any], keys: list[str]
) -> dict[str, Any]:
    """The result so far, and what the draft changes about these tickets and their items."""
    found = await situations(hub, draft, keys)
    found += await _items(hub, draft, keys)
    now, page = hub.now(), hub.public_url
    # Planning is arithmetic: it must not keep the loop from those who wait at the doors.
    compared = await asyncio.to_thread(_compared, found, page, now)
    result = {**before, "counts": {**before["counts"]}}
    result["records"] += len(compared)
    for each in compared:
        _add(result, each)
    return result


def _add(result: dict[str, Any], found: Comparison) -> None:
    counts = result["counts"]
    for name in LISTS:
        entries = getattr(found, name)
        counts[name] += len(entries)
        room = MOST_LISTED - len(result[name])
        if entries and room > 0:
            result[name] = [*result[name], *(_entry(each) for each in entries[:room])]
    counts["messages"] += found.tells
    counts |= {name: counts.get(name, 0) + getattr(found, name) for name in TALLIES[1:]}
    result["unread"] += found.unread


def _entry(found: Change | NewItem | Trouble) -> dict[str, Any]:
    """The entry as it is stored and shown: what a change leads from and to goes by these words."""
    words = {"before": "from", "after": "to"}
    return {words.get(name, name): value for name, value in asdict(found).items()}


def _ended(result: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """The whole result: with a word about what could not be told."""
    if not result["unread"]:
        return result
    said = {
        "ref": None,
        "field": "",
        "code": "WAITING_TICKET_READ",
        "sentence": f"{result['unread']} records must be read before anybody can say all that "
        f"{draft.mapping.mapping} would change about them; activating it reads them.",
        "what_to_do": "",
    }
    counts = {**result["counts"], "problems": result["counts"]["problems"] + 1}
    return {**result, "problems": [said, *result["problems"]], "counts": counts}


def _compared(found: Iterable[Situations], page: str, now: datetime) -> list[Comparison]:
    made = []
    for each in found:
        ref = each.seen.ref
        before = Plan() if each.before is None else _plan(each.before, page, now)
        after = _plan(each.after, page, now)
        compared = compare(str(ref), each.seen, before, after)
        made.append(replace(compared, unread=compared.unread or each.unread))
    return made


def _plan(situation: TicketSituation | ItemSituation, url: str, now: datetime) -> Plan:
    if isinstance(situation, TicketSituation):
        return plan_ticket(situation, now)
    return plan_item(situation, url, now)


async def situations(hub: Hub, draft: Draft, keys: list[str]) -> list[Situations]:
    """These tickets twice: as the mapping in force sees them, and as the draft does."""
    helpdesk = draft.mapping.helpdesk
    async with hub.db.read() as connection:
        tickets = await records.load_many(connection, keys)
        around = await surroundings.load(
            connection, keys, hub.now(), promising=True, dates=True, endings=True
        )
        mark = await start_mark(hub, connection, helpdesk)
        companies = await _companies(connection, helpdesk, tickets)
    told = hub.telling(helpdesk)
    views = [
        Known(hub, mapping, await _trackers(hub, mapping), await _recent(hub, mapping), mark, news)
        for mapping, news in ((draft.active, told), (draft.mapping, _from_now(hub, draft, told)))
        if mapping is not None
    ]
    reference = await stored_reference(hub, helpdesk)
    found = []
    for _, stored in sorted(tickets.items()):
        seen = stored.observation
        if seen is None or stored.presence is Presence.MERGED:
            continue
        ref = TicketRef(seen.ref.connection, seen.ref.id)
        company = companies.get(seen.text(facts.CUSTOMER))
        made = [situated(ref, seen, around, each, reference, company) for each in views]
        wanted = facts_of_ticket(
            draft.mapping,
            linked=bool(made[-1].items),
            past=is_past(seen, reference, hub.now()),
        )
        found.append(
            Situations(
                seen,
                made[0] if len(made) > 1 else None,
                made[-1],
                unread=bool(lacks(seen, wanted)),
            )
        )
    return found


def _from_now(hub: Hub, draft: Draft, told: Telling) -> Telling:
    """What is news to a draft that comes into force now."""
    active = () if draft.active is None else (Earlier(draft.active, told.since),)
    return Telling(hub.people, hub.channels(), hub.public_url, hub.now(), (*active, *told.earlier))


async def _companies(
    connection: AsyncConnection, name: str, tickets: Mapping[str, StoredRecord]
) -> dict[str, Company]:
    seen = [each.observation for each in tickets.values() if each.observation is not None]
    return await connections.load_companies(
        connection, name, {each.text(facts.CUSTOMER) for each in seen}
    )


async def _trackers(hub: Hub, mapping: MappingData) -> dict[str, TrackerView]:
    """Every tracker there is: which of them a ticket may know is chosen for each ticket."""
    return await trackers_of(hub, mapping, set(hub.connections))


async def _recent(hub: Hub, mapping: MappingData) -> int:
    async with hub.db.read() as connection:
        return await recent_launches(hub, connection, mapping)


def _seen(stored: StoredRecord | None) -> Observation | None:
    return None if stored is None else stored.observation


async def _items(hub: Hub, draft: Draft, keys: list[str]) -> list[Situations]:
    """The work items that hang on these tickets, each with the first of its tickets only."""
    name = draft.mapping.helpdesk
    async with hub.db.read() as connection:
        on = await mappings.items_on(connection, keys)
        first = await surroundings.first_tickets(connection, name, on)
        known = await records.load_many(connection, on)
    here, found = set(keys), []
    for key in on:
        seen = _seen(known.get(key))
        if seen is None or first.get(key) not in here or seen.ref.connection not in hub.connections:
            continue
        ref = WorkItemRef(seen.ref.connection, seen.ref.id)
        reference = await stored_reference(hub, ref.connection)
        before = await item_situation(hub, ref, seen, reference=reference, draft=draft.mapping)
        after = replace(
            before,
            tickets=tuple(
                replace(each, mapping=draft.mapping)
                if each.link.ticket.connection == name
                else each
                for each in before.tickets
            ),
        )
        found.append(Situations(seen, before, after))
    return found
