"""The ETA of a ticket: the latest date among its open work items, and whether it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bridge.core.instants import read_date
from bridge.core.situation import LinkedItem, TrackerView
from bridge.core.stages import is_broken
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_releases import ITERATION_SOURCE
from bridge.domain.records import ITERATION, STATUS, EtaKind, EtaSource, Observation, StatusCategory

CLOSED = (StatusCategory.COMPLETED, StatusCategory.REMOVED)


@dataclass(frozen=True, slots=True)
class Eta:
    """A date, or none; `unknown` names the item whose date could not be seen."""

    day: date | None = None
    unknown: LinkedItem | None = None
    release: str = ""
    """It can't be seen because this release of the item was deleted."""


NO_DATE = Eta()


def sources_of(mapping: Mapping, tracker: TrackerView) -> tuple[EtaSource, ...]:
    """Where the dates of a tracker's items stand: as the mapping says, else as the tracker does."""
    named = mapping.eta.get(tracker.name)
    return tracker.eta if named is None else named_sources(named)


def named_sources(names: Iterable[str]) -> tuple[EtaSource, ...]:
    """The sources that a mapping names: fields, or the iteration."""
    return tuple(
        EtaSource(EtaKind.ITERATION_END)
        if each == ITERATION_SOURCE
        else EtaSource(EtaKind.DATE_FIELD, each)
        for each in names
    )


def eta_of(mapping: Mapping, items: tuple[LinkedItem, ...]) -> Eta:
    """The latest date of the open items; unknown, not empty, where one can't be seen."""
    days: list[date] = []
    for item in items:
        if is_broken(item) or item.observation is None:
            return Eta(None, item)
        if not is_open(item.tracker, item.observation):
            continue
        day, known = date_of(sources_of(mapping, item.tracker), item)
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


def date_of(sources: Iterable[EtaSource], item: LinkedItem) -> tuple[date | None, bool]:
    """The first source that has a date; known false where a source was never seen."""
    known = True
    for source in sources:
        if item.observation is None:
            return None, False
        day, seen = _from_source(source, item.tracker, item.observation)
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
