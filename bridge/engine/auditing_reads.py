"""What an audit reads at the vendors, a few records at a time, handed to the pure judgement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bridge.core.adoption import hyperlinks_of
from bridge.core.audit import (
    AT_SENTRY,
    ORIGIN,
    Entry,
    Joined,
    judge_item,
    judge_joined,
    judge_ticket,
    judge_tie,
    ties_of,
)
from bridge.core.detector import KnownSentry
from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.records import KEY, URL, Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.references import reference_of
from bridge.ports.manifest import Role
from bridge.ports.roles import AppLink, Want
from bridge.store import audits, work

TEXTUAL = frozenset({"string", "text", "textarea", "regexp"})
"""The types of fields, as helpdesks name them, that hold words of people."""

LINKS_AT_ONCE = 200
"""Links that the hub knows, looked at in one step."""

Tied = Mapping[str, Sequence[str]]
"""Work items that Sentry shows as linked → the ids of the comments that it wrote to them."""


@dataclass(slots=True)
class Gathered:
    """What one step came to."""

    entries: list[Entry] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    """Ref → where people open it."""
    tied: dict[str, list[str]] = field(default_factory=dict)
    signals: int = 0
    tickets: int = 0
    items: int = 0

    def refused(self, place: str, why: Rejected) -> None:
        """Tell what could not be read; the rest goes on."""
        self.entries.append(Entry("AUDIT_UNREAD", None, None, place, str(why)))

    def saw(self, seen: Observation) -> None:
        """Remember where people open the record."""
        self.urls[str(seen.ref)] = seen.text(URL)


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of items with hyperlinks, judged."""

    gathered: Gathered
    cursor: str
    more: bool


async def textual_fields(hub: Hub, name: str) -> frozenset[str]:
    """The fields of the helpdesk's tickets that hold words of people."""
    fields = (await reference_of(hub, name)).fields.values()
    return frozenset(e.name for e in fields if e.type in TEXTUAL and not e.read_only)


async def from_store(
    hub: Hub, desks: Sequence[str], after: str | None
) -> tuple[Gathered, str | None]:
    """Links to items that ever had an origin, known without asking anybody; where to go on."""
    async with hub.db.read() as connection:
        found = await audits.links_to_origins(connection, desks, after or "", LINKS_AT_ONCE)
    entries = [judge_tie(each.ticket, each.work_item, (ORIGIN,)) for each in found]
    gathered = Gathered([entry for some in entries for entry in some])
    return gathered, found[-1].id if len(found) == LINKS_AT_ONCE else None


async def from_signals(hub: Hub, name: str, ids: Sequence[str], desks: Sequence[str]) -> Gathered:
    """Which work items Sentry itself has linked to these issues, and which tickets hang on them."""
    source, found = hub.signals(name), Gathered(signals=len(ids))
    for id in ids:
        async with hub.calling(name):
            try:
                pages = await source.linked_pages(id)
                copies = await source.copied_comments(id) if pages else frozenset()
            except RecordMissing:
                continue  # deleted since it was listed
            except Rejected as refused:
                found.refused(f"What is linked to issues of {name}", refused)
                continue
        for item in await _items_at(hub, pages):
            found.tied.setdefault(str(item), []).extend(sorted(copies))
    async with hub.db.read() as connection:
        for key in found.tied:
            for link in await work.links_of_item(connection, key):
                if link.ticket.connection in desks:
                    found.entries += judge_tie(link.ticket, link.work_item, (AT_SENTRY,))
    return found


async def _items_at(hub: Hub, pages: Iterable[str]) -> list[WorkItemRef]:
    """The work items that these addresses lead to, at whichever tracker."""
    found = []
    for page in pages:
        for name in hub.names(Role.TRACKER):
            async with hub.calling(name):
                id = await hub.tracker(name).resolve(page)
            if id is not None:
                found.append(WorkItemRef(name, id))
    return found


async def from_tickets(hub: Hub, name: str, ids: Sequence[str], job: str) -> Gathered:
    """These tickets with all that was said on them, and the work items that hang on them."""
    fields, known = await textual_fields(hub, name), hub.sentry
    found, want = Gathered(), Want(fields, comments=True)
    fetch = partial(hub.helpdesk(name).fetch_tickets, want=want)
    seen = await _read(hub, name, ids, fetch, found, f"Tickets of {name}")
    found.tickets = len(seen)
    present = [each for each in seen if each.presence is Presence.PRESENT]
    joins = {each.ref.id: await _joins(hub, name, each.ref.id, found) for each in present}
    wanted = {item for each in joins.values() for item in each}
    items = await _read_items(hub, wanted, found)
    looked = await _looked(hub, job, items)
    for each in present:
        found.saw(each)
        ticket = TicketRef(name, each.ref.id)
        found.entries += judge_ticket(ticket, each, fields, known)
        for item, beside in joins[each.ref.id].items():
            joined = looked.joined(item, beside)
            if joined is None:
                continue
            found.saw(joined.seen)
            made = judge_joined(ticket, each, joined, hub.sentry)
            if beside and not made:
                made = [Entry("AUDIT_APP_BESIDE", ticket, item, beside, "")]
            found.entries += [*made, *judge_item(item, joined.seen, joined.ties)]
    found.items += len(items)
    return found


async def _read(
    hub: Hub,
    name: str,
    ids: Sequence[str],
    fetch: Callable[[Sequence[str]], Awaitable[list[Observation]]],
    found: Gathered,
    what: str,
) -> list[Observation]:
    """These records; one that is refused, or gone since it was listed, costs none of the others."""
    async with hub.calling(name):
        try:
            return await fetch(ids)
        except RecordMissing:
            if len(ids) == 1:
                return []
        except Rejected as refused:
            if len(ids) == 1:
                found.refused(f"{what}: {ids[0]}", refused)
                return []
    alone = [await _read(hub, name, [id], fetch, found, what) for id in ids]
    return [each for some in alone for each in some]


@dataclass(frozen=True, slots=True)
class _Looked:
    """The items of a step, with all by which their ties are known."""

    known: KnownSentry
    tied: Tied
    born: set[str]
    seen: Mapping[WorkItemRef, Observation]

    def joined(self, item: WorkItemRef, beside: str) -> Joined | None:
        """The item as it hangs on a ticket; None where its tracker does not show it."""
        seen, key = self.seen.get(item), str(item)
        if seen is None:
            return None
        proven = frozenset(self.tied.get(key, ()))
        ties = ties_of(
            seen, self.known, origin=key in self.born, at_sentry=key in self.tied, proven=proven
        )
        return Joined(item, seen, ties, proven, beside)


async def _joins(hub: Hub, name: str, id: str, found: Gathered) -> dict[WorkItemRef, str]:
    """The items on a ticket → what joins them, "" for the hub itself."""
    async with hub.db.read() as connection:
        links = await work.links_of_ticket(connection, f"{name}:{id}")
    joins = {each.work_item: "" for each in links}
    desk = hub.app_linked(name)
    if desk is None:
        return joins
    apps: tuple[AppLink, ...] = ()
    async with hub.calling(name):
        try:
            apps = await desk.fetch_app_links(id)
        except Rejected as refused:
            found.refused(f"What the own apps of {name} link", refused)
        except RecordMissing:
            pass  # deleted since it was read
    for link in apps:
        for tracker in hub.names(Role.TRACKER):
            if hub.connections[tracker].manifest.vendor != link.vendor:
                continue
            async with hub.calling(tracker):
                item = await hub.tracker(tracker).resolve(link.key)
            if item is not None:
                joins.setdefault(WorkItemRef(tracker, item), link.app)
    return joins


async def _read_items(
    hub: Hub, wanted: Iterable[WorkItemRef], found: Gathered
) -> dict[WorkItemRef, Observation]:
    """These items with their comments; those not shown are left out."""
    ids: dict[str, list[str]] = {}
    for item in sorted(wanted, key=str):
        if item.connection in hub.connections:
            ids.setdefault(item.connection, []).append(item.id)
    read: dict[WorkItemRef, Observation] = {}
    for name, some in ids.items():
        fetch = partial(hub.tracker(name).fetch_items, want=Want(comments=True))
        seen = await _read(hub, name, some, fetch, found, f"Work items of {name}")
        present = [each for each in seen if each.presence is Presence.PRESENT]
        read |= {WorkItemRef(name, each.ref.id): each for each in present}
    return read


async def _looked(hub: Hub, job: str, seen: Mapping[WorkItemRef, Observation]) -> _Looked:
    keys = [str(each) for each in seen]
    async with hub.db.read() as connection:
        tied = await audits.tied(connection, job, keys)
        born = await work.with_origin(connection, keys)
    return _Looked(hub.sentry, tied, born, seen)


async def from_items(
    hub: Hub, name: str, cursor: str | None, desks: Sequence[str], job: str
) -> ItemsPage:
    """A page of items with hyperlinks: those that lead to tickets though Sentry is there too."""
    found = Gathered()
    async with hub.calling(name):
        try:
            page = await hub.tracker(name).list_hyperlinked(cursor)
        except Rejected as refused:
            found.refused(f"Work items of {name} with hyperlinks", refused)
            return ItemsPage(found, "", more=False)
    found.items = len(page.observations)
    refs = {WorkItemRef(name, each.ref.id): each for each in page.observations}
    looked = await _looked(hub, job, refs)
    for item, seen in refs.items():
        joined = looked.joined(item, "")
        if joined is None or not joined.ties:
            continue
        found.saw(seen)
        found.entries += judge_item(item, seen, joined.ties)
        async with hub.db.read() as connection:
            own = {each.ticket for each in await work.links_of_item(connection, str(item))}
        beside = f"A hyperlink of {seen.text(KEY) or item}"
        for ticket in _tickets_of(hub, desks, seen):
            found.entries += judge_tie(ticket, item, joined.ties, "" if ticket in own else beside)
    return ItemsPage(found, page.cursor, page.more)


def _tickets_of(hub: Hub, desks: Sequence[str], seen: Observation) -> list[TicketRef]:
    """The tickets that an item's hyperlinks lead to."""
    tickets: dict[TicketRef, None] = {}
    for link in hyperlinks_of(seen):
        for desk in desks:
            id = hub.helpdesk(desk).ticket_id(link.url)
            if id is not None:
                tickets[TicketRef(desk, id)] = None
    return [*tickets]
