"""A calendar as people look at it: the hours of its week, and the days on which it stays closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bridge.core.calendars import WEEKDAYS, Calendar, Opening, days_off

MOST_DAYS = 400
"""How far ahead closed days are looked for."""
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the week and its hours, in minutes of the day."""

    id: str
    name: str
    openings: tuple[Opening, ...]

    @property
    def said(self) -> str:
        """The hours in words."""
        hours = (f"{_clock(begin)} to {_clock(end)}" for begin, end in self.openings)
        return " and ".join(hours) or "closed"


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that would be open by its weekday, and why it is not."""

    day: date
    weekday: str
    why: str


@dataclass(frozen=True, slots=True)
class CalendarShown:
    """A calendar as its form shows it."""

    week: tuple[WeekDay, ...]
    closed: tuple[ClosedDay, ...]


def shown(calendar: Calendar, today: date, most: int = 5) -> CalendarShown:
    """The week, and the next days on which it is closed though its weekday is open."""
    week = calendar.week or ((),) * 7
    days = tuple(WeekDay(WEEKDAYS[i], _NAMES[i], week[i]) for i in range(7))
    found: list[ClosedDay] = []
    for ahead in range(MOST_DAYS):
        day = today + timedelta(days=ahead)
        if len(found) < most and week[day.weekday()] and not calendar.openings(day):
            found.append(ClosedDay(day, _NAMES[day.weekday()], _why(calendar, day)))
    return CalendarShown(days, tuple(found))


def _why(calendar: Calendar, day: date) -> str:
    known = calendar.holidays
    holiday = known is not None and day in days_off(known.country, known.subdivision, day.year)
    return "public holiday" if holiday and day not in calendar.closed else "closed by the mapping"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
