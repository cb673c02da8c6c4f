"""The guided right way, as a ticket's pass takes it: what its staff name of Sentry is launched.

Nothing here joins a ticket and a signal. The ticket is given its own work item, by its route; the
signal is asked to be launched and related to that item; what the two have in common is the item.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.core.detector import Reference
from bridge.core.facts import Facts
from bridge.core.guide import Named, named_places, own_item
from bridge.core.plan import is_ticket_open
from bridge.core.routing import choose_route
from bridge.core.situation import TicketSituation
from bridge.core.values import sha256
from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.guidance import Answer, Guided
from bridge.domain.links import SIGNAL_ROUTE, LedgerEntry, LedgerState
from bridge.domain.records import KEY
from bridge.domain.refs import SignalRef, TicketRef, WorkItemRef
from bridge.engine import faultpoints
from bridge.engine import wishes as by_hand
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import as_address
from bridge.engine.linking import require_running
from bridge.ports.manifest import Role
from bridge.store import connections, queue, records, signals, tokens, wishes, work
from bridge.store.queue import ClaimClass, Mark

BY = "the guide"
PATIENCE_S = 5.0
"""How long a ticket's pass waits for Sentry; it comes back to what was not answered."""
NOTHING = "nothing of Sentry's"

_NO_ROUTE = "the ticket has no work item, and its category says none is to be made"
_ON_ITS_WAY = "the ticket's own work item is not there yet"
_NOT_SEEN = "the ticket's own work item can't be seen"
_UNREACHED = "Sentry could not be asked"
_NOT_AN_ISSUE = "it is no issue that the hub's Sentry shows"


@dataclass(frozen=True, slots=True)
class _Proven:
    """The signals that a place names. `unread`: some could not be asked for."""

    signals: tuple[SignalRef, ...] = ()
    unread: bool = False


async def guided(hub: Hub, s: TicketSituation) -> TicketSituation:
    """The situation with what came of the places that name something of Sentry.

    What can be asked for is asked for here, once; asking again changes nothing.
    """
    s = replace(s, sentry=hub.sentry)
    places = named_places(s.ref, s.observation, s.mapping, s.sentry, s.reference.fields)
    if not places:
        return s
    redacts = hub.connections[s.ref.connection].manifest.redacts
    told = [
        Guided(each.source, each.says, Answer.TOLD, at=each.at, redacts=redacts)
        for each in places
        if each.told
    ]
    inside = [each for each in places if not each.told]
    if not inside or not is_ticket_open(s) or not hub.names(Role.SIGNALS):
        return replace(s, guide=tuple(told))
    found: list[Guided] = []
    for each in inside:
        answer = await _answer(hub, s, each)
        if answer is not None:
            found.append(answer)
    if any(each.answer is Answer.WAITS and each.why == _ON_ITS_WAY for each in found):
        s = await _with_item(hub, s)
    return replace(s, guide=(*told, *found))


async def _answer(hub: Hub, s: TicketSituation, place: Named) -> Guided | None:
    """What comes of one place; None where what looked like a short id is none."""
    proven = await _prove(hub, s, place)
    if not proven.signals:
        if not any(each.sure for each in place.references):
            # A short id by its shape alone: nothing is said of it before Sentry knows it.
            return None
        if proven.unread:
            return _open(place, Answer.WAITS, _UNREACHED, again=True)
        return _open(place, Answer.UNKNOWN, _NOT_AN_ISSUE)
    launched = [
        each for each in proven.signals if hub.signals(each.connection).launches_what_is_named
    ]
    if not launched:
        return Guided(place.source, place.says, Answer.SAID)
    item = own_item(s)
    if item is not None:
        await _ask(hub, launched, item.link.work_item)
        return Guided(place.source, place.says, Answer.RELATED, again=proven.unread)
    if s.items:
        return _open(place, Answer.WAITS, _NOT_SEEN)
    route = choose_route(Facts(s.ref, s.observation, s.mapping, s.reference, s.company)).route
    if route is None:
        return _open(place, Answer.WAITS, _NO_ROUTE)
    if route.launch is not None:
        return _open(place, Answer.WAITS, _ON_ITS_WAY)
    await _ask(hub, launched, None)
    return Guided(place.source, place.says, Answer.BESIDE, again=proven.unread)


def _open(place: Named, answer: Answer, why: str, *, again: bool = False) -> Guided:
    return Guided(place.source, place.says, answer, why, again=again)


async def _with_item(hub: Hub, s: TicketSituation) -> TicketSituation:
    """The situation of a ticket whose route is to be launched, whatever its age: staff want it."""
    route = choose_route(Facts(s.ref, s.observation, s.mapping, s.reference, s.company)).route
    made = route is None or any(each.route == route.id for each in s.launches)
    if route is None or made or route.id in s.launch_by_hand:
        return s
    async with hub.db.write() as connection:
        await by_hand.ask(hub, connection, s.ref, route.id, by=BY, claim_class=ClaimClass.FRESH)
    return replace(s, launch_by_hand=s.launch_by_hand | {route.id})


# --------------------------------------------------------------------- which signals are meant


async def _prove(hub: Hub, s: TicketSituation, place: Named) -> _Proven:
    """The signals that the place's references mean, as Sentry says; asked about each once."""
    found: dict[SignalRef, None] = {}
    unread = False
    for reference in place.references:
        key = f"guide:{sha256(repr(reference))[:20]}"
        held = s.ledger.get(key)
        if held is not None and held.state is LedgerState.REJECTED:
            continue
        try:
            async with asyncio.timeout(PATIENCE_S):
                signal = await _signal_of(hub, reference)
        except (BridgeError, TimeoutError):
            unread = True
            continue
        if signal is not None:
            found[signal] = None
        else:
            await _remember_none(hub, s.ref, key)
    return _Proven(tuple(found), unread)


async def _signal_of(hub: Hub, reference: Reference) -> SignalRef | None:
    """The signal that a reference means; None where no Sentry of ours knows it."""
    text = as_address(hub, reference)
    if text is None:
        return None
    for name in hub.names(Role.SIGNALS):
        known = await _known(hub, name, reference)
        if known is not None:
            return known
        await _require_open(hub, name)
        source = hub.signals(name)
        id = await source.resolve(text)
        if id is None:
            continue
        ref = SignalRef(name, id)
        try:
            seen = await source.fetch_signal(id)
        except RecordMissing:
            continue
        async with hub.db.write(durable=False) as connection:
            await queue.mark(hub.db, connection, [Mark(ref, "named by staff", read=True)])
            await records.set_aliases(hub.db, connection, ref, [seen.text(KEY)])
        return ref
    return None


async def _known(hub: Hub, name: str, reference: Reference) -> SignalRef | None:
    """The signal where the hub has seen it already: nothing is asked then."""
    async with hub.db.read() as connection:
        if reference.id:
            ref = SignalRef(name, reference.id)
            text = as_address(hub, reference) or ""
            ours = await hub.signals(name).resolve(text) == reference.id
            return ref if ours and await records.load(connection, str(ref)) else None
        aliases = await records.resolve_aliases(connection, name, [reference.short_id])
    key = aliases.get(reference.short_id)
    return None if key is None else SignalRef(name, key.partition(":")[2])


async def _require_open(hub: Hub, name: str) -> None:
    """Raise where nothing may go out to this connection now."""
    await require_running(hub, name)
    async with hub.db.read() as connection:
        state = await connections.load(connection, name)
    until = None if state is None else state.throttled_until
    if until is not None and until > hub.now():
        raise BridgeError(f"{name} is at its limit")


async def _remember_none(hub: Hub, ticket: TicketRef, key: str) -> None:
    """Keep that this is no issue, by a hash: it is asked about once."""
    entry = LedgerEntry(key, NOTHING, LedgerState.REJECTED, "")
    async with hub.db.write(durable=False) as connection:
        await work.write_ledger(hub.db, connection, str(ticket), entry)


# ------------------------------------------------------------------------ what is asked of them


async def _ask(hub: Hub, named: Sequence[SignalRef], item: WorkItemRef | None) -> None:
    """Ask each signal, once, to be launched and related to the item."""
    for signal in named:
        async with hub.db.read() as connection:
            wanted = await signals.wanted(connection, signal, hub.now())
            launch = await signals.launch_of(connection, signal)
            born = await signals.items_of(connection, signal)
            pairs = [] if item is None else await signals.relations_of(connection, item)
        related = item is None or item in wanted.related or any(e.a in born for e in pairs)
        if related and (wanted.by is not None or launch is not None or born):
            continue
        await _ask_one(hub, signal, item)


async def _ask_one(hub: Hub, signal: SignalRef, item: WorkItemRef | None) -> None:
    now, key = hub.now(), str(signal)
    async with hub.db.write() as connection:
        await queue.mark(hub.db, connection, [Mark(signal, f"launch by {BY}")])
        first = await wishes.ask(hub.db, connection, key, SIGNAL_ROUTE, by=BY, now=now)
        if item is not None:
            route = signals.relate_route(item)
            first |= await wishes.ask(hub.db, connection, key, route, by=BY, now=now)
        if first:
            detail = {} if item is None else {"related_to": str(item)}
            await tokens.audit(
                connection, actor=BY, action="launch signal", target=key, detail=detail, now=now
            )
    faultpoints.reach("guide.asked")
    hub.work_wake.set()
