"""The form that a source of signals shows beside a signal: it offers tracker items, and no more.

Whoever presses twice gets the same item twice. What the browser sends is not believed: an item is
looked up again, and one that a ticket hangs on is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain import records as facts
from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.linking import require_running
from bridge.engine.signal_wishes import launch_signal
from bridge.ports.roles import Want
from bridge.ports.signals import FormRequest
from bridge.store import queue, records, signals
from bridge.store.queue import ClaimClass, Mark

BY = "Sentry's form"
WAIT_S = 20.0
"""Sentry waits thirty seconds for the answer to its form."""

ON_A_TICKET = (
    "A client's ticket hangs on that item, so nothing of Sentry may. Choose Create: the new item "
    "can be related to it."
)


class FormRefused(BridgeError):
    """The form asks for what must not be, or is not there; the message is shown to the person."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What the vendor keeps of the item."""

    url: str
    project: str
    identifier: str


async def options(hub: Hub, name: str, which: str, query: str) -> list[tuple[str, str]] | None:
    """The (value, label) pairs of a list; None if there is no such list."""
    place = hub.signals(name).launch_place
    port = hub.connections.get(place.connection)
    if port is None or port.tracker is None:
        return [] if which in ("trackers", "types", "items") else None
    match which:
        case "trackers":
            label = f"{port.manifest.title} {place.project or ''}".strip()
            return [(f"{place.connection}:{place.project or ''}", label)]
        case "types":
            return [(place.type, place.type)]
        case "items":
            return await _items(hub, place.connection, query)
        case _:
            return None


async def _items(hub: Hub, name: str, query: str) -> list[tuple[str, str]]:
    """The one item that a key, id or address names, unless a ticket hangs on it."""
    if not query.strip():
        return []
    try:
        item, seen = await _find(hub, name, query)
    except (FormRefused, RecordMissing):
        return []
    if await _on_a_ticket(hub, item):
        return []
    label = f"{seen.text(facts.KEY)} {seen.text(facts.SUBJECT)}".strip()
    return [(str(item), label[:200] or item.id)]


async def press(hub: Hub, name: str, which: str, form: FormRequest) -> Linked:
    """Create the signal's item, or tie the chosen one to it. FormRefused says why not."""
    if which == "create":
        return await _create(hub, name, form)
    return await _tie(hub, name, form)


async def _create(hub: Hub, name: str, form: FormRequest) -> Linked:
    place = hub.signals(name).launch_place
    chosen = form.fields.get("tracker", "")
    if chosen not in ("", f"{place.connection}:{place.project or ''}"):
        raise FormRefused("Items for signals are not made there. Load the form again.")
    launched = await launch_signal(hub, name, form.signal_id, by=BY, wait_s=WAIT_S)
    if launched.item is None:
        raise FormRefused("The item is on its way. Press again in a minute: none is made twice.")
    return await _linked(hub, launched.item)


async def _tie(hub: Hub, name: str, form: FormRequest) -> Linked:
    connection, _, id = form.fields.get("item", "").partition(":")
    port = hub.connections.get(connection)
    if not id or port is None or port.tracker is None:
        raise FormRefused("Choose an item of a tracker; a ticket is never tied to Sentry.")
    await require_running(hub, name, connection)
    item, seen = await _find(hub, connection, id)
    signal = SignalRef(name, form.signal_id)
    await hub.signals(name).fetch_signal(form.signal_id)
    async with hub.db.write() as store:
        mark = Mark(signal, f"tied by {BY}", ClaimClass.PERSON)
        await queue.mark(hub.db, store, [mark])
        await records.observe(hub.db, store, seen, shown=hub.shown(connection))
        # Whoever links it to a ticket at this moment waits here, or we do.
        await queue.lock(hub.db, store, [str(item)])
        if await signals.on_tickets(store, [item]):
            raise FormRefused(ON_A_TICKET)
        await signals.add_origin(hub.db, store, signal, item, by=BY, now=hub.now())
    hub.work_wake.set()
    return await _linked(hub, item)


async def _find(hub: Hub, name: str, text: str) -> tuple[WorkItemRef, Observation]:
    tracker = hub.tracker(name)
    id = await tracker.resolve(text)
    if id is None:
        raise FormRefused("There is no such item.")
    seen = await tracker.fetch_item(id, Want())
    if seen.presence is not Presence.PRESENT:
        raise FormRefused("There is no such item.")
    return WorkItemRef(name, seen.ref.id), seen


async def _on_a_ticket(hub: Hub, item: WorkItemRef) -> bool:
    async with hub.db.read() as store:
        return bool(await signals.on_tickets(store, [item]))


async def _linked(hub: Hub, item: WorkItemRef) -> Linked:
    """The item in the three words that the vendor keeps: it shows `project#identifier`."""
    async with hub.db.read() as store:
        stored = await records.load(store, str(item))
    seen = None if stored is None else stored.observation
    key = "" if seen is None else seen.text(facts.KEY)
    project, _, number = key.rpartition("-")
    if not project or not number.isdigit():
        known = "" if seen is None else seen.text(facts.PROJECT)
        project, number = known or item.connection, item.id
    return Linked("" if seen is None else seen.text(facts.URL), project, number)
