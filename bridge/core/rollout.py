"""Roll-out days, and whom a release has reached: arithmetic on days, in the mapping's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.core.facts import Facts
from bridge.core.instants import FIRST, LAST
from bridge.core.routing import match
from bridge.domain.mapping_releases import DAYS, Releases
from bridge.domain.records import CUSTOMER
from bridge.domain.releases import KnownRelease, Release, Stray

EVERYONE = "everyone"
"""The group of all customers, where the mapping names none."""


@dataclass(frozen=True, slots=True)
class Reach:
    """When a release reaches a group: whether it has, and the day, as far as it is known."""

    reached: bool
    day: date | None = None


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The time zone of that name; UTC for one that nobody knows (a mapping with it is refused)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def today(spec: Releases | None, now: datetime) -> date:
    """The day that it is where the mapping's roll-outs are."""
    return now.astimezone(zone_of(spec.time_zone if spec else "UTC")).date()


def start_of(spec: Releases | None, day: date) -> datetime:
    """When that day begins there."""
    zone = zone_of(spec.time_zone if spec else "UTC")
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return LAST if day.year > 1 else FIRST


def is_rollout_day(spec: Releases, day: date) -> bool:
    """Whether there may be a roll-out on that day."""
    if day in spec.never_on:
        return False
    if spec.rollout_dates and day <= max(spec.rollout_dates):
        return day in spec.rollout_dates
    return not spec.rollout_days or DAYS[day.weekday()] in spec.rollout_days


def rollout_day(spec: Releases, day: date) -> date:
    """That day, or the next one on which there is a roll-out."""
    planned = [each for each in spec.rollout_dates if each >= day and each not in spec.never_on]
    if planned:
        return min(planned)
    if spec.rollout_dates and max(spec.rollout_dates) >= day:
        day = _days_later(max(spec.rollout_dates), timedelta(days=1))
    # Each day on which there is none may put it off by a week at most.
    for ahead in range(7 * (len(spec.never_on) + 1)):
        found = _days_later(day, timedelta(days=ahead))
        if is_rollout_day(spec, found):
            return found
    return day


def group_of(spec: Releases, facts: Facts) -> str:
    """The roll-out group of a ticket's customer: the first whose condition holds.

    The one without a condition takes whoever is left, wherever it stands.
    """
    left = EVERYONE
    for name, group in spec.groups.items():
        if group.when is None:
            left = name
        elif match(group.when, facts):
            return name
    return left


@dataclass(frozen=True, slots=True)
class Customer:
    """A ticket's customer: the company's id, and what lists call it; empty where nobody knows."""

    id: str = ""
    name: str = ""


def customer_of(facts: Facts) -> Customer:
    """The ticket's customer. The id outlives every new name."""
    return Customer(facts.observation.text(CUSTOMER), ", ".join(facts.read("customer").labels))


def apart(known: KnownRelease | None, customer: Customer, on: date) -> Reach | None:
    """What a person said of that customer alone; None: they go with their group.

    Who only bears the name that a company then had is held back with it, and given nothing early.
    """
    if known is None:
        return None
    for key in (customer.id, customer.name):
        if key and key in known.exceptions:
            own = known.exceptions[key]
            return Reach(own is not None and own <= on, own)
    if customer.name and customer.name in known.namesakes:
        own = known.namesakes[customer.name]
        return Reach(False, own) if own is None or own > on else None
    return None


def astray(stray: Stray | None, customer: Customer, on: date) -> Reach | None:
    """What holds a ticket back that was of a customer who is set apart; None: nothing does.

    Nobody silently goes with another group because a company was merged or renamed away; what was
    said of them is given to nobody early either.
    """
    if stray is None or customer.name == stray.name:
        return None
    return Reach(False, stray.day) if stray.day is None or stray.day > on else None


def is_released(release: Release, on: date) -> bool:
    """Whether it is out, as far as its tracker says; where that says nothing, by its day."""
    if release.released is not None:
        return release.released
    return release.day is not None and release.day <= on


def reach(
    spec: Releases,
    group: str,
    release: Release,
    known: KnownRelease | None,
    on: date,
) -> Reach:
    """Whether the release has reached the group on that day, and when it does or did."""
    said = None if known is None else known.reached.get(group)
    if said is not None:
        return Reach(said <= on, said)
    settings = spec.groups.get(group)
    after = timedelta(0) if settings is None else settings.after
    out = is_released(release, on)
    begins = _out_since(spec, release, known, on) if out else release.day
    if begins is None:
        return Reach(False)
    if after is None:
        # A person says so; until then a day that has passed is none.
        expected = rollout_day(spec, begins)
        return Reach(False, expected if not out or expected > on else None)
    if out and not after:
        # It is out, whatever the calendar says.
        return Reach(True, begins)
    due = rollout_day(spec, _days_later(begins, after))
    return Reach(out and due <= on, due)


def _out_since(
    spec: Releases, release: Release, known: KnownRelease | None, on: date
) -> date | None:
    """The day on which it came out: its own, unless that is still to come."""
    if release.day is not None and release.day <= on:
        return release.day
    seen = None if known is None or known.released_at is None else known.released_at
    return on if seen is None else min(on, today(spec, seen))


def _days_later(day: date, span: timedelta) -> date:
    try:
        return day + timedelta(days=span.days)
    except OverflowError:
        return date.max
