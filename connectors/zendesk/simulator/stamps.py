"""Times as Zendesk writes them: whole seconds in the API, nanoseconds in events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> str:
    """The instant as the Ticketing API writes it, `2026-11-22T09:15:41Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(at: datetime | None) -> str | None:
    """Like `stamp`, and null for a time that has not come."""
    return None if at is None else stamp(at)


def nanos(at: datetime) -> str:
    """The instant as events write it, with nine decimals, the last three of which mean nothing."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "211Z"


def spaced(at: datetime) -> str:
    """The instant as custom statuses write it, `2021-07-20 22:55:29+00:00`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")


def unix(at: datetime) -> int:
    """Whole seconds since 1970."""
    return (at - _EPOCH) // timedelta(seconds=1)


def from_unix(seconds: int) -> datetime:
    """The instant of a Unix time."""
    return _EPOCH + timedelta(seconds=seconds)


def parse(text: object) -> datetime | None:
    """Reads ISO (a bare date is midnight UTC); None when it is nothing of that kind."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
