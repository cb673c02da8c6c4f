"""Times as Jira writes them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def stamp(at: datetime, zone: tzinfo = UTC) -> str:
    """`2026-01-02T03:04:05.000+0000`: milliseconds, and an offset without a colon."""
    local = at.astimezone(zone)
    return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{local.microsecond // 1000:03d}%s" % (
        local.strftime("%z")
    )


def millis(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)
