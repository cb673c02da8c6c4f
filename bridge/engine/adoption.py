"""Adoption: links that people, or another tool, made before the hub came, become the hub's own.

First the tickets are listed, for the work items that one of their fields names; then the work
items that have hyperlinks, for those that lead to tickets. Only then it is known what is doubtful,
and what is left is linked. Nothing is written at any vendor: the passes that follow do that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bridge.core.adoption import Doubt, Pair, hyperlinks_of, names_in, resolved, route_of, settled
from bridge.core.instants import read_instant
from bridge.domain.errors import ConfigProblem
from bridge.domain.links import Launch, LaunchState
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import CREATED_AT, STATUS, Observation, Presence, Reference
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.engine.backfill import (
    ADOPTION,
    EVER,
    blocked_until,
    list_page,
    mapping_of,
    resting,
)
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.engine.references import reference_of
from bridge.engine.taking_in import take_in
from bridge.ports.roles import Want
from bridge.store import backfills, history, queue, tokens, work
from bridge.store.connection import AsyncConnection
from bridge.store.jobs import Job, Moved
from bridge.store.queue import ClaimClass, Mark

KIND = ADOPTION
BY = "adopted"
CHUNK = 50
MOST_LISTED = 1000
"""Doubts listed; what is beyond is only counted."""
MOST_PAIRS = 20_000
"""Pairs gathered in one job; a job that finds more says so and wants to be narrowed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the job stands: `phase` tickets, items or link; `at` within it, in `tracker`."""

    phase: str = "tickets"
    at: str | None = None
    tracker: int = 0

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that a job's cursor names; the beginning for an empty one."""
        return cls(**json.loads(text)) if text else cls()

    def text(self) -> str:
        """The job's cursor."""
        return json.dumps(asdict(self))


async def prepare(hub: Hub, job: Job) -> Step:
    """The next page that is looked through, or the next pairs that are linked."""
    mapping, place = mapping_of(hub, job.target), Place.parse(job.cursor)
    names = trackers(hub, mapping)
    busy = names[place.tracker] if place.phase == "items" else job.target
    wait = await blocked_until(hub, busy)
    if wait is not None:
        return resting(job, wait)
    match place.phase:
        case "tickets":
            return await _from_tickets(hub, job, mapping, place)
        case "items":
            return await _from_items(hub, job, place, names)
        case _:
            return await _linking(hub, job, mapping, place)


def trackers(hub: Hub, mapping: MappingData) -> list[str]:
    """The tracker connections that the mapping speaks of."""
    names = sorted({*mapping.trackers(), *mapping.status} & hub.connections.keys())
    found = [each for each in names if hub.connections[each].tracker is not None]
    if not found:
        raise ConfigProblem("the mapping speaks of no tracker connection")
    return found


def _empty() -> dict[str, Any]:
    return {"tickets": 0, "items": 0, "links": [], "ambiguous": [], "skipped": {}, "linked": 0}


def _gathered(
    job: Job, pairs: Sequence[Pair], doubts: Sequence[Doubt], skipped: Mapping[str, int]
) -> dict[str, Any]:
    held = job.result or _empty()
    if len(held["links"]) + len(pairs) > MOST_PAIRS:
        raise ConfigProblem(f"more than {MOST_PAIRS} links were found; narrow it by since")
    counts = {**held["skipped"]}
    for why, count in skipped.items():
        counts[why] = counts.get(why, 0) + count
    return {
        **held,
        "links": [*held["links"], *map(_pair, pairs)],
        "ambiguous": [*held["ambiguous"], *map(_doubt, doubts)][:MOST_LISTED],
        "skipped": {why: count for why, count in counts.items() if count},
    }


def _pair(pair: Pair) -> dict[str, str]:
    return {
        "ticket": pair.ticket, "work_item": pair.item, "how": pair.how, "marker": pair.marker,
    }  # fmt: skip


def _doubt(doubt: Doubt) -> dict[str, str]:
    return {"ticket": doubt.ticket, "work_item": doubt.item, "why": doubt.why}


def _is_open(seen: Observation, reference: Reference) -> bool:
    status = reference.statuses.get(seen.text(STATUS))
    return seen.presence is Presence.PRESENT and (status is None or not status.closed)


async def _from_tickets(hub: Hub, job: Job, mapping: MappingData, place: Place) -> Step:
    page = await list_page(hub, job, mapping, place.at)
    reference = await reference_of(hub, job.target)
    field, names = job.params.get("property"), trackers(hub, mapping)
    pairs: list[Pair] = []
    doubts: list[Doubt] = []
    closed = 0
    for seen in page.observations:
        ticket = TicketRef(job.target, seen.ref.id)
        if not _is_open(seen, reference):
            closed += 1
            continue
        words, signals = names_in(seen.text(field), hub.sentry) if field else ([], [])
        doubts += [Doubt(str(ticket), "", "a Sentry issue is never linked") for _ in signals]
        for word in words:
            found = await _named(hub, names, word)
            made = resolved(ticket, word, found, f"named in {field}")
            if isinstance(made, Pair):
                pairs.append(made)
            else:
                doubts.append(made)
    result = _gathered(job, pairs, doubts, {"CLOSED": closed})
    result["tickets"] += len(page.observations)
    ahead = Place("tickets", page.cursor) if page.more else Place("items")
    return _moving(job, ahead, result)


async def _named(hub: Hub, names: Sequence[str], word: str) -> list[WorkItemRef]:
    found = []
    for name in names:
        async with hub.calling(name):
            id = await hub.tracker(name).resolve(word)
        if id is not None:
            found.append(WorkItemRef(name, id))
    return found


async def _from_items(hub: Hub, job: Job, place: Place, names: Sequence[str]) -> Step:
    name = names[place.tracker]
    desk = hub.helpdesk(job.target)
    async with hub.calling(name):
        page = await hub.tracker(name).list_hyperlinked(place.at)
    pairs = []
    for seen in page.observations:
        for link in hyperlinks_of(seen):
            id = desk.ticket_id(link.url)
            if id is not None:
                ticket, item = f"{job.target}:{id}", f"{name}:{seen.ref.id}"
                pairs.append(Pair(ticket, item, "a hyperlink", link.marker))
    result = _gathered(job, pairs, (), {})
    result["items"] += len(page.observations)
    if page.more:
        return _moving(job, Place("items", page.cursor, place.tracker), result)
    if place.tracker + 1 < len(names):
        return _moving(job, Place("items", None, place.tracker + 1), result)
    return await _deciding(hub, job, result)


async def _deciding(hub: Hub, job: Job, result: dict[str, Any]) -> Step:
    """All is gathered: what is doubtful is told, what is linked already left alone."""
    found = [
        Pair(each["ticket"], each["work_item"], each["how"], each["marker"])
        for each in result["links"]
    ]
    kept, doubts = settled(found)
    async with hub.db.read() as connection:
        there = await backfills.linked_pairs(connection, [each.ticket for each in kept])
    new = [each for each in kept if (each.ticket, each.item) not in there]
    linked = len(kept) - len(new)
    result = {
        **result,
        "links": [_pair(each) for each in new],
        "ambiguous": [*result["ambiguous"], *map(_doubt, doubts)][:MOST_LISTED],
        "skipped": result["skipped"] | ({"LINKED": linked} if linked else {}),
    }
    ends = bool(job.params["dry_run"]) or not new
    return _moving(job, Place("link", "0"), result, total=len(new), finished=ends)


def _moving(
    job: Job,
    ahead: Place,
    result: dict[str, Any],
    *,
    total: int | None = None,
    finished: bool = False,
) -> Step:
    async def store(_connection: AsyncConnection) -> Moved:
        return Moved(ahead.text(), job.done, total, result, finished=finished)

    return Step(store)


async def _linking(hub: Hub, job: Job, mapping: MappingData, place: Place) -> Step:
    """Link the next pairs, as far as both ends are there and open."""
    begin = int(place.at or 0)
    chosen = job.result["links"][begin : begin + CHUNK]
    seen = await _look(hub, job.target, chosen)
    reference = await reference_of(hub, job.target)
    doubts, due = [], []
    for each in chosen:
        ticket, item = seen.get(each["ticket"]), seen.get(each["work_item"])
        if ticket is None or item is None or item.presence is not Presence.PRESENT:
            gone = "the ticket" if ticket is None else "the work item"
            doubts.append(Doubt(each["ticket"], each["work_item"], f"{gone} can't be seen"))
        elif _is_open(ticket, reference):
            due.append((each, ticket, item))
    result = {**job.result, "ambiguous": [*job.result["ambiguous"], *map(_doubt, doubts)]}
    after = begin + len(chosen)

    async def store(connection: AsyncConnection) -> Moved:
        made = 0
        for each, ticket, item in due:
            made += await _link(hub, connection, mapping, ticket, item, each["marker"], job)
        result["linked"] = job.result["linked"] + made
        return Moved(
            Place("link", str(after)).text(),
            after,
            result=result,
            finished=after >= len(job.result["links"]),
        )

    keys = {str(end.ref) for _, ticket, item in due for end in (ticket, item)}
    return Step(store, sorted(keys))


async def _look(
    hub: Hub, helpdesk: str, chosen: Sequence[Mapping[str, str]]
) -> dict[str, Observation]:
    """Both ends of these pairs as they are now; what is not shown is left out."""
    ids: dict[str, set[str]] = {}
    for each in chosen:
        for end in (each["ticket"], each["work_item"]):
            name, id = split_ref(end)
            ids.setdefault(name, set()).add(id)
    found: dict[str, Observation] = {}
    for name, wanted in sorted(ids.items()):
        async with hub.calling(name):
            if name == helpdesk:
                seen = await hub.helpdesk(name).fetch_tickets(sorted(wanted), Want())
            else:
                seen = await hub.tracker(name).fetch_items(sorted(wanted), Want())
        found |= {str(each.ref): each for each in seen}
    return found


async def _link(
    hub: Hub,
    connection: AsyncConnection,
    mapping: MappingData,
    ticket: Observation,
    item: Observation,
    marker: str,
    job: Job,
) -> bool:
    """Link the two and have both looked at; False where they are linked, or must not be."""
    ends = (
        TicketRef(ticket.ref.connection, ticket.ref.id),
        WorkItemRef(item.ref.connection, item.ref.id),
    )
    if await work.with_origin(connection, [str(ends[1])]):
        return False
    for seen in (ticket, item):
        await take_in(hub, connection, seen)
    route, now = route_of(marker, ends[0], mapping), hub.now()
    made = await work.add_link(
        hub.db, connection, ticket=ends[0], item=ends[1], route=route, by=BY, now=now
    )
    if made is None:
        return False
    if route is not None:
        await _remember(hub, connection, Pair(str(ends[0]), str(ends[1]), BY, marker), route, item)
    await history.add_transition(
        connection, str(ends[0]), "linked", before=None, after=str(ends[1]), cause=BY, now=now
    )
    await tokens.audit(
        connection,
        actor=job.created_by,
        action="link",
        target=str(ends[0]),
        detail={"to": str(ends[1]), "job": job.id},
        now=now,
    )
    marks = [Mark(each, f"adoption {job.id}", ClaimClass.CAMPAIGN, read=True) for each in ends]
    await queue.mark(hub.db, connection, marks)
    return True


async def _remember(
    hub: Hub, connection: AsyncConnection, pair: Pair, route: str, item: Observation
) -> None:
    """The hub made the item once and has forgotten it: it must never make it again."""
    # As old as the item: it is none of the launches that count for the limit of an hour.
    made_at = read_instant(item.text(CREATED_AT)) or EVER
    ticket, name = TicketRef(*split_ref(pair.ticket)), item.ref.connection
    launch = Launch(ticket, route, name, pair.marker, LaunchState.INTENDED, made_at)
    if await work.intend_launch(hub.db, connection, launch):
        await work.settle_launch(
            connection, name, pair.marker, LaunchState.CREATED, item_id=item.ref.id
        )
