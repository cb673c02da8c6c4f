"""On which days, and when exactly, something is due that people were promised by the wall clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.core.calendars import compiled
from bridge.core.instants import LAST
from bridge.domain.mapping_hygiene import WEEKDAYS, DigestTime
from bridge.domain.mapping_promises import CalendarSpec

NAMED_DAYS = {"mon-fri": WEEKDAYS[:5], "daily": WEEKDAYS}
"""Days of the week by one word."""

OpenOn = Callable[[str, date], bool]
"""Whether somebody works that day by the calendar of that name."""


def open_on(calendars: Mapping[str, CalendarSpec]) -> OpenOn:
    """On which days somebody works by these calendars: those on which they have any hours."""

    def is_worked(name: str, day: date) -> bool:
        spec = calendars.get(name)
        return spec is not None and bool(compiled(name, spec).openings(day))

    return is_worked


def no_calendar(_name: str, _day: date) -> bool:
    """Where a mapping has no calendars no day is one of theirs."""
    return False


def wall_moment(day: date, at: str, zone: str) -> datetime:
    """The moment of a wall clock's time on that day.

    A time that the clock skips in spring counts as if the clock had not been set yet; of a time
    that it shows twice in autumn the first counts.
    """
    hour, minute = (int(each) for each in at.split(":"))
    local = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
    return local.astimezone(UTC)


def day_of(now: datetime, zone: str) -> date:
    """Which day it is on the wall there."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_on(when: DigestTime, day: date, open_on: OpenOn = no_calendar) -> bool:
    """Whether it goes out on that day."""
    if day in when.not_on:
        return False
    if isinstance(when.days, list):
        return WEEKDAYS[day.weekday()] in when.days
    named = NAMED_DAYS.get(when.days)
    return open_on(when.days, day) if named is None else WEEKDAYS[day.weekday()] in named


def due_today(at: str, zone: str, now: datetime) -> tuple[date, bool]:
    """Which day it is there, and whether the time has come on it."""
    day = day_of(now, zone)
    return day, wall_moment(day, at, zone) <= now


def next_time(at: str, zone: str, now: datetime) -> datetime:
    """The next moment at which a wall clock there shows that time."""
    day = day_of(now, zone)
    for ahead in range(3):
        moment = wall_moment(day + timedelta(days=ahead), at, zone)
        if moment > now:
            return moment
    return LAST
