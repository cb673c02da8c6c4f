"""Erasure: a job that removes a ticket's or a person's words from the hub, and from trackers the
copies that the hub made; what only people can clear is listed.

It goes over everything twice. A pass under way may store what it had read before, and what is
deleted at a tracker comes back as a webhook that still says it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from bridge.core.detector import forget_texts
from bridge.domain.links import LedgerEntry
from bridge.domain.refs import split_ref
from bridge.engine.erasing_copies import Report, delete_copy, list_left, people_with
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.kit.digests import salted
from bridge.ports.manifest import Role
from bridge.store import connections, erasing, jobs, mappings, queue, records, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.erasing import Circle
from bridge.store.jobs import Job, JobState, Moved
from bridge.store.queue import ClaimClass
from bridge.store.quoting import TABLES

KIND = "erasure"
BY_VENDOR = "privacy deletion by"
GATHERING = timedelta(seconds=2)
"""How long privacy deletions are gathered."""
ECHO = timedelta(seconds=60)
"""When it is gone over again: leases have run out, and webhooks of the deletions have come."""
EARLIER = timedelta(hours=1)
"""How much older deliveries the second round looks at: some may have waited to be read."""
RECORDS = 10
"""Records of one step."""
FLUSHES = 6
FLUSH_AGAIN = timedelta(seconds=10)


class UnknownRecord(Exception):
    """The hub knows no such record."""


@dataclass(frozen=True, slots=True)
class _At:
    """Where an erasure is: its phase, how far that came, and what it has come to."""

    hub: Hub
    job: Job
    phase: str
    place: str
    report: Report

    @property
    def again(self) -> bool:
        """Whether this is the second round."""
        return self.phase.endswith(AGAIN)

    @property
    def texts(self) -> list[str]:
        """What the person's address may look like in stored text, in lower case."""
        email = str(self.job.params.get("email", "")).lower()
        if not email:
            return []
        return sorted({email, json.dumps(email)[1:-1], quote(email, safe="")})

    @property
    def people(self) -> dict[str, list[str]]:
        """The person's ids by connection."""
        return dict(self.job.params.get("people", {}))

    def moved(self, place: str, *, more: bool) -> Moved:
        """On in this phase, or to the beginning of the next."""
        names = [*PHASES]
        index = names.index(self.phase)
        to, at = (self.phase, place) if more else (names[index + 1], "")
        done = index if more else index + 1
        wake_at = self.hub.now() + _echo(self.job) if to == f"clear{AGAIN}" and not more else None
        return Moved(
            f"{to}:{at}", done, total=len(names), result=self.report.as_json(), wake_at=wake_at
        )


def _echo(job: Job) -> timedelta:
    return timedelta(seconds=job.params.get("echo_s", ECHO.total_seconds()))


async def start(
    hub: Hub,
    connection: AsyncConnection,
    *,
    by: str,
    refs: Sequence[str] = (),
    email: str | None = None,
    people: Mapping[str, Sequence[str]] | None = None,
    read_again: bool = False,
    begins: datetime | None = None,
    echo: timedelta = ECHO,
) -> Job:
    """Plan to erase these records, and whoever has that address or these ids.

    `read_again`: the vendor itself has erased; what it still shows is read when all is done.
    The audit log keeps who asked, and of an address only a salted digest.
    """
    now = hub.now()
    params: dict[str, Any] = {
        "refs": sorted(refs),
        "email": email or "",
        "people": {name: sorted(ids) for name, ids in (people or {}).items()},
        "read_again": read_again,
        "echo_s": echo.total_seconds(),
    }
    target = ", ".join(sorted(refs)[:3]) if refs and not people else "a person"
    job = await jobs.add(
        hub.db, connection, kind=KIND, target=target, params=params, by=by, now=now, begins=begins
    )
    said = {"job": job.id} | ({"address": salted(email.lower())} if email else {})
    await tokens.audit(connection, actor=by, action="erase", target=target, detail=said, now=now)
    return job


async def erased_at_vendor(
    hub: Hub, connection: AsyncConnection, name: str, person: str, tickets: Sequence[str]
) -> None:
    """Plan to erase a person whom the vendor has erased; many at once become one job."""
    await connections.forget_contacts(connection, name, [person])
    target = f"{BY_VENDOR} {name}"
    waiting = [e for e in await jobs.live(connection, KIND) if e.created_by == target]
    job = next((each for each in waiting if each.state is JobState.WAITING), None)
    if job is not None:
        held = job.params
        people = {*held["people"].get(name, ()), person}
        await erasing.keep_params(
            connection,
            job.id,
            {
                **held,
                "refs": sorted({*held["refs"], *tickets}),
                "people": {**held["people"], name: sorted(people)},
            },
        )
        return
    await start(
        hub,
        connection,
        by=target,
        refs=tickets,
        people={name: [person]},
        read_again=True,
        begins=hub.now() + GATHERING,
    )


async def erase_record(hub: Hub, name: str, id: str, *, by: str) -> Job:
    """Begin to erase one record; UnknownRecord if the hub knows none of that id."""
    async with hub.db.write() as connection:
        aliased = await records.resolve_aliases(connection, name, [id])
        key = aliased.get(id, f"{name}:{id}")
        if await records.load(connection, key) is None:
            raise UnknownRecord(f"The hub knows no record {name}:{id}; nothing of it is stored.")
        job = await start(hub, connection, by=by, refs=[key])
    hub.work_wake.set()
    return job


async def erase_person(hub: Hub, email: str, *, by: str) -> Job:
    """Begin to erase whoever has that e-mail address."""
    async with hub.db.write() as connection:
        job = await start(hub, connection, by=by, email=email)
    hub.work_wake.set()
    return job


async def prepare(hub: Hub, job: Job) -> Step:
    """The next step of an erasure."""
    phase, _, place = (job.cursor or f"{next(iter(PHASES))}:").partition(":")
    return await PHASES[phase](_At(hub, job, phase, place, Report.of(job)))


# --------------------------------------------------------------------------------- who it is about


async def _find(at: _At) -> Step:
    """Records that were seen to say the address."""
    report = at.report
    report.records = report.records or list(at.job.params["refs"])
    if not at.texts:
        return _on(at)
    async with at.hub.db.read(long=True) as connection:
        found, walked = await erasing.records_saying(connection, at.place, at.texts)
    report.mentioned += [each for each in found if each not in report.records]
    return _on(at, walked.at, more=walked.more)


async def _ask(at: _At) -> Step:
    """Ask the helpdesks who has the address, and whose tickets name that person."""
    hub, email = at.hub, str(at.job.params.get("email", ""))
    names = [each for each in hub.names(Role.HELPDESK) if each > at.place]
    if not email or not names:
        return _on(at)
    ids = await people_with(hub, at.report, names[0], email.lower())
    async with hub.db.read() as connection:
        for id in ids:
            tickets = await records.referring(connection, names[0], "contact", id)
            at.report.records += [each for each in tickets if each not in at.report.records]
    at.report.mentioned = [e for e in at.report.mentioned if e not in at.report.records]
    params = {**at.job.params, "people": at.people | {names[0]: ids}}

    async def store(connection: AsyncConnection) -> Moved:
        await erasing.keep_params(connection, at.job.id, params)
        await connections.forget_contacts(connection, names[0], ids)
        return at.moved(names[0], more=len(names) > 1)

    return Step(store)


def _on(at: _At, place: str = "", *, more: bool = False) -> Step:
    """Nothing to store but how far it is."""

    async def store(_connection: AsyncConnection) -> Moved:
        return at.moved(place, more=more)

    return Step(store)


async def _circle(at: _At) -> Circle:
    async with at.hub.db.read(long=True) as connection:
        return await erasing.circle(connection, [*at.report.records, *at.report.mentioned])


# ----------------------------------------------------------------------------- what the hub stores


async def _clear(at: _At) -> Step:
    """The next records and their runs."""
    found = await _circle(at)
    left = [each for each in found.all if each > at.place]
    part = left[:RECORDS]

    async def store(connection: AsyncConnection) -> Moved:
        done = at.place
        for key in part:
            if key in found.records:
                whole = await erasing.forget_record(connection, key)
            else:
                whole = await erasing.forget_runs(connection, key)
            if not whole:
                return at.moved(done, more=True)
            done = key
            at.report.cleared += 0 if at.again else 1
        return at.moved(done, more=len(left) > len(part))

    return Step(store, [each for each in part if each in found.records])


async def _payloads(at: _At) -> Step:
    """The next deliveries."""
    found = await _circle(at)
    place = at.place
    if at.again and not place:
        place = erasing.first_after(at.job.created_at - EARLIER)
    async with at.hub.db.read(long=True) as connection:
        ids = await erasing.names_of(connection, found.records)
        for name, known in at.people.items():
            ids.setdefault(name, set()).update(each.rpartition(":")[2] for each in known)
        about, walked = await erasing.deliveries_about(
            connection, place, found.records, ids, at.texts
        )

    async def store(connection: AsyncConnection) -> Moved:
        await erasing.drop_bodies(connection, about)
        at.report.payloads += len(about)
        return at.moved(walked.at, more=walked.more)

    return Step(store)


async def _words(at: _At) -> Step:
    """The next rows that say the address; of jobs also those that name the records."""
    # Without an address only jobs are looked through: they name records in their results.
    tables = TABLES if at.texts else ("jobs",)
    table, _, after = (at.place or f"{tables[0]}|").partition("|")
    texts = at.texts
    if table == "jobs":
        found = await _circle(at)
        texts = [*texts, *(f'"{each.lower()}"' for each in sorted(found.records)[:100])]
        texts += [f'"{split_ref(each)[1].lower()}"' for each in sorted(found.records)[:100]]
    following = tables[tables.index(table) + 1 :]
    beyond = f"{following[0]}|" if following else ""
    async with at.hub.db.read(long=True) as connection:
        ids, walked = await erasing.rows_saying(connection, table, after, texts)

    async def store(connection: AsyncConnection) -> Moved:
        await erasing.blank_rows(connection, table, ids)
        at.report.rows += len(ids)
        place = f"{table}|{walked.at}" if walked.more else beyond
        return at.moved(place, more=bool(place))

    return Step(store)


# ------------------------------------------------------------------------------ what trackers have


async def _copies(at: _At) -> Step:
    """Delete the next copy that the hub made at a tracker."""
    async with at.hub.db.read() as connection:
        copies = await erasing.copies_from(connection, at.report.records)
    left = [each for each in copies if _place_of(each) > at.place]
    if not left:
        return _on(at)
    item, entry = left[0]
    await delete_copy(at.hub, at.report, item, entry)
    return _on(at, _place_of(left[0]), more=True)


def _place_of(copy: tuple[str, LedgerEntry]) -> str:
    return f"{copy[0]}|{copy[1].source}"


# ----------------------------------------------------------------------------------------- the end


async def _tidy(at: _At) -> Step:
    """Say what is left for people, forget who was meant, and have vendors read again if told."""
    async with at.hub.db.read() as connection:
        launched = await erasing.launched_from(connection, at.report.records)
    list_left(at.hub, at.report, launched)
    found = await _circle(at)
    read_again = bool(at.job.params.get("read_again"))

    async def store(connection: AsyncConnection) -> Moved:
        await erasing.keep_params(connection, at.job.id, {})
        # Once more: a pass under way may have read them again, and a vendor names them by id alone.
        for name, known in at.people.items():
            await connections.forget_contacts(connection, name, known)
        if read_again:
            await queue.mark_where(
                at.hub.db,
                connection,
                mappings.keyed(sorted(found.records)),
                cause="erased at the vendor",
                claim_class=ClaimClass.CAMPAIGN,
                read=True,
            )
        said = {
            "job": at.job.id,
            "records": len(at.report.records),
            "deleted": len(at.report.deleted),
            "left": len(at.report.left),
        }
        await tokens.audit(
            connection,
            actor=at.job.created_by,
            action="erased",
            target=at.job.target,
            detail=said,
            now=at.hub.now(),
        )
        return at.moved("", more=False)

    return Step(store, sorted(found.records) if read_again else [])


async def _end(at: _At) -> Step:
    """Empty the database's log and what this process remembers, then the job is done."""
    forget_texts()
    tries = int(at.place or 0)
    again = not await erasing.flush(at.hub.db) and tries < FLUSHES

    async def store(_connection: AsyncConnection) -> Moved:
        moved = replace(at.moved(str(tries + 1), more=True), done=len(PHASES))
        if again:
            return replace(moved, wake_at=at.hub.now() + FLUSH_AGAIN)
        return replace(moved, finished=True)

    return Step(store)


AGAIN = " again"
PHASES: Mapping[str, Callable[[_At], Awaitable[Step]]] = {
    "find": _find,
    "clear": _clear,
    "payloads": _payloads,
    "words": _words,
    "ask": _ask,
    "copies": _copies,
    f"clear{AGAIN}": _clear,
    f"payloads{AGAIN}": _payloads,
    f"words{AGAIN}": _words,
    "tidy": _tidy,
    "end": _end,
}
"""The steps of an erasure in their order. What vendors are asked comes after the hub's own."""
