"""Dates as they are told: a near one by its day, one far off as the range in which it lies (O28).

A range ends on a day, and it is that day which counts as told: a date that moves within its range
breaks no word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bridge.domain.mapping_tell import EtaRanges

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_QUARTERS = ("first", "second", "third", "fourth")
_THIRDS = (10, 20)
"""The last days of the early and of the middle part of a month."""


@dataclass(frozen=True, slots=True)
class ToldDate:
    """How a date is told. `day` is the last that the words allow."""

    noun: str
    when: str
    day: date


def told_date(
    day: date, language: str, ranges: EtaRanges | None = None, on: date | None = None
) -> ToldDate:
    """The words for a date as they are right on a day; the day itself where no range is wanted."""
    english = language.partition("-")[0] == "en"
    if ranges is None or on is None or day - on < ranges.parts_after:
        noun = f"{day.day} {MONTHS[day.month - 1]} {day.year}" if english else day.isoformat()
        return ToldDate(noun, f"on {noun}" if english else noun, day)
    far = ranges.quarters_after is not None and day - on >= ranges.quarters_after
    begins, ends, noun = _quarter(day) if far else _part(day)
    # In figures that nobody misreads, where the words would be English in another language.
    noun = noun if english else f"{begins.isoformat()} - {ends.isoformat()}"
    return ToldDate(noun, f"in {noun}" if english else noun, ends)


def _quarter(day: date) -> tuple[date, date, str]:
    number = (day.month - 1) // 3
    begins = date(day.year, 3 * number + 1, 1)
    noun = f"the {_QUARTERS[number]} quarter of {day.year}"
    return begins, _month_end(date(day.year, 3 * number + 3, 1)), noun


def _part(day: date) -> tuple[date, date, str]:
    """A good third of a month, and the next one too: a little later is within one's word."""
    first = day.replace(day=1)
    early, middle = (first.replace(day=each) for each in _THIRDS)
    month = f"{MONTHS[day.month - 1]} {day.year}"
    if day <= early:
        return first, middle, f"early to mid {month}"
    if day <= middle:
        return early + timedelta(days=1), _month_end(day), f"mid to late {month}"
    end = _month_end(day)
    if end == date.max:
        return middle + timedelta(days=1), end, f"late {month}"
    after = end + timedelta(days=1)
    year = f" {day.year}" if after.year != day.year else ""
    noun = f"late {MONTHS[day.month - 1]}{year} or early {MONTHS[after.month - 1]} {after.year}"
    return middle + timedelta(days=1), after.replace(day=_THIRDS[0]), noun


def _month_end(day: date) -> date:
    first = day.replace(day=1)
    if (first.year, first.month) == (date.max.year, 12):
        return date.max
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def names_range(text: str, ends: date) -> bool:
    """Whether the text names a range, in English or in figures, that ends on that day."""
    return any(each in text for each in _nouns(ends))


def _nouns(ends: date) -> Iterator[str]:
    quarter = _quarter(ends)
    # A part of a month ends where its next third does.
    parts = (_part(each) for back in (10, 11, 15) if (each := _earlier(ends, back)) is not None)
    for begins, last, noun in (quarter, *parts):
        if last == ends:
            yield noun
            yield f"{begins.isoformat()} - {last.isoformat()}"


def _earlier(day: date, days: int) -> date | None:
    return day - timedelta(days=days) if day - date.min > timedelta(days=days) else None
