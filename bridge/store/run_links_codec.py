"""Links, launches and entries of the ledger, as they are kept among the inputs of a run."""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import datetime
from typing import Any

from bridge.core.situation import LinkedItem, TrackerView
from bridge.domain.links import Launch, LaunchState, LedgerEntry, LedgerState, Link, LinkState
from bridge.domain.records import Reference
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.store.codec import observation_from_json


def link_to_json(link: Link, other: str) -> list[Any]:
    """The link without the record whose run keeps it; `other` is its other end."""
    at = link.created_at.isoformat()
    return [link.id, other, link.route, link.state.value, at, link.created_by]


def link_from_json(ticket: TicketRef, item: WorkItemRef, said: list[Any]) -> Link:
    """The link between these two ends."""
    id, _, route, state, at, by = said
    return Link(id, ticket, item, route, LinkState(state), datetime.fromisoformat(at), by)


def linked_from_json(
    ticket: TicketRef, said: list[Any], seen: dict[str, Any], trackers: Table[str, TrackerView]
) -> LinkedItem:
    """The linked item as it was seen."""
    *link, has_origin = said
    item = WorkItemRef(*split_ref(link[1]))
    observed = seen.get(link[1])
    return LinkedItem(
        link_from_json(ticket, item, link),
        None if observed is None else observation_from_json(item, observed),
        trackers.get(item.connection) or TrackerView(item.connection, Reference()),
        has_origin,
    )


def launch_to_json(launch: Launch) -> list[Any]:
    """The launch without its ticket."""
    return [
        launch.route,
        launch.connection,
        launch.marker,
        launch.state.value,
        launch.intended_at.isoformat(),
        launch.work_item_id,
        launch.probes,
        launch.reason,
    ]


def launch_from_json(ticket: TicketRef, said: list[Any]) -> Launch:
    """The launch of that ticket."""
    route, connection, marker, state, at, item, probes, reason = said
    intended = datetime.fromisoformat(at)
    return Launch(
        ticket, route, connection, marker, LaunchState(state), intended, item, probes, reason
    )


def entry_to_json(entry: LedgerEntry) -> list[Any]:
    """The entry without its source."""
    return [
        entry.content,
        entry.state.value,
        entry.marker,
        entry.target_id,
        text_of(entry.intended_at),
    ]


def entry_from_json(source: str, said: list[Any]) -> LedgerEntry:
    """The entry of that source."""
    content, state, marker, target, at = said
    return LedgerEntry(source, content, LedgerState(state), marker, target, moment_of(at))


def text_of(moment: datetime | None) -> str | None:
    """The moment as it is kept."""
    return None if moment is None else moment.isoformat()


def moment_of(text: str | None) -> datetime | None:
    """The moment that was kept."""
    return None if text is None else datetime.fromisoformat(text)
