"""Promises: what has happened to a ticket as far as they count it, and how each one stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class PromiseState(StrEnum):
    """How a promise stands. `kept` and `breached` may be ends."""

    RUNNING = "running"
    PAUSED = "paused"
    """The clock rests: somebody else's turn."""
    AT_RISK = "at_risk"
    KEPT = "kept"
    BREACHED = "breached"
    UNOBSERVABLE = "unobservable"
    """What would keep it can't be seen: neither kept nor broken is ever said of it."""


PRESSING = (PromiseState.AT_RISK, PromiseState.BREACHED)
LIVE = (*PRESSING, PromiseState.RUNNING, PromiseState.PAUSED, PromiseState.UNOBSERVABLE)


CUSTOMER, CLOSED = "customer", "closed"
"""Whom a wait is for: the customer's answer; nobody, since the ticket is closed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which clocks rest. `end` is None while it goes on."""

    why: str
    """`customer`, `closed`, or `promise:<id>` where the promise's own condition says so."""
    begin: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A message that the customer could read, from a person or approved by one."""

    id: str
    at: datetime
    day: date | None = None
    """The date of completion that it names."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What promises are reckoned from. It only ever grows: what was seen once stays so."""

    begun: datetime
    """When the hub first looked."""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Promise → since when it is made."""
    reached: Mapping[str, datetime] = field(default_factory=dict)
    """What keeps promises once (`triaged`, `linked`, `stage:…`) → when it first was so."""
    waits: tuple[Wait, ...] = ()
    words: tuple[Word, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one promise of one ticket stands."""

    promise: str
    title: str
    state: PromiseState
    kept_by: str
    """What keeps it, as the mapping says it."""
    started_at: datetime
    """When its clock started: for one that comes again and again, with the last message."""
    due_at: datetime | None = None
    """None while the clock rests, or where it never comes."""
    warn_at: datetime | None = None
    ended_at: datetime | None = None
    """When what it asks for happened, in time or late."""
    paused_since: datetime | None = None
    paused_for: str = ""
    """Whom the clock rests for, as `Wait.why`."""
    kept_before: int = 0
    """How often it was kept in time already, of one that comes again and again."""
    missed: int = 0
    """How often it was not, each time that it was due counted; a silence may miss many."""
    counted: bool = True
    """Whether `missed` was ever counted: rows that are older than the counting say nothing."""
    silent: int = field(default=0, compare=False)
    """How often it is broken since its clock started; not kept."""
    broken: int = 0
    """How often its being broken was counted since its clock started, whatever it is by now."""
    next_miss_at: datetime | None = field(default=None, compare=False)
    """When a silence that goes on misses once more; not kept."""
    zone: str = ""
    """The time zone of its calendar, in which people read its times; empty: none of its own."""
    lapsed: bool = False
    """Broken, and nobody need act any more: the ticket is closed, or no such promise is made."""

    @property
    def is_pressing(self) -> bool:
        """Whether somebody must act: it is at risk, or broken and still not made good."""
        return self.state in PRESSING and self.ended_at is None and not self.lapsed

    @property
    def is_live(self) -> bool:
        """Whether its clock still means anything."""
        return self.state in LIVE and self.ended_at is None and not self.lapsed


def by_urgency(standings: Iterable[Standing]) -> list[Standing]:
    """What presses first, then by due time; what is decided last."""
    return sorted(standings, key=lambda each: (not each.is_live, *_urgency(each)))


def next_of(standings: tuple[Standing, ...]) -> Standing | None:
    """The promise that a list shows for the ticket: broken before at risk, then by due time."""
    live = [each for each in standings if each.is_live]
    return min(live, key=_urgency, default=None)


_RANK = {
    PromiseState.BREACHED: 0,
    PromiseState.AT_RISK: 1,
    PromiseState.RUNNING: 2,
    PromiseState.PAUSED: 3,
    PromiseState.UNOBSERVABLE: 4,
    PromiseState.KEPT: 5,
}


def _urgency(each: Standing) -> tuple[int, float, str]:
    due = float("inf") if each.due_at is None else each.due_at.timestamp()
    return _RANK[each.state], due, each.promise
