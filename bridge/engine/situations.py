"""Everything a plan looks at, loaded in one read; no vendor is asked here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.core.situation import (
    ItemSituation,
    LinkedItem,
    LinkedTicket,
    TicketSituation,
    TrackerView,
)
from bridge.domain import records as facts
from bridge.domain.links import Link, LinkState
from bridge.domain.mapping import Mapping
from bridge.domain.records import Company, Observation, Reference
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.store import connections, notices, phases, records, wishes, work
from bridge.store.records import StoredRecord

MAX_TICKETS = 51
"""A work item plans for fifty tickets; one more tells it that there are more."""


async def trackers_of(hub: Hub, mapping: Mapping, names: set[str]) -> dict[str, TrackerView]:
    """The trackers that the mapping launches into or that linked items live in."""
    wanted = (set(mapping.trackers()) | names) & hub.connections.keys()
    views = {name: hub.tracker_view(name, await stored_reference(hub, name)) for name in wanted}
    phased = [name for name in views if hub.connections[name].manifest.phases]
    if phased:
        async with hub.db.read() as connection:
            for name in phased:
                known = await phases.known_of(connection, name)
                views[name] = replace(views[name], phases=known)
    return views


def _seen(stored: StoredRecord | None) -> Observation | None:
    return None if stored is None else stored.observation


async def ticket_situation(
    hub: Hub,
    ref: TicketRef,
    observation: Observation,
    *,
    reference: Reference,
    mapping: Mapping,
    company: Company | None,
) -> TicketSituation:
    """The ticket with its items, launches, pairs and ledger."""
    key = str(ref)
    async with hub.db.read() as connection:
        links = await work.links_of_ticket(connection, key)
        items = await records.load_many(connection, [str(each.work_item) for each in links])
        origins = await work.with_origin(connection, [str(each.work_item) for each in links])
        launches = await work.launches_of(connection, key)
        pairs = await work.fingerprints_of(connection, key)
        entries = await work.ledger_of(connection, key)
        state = await connections.load(connection, ref.connection)
        recent = await recent_launches(connection, mapping, hub.now())
        by_hand = await wishes.routes_of(connection, key, hub.now())
        told = await notices.of_ticket(connection, key) if mapping.notifiers() else []
    views = await trackers_of(hub, mapping, {each.work_item.connection for each in links})
    return TicketSituation(
        ref=ref,
        observation=observation,
        reference=reference,
        mapping=mapping,
        company=company,
        items=tuple(
            LinkedItem(
                as_reachable(each, views),
                _seen(items.get(str(each.work_item))),
                views.get(each.work_item.connection)
                or TrackerView(each.work_item.connection, Reference()),
                has_origin=str(each.work_item) in origins,
            )
            for each in links
        ),
        launches=tuple(launches),
        fingerprints=pairs,
        ledger=entries,
        trackers=views,
        start_mark=None if state is None else state.start_mark,
        launches_last_hour=recent,
        launch_limit=hub.launch_limit,
        launch_by_hand=by_hand,
        restored=hub.restored,
        notices=tuple(told),
        telling=hub.telling(ref.connection),
    )


def as_reachable(link: Link, views: dict[str, TrackerView]) -> Link:
    """The link; broken where its tracker is no longer configured: that blanks nothing."""
    if link.work_item.connection in views:
        return link
    return replace(link, state=LinkState.BROKEN)


async def recent_launches(connection: AsyncConnection, mapping: Mapping, now: datetime) -> int:
    """Launches of the last hour, on the tracker that had most of those the mapping names."""
    since = now - timedelta(hours=1)
    counts = [await work.launches_since(connection, name, since) for name in mapping.trackers()]
    return max(counts, default=0)


async def item_situation(
    hub: Hub, ref: WorkItemRef, observation: Observation, *, reference: Reference
) -> ItemSituation:
    """The work item with the tickets that hang on it."""
    key = str(ref)
    async with hub.db.read() as connection:
        links = await work.links_of_item(connection, key, limit=MAX_TICKETS)
        tickets = await records.load_many(connection, [str(each.ticket) for each in links])
        pairs = await work.fingerprints_of(connection, key)
        entries = await work.ledger_of(connection, key)
        launches = await work.launch_of_item(connection, ref)
        companies = await _companies(connection, tickets)
    markers = {str(each.ticket): each.id for each in links}
    markers |= {str(each.ticket): each.marker for each in launches}
    linked = []
    for link in links:
        stored = tickets.get(str(link.ticket))
        seen = _seen(stored)
        active = hub.mappings.get(link.ticket.connection)
        statuses = (await stored_reference(hub, link.ticket.connection)).statuses
        status = None if seen is None else statuses.get(seen.text(facts.STATUS))
        linked.append(
            LinkedTicket(
                link=link,
                observation=seen,
                mapping=None if active is None else active.data,
                company=companies.get(str(link.ticket)),
                closed=status is not None and status.closed,
            )
        )
    return ItemSituation(
        ref=ref,
        observation=observation,
        tracker=hub.tracker_view(ref.connection, reference),
        tickets=tuple(linked),
        fingerprints=pairs,
        ledger=entries,
        markers=markers,
        restored=hub.restored,
    )


async def _companies(
    connection: AsyncConnection, tickets: dict[str, StoredRecord]
) -> dict[str, Company]:
    """The customers of the tickets, by ticket key."""
    found: dict[str, Company] = {}
    for name in {each.ref.connection for each in tickets.values()}:
        ids = {
            key: each.observation.text(facts.CUSTOMER)
            for key, each in tickets.items()
            if each.ref.connection == name and each.observation is not None
        }
        companies = await connections.load_companies(connection, name, ids.values())
        found |= {key: companies[id] for key, id in ids.items() if id in companies}
    return found
