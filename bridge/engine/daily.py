"""What is due by the wall clock: nightly looks and digests, each once for its day.

One timer for all of them. Which day was done is kept in the transaction that does it, so that
neither a restart nor a second process does it again; a day that was slept through is made up for
as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog

from bridge.core.dates import is_open
from bridge.core.digests import Entry, notices_of, subject_of, told_key
from bridge.core.hygiene import CODES, TITLES
from bridge.core.instants import earliest
from bridge.core.workdays import due_today, is_on, next_time, open_on, wall_moment
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_hygiene import Digest
from bridge.domain.records import KEY
from bridge.domain.refs import WorkItemRef, split_ref
from bridge.engine import faultpoints, hygiene, notices
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.references import stored_reference
from bridge.kit.clock import from_ms
from bridge.store import digests, jobs, queue
from bridge.store import hygiene as store
from bridge.store import notices as kept
from bridge.store.codec import observation_from_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row

log = structlog.get_logger(__name__)

TIMER = hygiene.LISTED_BY
EVERY = timedelta(minutes=10)
"""How soon at the latest a mapping that came into force is looked at."""
NIGHTLY = "hygiene"


async def look(hub: Hub, _name: str) -> datetime:
    """Begin what is due and was not done for its day; when to look again."""
    coming = [hub.now() + EVERY]
    for name, active in sorted(hub.mappings.items()):
        if active.data.hygiene is not None:
            await _nightly(hub, name, active)
            spec = active.data.hygiene
            coming.append(next_time(spec.at, spec.time_zone, hub.now()))
        else:
            await _withdrawn(hub, name)
        for each in active.data.digests:
            await _digest(hub, name, active, each)
            coming.append(next_time(each.when.at, each.when.time_zone, hub.now()))
    return earliest(*coming) or hub.now() + EVERY


async def wake(hub: Hub) -> None:
    """Look now."""
    async with hub.db.write(durable=False) as connection:
        await queue.wake_timer(hub.db, connection, TIMER)
    hub.work_wake.set()


async def _nightly(hub: Hub, name: str, active: ActiveMapping) -> None:
    spec = active.data.hygiene
    if spec is None:
        return
    day, come = due_today(spec.at, spec.time_zone, hub.now())
    what = f"{NIGHTLY}:{name}"
    due_at = wall_moment(day, spec.at, spec.time_zone)
    if not come or not _was_in_force(active, due_at) or await _is_done(hub, what, day):
        return
    async with hub.db.write() as connection:
        if await store.take_day(hub.db, connection, what, day, 0, hub.now()):
            await store.forget_days(connection, hub.now() - hub.retention.transitions)
            await hygiene.begin(hub, connection, name, by="the nightly look")
    hub.work_wake.set()


async def _withdrawn(hub: Hub, name: str) -> None:
    """Nobody looks there any more: what was found is not known to be so."""
    async with hub.db.read() as connection:
        found = {code for code, _, _ in await store.open_by_code(connection, [name])}
    if found & {*CODES}:
        async with hub.db.write(durable=False) as connection:
            await store.close_unseen(connection, name, CODES, hub.now())


async def _digest(hub: Hub, name: str, active: ActiveMapping, digest: Digest) -> None:
    when, what = digest.when, f"digest:{name}/{digest.id}"
    day, come = due_today(when.at, when.time_zone, hub.now())
    if not come or not is_on(when, day, open_on(active.data.calendars)):
        return
    if not _was_in_force(active, wall_moment(day, when.at, when.time_zone)):
        return
    if await _is_done(hub, what, day) or await _awaits_look(hub, name, digest):
        return
    async with hub.db.read() as connection:
        since = await store.last_done(connection, what)
        entries = await _entries(hub, connection, active.data, digest, since)
    made = notices_of(
        name, digest, day, entries, hub.channels(), hub.people,
        base=hub.public_url, known=hub.sentry,
    )  # fmt: skip
    async with hub.db.write() as connection:
        # Whoever comes second, here or in another process, finds the day taken and tells nobody.
        if not await store.take_day(hub.db, connection, what, day, len(entries), hub.now()):
            return
        await kept.add(hub.db, connection, subject_of(name, digest), made, hub.now())
    faultpoints.reach("digest.made")
    log.info("digest made", digest=digest.id, entries=len(entries), notices=len(made))
    await notices.wake(hub, [each.channel for each in made])


async def _awaits_look(hub: Hub, name: str, digest: Digest) -> bool:
    """Whether the look that the digest is to tell of is under way; its end wakes this timer.

    After a downtime both are due at once, and "nothing has come apart" must not be said by nobody
    having looked. For a look that a person paused nobody waits.
    """
    if digest.what != "hygiene":
        return False
    async with hub.db.read() as connection:
        live = await jobs.live(connection, hygiene.KIND, name)
    return any(each.state in jobs.ACTIVE for each in live)


def _was_in_force(active: ActiveMapping, moment: datetime) -> bool:
    """Whether the mapping was in force at that time: a new one begins with its next day."""
    return active.since is None or active.since <= moment


async def _is_done(hub: Hub, what: str, day: date) -> bool:
    async with hub.db.read() as connection:
        return await store.is_done(connection, what, day)


async def _entries(
    hub: Hub,
    connection: AsyncConnection,
    mapping: Mapping,
    digest: Digest,
    since: datetime | None,
) -> list[Entry]:
    """What the digest lists; `since` is when it was made last."""
    match digest.what:
        case "hygiene":
            return await _causes(connection, mapping.helpdesk)
        case "review":
            routes = digest.routes or [e.id for e in mapping.routes if e.launch is not None]
            found = await digests.linked_by(connection, mapping.helpdesk, routes)
            return await _undecided(hub, found, digest.lacking or "", since)
        case "to_tell":
            return _tickets(await digests.in_tab(connection, mapping.helpdesk, "to_tell"))
        case "promises":
            need = "promise_at_risk"
            return _tickets(await digests.in_tab(connection, mapping.helpdesk, need))


async def _causes(connection: AsyncConnection, helpdesk: str) -> list[Entry]:
    groups = {code: n for code, n, _ in await store.open_by_code(connection, [helpdesk])}
    return [Entry(str(groups[code]), (TITLES[code],)) for code in CODES if code in groups]


def _tickets(found: Sequence[Row]) -> list[Entry]:
    return [
        Entry(each["key"] or each["vendor_id"], (each["customer"] or "", each["subject"] or ""))
        for each in found
    ]


async def _undecided(
    hub: Hub, found: Sequence[Row], lacking: str, since: datetime | None
) -> list[Entry]:
    """The open work items whose field is empty, each once."""
    made: dict[str, Entry] = {}
    for each in found:
        name, id = split_ref(each["work_item_key"])
        if each["work_item_key"] in made or name not in hub.connections:
            continue
        seen = observation_from_json(WorkItemRef(name, id), each["observation"])
        tracker = hub.tracker_view(name, await stored_reference(hub, name))
        if not (seen.whole or seen.knows(lacking)) or seen.value(lacking) not in (None, ""):
            continue
        if not is_open(tracker, seen):
            continue
        key = seen.text(KEY) or id
        told = told_key(key, has_origin=bool(each["has_origin"]))
        is_new = since is not None and from_ms(each["created_at"]) > since
        words = (each["customer"] or "", each["subject"] or "")
        made[each["work_item_key"]] = Entry(told, words, is_new=is_new)
    return [*made.values()]
