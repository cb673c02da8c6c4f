"""What somebody who wants a Sentry issue on a ticket is told to do instead, call and all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from bridge.core.detector import Reference, is_signal_reference, references
from bridge.domain.errors import BridgeError
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.ports.manifest import Role
from bridge.store import signals, work

_UNKNOWN = "ID"
"""What stands for the id of a signal in a call where nobody said which one is meant."""
_WHY = (
    "A Sentry issue is never linked to a client's ticket: the client would read its comments. "
    "Launch it as a work item of its own in the tracker and relate that to the ticket's work "
    "item; the client sees nothing of it."
)
_BORN = (
    "{item} was born in Sentry: what is written there is not for clients. Link the ticket's own "
    "work item, and relate this one to it."
)


@dataclass(frozen=True, slots=True)
class RightWay:
    """What may be done with the signal instead. `id` is empty where the text does not say which."""

    source: str
    id: str
    related_to: WorkItemRef | None
    """The ticket's own work item; None if it has none yet."""


class SignalNeverOnTicket(BridgeError):
    """The other end is a Sentry issue, or was born of one: not configurable."""

    def __init__(self, message: str, way: RightWay | None = None) -> None:
        super().__init__(message)
        self.way = way


def names_signal(hub: Hub, name: str, text: str) -> bool:
    """Whether the two name a Sentry issue for sure, whatever connection they say it is of."""
    port = hub.connections.get(name)
    source = "sentry" in name.casefold() if port is None else port.signals is not None
    # A short id may be a tracker's key: that is for the tracker to say, see `may_be_signal`.
    return source or is_signal_reference(text, hub.sentry)


def may_be_signal(hub: Hub, text: str) -> bool:
    """Whether what no tracker knows is the short id of a Sentry issue."""
    return bool(references(text, hub.sentry))


async def refusal(hub: Hub, name: str, text: str, ticket: TicketRef | None) -> SignalNeverOnTicket:
    """The refusal of a Sentry issue, with the call that does what may be done."""
    links = [] if ticket is None else await _links(hub, ticket)
    source, id = await _meant(hub, name, text)
    return SignalNeverOnTicket(
        f"{_WHY} {_call(source, id, links, ticket)}", _way(source, id, links)
    )


async def refusal_of_born(hub: Hub, item: WorkItemRef, ticket: TicketRef) -> SignalNeverOnTicket:
    """The refusal of a work item that was born of a signal: its signal is launched again."""
    links = await _links(hub, ticket)
    sources = hub.names(Role.SIGNALS) or ["sentry"]
    async with hub.db.read() as connection:
        born_of = await signals.signals_of(connection, item)
    way = _way(born_of[0].connection if born_of else "", born_of[0].id if born_of else "", links)
    said = _BORN.format(item=item)
    return SignalNeverOnTicket(f"{said} {_call(sources[0], _UNKNOWN, links, ticket)}", way)


def _way(source: str, id: str, links: list[Link]) -> RightWay:
    own = links[0].work_item if links else None
    return RightWay(source, "" if id == _UNKNOWN else id, own)


async def _links(hub: Hub, ticket: TicketRef) -> list[Link]:
    async with hub.db.read() as connection:
        found = await work.links_of_ticket(connection, str(ticket))
        born = await work.with_origin(connection, [str(each.work_item) for each in found])
    return [each for each in found if str(each.work_item) not in born]


async def _meant(hub: Hub, name: str, text: str) -> tuple[str, str]:
    """Connection and id of the signal that is meant, as far as the text says so itself."""
    sources = hub.names(Role.SIGNALS)
    known: list[Reference] = list(references(text, hub.sentry))
    named = next((e.id or e.short_id for e in known if e.kind in ("issue", "short_id")), "")
    source = name if name in sources else (sources[0] if sources else "sentry")
    plain = text if name in sources and "/" not in text else ""
    return source, named or plain or _UNKNOWN


def _call(source: str, id: str, links: list[Link], ticket: TicketRef | None) -> str:
    path = f"POST /api/v1/signals/{quote(source, safe='')}/{quote(id, safe='')}/launch"
    if links:
        other = links[0].work_item
        body = json.dumps({"related_to": {"connection": other.connection, "id": other.id}})
        command = f"bridge launch {source}:{id} --related-to {other}"
        return f"One call does both: {path} {body}, or: {command}"
    own = "" if ticket is None else f"/{ticket.connection}/{quote(ticket.id, safe='')}"
    way = f" The ticket has none yet: POST /api/v1/tickets{own}/launch makes its own first."
    first = way if own else ""
    body = '{"related_to": {"connection": "…", "id": "…"}}'
    return (
        f"One call does both: {path} {body}, or: bridge launch {source}:{id} --related-to ITEM."
        f"{first}"
    )
