"""Launching a signal by a person's wish, met by the signal's own run.

The wish is a row, as for tickets: whoever asked may leave, and the process may die.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bridge.core.signals import Destination
from bridge.domain.errors import RecordMissing
from bridge.domain.links import SIGNAL_ROUTE, LaunchState
from bridge.domain.records import Presence
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine.check import POLL_S
from bridge.engine.hub import Hub
from bridge.engine.linking import NotATracker, require_running
from bridge.engine.right_way import SignalNeverOnTicket, names_signal
from bridge.engine.taking_in import take_in
from bridge.engine.wishes import PROBLEM_OF, LaunchRefused
from bridge.ports.roles import Want
from bridge.store import queue, retries, signals, tokens, wishes, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark

WAITING = "WAITING_ITEM_CREATE"


@dataclass(frozen=True, slots=True)
class LaunchedSignal:
    """How the wish stands. `item` None: not met yet. `first`: this call was the first to ask."""

    signal: SignalRef
    item: WorkItemRef | None
    related_to: WorkItemRef | None
    first: bool
    verdict: str = ""


async def launch_signal(
    hub: Hub,
    name: str,
    text: str,
    *,
    related_to: tuple[str, str] | None = None,
    by: str,
    wait_s: float,
    chosen: Destination | None = None,
) -> LaunchedSignal:
    """Find or make the work item of the signal that `text` names, and relate it to another.

    `related_to`: a tracker connection, and an id, key or address there; `chosen`: where the item is
    made, unless there is one. Raises LaunchRefused,
    NotATracker, Paused, RecordMissing, SignalNeverOnTicket, or what the vendors' calls raise.
    """
    source = hub.signals(name)
    place = chosen or source.launch_place
    names = [name, place.connection, *([related_to[0]] if related_to else [])]
    _require_tracker(hub, place.connection)
    await require_running(hub, *names)
    id = await source.resolve(text)
    if id is None:
        raise RecordMissing(f"that names no issue of {name}")
    ref = SignalRef(name, id)
    await source.fetch_signal(id)
    other = None if related_to is None else await _other(hub, *related_to)
    first = await _ask(hub, ref, other, by, chosen)
    return await _met(hub, ref, other, first, wait_s)


def _require_tracker(hub: Hub, name: str) -> None:
    port = hub.connections.get(name)
    if port is None or port.tracker is None:
        known = ", ".join(n for n, c in hub.connections.items() if c.tracker is not None)
        raise NotATracker(f"{name!r} is no tracker connection; there are: {known}")
    if not port.manifest.subject_field:
        raise NotATracker(f"{port.manifest.title} takes no items of signals: see launch_in")


async def _other(hub: Hub, name: str, text: str) -> WorkItemRef:
    """The item that the signal's is to be related to, read so that its address is known."""
    if names_signal(hub, name, text):
        raise SignalNeverOnTicket(
            "An internal technical task is related to a ticket's own work item, never to Sentry: "
            "name that item in related_to."
        )
    port = hub.connections.get(name)
    if port is None or port.tracker is None:
        known = ", ".join(n for n, c in hub.connections.items() if c.tracker is not None)
        raise NotATracker(f"{name!r} is no tracker connection; there are: {known}")
    id = await port.tracker.resolve(text)
    if id is None:
        raise RecordMissing(f"{text!r} names no work item of {name}")
    seen = await port.tracker.fetch_item(id, Want())
    if seen.presence is not Presence.PRESENT:
        raise RecordMissing(f"{text!r} is deleted")
    item = WorkItemRef(name, seen.ref.id)
    async with hub.db.write(durable=False) as connection:
        held = await work.with_origin(connection, [str(item)])
        # One that Sentry's own button tied to a ticket's item is the ticket's own all the same.
        if held and not await signals.on_tickets(connection, [item]):
            raise SignalNeverOnTicket(
                f"{item} was born in Sentry itself: name the ticket's own work item in related_to."
            )
        await take_in(hub, connection, seen)
    return item


async def _ask(
    hub: Hub, ref: SignalRef, other: WorkItemRef | None, by: str, chosen: Destination | None
) -> bool:
    """Keep the wish and wake the signal; False if all of it was asked for or made before."""
    now, key = hub.now(), str(ref)
    due = other is not None and await _related(hub, ref, other) is None
    async with hub.db.write() as connection:
        mark = Mark(ref, f"launch by {by}", ClaimClass.PERSON)
        await queue.mark(hub.db, connection, [mark])
        anew = await wishes.take_back_rejected(connection, key, SIGNAL_ROUTE)
        first = await wishes.ask(hub.db, connection, key, SIGNAL_ROUTE, by=by, now=now, anew=anew)
        if first and chosen is not None:
            route = signals.place_route(chosen)
            await wishes.ask(hub.db, connection, key, route, by=by, now=now)
        if other is not None and due:
            route = signals.relate_route(other)
            first |= await wishes.ask(hub.db, connection, key, route, by=by, now=now)
        await retries.release(connection, key)
        if first:
            detail = {} if other is None else {"related_to": str(other)}
            await tokens.audit(
                connection, actor=by, action="launch signal", target=key, detail=detail, now=now
            )
    hub.work_wake.set()
    return first


async def _related(hub: Hub, ref: SignalRef, other: WorkItemRef) -> WorkItemRef | None:
    """The signal's item that is related to that one."""
    async with hub.db.read() as connection:
        born = await _there(connection, ref)
        related = await signals.related_among(connection, other, born)
    return next(iter(related), None)


async def _there(connection: AsyncConnection, ref: SignalRef) -> list[WorkItemRef]:
    """The items born of the signal that the tracker still shows."""
    born = await signals.items_of(connection, ref)
    gone = await signals.gone_among(connection, born)
    return [each for each in born if str(each) not in gone]


async def _only_gone(hub: Hub, ref: SignalRef) -> WorkItemRef | None:
    """The signal's item that is gone, where no other one is there or on its way."""
    async with hub.db.read() as connection:
        born = await signals.items_of(connection, ref)
        gone = await signals.gone_among(connection, born)
        launch = await signals.launch_of(connection, ref)
        hanging = await signals.on_tickets(connection, born)
    waits = launch is not None and launch.state is LaunchState.INTENDED
    there = any(str(each) not in gone | hanging for each in born)
    return next((e for e in born if str(e) in gone - hanging and not there and not waits), None)


async def _state(hub: Hub, ref: SignalRef, other: WorkItemRef | None) -> WorkItemRef | None:
    """The signal's item, once all that was asked for is there."""
    if other is not None:
        return await _related(hub, ref, other)
    async with hub.db.read() as connection:
        born = await _there(connection, ref)
        hanging = await signals.on_tickets(connection, born)
    return next((each for each in born if str(each) not in hanging), None)


async def _met(
    hub: Hub,
    ref: SignalRef,
    other: WorkItemRef | None,
    first: bool,
    wait_s: float,
) -> LaunchedSignal:
    """Wait until the wish is met, refused by the tracker, or patience ends."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        item = await _state(hub, ref, other)
        if item is not None:
            return LaunchedSignal(ref, item, other, first)
        async with hub.db.read() as connection:
            launch = await signals.launch_of(connection, ref)
            now = await queue.progress(connection, str(ref))
        if launch is not None and launch.state in (LaunchState.REJECTED, LaunchState.UNDECIDED):
            code = PROBLEM_OF[f"LAUNCH_{launch.state.name}"]
            raise LaunchRefused(code, f"{launch.connection} made no item: {launch.reason}")
        lost = await _only_gone(hub, ref)
        if lost is not None:
            raise LaunchRefused(
                "record_missing",
                f"{lost.connection} does not show the signal's item {lost.id} any more: "
                "restore it, or tie another item to the signal",
            )
        dead = now is not None and now.dead
        if dead or loop.time() >= deadline:
            return LaunchedSignal(ref, None, other, first, WAITING)
        await asyncio.sleep(POLL_S)
