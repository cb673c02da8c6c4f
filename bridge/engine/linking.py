"""Linking and unlinking by hand: a person's decision, held to the rule of rules."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.domain.errors import BridgeError, Paused, RecordMissing
from bridge.domain.links import Link
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.finding_refs import items_named, tickets_named
from bridge.engine.hub import Hub
from bridge.engine.right_way import (
    SignalNeverOnTicket,
    may_be_signal,
    names_signal,
    refusal,
    refusal_of_born,
)
from bridge.engine.taking_in import take_in
from bridge.ports.roles import Tracker, Want
from bridge.store import connections, history, queue, records, tokens, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark

SENTRY = "sentry"
"""Whoever names a connection so means Sentry, also where none is configured."""


class LinkExists(BridgeError):
    """The two are linked already."""

    def __init__(self, link: Link) -> None:
        super().__init__(f"{link.ticket} and {link.work_item} are linked already")
        self.link = link


class NotATracker(BridgeError):
    """The named connection has no work items."""


class NotAHelpdesk(BridgeError):
    """The named connection has no tickets."""


async def require_running(hub: Hub, *names: str) -> None:
    """Raise Paused if one of these connections is paused: nothing goes out to it then."""
    async with hub.db.read() as connection:
        states = await connections.load_all(connection)
    for name in names:
        state = states.get(name)
        if state is not None and state.paused_by is not None:
            raise Paused(
                f"{name} is paused ({state.paused_reason or 'no reason given'}); "
                "nothing goes out to it until it is resumed"
            )


class LinkChanged(BridgeError):
    """The two were linked, or linked and unlinked, since somebody looked."""


async def link(
    hub: Hub, ticket: TicketRef, name: str, text: str, *, by: str, saw: str | None = None
) -> Link:
    """Link a ticket to the work item that `text` (id, key or URL) names on a connection.

    `saw`: the newest link between the two that a person was shown ("" for none): if there is
    another by now, LinkChanged. Raises SignalNeverOnTicket, NotATracker, NotAHelpdesk, Paused,
    RecordMissing, LinkExists; or what the vendor's call raises. Nothing is stored unless all holds.
    """
    await require_linkable(hub, ticket, name, text)
    seen = await read_item(hub, ticket, name, text)
    return await _link(hub, ticket, seen, by, saw)


async def link_all(
    hub: Hub, tickets: Mapping[TicketRef, str | None], name: str, text: str, *, by: str
) -> dict[TicketRef, Link | BridgeError]:
    """Link each ticket to the one item, which is read once; each one's link, or why there is none.

    The values are `saw` of `link`. Raises what keeps all of them from being linked.
    """
    results: dict[TicketRef, Link | BridgeError] = {}
    seen: Observation | None = None
    for ticket, saw in tickets.items():
        try:
            await require_linkable(hub, ticket, name, text)
        except (RecordMissing, NotAHelpdesk, Paused) as error:
            results[ticket] = error
            continue
        if seen is None:
            seen = await read_item(hub, ticket, name, text)
        try:
            results[ticket] = await _link(hub, ticket, seen, by, saw)
        except BridgeError as error:
            results[ticket] = error
    return results


async def _link(hub: Hub, ticket: TicketRef, seen: Observation, by: str, saw: str | None) -> Link:
    item = WorkItemRef(seen.ref.connection, seen.ref.id)
    # Made beforehand: it says what the ticket has, and reads in a transaction of its own.
    never = await refusal_of_born(hub, item, ticket)
    now = hub.now()
    async with hub.db.write() as connection:
        # Both are marked in the end: passes over them lock in key order, and so do we.
        await queue.lock(hub.db, connection, [str(ticket), str(item)])
        again = await records.load(connection, str(ticket))
        if again is None or again.merged_into is not None:
            raise RecordMissing(f"ticket {ticket} was merged a moment ago")
        await take_in(hub, connection, seen)
        await _require_free(hub, connection, ticket, item, never)
        if saw is not None and await work.newest_link_id(connection, ticket, item) != saw:
            raise LinkChanged(f"{ticket} and {item} were linked and unlinked meanwhile")
        made = await work.add_link(
            hub.db, connection, ticket=ticket, item=item, route=None, by=by, now=now
        )
        if made is None:
            raise RecordMissing(f"{item} could not be linked")
        await history.add_transition(
            connection, str(ticket), "linked", before=None, after=str(item), cause=by, now=now
        )
        await tokens.audit(
            connection,
            actor=by,
            action="link",
            target=str(ticket),
            detail={"to": str(item)},
            now=now,
        )
        await _wake(hub, connection, made, by)
    hub.work_wake.set()
    return made


async def require_linkable(hub: Hub, ticket: TicketRef, name: str, text: str) -> None:
    """Raise what keeps the ticket from being linked to anything of the connection's.

    A ticket that the hub has not seen is read.
    """
    if names_signal(hub, name, text):
        raise await refusal(hub, name, text, ticket)
    if names_signal(hub, ticket.connection, ticket.id):
        raise await refusal(hub, ticket.connection, ticket.id, None)
    _tracker(hub, name)
    desk = hub.connections.get(ticket.connection)
    if desk is None or desk.helpdesk is None:
        known = ", ".join(n for n, c in hub.connections.items() if c.helpdesk is not None)
        raise NotAHelpdesk(f"{ticket.connection!r} is no helpdesk connection; there are: {known}")
    await require_running(hub, ticket.connection, name)
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ticket))
    if stored is not None and stored.merged_into is not None:
        raise RecordMissing(f"ticket {ticket} lives on as {stored.merged_into}")
    if stored is None:
        await meet(hub, ticket)


async def read_item(hub: Hub, ticket: TicketRef, name: str, text: str) -> Observation:
    """The item that the text names, as its tracker has it now. `ticket` is whom it is for."""
    tracker = _tracker(hub, name)
    id = await tracker.resolve(text)
    if id is None and may_be_signal(hub, text):
        raise await refusal(hub, name, text, ticket)
    if id is None:
        raise RecordMissing(_names_nothing(hub, name, text))
    return await tracker.fetch_item(id, Want())


def _tracker(hub: Hub, name: str) -> Tracker:
    port = hub.connections.get(name)
    if port is None or port.tracker is None:
        known = ", ".join(n for n, c in hub.connections.items() if c.tracker is not None)
        raise NotATracker(f"{name!r} is no tracker connection; there are: {known}")
    return port.tracker


def _names_nothing(hub: Hub, name: str, text: str) -> str:
    """Why a text leads to no work item of the connection, and where it leads instead."""
    said = f"{text!r} names no work item of {name}"
    if "://" not in text:
        return said
    others = sorted({other for other, _ in items_named(hub.connections, text)} - {name})
    if others:
        return f"{said}; it is an address of {' and of '.join(others)}: name that connection"
    tickets = tickets_named(hub.connections, text)
    if tickets:
        return f"{said}: it is the page of ticket {':'.join(tickets[0])}"
    title = hub.connections[name].manifest.title
    return f"{said}: the hub opens only addresses of work items in the {title} account of {name}"


async def _require_free(
    hub: Hub,
    connection: AsyncConnection,
    ticket: TicketRef,
    item: WorkItemRef,
    never: SignalNeverOnTicket,
) -> None:
    """Raise if the item was born of a signal (`never`), or is linked to the ticket already."""
    # Whoever ties it to a signal at this moment waits here, or we do.
    await queue.lock(hub.db, connection, [str(item)])
    if await work.with_origin(connection, [str(item)]):
        raise never
    existing = await work.find_link(connection, ticket, item)
    if existing is not None:
        raise LinkExists(existing)


async def meet(hub: Hub, ticket: TicketRef) -> None:
    """Read a ticket that the hub has not seen: one from before its time, as a rule.

    RecordMissing if the helpdesk does not show it; the errors of its call.
    """
    desk = hub.connections.get(ticket.connection)
    if desk is None or desk.helpdesk is None:
        raise RecordMissing(f"{ticket.connection!r} is no helpdesk connection")
    seen = await desk.helpdesk.fetch_ticket(ticket.id, Want())
    if seen.presence is not Presence.PRESENT or seen.ref != ticket:
        raise RecordMissing(f"ticket {ticket} is deleted or merged; it lives on as {seen.ref}")
    async with hub.db.write() as connection:
        await take_in(hub, connection, seen)


async def unlink(hub: Hub, id: str, *, by: str) -> Link | None:
    """End a link; None if there is none of that id, or it has ended. Repeats no launch, ever."""
    now = hub.now()
    async with hub.db.write() as connection:
        found = await work.load_link(connection, id)
        if found is None or not await work.end_link(connection, id, by, now):
            return None
        await history.add_transition(
            connection,
            str(found.ticket),
            "unlinked",
            before=str(found.work_item),
            after=None,
            cause=by,
            now=now,
        )
        await tokens.audit(
            connection,
            actor=by,
            action="unlink",
            target=str(found.ticket),
            detail={"from": str(found.work_item)},
            now=now,
        )
        await _wake(hub, connection, found, by)
    hub.work_wake.set()
    return found


async def _wake(hub: Hub, connection: AsyncConnection, link: Link, by: str) -> None:
    marks = [Mark(ref, f"link by {by}", ClaimClass.PERSON) for ref in (link.ticket, link.work_item)]
    await queue.mark(hub.db, connection, marks)
