"""Audit: what stands in tickets already, though no Sentry issue may ever reach a client.

The hub's gate sees what the hub writes. People, vendors' own apps and automations write too: an
audit reads the tickets, their work items and what Sentry itself shows as linked, page by page, and
reports. It writes nothing at any vendor and mends nothing by itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bridge.core.audit import Entry
from bridge.core.reasons import reason, sentence, what_to_do
from bridge.core.values import sha256
from bridge.domain.findings import Severity
from bridge.domain.records import URL
from bridge.engine.auditing_reads import (
    Gathered,
    from_items,
    from_signals,
    from_store,
    from_tickets,
)
from bridge.engine.backfill import EVER, UnderWay, blocked_until, resting
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.kit.clock import from_ms, to_ms
from bridge.ports.manifest import Role
from bridge.ports.roles import Want
from bridge.store import audits, connections, jobs, records
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import LIVE, Job, Moved

KIND = "audit"
EVERY = "every helpdesk"
CHUNK = 10
"""Records read in one step: each may cost several calls, and a killed step is read again."""
MOST_LISTED = 1000
"""Entries listed, the gravest first; what is beyond is only counted."""

_RANKS = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an audit stands: its stage, the vendor's cursor in it, what is listed and unread."""

    stage: int = 0
    at: str | None = None
    pending: tuple[str, ...] = ()
    last: bool = False
    """Whether what is pending is the last page of the stage."""

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that a job's cursor names; the beginning for an empty one."""
        held = json.loads(text) if text else {}
        return cls(**{**held, "pending": tuple(held.get("pending", ()))})

    def text(self) -> str:
        """The job's cursor."""
        return json.dumps(asdict(self))

    def after(self, rest: Sequence[str]) -> Place:
        """The place once all but `rest` of what is pending has been read."""
        if not rest and self.last:
            return Place(self.stage + 1)
        return Place(self.stage, self.at, tuple(rest), self.last)


async def start(hub: Hub, helpdesk: str | None, since: datetime | None, *, by: str) -> Job:
    """Begin an audit of one helpdesk, or of every one. UnderWay if one is not over yet."""
    desks = hub.names(Role.HELPDESK) if helpdesk is None else [helpdesk]
    async with hub.db.write() as connection:
        for name in sorted(hub.names(Role.HELPDESK)):
            await connections.hold(hub.db, connection, name)
        for live in await jobs.live(connection, KIND):
            raise UnderWay(live)
        await audits.forget_ended(connection)
        job = await jobs.add(
            hub.db,
            connection,
            kind=KIND,
            target=helpdesk or EVERY,
            params={
                "since": None if since is None else to_ms(since),
                # Kept with the job: a changed bridge.yaml must not move the stages about.
                "stages": [
                    ["store", ""],
                    *(["signals", each] for each in sorted(hub.names(Role.SIGNALS))),
                    *(["tickets", each] for each in sorted(desks)),
                    *(["items", each] for each in sorted(hub.names(Role.TRACKER))),
                ],
                "desks": sorted(desks),
            },
            by=by,
            now=hub.now(),
            result=_nothing(helpdesk, since),
        )
    hub.work_wake.set()
    return job


async def prepare(hub: Hub, job: Job) -> Step:
    """The next page that is listed, or the next few records that are read and judged."""
    place = Place.parse(job.cursor)
    kind, name = job.params["stages"][place.stage]
    desks = job.params["desks"]
    if kind == "store":
        gathered, after = await from_store(hub, desks, place.at)
        ahead = Place(place.stage + 1) if after is None else Place(place.stage, after)
        return await _moved(hub, job, ahead, gathered)
    wait = await blocked_until(hub, name)
    if wait is not None:
        return resting(job, wait)
    if kind == "items":
        seen = await from_items(hub, name, place.at, desks, job.id)
        ahead = Place(place.stage, seen.cursor) if seen.more else Place(place.stage + 1)
        return await _moved(hub, job, ahead, seen.gathered)
    if not place.pending:
        return await _moved(hub, job, await _listed(hub, job, place, kind, name), Gathered())
    chunk, rest = place.pending[:CHUNK], place.pending[CHUNK:]
    if kind == "signals":
        found = await from_signals(hub, name, chunk, desks)
    else:
        found = await from_tickets(hub, name, chunk, job.id)
    return await _moved(hub, job, place.after(rest), found)


async def _listed(hub: Hub, job: Job, place: Place, kind: str, name: str) -> Place:
    """The next page of ids of the stage, to be read in the steps that follow."""
    said = job.params["since"]
    since = EVER if said is None else from_ms(said)
    async with hub.calling(name):
        if kind == "signals":
            page = await hub.signals(name).list_changed(place.at, since)
        else:
            page = await hub.helpdesk(name).list_changed(place.at, since, Want())
    ids = [*(each.ref.id for each in page.observations), *page.changed_ids]
    listed = Place(place.stage, page.cursor, tuple(dict.fromkeys(ids)), not page.more)
    return listed.after(listed.pending)


async def _moved(hub: Hub, job: Job, ahead: Place, found: Gathered) -> Step:
    shown = await _shown(hub, found)
    ends = ahead.stage >= len(job.params["stages"])

    async def store(connection: AsyncConnection) -> Moved:
        now = hub.now()
        fresh = await audits.keep_entries(hub.db, connection, job.id, shown, now)
        tied = await audits.keep_tied(hub.db, connection, job.id, found.tied, now)
        result = _counted(job, found, [shown[each]["code"] for each in fresh], tied)
        done = result["signals"] + result["tickets"] + result["items"]
        if ends:
            result = await _whole(connection, job.id, result)
            await audits.drop(connection, job.id)
        return Moved(ahead.text(), done, done if ends else None, result, finished=ends)

    return Step(store)


async def result_of(hub: Hub, job: Job) -> dict[str, Any]:
    """What an audit has come to so far, with the entries; nothing is written for it."""
    held: dict[str, Any] = job.result or {}
    if job.state not in LIVE or "entries" not in held:
        return held
    async with hub.db.read() as connection:
        return await _whole(connection, job.id, held)


async def _whole(connection: AsyncConnection, job: str, result: dict[str, Any]) -> dict[str, Any]:
    entries = await audits.listed(connection, job, MOST_LISTED)
    left = sum(result["counts"].values()) - len(entries)
    return {**result, "entries": entries, "unlisted": left}


def _nothing(helpdesk: str | None, since: datetime | None) -> dict[str, Any]:
    """The result before the first step: what is looked through, and nothing found."""
    return {
        "connection": helpdesk, "since": None if since is None else since.isoformat(),
        "signals": 0, "tickets": 0, "items": 0, "counts": {}, "entries": [], "unlisted": 0,
        "tied": 0,
    }  # fmt: skip


def _counted(job: Job, found: Gathered, codes: Sequence[str], tied: int) -> dict[str, Any]:
    """The counts with those of a step; the entries themselves are rows."""
    held: dict[str, Any] = job.result or _nothing(None, None)
    counts = Counter(held["counts"])
    counts.update(codes)
    return {
        **held,
        "signals": held["signals"] + found.signals,
        "tickets": held["tickets"] + found.tickets,
        "items": held["items"] + found.items,
        "counts": dict(counts),
        "tied": held["tied"] + tied,
    }


def _name_of(entry: Entry) -> str:
    """What names an entry among all: the gravest come first by it."""
    rank = _RANKS.index(reason(entry.code).severity)
    said = (entry.code, str(entry.ticket), str(entry.item), entry.place)
    return f"{rank}:{sha256(repr(said))}"


async def _shown(hub: Hub, found: Gathered) -> dict[str, dict[str, Any]]:
    """The entries as the report shows them, each once by its name, with addresses."""
    once = {_name_of(each): each for each in found.entries}
    urls = {**await _stored_urls(hub, once.values()), **found.urls}
    return {name: _as_row(each, urls) for name, each in once.items()}


async def _stored_urls(hub: Hub, entries: Iterable[Entry]) -> dict[str, str]:
    keys = {str(ref) for each in entries for ref in (each.ticket, each.item) if ref is not None}
    found: dict[str, str] = {}
    async with hub.db.read() as connection:
        for key in sorted(keys):
            stored = await records.load(connection, key)
            if stored is not None and stored.observation is not None:
                found[key] = stored.observation.text(URL)
    return found


def _as_row(entry: Entry, urls: Mapping[str, str]) -> dict[str, Any]:
    ticket = "" if entry.ticket is None else str(entry.ticket)
    item = "" if entry.item is None else str(entry.item)
    data = {"ticket": ticket, "item": item, "place": entry.place, "rule": entry.rule}
    return {
        "code": entry.code,
        "severity": reason(entry.code).severity.value,
        **data,
        "ticket_url": urls.get(ticket) or None,
        "item_url": urls.get(item) or None,
        "sentence": sentence(entry.code, data),
        "what_to_do": what_to_do(entry.code, data),
    }
