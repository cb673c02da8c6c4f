"""Calendars of a mapping: zones, hours and holidays that are there, and days that open at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, suggest
from bridge.core.calendars import (
    WEEKDAYS,
    countries,
    read_hours,
    weekdays_of,
)
from bridge.domain.mapping_promises import ALWAYS

_HOURS = re.compile(r"\d\d:\d\d-\d\d:\d\d")
_DAYS = re.compile(rf"({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?")


def check_calendars(mapping: Cursor) -> Iterator[Complaint]:
    """What is wrong with the named hours."""
    for name, calendar in mapping.at("calendars").entries():
        if name == ALWAYS:
            yield calendar.complaint(f'"{ALWAYS}" is there already: open at any time')
            continue
        yield from _zone(calendar)
        yield from _hours(calendar)
        yield from _holidays(calendar)
        yield from _own_days(calendar)


def calendar_names(mapping: Cursor) -> list[str]:
    """The calendars that may be named."""
    return [ALWAYS, *(name for name, _ in mapping.at("calendars").entries())]


def _zone(calendar: Cursor) -> Iterator[Complaint]:
    place = calendar.at("zone")
    if place.text is None:
        return
    try:
        ZoneInfo(place.text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        part = place.text.rpartition("/")[2].casefold().replace(" ", "_")
        known = sorted(each for each in available_timezones() if part in each.casefold())
        hint = suggest(place.text, known) if known else ""
        yield place.complaint(
            f'no time zone is called "{place.text}"',
            hint or 'an IANA name: "America/Chicago", "Australia/Sydney", "Europe/Berlin"',
        )


def _hours(calendar: Cursor) -> Iterator[Complaint]:
    taken: dict[str, list[tuple[int, int]]] = {each: [] for each in WEEKDAYS}
    for days, hours in calendar.at("hours").entries():
        if not _DAYS.fullmatch(days):
            continue
        for place, opening in _read(hours):
            if opening[0] >= opening[1]:
                yield place.complaint(
                    f'"{place.text}" ends before it begins',
                    "what goes past midnight is two entries: 22:00-24:00 and 00:00-06:00",
                )
                continue
            for index in weekdays_of(days):
                day = WEEKDAYS[index]
                if any(opening[0] < end and begin < opening[1] for begin, end in taken[day]):
                    yield place.complaint(
                        f"{day} has other hours at that time already",
                        "say each day's hours once",
                    )
                    break
                taken[day].append(opening)


def _read(hours: Cursor) -> list[tuple[Cursor, tuple[int, int]]]:
    places = [hours] if hours.text is not None else list(hours.each())
    return [
        (each, read_hours(each.text))
        for each in places
        if each.text is not None and _HOURS.fullmatch(each.text)
    ]


def _holidays(calendar: Cursor) -> Iterator[Complaint]:
    place = calendar.at("holidays", "country")
    if place.text is None:
        return
    known = countries()
    if place.text not in known:
        close = suggest(place.text.upper(), known)
        yield place.complaint(
            f'no holidays are known of "{place.text}"',
            close or "the ISO code of a country: US, AU, DE; or list the days under closed:",
        )
        return
    part = calendar.at("holidays", "subdivision")
    if part.text is not None and part.text not in known[place.text]:
        hint = suggest(part.text, known[place.text], known=f"parts of {place.text}")
        yield part.complaint(f'"{part.text}" is no part of {place.text}', hint)


def _own_days(calendar: Cursor) -> Iterator[Complaint]:
    opened = {day for day, _ in calendar.at("open").entries()}
    for each in calendar.at("closed").each():
        if each.text is not None and each.text in opened:
            yield each.complaint(f"{each.text} is open and closed", "name it in one of the two")
    for _, hours in calendar.at("open").entries():
        for place, (begin, end) in _read(hours):
            if begin >= end:
                yield place.complaint(f'"{place.text}" ends before it begins')
