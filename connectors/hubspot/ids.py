"""What may be an id of HubSpot's records."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.errors import RecordMissing


def is_id(id: str) -> bool:
    """Whether HubSpot may have a record of that id: a number."""
    return id.isascii() and id.isdigit() and len(id) <= 20


def check_id(id: str) -> None:
    """RecordMissing where no record can have it."""
    if not is_id(id):
        raise RecordMissing(f"{id[:40]!r} is not an id of HubSpot")


def parts_of(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """The ids in parts of at most that size."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
