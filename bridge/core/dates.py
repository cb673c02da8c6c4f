"""The ETA of a ticket: the latest date among its open work items, and whether it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bridge.core.instants import read_date
from bridge.core.situation import LinkedItem, TrackerView
from bridge.core.stages import is_broken
from bridge.domain.records import ITERATION, STATUS, EtaKind, EtaSource, Observation, StatusCategory

CLOSED = (StatusCategory.COMPLETED, StatusCategory.REMOVED)


@dataclass(frozen=True, slots=True)
class Eta:
    """A date, or none; `unknown` names the item whose date could not be seen."""

    day: date | None = None
    unknown: LinkedItem | None = None


def eta_of(items: tuple[LinkedItem, ...]) -> Eta:
    """The latest date of the open items; unknown, not empty, where one can't be seen."""
    days: list[date] = []
    for item in items:
        if is_broken(item) or item.observation is None:
            return Eta(None, item)
        if not is_open(item.tracker, item.observation):
            continue
        day, known = _date_of(item.tracker, item.observation)
        if not known:
            return Eta(None, item)
        if day is not None:
            days.append(day)
    return Eta(max(days, default=None))


def is_open(tracker: TrackerView, item: Observation) -> bool:
    """Whether work on the item goes on; a status nobody knows counts as open."""
    info = tracker.reference.statuses.get(item.text(STATUS))
    if info is None:
        return True
    return info.category not in CLOSED if info.category is not None else not info.closed


def _date_of(tracker: TrackerView, item: Observation) -> tuple[date | None, bool]:
    """The first source that has a date; known false where a source was never seen."""
    known = True
    for source in tracker.eta:
        day, seen = _from_source(source, tracker, item)
        if day is not None:
            return day, True
        known = known and seen
    return None, known


def _from_source(
    source: EtaSource, tracker: TrackerView, item: Observation
) -> tuple[date | None, bool]:
    if source.kind is EtaKind.DATE_FIELD:
        return read_date(item.text(source.field)), item.whole or item.knows(source.field)
    path = item.text(ITERATION)
    ends = tracker.reference.iteration_ends
    if path and not ends and not tracker.reference.statuses:
        # No reference data was ever read: that is not the same as iterations without an end.
        return None, False
    return ends.get(path), item.whole or item.knows(ITERATION)
