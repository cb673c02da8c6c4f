"""Times as the service writes and reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime

NEVER_REVISED = "9999-01-01T00:00:00Z"
"""The service's "not revised yet"."""


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with at most three decimals, trailing zeros cut, as .NET prints it."""
    utc = at.astimezone(UTC)
    decimals = f"{utc.microsecond // 1000:03d}".rstrip("0")
    return utc.strftime("%Y-%m-%dT%H:%M:%S") + (f".{decimals}" if decimals else "") + "Z"


def parse(text: str) -> datetime:
    """Read an ISO 8601 date or time; without a zone it is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text.strip())
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def whole(at: datetime) -> datetime:
    """The moment as the service can store it: to the millisecond."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def node_date(value: date | datetime | str | None) -> str | None:
    """A classification node's date; the service writes it as midnight UTC."""
    if value is None:
        return None
    day = parse(value) if isinstance(value, str) else value
    return f"{day:%Y-%m-%d}T00:00:00Z"
