"""Values as people say them: times with how far off they are, keys for refs, gaps left out.

A template names its values in braces; a part in square brackets is said only where every value
in it is known. A value that is not known and stands outside brackets reads `…`, so no sentence
ever fails to be said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from datetime import UTC, datetime

from bridge.core.instants import read_instant

_GAP = "…"
_PART = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"\{([a-z_]+)\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_STEPS = ((86_400, "day"), (3_600, "h"), (60, "min"))


def filled(
    template: str,
    data: Table[str, str],
    *,
    now: datetime | None = None,
    names: Table[str, str] | None = None,
) -> str:
    """The template's sentence. `now` lets times be said as near or far; `names` are refs' keys."""
    known = {
        name: _said(str(value), now, names or {})
        for name, value in data.items()
        if value not in (None, "")
    }

    def part(found: re.Match[str]) -> str:
        inside = found[1]
        return inside if all(each in known for each in _NAME.findall(inside)) else ""

    return _NAME.sub(lambda found: known.get(found[1], _GAP), _PART.sub(part, template))


def said_time(moment: datetime, now: datetime | None = None) -> str:
    """`10:21 UTC, in 4 min`; with its day where that is not today's, or `now` is not known."""
    at = moment.astimezone(UTC)
    clock = f"{at:%H:%M} UTC"
    if now is None:
        return f"{at.day} {at:%B %Y}, {clock}"
    today = now.astimezone(UTC)
    if at.date() != today.date():
        year = "" if at.year == today.year else f" {at.year}"
        clock = f"{at.day} {at:%B}{year}, {clock}"
    return f"{clock}, {_distance((moment - now).total_seconds())}"


def _distance(seconds: float) -> str:
    far = abs(seconds)
    if far < 60:
        return "in a moment" if seconds >= 0 else "a moment ago"
    size, unit = next(step for step in _STEPS if far >= step[0])
    count = round(far / size)
    words = f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _said(value: str, now: datetime | None, names: Table[str, str]) -> str:
    if value in names:
        return names[value]
    moment = read_instant(value) if _MOMENT.fullmatch(value) else None
    return value if moment is None else said_time(moment, now)
