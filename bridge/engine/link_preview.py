"""What linking would do, before it is done: which item is meant, and who hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.links import Link
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.finding_refs import items_named
from bridge.engine.hub import Hub
from bridge.engine.linking import read_item, require_linkable
from bridge.engine.right_way import may_be_signal, names_signal, refusal, refusal_of_born
from bridge.ports.manifest import Role
from bridge.store import views, work


class SeveralMeant(BridgeError):
    """The text names a work item in more than one tracker: `names` are their connections."""

    def __init__(self, text: str, names: list[str]) -> None:
        super().__init__(f"{text!r} may be a work item of {' or of '.join(names)}: say of which")
        self.names = names


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """The item, who hangs on it already, and each ticket's live and newest link to it.

    `silent`: helpdesks whose mapping gives the item's tracker no stages: nothing of it is shown.
    """

    item: WorkItemRef
    seen: Observation
    tickets: int
    customers: tuple[str, ...]
    plans: tuple[str, ...]
    existing: dict[TicketRef, Link]
    newest: dict[TicketRef, str]
    silent: tuple[str, ...] = ()


async def preview_link(
    hub: Hub, tickets: list[TicketRef], text: str, name: str = ""
) -> LinkPreview:
    """What linking the tickets to the item that the text names would find; changes no link.

    `name`: its connection, where the caller said it. Raises what `link` raises, but for LinkExists,
    and SeveralMeant.
    """
    name = name or await _tracker_meant(hub, tickets[0], text)
    await require_linkable(hub, tickets[0], name, text)
    seen = await read_item(hub, tickets[0], name, text)
    item = WorkItemRef(name, seen.ref.id)
    if seen.presence is not Presence.PRESENT:
        raise RecordMissing(f"{text!r} is deleted in {name}")
    async with hub.db.read() as connection:
        born = bool(await work.with_origin(connection, [str(item)]))
        count, customers, plans = await views.impact_of(connection, str(item))
        existing: dict[TicketRef, Link] = {}
        newest: dict[TicketRef, str] = {}
        for ticket in tickets:
            newest[ticket] = await work.newest_link_id(connection, ticket, item)
            live = await work.find_link(connection, ticket, item)
            if live is not None:
                existing[ticket] = live
    if born:
        raise await refusal_of_born(hub, item, tickets[0])
    helpdesks = dict.fromkeys(each.connection for each in tickets)
    return LinkPreview(
        item,
        seen,
        count,
        tuple(customers),
        tuple(plans),
        existing,
        newest,
        silent=tuple(each for each in helpdesks if not _has_stages(hub, each, name)),
    )


def _has_stages(hub: Hub, helpdesk: str, tracker: str) -> bool:
    active = hub.mappings.get(helpdesk)
    return active is None or bool(active.data.status.get(tracker))


async def _tracker_meant(hub: Hub, ticket: TicketRef, text: str) -> str:
    """The one tracker that the text can be of."""
    sources = hub.names(Role.SIGNALS)
    source = sources[0] if sources else "sentry"
    if names_signal(hub, ticket.connection, text):
        raise await refusal(hub, source, text, ticket)
    names = list(dict.fromkeys(name for name, _ in items_named(hub.connections, text)))
    if not names and may_be_signal(hub, text):
        raise await refusal(hub, source, text, ticket)
    if not names:
        trackers = ", ".join(
            f"{hub.connections[each].manifest.title} ({each})" for each in hub.names(Role.TRACKER)
        )
        raise RecordMissing(
            f"{text!r} names no work item. Right would be its key, number or address in one of: "
            f"{trackers or 'no tracker is connected'}"
        )
    if len(names) > 1:
        raise SeveralMeant(text, names)
    return names[0]
