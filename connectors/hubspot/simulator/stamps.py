"""Times as HubSpot writes them: ISO with milliseconds in the API, epoch milliseconds in webhooks.

https://developers.hubspot.com/docs/api/webhooks
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def iso(at: datetime) -> str:
    """The instant as the CRM API writes it, `2026-11-22T09:15:41.604Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(at: datetime | None) -> str | None:
    """Like `iso`, and null for a time that has not come."""
    return None if at is None else iso(at)


def millis(at: datetime) -> int:
    """The instant as webhooks write it."""
    return (at - _EPOCH) // _MILLISECOND


def parse_instant(text: str) -> datetime | None:
    """Reads epoch milliseconds or ISO (a bare date is midnight UTC); None when it is neither."""
    try:
        if text.lstrip("-").isdigit():
            return _EPOCH + timedelta(milliseconds=int(text))
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
