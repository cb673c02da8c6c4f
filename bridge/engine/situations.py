"""Everything a plan looks at, loaded in one read; no vendor is asked here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.closing import is_watched
from bridge.core.item_links import OWN
from bridge.core.ledger import said_on
from bridge.core.signals import signal_marker
from bridge.core.situation import (
    ItemSituation,
    LinkedItem,
    LinkedTicket,
    RelatedItem,
    Telling,
    TicketSituation,
    TrackerView,
)
from bridge.core.wanted import follows_dates
from bridge.domain import records as facts
from bridge.domain.links import Link, LinkState
from bridge.domain.mapping import Mapping
from bridge.domain.records import Company, Observation, Reference
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.store import closures, connections, phases, records, signals, surroundings, work
from bridge.store.connection import AsyncConnection
from bridge.store.records import StoredRecord
from bridge.store.surroundings import Surroundings
from bridge.store.weights import weight_of

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
    around: Surroundings | None = None,
) -> TicketSituation:
    """The ticket with its items, launches, pairs and ledger; `around` if they are loaded."""
    async with hub.db.read() as connection:
        if around is None:
            around = await surroundings.load(
                connection,
                [str(ref)],
                hub.now(),
                promising=bool(mapping.promises),
                dates=follows_dates(mapping),
                endings=is_watched(mapping),
            )
        mark = await start_mark(hub, connection, ref.connection)
        recent = await recent_launches(hub, connection, mapping)
    names = {each.work_item.connection for each in around.links.get(str(ref), ())}
    return situated(
        ref,
        observation,
        around,
        Known(
            hub,
            mapping,
            await trackers_of(hub, mapping, names),
            recent,
            mark,
            hub.telling(ref.connection),
        ),
        reference,
        company,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides a ticket itself and what hangs on it."""

    hub: Hub
    mapping: Mapping
    trackers: dict[str, TrackerView]
    """At least those that the ticket may know."""
    recent: int
    """Launches of the last hour."""
    start_mark: datetime | None
    telling: Telling


def situated(
    ref: TicketRef,
    observation: Observation,
    around: Surroundings,
    known: Known,
    reference: Reference,
    company: Company | None,
) -> TicketSituation:
    """The situation of one ticket, put together from what is loaded."""
    key, mapping = str(ref), known.mapping
    links = around.links.get(key, [])
    names = {*mapping.trackers(), *(each.work_item.connection for each in links)}
    views = {name: known.trackers[name] for name in names if name in known.trackers}
    port = known.hub.connections.get(ref.connection)
    manifest = None if port is None else port.manifest
    return TicketSituation(
        ref=ref,
        observation=observation,
        reference=reference,
        mapping=mapping,
        company=company if mapping.ticket.customer is not None else None,
        items=tuple(
            LinkedItem(
                as_reachable(each, views),
                _seen(around.items.get(str(each.work_item))),
                views.get(each.work_item.connection)
                or TrackerView(each.work_item.connection, Reference()),
                has_origin=str(each.work_item) in around.with_origin,
                proven=around.proven.get(str(each.work_item), frozenset()),
            )
            for each in links
        ),
        launches=tuple(around.launches.get(key, ())),
        fingerprints=around.pairs.get(key, {}),
        ledger=around.ledger.get(key, {}),
        trackers=views,
        start_mark=known.start_mark,
        launches_last_hour=known.recent,
        launch_limit=known.hub.launch_limit,
        launch_by_hand=around.wishes.get(key, frozenset()),
        restored=known.hub.restored,
        # Also where the mapping tells nobody any more: what repeats still has to end.
        notices=tuple(around.notices.get(key, ())),
        telling=known.telling,
        sentry=known.hub.sentry,
        held=around.held.get(key, {}),
        drafts=tuple(around.drafts.get(key, ())),
        said=tuple(around.said.get(key, ())),
        timeline=around.timelines.get(key),
        assignee_field=manifest.assignee_field if manifest is not None else "",
        status_field=(manifest.status_field or "") if manifest is not None else "",
        voice=known.hub.voice(ref.connection),
        reached=around.reached.get(key),
        releases=around.releases.around(ref.connection, (str(e.work_item) for e in links), key),
        expected=tuple(around.expected.get(key, ())),
        closure=around.closures.get(key),
        escalations=tuple(around.escalations.get(key, ())),
    )


async def start_mark(hub: Hub, connection: AsyncConnection, name: str) -> datetime | None:
    """When the hub first started with the connection: set once and for ever (design rule 12)."""
    held = hub.start_marks.get(name)
    if held is None:
        state = await connections.load(connection, name)
        if state is None:
            return None
        held = hub.start_marks[name] = state.start_mark
    return held


def as_reachable(link: Link, views: dict[str, TrackerView]) -> Link:
    """The link; broken where its tracker is no longer configured: that blanks nothing."""
    if link.work_item.connection in views:
        return link
    return replace(link, state=LinkState.BROKEN)


async def recent_launches(hub: Hub, connection: AsyncConnection, mapping: Mapping) -> int:
    """Launches of the last hour, on the tracker that had most of those the mapping names.

    Counted up to the limit.
    """
    since, most = hub.now() - timedelta(hours=1), hub.launch_limit
    counts = [
        await work.launches_since(connection, name, since, most=most) for name in mapping.trackers()
    ]
    return max(counts, default=0)


async def item_situation(
    hub: Hub,
    ref: WorkItemRef,
    observation: Observation,
    *,
    reference: Reference,
    draft: Mapping | None = None,
) -> ItemSituation:
    """The work item with the tickets that hang on it; `draft` is tried beside what is in force."""
    key = str(ref)
    tried = [each.data for each in hub.mappings.values()] + ([draft] if draft is not None else [])
    shows = any(each.show_on_work_item.impact for each in tried)
    async with hub.db.read() as connection:
        links = await work.links_of_item(connection, key, limit=MAX_TICKETS)
        tickets = await records.load_many(connection, [str(each.ticket) for each in links])
        pairs = await work.fingerprints_of(connection, key)
        entries = await work.ledger_of(connection, key)
        launches = await work.launch_of_item(connection, ref)
        companies = await _companies(connection, tickets)
        related = await _related(connection, ref)
        born_of = await signals.signals_of(connection, ref)
        ended = await closures.of_tickets(connection, _answered(tickets))
        weight = await weight_of(connection, key) if shows else None
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
        related=related,
        kept_links=frozenset(f"{OWN}{signal_marker(each)}" for each in born_of),
        sentry=hub.sentry,
        closures=ended,
        weight=weight,
    )


def _answered(tickets: dict[str, StoredRecord]) -> list[str]:
    """The tickets on which a customer has written, or that go on with another one."""
    seen = {key: each.observation for key, each in tickets.items()}
    return [
        key
        for key, each in seen.items()
        if each is not None and (each.texts(facts.ALIASES) or any(c.inbound for c in said_on(each)))
    ]


async def _related(connection: AsyncConnection, ref: WorkItemRef) -> tuple[RelatedItem, ...]:
    """The items that this one is related to, with where they are opened."""
    found = await signals.relations_of(connection, ref)
    others = [(each.b if each.a == ref else each.a, each.a == ref) for each in found]
    seen = await records.load_many(connection, [str(other) for other, _ in others])
    urls = {key: _seen(each) for key, each in seen.items()}
    return tuple(
        RelatedItem(
            other, "" if (known := urls.get(str(other))) is None else known.text(facts.URL), writes
        )
        for other, writes in others
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
