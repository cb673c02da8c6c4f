"""Times and spans on the safe side: arithmetic that never overflows, whatever a vendor sends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bridge.domain.records import parse_instant

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def read_instant(text: str) -> datetime | None:
    """The time that the text states, as aware UTC; None for anything else."""
    try:
        return parse_instant(text)
    except OverflowError:
        return None


def read_date(text: str) -> date | None:
    """The day that a date or a time states; None for anything else."""
    moment = read_instant(text)
    return None if moment is None else moment.date()


def later(moment: datetime, span: timedelta) -> datetime:
    """The moment that much later, or the last moment there is."""
    try:
        return moment + span
    except OverflowError:
        return LAST


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of the moments that are set."""
    return min((each for each in moments if each is not None), default=None)


def latest(*moments: datetime | None) -> datetime | None:
    """The last of the moments that are set."""
    return max((each for each in moments if each is not None), default=None)
