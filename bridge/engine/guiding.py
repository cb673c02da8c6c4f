"""The guided right way, as a ticket's pass takes it: what its staff name of Sentry is launched.

Nothing here joins a ticket and a signal. The ticket is given its own work item, by its route; the
signal is asked to be launched and related to that item; what the two have in common is the item.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from bridge.core.detector import Reference
from bridge.core.facts import Facts
from bridge.core.guide import Named, named_places, own_item
from bridge.core.instants import earliest
from bridge.core.plan import is_ticket_open
from bridge.core.routing import choose_route
from bridge.core.situation import TicketSituation
from bridge.core.values import sha256
from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    ScopeMissing,
    Throttled,
)
from bridge.domain.guidance import Answer, Guided
from bridge.domain.links import SIGNAL_ROUTE, LaunchState, LedgerEntry, LedgerState
from bridge.domain.records import KEY, Observation
from bridge.domain.refs import SignalRef, TicketRef, WorkItemRef
from bridge.engine import faultpoints
from bridge.engine import wishes as by_hand
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import as_address
from bridge.engine.linking import require_running
from bridge.engine.situations import start_mark
from bridge.ports.manifest import Role
from bridge.store import connections, queue, records, signals, tokens, wishes, work
from bridge.store.queue import ClaimClass, Mark

BY = "the guide"
PATIENCE_S = 5.0
"""How long a ticket's pass waits for Sentry in all, whatever is named how often; it comes back to
what was not answered."""
WHOLE_SECONDS = timedelta(seconds=1)
"""Some vendors tell the time of a note without its parts of a second."""
ASK_ANEW = timedelta(days=1)
"""After what time it is asked again whether there is an issue that Sentry did not show: it may be
in a project that the hub's token is let into later."""

_NO_ROUTE = "the ticket has no work item, and its category says none is to be made"
_ON_ITS_WAY = "the ticket's own work item is not there yet"
_NO_MORE = {
    LaunchState.REJECTED: "the ticket's own work item was refused by its tracker",
    LaunchState.UNDECIDED: "it is not decided which work item is the ticket's own",
}
_NOT_SEEN = "the ticket's own work item can't be seen"
_UNREACHED = "Sentry could not be asked"
_NOT_AN_ISSUE = "it is no issue that the hub's Sentry shows"


_Shown: TypeAlias = tuple[SignalRef, Observation]


@dataclass(frozen=True, slots=True)
class _Proven:
    """The signals that a place names. `unread`: some could not be asked for.

    `again_at`: when the first of those that Sentry does not show is asked about again.
    """

    signals: tuple[SignalRef, ...] = ()
    unread: bool = False
    again_at: datetime | None = None


class Asking:
    """What one pass may still ask of Sentry: until its patience is used up, or one call failed."""

    def __init__(self) -> None:
        self._left_s = PATIENCE_S

    @property
    def over(self) -> bool:
        """Nothing more is asked in this pass."""
        return self._left_s <= 0

    def end(self) -> None:
        """A call failed: the next one would fare no better."""
        self._left_s = 0

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """What is done inside uses up the patience; TimeoutError where there is none left."""
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._left_s):
                yield
        finally:
            self._left_s -= asyncio.get_running_loop().time() - begun


async def guided(hub: Hub, s: TicketSituation, asking: Asking) -> TicketSituation:
    """The situation with what came of the places that name something of Sentry.

    What can be asked for is asked for here, once; asking again changes nothing. `asking` is the
    same for all rounds of a pass.
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
    since = await _since(hub)
    inside = [each for each in places if not each.told and _is_new(each, since)]
    if not inside or not is_ticket_open(s) or not hub.names(Role.SIGNALS):
        return replace(s, guide=tuple(told))
    found: list[Guided] = []
    for each in inside:
        answer = await _answer(hub, s, each, asking)
        if answer is not None:
            found.append(answer)
    if any(each.answer is Answer.WAITS and each.why == _ON_ITS_WAY for each in found):
        s = await _with_item(hub, s)
    return replace(s, guide=(*told, *found))


async def _since(hub: Hub) -> datetime | None:
    """When the hub began with the first of its Sentry connections."""
    async with hub.db.read() as connection:
        marks = [await start_mark(hub, connection, each) for each in hub.names(Role.SIGNALS)]
    return min((each for each in marks if each is not None), default=None)


def _is_new(place: Named, since: datetime | None) -> bool:
    """Whether it was written with the guide there: what is older was not written to it."""
    return place.at is not None and since is not None and place.at > since - WHOLE_SECONDS


async def _answer(hub: Hub, s: TicketSituation, place: Named, asking: Asking) -> Guided | None:
    """What comes of one place; None where what looked like a short id is none."""
    proven = await _prove(hub, s, place, asking)
    if not proven.signals:
        if not any(each.sure for each in place.references):
            # A short id by its shape alone: nothing is said of it before Sentry knows it.
            return None
        if proven.unread:
            return _open(place, Answer.WAITS, _UNREACHED, again=True)
        unknown = _open(place, Answer.UNKNOWN, _NOT_AN_ISSUE)
        return replace(unknown, again_at=proven.again_at)
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
    waits = "" if route.launch is None else _waits_for(s, route.id)
    if waits:
        return _open(place, Answer.WAITS, waits)
    await _ask(hub, launched, None)
    return Guided(place.source, place.says, Answer.BESIDE, again=proven.unread)


def _waits_for(s: TicketSituation, route: str) -> str:
    """Why the ticket's own item is not there; empty where none comes any more.

    A route launches once: what it made and people have unlinked is not made again.
    """
    state = next((each.state for each in s.launches if each.route == route), None)
    if state is LaunchState.CREATED:
        return ""
    return _NO_MORE.get(state, _ON_ITS_WAY) if state is not None else _ON_ITS_WAY


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


async def _prove(hub: Hub, s: TicketSituation, place: Named, asking: Asking) -> _Proven:
    """The signals that the place's references mean, as Sentry says; asked about each once.

    One that Sentry does not show is asked about again after a time, and where another Sentry or
    project came to be known.
    """
    found: dict[SignalRef, None] = {}
    unread, again_at, where = False, None, _where(hub)
    for reference in place.references:
        key = f"guide:{sha256(repr(reference))[:20]}"
        due = _asked_anew_at(s.ledger.get(key), where)
        if due is not None and due > hub.now():
            again_at = earliest(again_at, due)
            continue
        try:
            signal = await _signal_of(hub, reference, asking)
        except (BridgeError, TimeoutError):
            unread = True
            continue
        if signal is not None:
            found[signal] = None
        else:
            await _remember_none(hub, s.ref, key, where)
            again_at = earliest(again_at, hub.now() + ASK_ANEW)
    return _Proven(tuple(found), unread, again_at)


def _where(hub: Hub) -> str:
    """By a hash, where issues are looked for: the Sentries and the projects that they show."""
    known = (sorted(hub.names(Role.SIGNALS)), sorted(hub.sentry.hosts), sorted(hub.sentry.projects))
    return sha256(repr(known))[:40]


def _asked_anew_at(held: LedgerEntry | None, where: str) -> datetime | None:
    """Until when it counts that this is no issue; None where nobody has said so, or elsewhere."""
    if held is None or held.state is not LedgerState.REJECTED or held.content != where:
        return None
    return None if held.intended_at is None else held.intended_at + ASK_ANEW


async def _signal_of(hub: Hub, reference: Reference, asking: Asking) -> SignalRef | None:
    """The signal that a reference means; None where no Sentry of ours knows it.

    One that the hub has seen before is known also where nothing may be asked any more.
    """
    text = as_address(hub, reference)
    if text is None:
        return None
    for name in hub.names(Role.SIGNALS):
        known = await _known(hub, name, reference)
        if known is not None:
            return known
        shown = await _asked(hub, name, text, asking)
        if shown is None:
            continue
        ref, seen = shown
        async with hub.db.write(durable=False) as connection:
            await queue.mark(hub.db, connection, [Mark(ref, "named by staff", read=True)])
            await records.set_aliases(hub.db, connection, ref, [seen.text(KEY)])
        return ref
    return None


async def _asked(hub: Hub, name: str, text: str, asking: Asking) -> _Shown | None:
    """What this Sentry shows under the address; None where it shows nothing.

    Where it can't be asked nothing more is asked in this pass.
    """
    if asking.over:
        raise BridgeError("Sentry has been asked for long enough in this pass")
    source = hub.signals(name)
    try:
        async with asking.counted():
            await _require_open(hub, name)
            id = await source.resolve(text)
            return None if id is None else (SignalRef(name, id), await source.fetch_signal(id))
    except RecordMissing:
        return None
    except (BridgeError, TimeoutError) as error:
        asking.end()
        await _hold_back(hub, name, error)
        raise


async def _hold_back(hub: Hub, name: str, error: BridgeError | TimeoutError) -> None:
    """Keep other passes from the same: a limit holds for all of them, and where the credential
    does not work the sweep finds that out now, pauses the connection and tells a person.
    """
    if isinstance(error, Throttled) and error.scope != OF_RECORD:
        async with hub.db.write(durable=False) as connection:
            await connections.throttle(hub.db, connection, name, error.until)
    elif isinstance(error, CredentialProblem) and not isinstance(error, ScopeMissing):
        async with hub.db.write(durable=False) as connection:
            await queue.wake_timer(hub.db, connection, f"sweep:{name}")
        hub.work_wake.set()


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


async def _remember_none(hub: Hub, ticket: TicketRef, key: str, where: str) -> None:
    """Keep that this is no issue, by a hash: it is not asked about at every pass."""
    entry = LedgerEntry(key, where, LedgerState.REJECTED, "", intended_at=hub.now())
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
            near = [] if item is None else await signals.related_among(connection, item, born)
        related = item is None or item in wanted.related or bool(near)
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
