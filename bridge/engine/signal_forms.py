"""The form that a source of signals shows beside a signal: it offers tracker items, and no more.

Whoever presses twice gets the same item twice. What the browser sends is not believed: an item is
looked up again, and one that a ticket hangs on is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from bridge.core.plain_text import paragraphs
from bridge.core.signals import Destination
from bridge.domain import records as facts
from bridge.domain.errors import BridgeError, RecordMissing, Rejected
from bridge.domain.operations import ItemField
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.linking import require_running
from bridge.engine.references import reference_of
from bridge.engine.signal_launching import rendered
from bridge.engine.signal_wishes import launch_signal
from bridge.engine.taking_in import take_in
from bridge.ports.manifest import ConnectionSettings, Role
from bridge.ports.roles import Want
from bridge.ports.signals import FormRequest
from bridge.store import queue, records, signals
from bridge.store.queue import ClaimClass, Mark

log = structlog.get_logger(__name__)

BY = "Sentry's form"
MOST = 50
"""Rows of a list: people narrow it by what they type."""
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


async def options(
    hub: Hub, name: str, which: str, query: str, chosen: str = ""
) -> list[tuple[str, str]] | None:
    """The (value, label) pairs of a list; None if there is no such list.

    `chosen`: the tracker that was chosen before, on which the types depend.
    """
    match which:
        case "trackers":
            return [(_value(each), _label(hub, each)) for each in places(hub, name)]
        case "types":
            place = _chosen(hub, name, chosen) or next(iter(places(hub, name)), None)
            return [] if place is None else await _types(hub, place)
        case "items":
            return await _items(hub, query)
        case _:
            return None


def places(hub: Hub, name: str) -> list[Destination]:
    """Where items of signals can be made, the configured place first; trackers, and no more."""
    usual = hub.signals(name).launch_place
    found: dict[tuple[str, str | None], Destination] = {}
    for each in [usual.connection, *hub.names(Role.TRACKER)]:
        port = hub.connections.get(each)
        if port is None or port.tracker is None or not port.manifest.subject_field:
            continue
        projects = _projects(port.settings)
        if each == usual.connection:
            first = usual.project or (projects[0] if len(projects) == 1 else None)
            found.setdefault((each, first), Destination(each, first, usual.type))
        for project in projects or (None,):
            found.setdefault((each, project), Destination(each, project, usual.type))
    return list(found.values())


def _projects(settings: ConnectionSettings) -> tuple[str, ...]:
    """The projects that bridge.yaml names for a tracker."""
    said = settings.model_dump(include={"project", "projects"})
    named = [said.get("project"), *(said.get("projects") or ())]
    return tuple(dict.fromkeys(str(each) for each in named if each))


def _value(place: Destination) -> str:
    return f"{place.connection}:{place.project or ''}"


def _label(hub: Hub, place: Destination) -> str:
    title = hub.connections[place.connection].manifest.title
    return f"{title} {place.project or ''}".strip()


def _chosen(hub: Hub, name: str, value: str) -> Destination | None:
    """The place of that value; a connection alone stands for its first one."""
    known = places(hub, name)
    exact = [each for each in known if _value(each) == value]
    loose = [each for each in known if value and f"{each.connection}:" == value]
    return next(iter([*exact, *loose]), None)


async def _types(hub: Hub, place: Destination) -> list[tuple[str, str]]:
    """The types of the tracker's items, the configured one first."""
    async with hub.calling(place.connection):
        known = (await reference_of(hub, place.connection)).types
    kept = dict.fromkeys([place.type, *known] if place.type in known or not known else known)
    return [(each, each) for each in kept][:MOST]


async def _items(hub: Hub, query: str) -> list[tuple[str, str]]:
    """The items that a key, id, address or title names, but for those that a ticket hangs on."""
    if not query.strip():
        return []
    found: dict[WorkItemRef, Observation] = {}
    for name in hub.names(Role.TRACKER):
        try:
            item, seen = await _find(hub, name, query)
        except (FormRefused, RecordMissing, Rejected):
            continue
        found[item] = seen
    async with hub.db.read() as store:
        for seen in await signals.items_titled(store, query, MOST):
            found.setdefault(WorkItemRef(seen.ref.connection, seen.ref.id), seen)
        hanging = await signals.on_tickets(store, list(found))
    return [
        (str(item), (f"{seen.text(facts.KEY)} {seen.text(facts.SUBJECT)}".strip() or item.id)[:200])
        for item, seen in found.items()
        if str(item) not in hanging and seen.presence is Presence.PRESENT
    ][:MOST]


async def press(hub: Hub, name: str, which: str, form: FormRequest) -> Linked:
    """Create the signal's item, or tie the chosen one to it. FormRefused says why not."""
    if which == "create":
        return await _create(hub, name, form)
    return await _tie(hub, name, form)


async def _create(hub: Hub, name: str, form: FormRequest) -> Linked:
    value = form.fields.get("tracker", "")
    place = _chosen(hub, name, value) if value else next(iter(places(hub, name)), None)
    if place is None:
        raise FormRefused("Items for signals are not made there. Load the form again.")
    type = form.fields.get("item_type", "")
    if type and type not in dict(await _types(hub, place)):
        raise FormRefused("There is no such type of item in that tracker. Load the form again.")
    chosen = replace(place, type=type or place.type)
    launched = await launch_signal(hub, name, form.signal_id, by=BY, wait_s=WAIT_S, chosen=chosen)
    if launched.item is None:
        raise FormRefused("The item is on its way. Press again in a minute: none is made twice.")
    if launched.first:
        await _word(hub, launched.signal, launched.item, form.fields)
    return await _linked(hub, launched.item)


async def _word(hub: Hub, signal: SignalRef, item: WorkItemRef, fields: Mapping[str, str]) -> None:
    """Give the new item the words of whoever pressed, once.

    They are Sentry's as a rule: written straight to the tracker, and stored nowhere. If they are
    lost on the way, the item has the words that every signal's item has.
    """
    manifest = hub.connections[item.connection].manifest
    title = " ".join(fields.get("title", "").split())[: manifest.longest_subject]
    lines = [each for each in fields.get("description", "").splitlines() if each.strip()]
    said = [ItemField(manifest.subject_field, title)] if title else []
    try:
        if lines and manifest.body_field:
            usual = await rendered(hub, signal, manifest)
            body = f"{usual[manifest.body_field]}{paragraphs(lines)}"
            said.append(ItemField(manifest.body_field, body))
        if said:
            await hub.tracker(item.connection).set_fields(item.id, said, None)
    except BridgeError as error:
        log.warning("words of the form not written", item=str(item), why=type(error).__name__)


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
        # Whoever links it to a ticket at this moment waits here, or we do.
        await queue.lock(hub.db, store, [str(signal), str(item)])
        mark = Mark(signal, f"tied by {BY}", ClaimClass.PERSON)
        # New rows are made in key order as well: who makes the same two waits, and stops nobody.
        if str(signal) < str(item):
            await queue.mark(hub.db, store, [mark])
        await take_in(hub, store, seen)
        # An item that was new a moment ago was not there to be locked.
        await queue.lock(hub.db, store, [str(item)])
        if str(signal) > str(item):
            await queue.mark(hub.db, store, [mark])
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
