"""From what a person has at hand (a ref, a key, a vendor's address) to the records it names.

Only the store is asked: what the hub has never seen is named by nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from bridge.core.detector import NOTHING_KNOWN, KnownSentry, is_signal_reference
from bridge.domain.errors import BridgeError
from bridge.domain.refs import Ref, TicketRef, WorkItemRef, split_ref
from bridge.engine.hub import Hub
from bridge.ports.roles import Connection
from bridge.store import explaining, records, work
from bridge.store.connection import AsyncConnection
from bridge.store.records import StoredRecord

_PLAIN = re.compile(r"#?([\w.-]{1,64})")
_NEAREST = 3


class UnknownRef(BridgeError):
    """Nothing that the hub knows is named by the text; the message says what comes near."""


async def ticket_named(hub: Hub, text: str) -> TicketRef:
    """The ticket that the text names, or the one ticket on the work item that it names."""
    async with hub.db.read() as connection:
        found = await named(connection, hub.connections, text, hub.sentry)
        tickets = [each for each in found if isinstance(each, TicketRef)]
        items = [each for each in found if isinstance(each, WorkItemRef)]
        for item in items if not tickets else ():
            links = await work.links_of_item(connection, str(item))
            tickets += [each.ticket for each in links]
        if len(set(tickets)) == 1:
            return tickets[0]
        if tickets:
            names = ", ".join(sorted({str(each) for each in tickets})[:10])
            raise UnknownRef(f"{text!r} names several tickets: {names}. Ask for one of them.")
        if items:
            raise UnknownRef(f"{items[0]} is a work item without a linked ticket.")
        raise UnknownRef(await _nearest(connection, hub, text))


async def named(
    connection: AsyncConnection,
    ports: Mapping[str, Connection],
    text: str,
    known: KnownSentry = NOTHING_KNOWN,
) -> list[Ref]:
    """The records that the text names by ref, key, id or address, as far as the store knows.

    What an address, a key or an id looks like is each connector's own matter.
    """
    text = text.strip()
    if not text or is_signal_reference(text, known):
        return []
    if ":" in text and "://" not in text:
        stored = await _load(connection, [split_ref(text)] if _is_ref(text) else [])
        return [each.ref for each in stored]
    tickets, items = tickets_named(ports, text), items_named(ports, text)
    keys = [
        key
        for name, word in items
        for key in await records.referring(connection, name, records.KEYED, word)
    ]
    stored = await _load(connection, [*tickets, *items], keys)
    return [each.ref for each in stored]


def tickets_named(ports: Mapping[str, Connection], text: str) -> list[tuple[str, str]]:
    """The connections and ids of the tickets that an id or address may name."""
    if "://" not in text:
        plain = _PLAIN.fullmatch(text)
        desks = [name for name, port in ports.items() if port.helpdesk is not None]
        return [(name, plain[1]) for name in desks] if plain is not None else []
    found = [(name, port.helpdesk.ticket_id(text)) for name, port in ports.items() if port.helpdesk]
    return [(name, id) for name, id in found if id is not None]


def items_named(ports: Mapping[str, Connection], text: str) -> list[tuple[str, str]]:
    """The connections and ids, or keys, of the work items that an id, key or address may name."""
    found = [(name, port.tracker.item_named(text)) for name, port in ports.items() if port.tracker]
    return [(name, word) for name, word in found if word is not None]


def _is_ref(text: str) -> bool:
    connection, _, id = text.partition(":")
    return bool(connection and id)


async def _load(
    connection: AsyncConnection, refs: list[tuple[str, str]], more: Iterable[str] = ()
) -> list[StoredRecord]:
    """The records of these refs and keys, following what merges left; signals left out."""
    keys = [*more, *(f"{name}:{id}" for name, id in refs)]
    for name in {name for name, _ in refs}:
        ids = [id for each, id in refs if each == name]
        keys += (await records.resolve_aliases(connection, name, ids)).values()
    found = await records.load_many(connection, keys)
    kept = [each for each in found.values() if each.merged_into is None]
    return [each for each in kept if isinstance(each.ref, TicketRef | WorkItemRef)]


async def _nearest(connection: AsyncConnection, hub: Hub, text: str) -> str:
    said = f"The hub knows nothing that {text!r} names"
    name, colon, _ = text.partition(":")
    if colon and "://" not in text and name not in hub.connections:
        near = difflib.get_close_matches(name, hub.connections, n=1)
        there = f"did you mean {near[0]!r}?" if near else f"there are: {_listed(hub.connections)}"
        return f"There is no connection {name!r}; {there}"
    plain = colon and "://" not in text
    places = [text] if plain else [f"{each}:{text}" for each in hub.connections]
    tickets = [each for at in places for each in await explaining.known_tickets(connection, at)]
    ids = {key: key for key in tickets} | {key.partition(":")[2]: key for key in tickets}
    near = difflib.get_close_matches(text, ids, n=_NEAREST, cutoff=0.5)
    if near:
        listed = ", ".join(dict.fromkeys(ids[each] for each in near))
        return f"{said}. The nearest that it knows: {listed}."
    hint = "a ref (hubspot:812), a key, or the address of a ticket or work item"
    return (
        f"{said}. It learns of a ticket by its webhook or the next sweep. Right would be: {hint}."
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
