"""From what a person has at hand (a ref, a key, a vendor's address) to the records it names.

Only the store is asked: what the hub has never seen is named by nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.core.sentry_shapes import is_signal_reference
from bridge.domain import records as facts
from bridge.domain.errors import BridgeError
from bridge.domain.refs import Ref, TicketRef, WorkItemRef, split_ref
from bridge.engine.hub import Hub
from bridge.store import explaining, records, work
from bridge.store.records import StoredRecord

_PREFIXED = re.compile(r"(?:[A-Za-z]{1,10})?#(\w+)")
_PLAIN = re.compile(r"[\w.-]{1,64}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}-\d{1,10}")
_NEAREST = 3
_MOST_SHOWING = 20
"""Tickets that show a key: any of them leads to its work item."""


class UnknownRef(BridgeError):
    """Nothing that the hub knows is named by the text; the message says what comes near."""


async def ticket_named(hub: Hub, text: str) -> TicketRef:
    """The ticket that the text names, or the one ticket on the work item that it names."""
    async with hub.db.read() as connection:
        found = await named(connection, hub.connections, text)
        found = found or await _items_shown(connection, text)
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


async def named(connection: AsyncConnection, names: Iterable[str], text: str) -> list[Ref]:
    """The records that the text names by ref, key, id or address, as far as the store knows."""
    text, known = text.strip(), list(names)
    if not text or is_signal_reference(text):
        return []
    refs: list[tuple[str, str]] = []
    if "://" in text:
        refs = [(name, id) for name in known for id in _ids_in(text)]
        stored = await _load(connection, refs)
        return [each.ref for each in stored if _same_page(each, text)]
    if ":" in text:
        stored = await _load(connection, [split_ref(text)] if _is_ref(text) else [])
        return [each.ref for each in stored]
    prefixed = _PREFIXED.fullmatch(text)
    id = prefixed[1] if prefixed is not None else text
    if not _PLAIN.fullmatch(id):
        return []
    stored = await _load(connection, [(name, id) for name in known])
    return [each.ref for each in stored]


async def _items_shown(connection: AsyncConnection, text: str) -> list[Ref]:
    """The work items that the text names by a key which is not their id, as Jira's are.

    Records are stored by ids; a key is found on the tickets that show it.
    """
    text = text.strip()
    if is_signal_reference(text):
        return []
    address = "://" in text
    keys = [each for each in (_ids_in(text) if address else [text]) if _KEY.fullmatch(each)]
    items: dict[str, StoredRecord] = {}
    for key in keys[:1]:
        for ticket in await explaining.tickets_showing(connection, key, _MOST_SHOWING):
            links = await work.links_of_ticket(connection, ticket)
            there = await records.load_many(connection, [str(each.work_item) for each in links])
            items |= {name: each for name, each in there.items() if _has_key(each, key)}
    return [each.ref for each in items.values() if not address or _same_page(each, text)]


def _has_key(stored: StoredRecord, key: str) -> bool:
    seen = stored.observation
    return seen is not None and seen.text(facts.KEY).casefold() == key.casefold()


@dataclass(frozen=True, slots=True)
class _Parts:
    host: str
    path: str


def _parts(url: str) -> _Parts:
    try:
        split = urlsplit(url.strip())
        return _Parts((split.hostname or "").casefold(), split.path.rstrip("/").casefold())
    except ValueError:
        return _Parts("", "")


def _ids_in(url: str) -> list[str]:
    """Whatever in an address may be an id, the likeliest first."""
    try:
        split = urlsplit(url.strip())
    except ValueError:
        return []
    words = [*split.path.split("/")[::-1], *(value for _, value in parse_qsl(split.query))]
    return list(dict.fromkeys(each for each in words if _PLAIN.fullmatch(each)))[:12]


def _same_page(stored: StoredRecord, url: str) -> bool:
    """Whether the address is the record's own page, or another page about it on the same host."""
    seen = stored.observation
    page, given = _parts("" if seen is None else seen.text(facts.URL)), _parts(url)
    if not page.host or page.host != given.host:
        return False
    return page.path == given.path or stored.ref.id.casefold() in given.path.split("/")


def _is_ref(text: str) -> bool:
    connection, _, id = text.partition(":")
    return bool(connection and id)


async def _load(connection: AsyncConnection, refs: list[tuple[str, str]]) -> list[StoredRecord]:
    """The records of these refs, following the aliases that merges left; signals left out."""
    keys = [f"{name}:{id}" for name, id in refs]
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
