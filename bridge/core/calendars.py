"""Business hours: what is open when, and how far a span of business time reaches. Pure and total.

All arithmetic is on instants; local time is looked at only to find a day's hours. A wall-clock time
that daylight saving skips is the moment of the change, one that comes twice is the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.core.instants import FIRST, LAST, later
from bridge.domain.mapping_promises import ALWAYS, CalendarSpec, Holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = 800
"""Days in a row without an opening after which it counts as never open."""
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SPAN = re.compile(r"([1-9][0-9]{0,4})(s|m|h|d|bh|bd)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "bh": "hours", "d": "days"}

Opening = tuple[int, int]
"""From and to, in minutes of the local day."""
Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people are there. Without a zone: always."""

    name: str
    zone: ZoneInfo | None = None
    week: tuple[tuple[Opening, ...], ...] = ()
    holidays: Holidays | None = None
    closed: frozenset[date] = frozenset()
    opened: Mapping[date, tuple[Opening, ...]] = field(default_factory=dict)

    def openings(self, day: date) -> tuple[Opening, ...]:
        """The hours of a local day."""
        if day in self.opened:
            return self.opened[day]
        if day in self.closed or not self.week or self._is_holiday(day):
            return ()
        return self.week[day.weekday()]

    def _is_holiday(self, day: date) -> bool:
        known = self.holidays
        return known is not None and day in days_off(known.country, known.subdivision, day.year)


ROUND_THE_CLOCK = Calendar(ALWAYS)


@dataclass(frozen=True, slots=True)
class Span:
    """So much business time, or so many business days (`days`)."""

    time: timedelta = timedelta()
    days: int = 0


def read_span(text: str) -> Span:
    """The span that a mapping states; ValueError for anything else."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no span")
    number, unit = int(found[1]), found[2]
    return Span(days=number) if unit == "bd" else Span(timedelta(**{_UNITS[unit]: number}))


@lru_cache(maxsize=512)
def days_off(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year; none where the country is not known."""
    # Takes a while to load, and most mappings name no country.
    import holidays  # see above

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        # How the package says that it knows no such country; the mapping's check refuses those.
        return frozenset()


def compiled(name: str, spec: CalendarSpec) -> Calendar:
    """The calendar that a mapping describes; one whose zone is not known is never open."""
    return _compiled(name, spec.model_dump_json())


@lru_cache(maxsize=256)
def _compiled(name: str, said: str) -> Calendar:
    spec = CalendarSpec.model_validate_json(said)
    try:
        zone = ZoneInfo(spec.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Calendar(name, ZoneInfo("UTC"))
    week: list[list[Opening]] = [[] for _ in WEEKDAYS]
    for days, hours in spec.hours.items():
        for index in weekdays_of(days):
            week[index] += [read_hours(each) for each in hours]
    return Calendar(
        name,
        zone,
        tuple(_joined(each) for each in week),
        spec.holidays,
        frozenset(spec.closed),
        {day: _joined([read_hours(e) for e in hours]) for day, hours in spec.open.items()},
    )


def weekdays_of(days: str) -> list[int]:
    """`mon-fri` as positions in the week; a range may go over the week's end."""
    first, _, last = days.partition("-")
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last or first) - start) % 7
    return [(start + each) % 7 for each in range(length + 1)]


def read_hours(text: str) -> Opening:
    """`09:00-17:00` as minutes of the day."""
    first, _, last = text.partition("-")
    (h, m), (to_h, to_m) = first.split(":"), last.split(":")
    return int(h) * 60 + int(m), int(to_h) * 60 + int(to_m)


def _joined(openings: list[Opening]) -> tuple[Opening, ...]:
    """In order, those that touch or overlap as one; what ends before it begins is none."""
    made: list[Opening] = []
    for begin, end in sorted(each for each in openings if each[0] < each[1]):
        if made and begin <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((begin, end))
    return tuple(made)


def _instant(zone: ZoneInfo, day: date, reading: timedelta) -> datetime:
    """The instant of a wall-clock time: never earlier for a later one."""
    wall = datetime.combine(day, time()) + reading
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # Skipped by a change: the moment of the change itself.
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) / 2
        reached = middle.astimezone(zone).replace(tzinfo=None) >= wall
        low, high = (low, middle) if reached else (middle, high)
    return high.replace(microsecond=0)


def _of_day(calendar: Calendar, zone: ZoneInfo, day: date) -> list[Interval]:
    found = [
        (_instant(zone, day, begin * _MINUTE), _instant(zone, day, end * _MINUTE))
        for begin, end in calendar.openings(day)
    ]
    return [each for each in found if each[0] < each[1]]


def _intervals(calendar: Calendar, at: datetime) -> Iterator[Interval]:
    """What is open from that moment on, in order; ends where nothing opens for too long."""
    zone = calendar.zone
    if zone is None:
        yield at, LAST
        return
    day, quiet = at.astimezone(zone).date(), 0
    while quiet < HORIZON and day.year < date.max.year:
        found = [(max(begin, at), end) for begin, end in _of_day(calendar, zone, day) if end > at]
        yield from found
        quiet = 0 if found else quiet + 1
        day += _DAY


def _within(moment: datetime) -> datetime:
    """The moment, or the nearest of those that can be reckoned with in any zone."""
    return min(max(moment, FIRST + 2 * _DAY), LAST - 2 * _DAY)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether it is open at that moment; the moment of closing is closed."""
    return next_opening(calendar, at) == _within(at)


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """The moment itself if it is open, else when it opens next; LAST if it never does."""
    at = _within(at)
    return next((begin for begin, _ in _intervals(calendar, at)), LAST)


def add(calendar: Calendar, at: datetime, span: Span) -> datetime:
    """The moment at which the span is over; LAST if it never is.

    Business time counts while the calendar is open. A business day ends on the next day that opens,
    at the same reading of the clock: where the calendar is closed at that reading, when it opens
    again on that day, or closes for the day. What begins while it is closed begins as it opens.
    """
    at = _within(at)
    for _ in range(span.days):
        at = _next_day(calendar, at)
    return _added(calendar, at, span.time) if span.time else at


def _added(calendar: Calendar, at: datetime, rest: timedelta) -> datetime:
    if calendar.zone is None:
        return later(at, rest)
    for begin, end in _intervals(calendar, at):
        if end - begin >= rest:
            return begin + rest
        rest -= end - begin
    return LAST


def _next_day(calendar: Calendar, at: datetime) -> datetime:
    if calendar.zone is None:
        return later(at, _DAY)
    start = next_opening(calendar, at)
    if start == LAST:
        return LAST
    local = start.astimezone(calendar.zone)
    day = local.date()
    reading = local.replace(tzinfo=None) - datetime.combine(day, time())
    if local.fold:
        # The hour that comes twice: the second time counts as its end, so that later is later.
        reading = timedelta(hours=local.hour + 1)
    for _ in range(HORIZON):
        day += _DAY
        if day.year >= date.max.year:
            break
        found = _of_day(calendar, calendar.zone, day)
        if found:
            target = _instant(calendar.zone, day, min(reading, _DAY))
            return next((max(target, begin) for begin, end in found if target <= end), found[-1][1])
    return LAST


def take(calendar: Calendar, at: datetime, span: Span) -> datetime:
    """The latest moment from which the span is not over before `at`: how a warning counts back."""
    at = _within(at)
    low, high = at - timedelta(days=HORIZON), at
    if add(calendar, low, span) > at:
        return low
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if add(calendar, middle, span) <= at else (low, middle)
    whole = low.replace(microsecond=0)
    above = whole + timedelta(seconds=1)
    return above if add(calendar, above, span) <= at else whole


def between(calendar: Calendar, begin: datetime, end: datetime) -> timedelta:
    """How much business time lies between the two moments; none if the second is earlier."""
    begin, end = _within(begin), _within(end)
    if begin >= end:
        return timedelta()
    total = timedelta()
    for opens, closes in _intervals(calendar, begin):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def countries() -> dict[str, list[str]]:
    """The countries whose public holidays are known, each with its parts."""
    import holidays  # takes a while to load, and most mappings name no country

    return {name: list(parts) for name, parts in holidays.list_supported_countries().items()}
