"""How connections are: what the store and this process know of each, for the API and the pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.core import reasons, rhythm
from bridge.core.health import Health, Standing, Touched, health_of, waits_for
from bridge.domain.findings import Severity
from bridge.engine.hub import Hub
from bridge.engine.silence import usual_gap_of
from bridge.kit.clock import SteeredClock
from bridge.store import connections, figures, jobs, queue, standing
from bridge.store.connections import ConnectionState
from bridge.store.database import Row
from bridge.store.jobs import Job

DAY = timedelta(hours=24)
JOBS = 20
"""So much background work is listed."""
_TOLD_OTHERWISE = frozenset({"REMOTE_DOWN", "AUTH_EXPIRED"})
"""Findings that the connection's own state tells of, until it is over."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that a person must see to, and how."""

    sentence: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long no webhook has come, against how long that usually is."""

    gap: timedelta
    usual: timedelta | None
    """None as long as too few are known."""
    unusual: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the store and the process know of one connection."""

    state: ConnectionState | None
    waiting_since: datetime | None = None
    repairs: int = 0
    """Of the last 24 hours."""
    wrong: tuple[Wrong, ...] = ()
    who: str = ""
    """Who paused it last."""
    usual_gap: timedelta | None = None
    written_here_at: datetime | None = None

    @property
    def last_write_at(self) -> datetime | None:
        """The stored time is written now and then; this process may know better."""
        stored = None if self.state is None else self.state.last_write_at
        times = [each for each in (stored, self.written_here_at) if each is not None]
        return max(times, default=None)

    def health(self, now: datetime) -> tuple[Health, str]:
        """The word, and the sentence that says who acts next."""
        return health_of(_standing(self), now)

    def waits_for(self, now: datetime) -> str:
        """Who or what acts next; "": nobody has to."""
        return waits_for(_standing(self), now)

    def silence(self, now: datetime) -> Silence | None:
        """How long it has been silent; None as long as no webhook has ever come."""
        last = None if self.state is None else self.state.last_delivery_at
        if last is None:
            return None
        gap = max(timedelta(0), now - last)
        return Silence(gap, self.usual_gap, rhythm.unlike(gap, self.usual_gap))


def _standing(known: Known) -> Standing:
    state = known.state
    if state is None:
        return Standing(started=False)
    used = (state.last_delivery_at, state.swept_at, known.last_write_at)
    return Standing(
        used=any(each is not None for each in used),
        paused_by=state.paused_by,
        paused_reason=state.paused_reason or "",
        paused_who=known.who,
        down=state.down_since is not None,
        throttled_until=state.throttled_until,
        waiting_since=known.waiting_since,
        wrong=[each.sentence for each in known.wrong],
    )


async def look(hub: Hub, names: Sequence[str]) -> dict[str, Known]:
    """What is known of these connections."""
    now = hub.now()
    async with hub.db.read(long=True) as connection:
        states = await connections.load_all(connection)
        waiting = await standing.oldest_waiting(connection, now)
        repairs = await standing.repairs_since(connection, names, now - DAY)
        wrong = _wrong(await standing.open_findings(connection))
        who = await standing.pausers(connection, names)
    found: dict[str, Known] = {}
    for name in names:
        state = states.get(name)
        heard = state is not None and state.last_delivery_at is not None
        found[name] = Known(
            state,
            waiting_since=waiting.get(name),
            repairs=repairs.get(name, 0),
            wrong=tuple(wrong.get(name, ())),
            who=who.get(name, ""),
            usual_gap=await usual_gap_of(hub, name) if heard else None,
            written_here_at=hub.last_writes.get(name),
        )
    return found


async def touched(hub: Hub, name: str) -> Touched:
    """What a pause of the connection would hold up."""
    async with hub.db.read(long=True) as connection:
        tickets, links = await standing.tickets_and_links(connection, name)
        waiting = await standing.waiting(connection, name, hub.now())
    return Touched(tickets, links, waiting)


@dataclass(frozen=True, slots=True)
class AtWork:
    """The hub's own state: what is due, what was given up, how many processes work."""

    due: int
    oldest_s: float
    given_up: int
    unread: int
    workers: int
    jobs: tuple[Job, ...]
    """Long work in the background that is not over."""
    own_clock: bool
    """The time is this machine's; else the database's, which all replicas go by."""


async def at_work(hub: Hub) -> AtWork:
    """What the hub has to do, whatever the connection."""
    async with hub.db.read(long=True) as connection:
        backlog = await queue.backlog(hub.db, connection)
        dead = await figures.dead(connection)
        unread = await figures.unread(connection)
        workers = await standing.workers(hub.db, connection)
        under_way = await jobs.under_way(connection, limit=JOBS)
    live = [each for kind, each in backlog.items() if kind < int(queue.ClaimClass.CAMPAIGN)]
    return AtWork(
        due=sum(count for count, _ in live),
        oldest_s=max((age for _, age in live), default=0) / 1000,
        given_up=sum(dead.values()),
        unread=unread,
        workers=workers,
        jobs=tuple(under_way),
        own_clock=not isinstance(hub.db.clock, SteeredClock),
    )


def _wrong(findings: Iterable[Row]) -> dict[str, list[Wrong]]:
    """What a person must see to, by connection."""
    found: dict[str, list[Wrong]] = {}
    for each in findings:
        code, data = each["code"], each["data"]
        if code not in _TOLD_OTHERWISE and reasons.severity(code) is not Severity.INFO:
            said: dict[str, Any] = {"connection": each["connection"], **data}
            wrong = Wrong(reasons.sentence(code, said), reasons.what_to_do(code, said))
            found.setdefault(each["connection"], []).append(wrong)
    return found
