"""What is kept of releases beside the other inputs of a run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bridge.domain.releases import KnownRelease, ReleasesAround, Stray


def releases_to_json(around: ReleasesAround) -> dict[str, Any]:
    """The JSON form."""
    return {
        "known": {
            id: [
                each.name,
                None if each.day is None else each.day.isoformat(),
                None if each.released_at is None else each.released_at.isoformat(),
                {group: day.isoformat() for group, day in each.reached.items()},
                {name: _iso(day) for name, day in each.exceptions.items()},
                {name: _iso(day) for name, day in each.namesakes.items()},
            ]
            for id, each in around.known.items()
        },
        "left": {item: list(ids) for item, ids in around.left.items()},
        "strays": {id: [each.name, _iso(each.day)] for id, each in around.strays.items()},
    }


def releases_from_json(kept: Any) -> ReleasesAround:
    """What was kept; what a run without releases kept knows none."""
    if kept is None:
        return ReleasesAround()
    known = {}
    for id, (name, day, since, reached, *more) in kept["known"].items():
        known[id] = KnownRelease(
            name=name,
            day=None if day is None else date.fromisoformat(day),
            released_at=None if since is None else datetime.fromisoformat(since),
            reached={group: date.fromisoformat(each) for group, each in reached.items()},
            # What was kept before there were any has none.
            exceptions=_days(more[0] if more else {}),
            namesakes=_days(more[1] if len(more) > 1 else {}),
        )
    strays = {
        id: Stray(name, None if day is None else date.fromisoformat(day))
        for id, (name, day) in kept.get("strays", {}).items()
    }
    left = {item: tuple(ids) for item, ids in kept["left"].items()}
    return ReleasesAround(known, left, strays)


def _days(kept: dict[str, str | None]) -> dict[str, date | None]:
    return {who: None if day is None else date.fromisoformat(day) for who, day in kept.items()}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
