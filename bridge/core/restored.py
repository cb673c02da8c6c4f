"""What a restored store may have forgotten, and must look for before doing it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.core.instants import later, read_instant
from bridge.domain.records import CREATED_AT, Observation
from bridge.domain.restores import Restored

CLOCK_SLACK = timedelta(minutes=5)
"""How far a vendor's clock may be ahead of the one that the restore was noted by."""


def forgotten_until(observation: Observation, restored: Restored | None) -> datetime | None:
    """Until when things may have been done to the record that the store does not know.

    None: nothing can have been, because there was no restore or the record is newer than it. A
    record whose age nobody knows counts as older.
    """
    if restored is None:
        return None
    return None if is_newer(observation.text(CREATED_AT), restored.at) else restored.at


def is_newer(at: str, restored_at: datetime) -> bool:
    """Whether a vendor's time is certainly after the restore; one that can't be read is not."""
    moment = read_instant(at)
    return moment is not None and moment > later(restored_at, CLOCK_SLACK)
