"""What several pages show in the same way: linked work, and the ticket of an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.domain import records as facts
from bridge.domain.mapping import Mapping
from bridge.domain.records import Observation
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import records
from bridge.store.codec import observation_from_json
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.work import link_of
from bridge.web.rendering import page_of
from bridge.web.visitor import PageProblem, require_printable


@dataclass(frozen=True, slots=True)
class Work:
    """A linked work item, as far as support sees it."""

    ref: str
    key: str
    url: str | None
    page: str
    status: str
    state: str
    assignee: str
    link: str
    """The link's id."""
    since: datetime | None = None
    """Since when it has been open, as far as this ticket goes; None once it is done."""


def work_of(hub: Hub, row: Row) -> Work:
    """The work item of a row of links, whose observation stands beside it."""
    link = link_of(row)
    item = link.work_item
    seen = None
    if row["observation"] is not None:
        seen = observation_from_json(item, row["observation"])
    return Work(
        ref=str(item),
        key=key_of(item, seen),
        url="" if seen is None else seen.text(facts.URL),
        page=page_of(item.connection, item.id, "work-items"),
        status=status_of(hub, item, seen),
        state=link.state.value,
        assignee="" if seen is None else seen.text(facts.ASSIGNEE),
        link=link.id,
        since=None if _is_over(hub, item, seen) else link.created_at,
    )


@dataclass(frozen=True, slots=True)
class EndedLink:
    """A work item that the ticket was linked to. `by`: who ended it, if anybody is known."""

    key: str
    page: str
    since: datetime
    until: datetime | None
    by: str


def ended_link(hub: Hub, row: Row) -> EndedLink:
    """The link of a row of links that have ended."""
    was = work_of(hub, row)
    until = None if row["ended_at"] is None else from_ms(row["ended_at"])
    return EndedLink(was.key, was.page, from_ms(row["created_at"]), until, row["ended_by"] or "")


def _is_over(hub: Hub, item: WorkItemRef, seen: Observation | None) -> bool:
    known = hub.references.get(item.connection)
    info = None if known is None or seen is None else known[0].statuses.get(seen.text(facts.STATUS))
    return info is not None and info.closed


def key_of(item: WorkItemRef, seen: Observation | None) -> str:
    """What people call the work item."""
    return item.id if seen is None else seen.text(facts.KEY) or item.id


async def former_items(hub: Hub, store: AsyncConnection, happened: Iterable[Row]) -> dict[str, str]:
    """What people call the work items that a timeline tells were linked or unlinked, by ref."""
    told = (each for each in happened if each["what"] in ("linked", "unlinked"))
    refs = {ref for each in told for ref in (each["before"], each["after"]) if ref}
    stored = await records.load_many(store, sorted(refs))
    names = {}
    for ref in refs:
        item, known = WorkItemRef(*split_ref(ref)), stored.get(ref)
        key = key_of(item, None if known is None else known.observation)
        names[ref] = f"{key} in {title_of(hub, item.connection)}"
    return names


def title_of(hub: Hub, connection: str) -> str:
    """What people call the vendor; of a connection that is none any more, its own name."""
    port = hub.connections.get(connection)
    return connection if port is None else port.manifest.title


def status_of(hub: Hub, item: WorkItemRef, seen: Observation | None) -> str:
    """The work item's status as its tracker names it; empty if it was never seen."""
    status = "" if seen is None else seen.text(facts.STATUS)
    known = hub.references.get(item.connection)
    if known is not None and status in known[0].statuses:
        return known[0].statuses[status].label
    return status


def mapping_of(hub: Hub, connection: str) -> Mapping | None:
    """The mapping in force of that helpdesk."""
    active = hub.mappings.get(connection)
    return None if active is None else active.data


async def known_ticket(hub: Hub, connection: str, id: str) -> TicketRef:
    """The ticket of that address, following a merge; PageProblem if the hub knows none."""
    require_printable(connection, id)
    async with hub.db.read() as store:
        aliased = await records.resolve_aliases(store, connection, [id])
        ref = TicketRef(*split_ref(aliased[id])) if id in aliased else TicketRef(connection, id)
        stored = await records.load(store, str(ref))
    if stored is None or not isinstance(stored.ref, TicketRef):
        raise PageProblem(
            404,
            "The hub knows no such ticket",
            f"There is no ticket {id} of {connection}. The hub learns of one by its webhook, or "
            "by the next sweep.",
        )
    return ref
