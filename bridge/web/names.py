"""What people call records, and where the page of each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.core.traced import INTERNAL
from bridge.domain import records as facts
from bridge.domain.refs import SignalRef, TicketRef, WorkItemRef, split_ref
from bridge.store import records, signals, views
from bridge.store.connection import AsyncConnection
from bridge.store.records import StoredRecord
from bridge.web.rendering import page_of


@dataclass(frozen=True, slots=True)
class Named:
    """A record. `page` empty: it has none that the reader may see; `kind` empty: not known."""

    key: str
    label: str
    page: str = ""
    more: str = ""
    kind: str = ""


async def names_of(
    store: AsyncConnection, keys: Iterable[str], *, inside: bool
) -> dict[str, Named]:
    """The records by their refs. `inside`: the reader may know the refs of signals."""
    wanted = sorted(set(keys))
    stored = await records.load_many(store, wanted)
    tickets = {each["ticket_key"]: each for each in await views.load_many(store, wanted)}
    items = [each.ref for each in stored.values() if isinstance(each.ref, WorkItemRef)]
    on_tickets = await signals.on_tickets(store, items)
    found = {}
    for key in wanted:
        row, known = tickets.get(key), stored.get(key)
        if row is not None:
            label = f"Ticket {row['key'] or row['vendor_id']}"
            page = page_of(row["connection"], row["vendor_id"])
            found[key] = Named(key, label, page, row["subject"], "ticket")
        elif known is None:
            found[key] = Named(key, key if inside else key.rpartition(":")[2])
        else:
            found[key] = _named(key, known, key in on_tickets, inside)
    return found


def _named(key: str, known: StoredRecord, on_ticket: bool, inside: bool) -> Named:
    name, id = split_ref(key)
    match known.ref:
        case TicketRef():
            return Named(key, f"Ticket {id}", page_of(name, id), kind="ticket")
        case WorkItemRef() if on_ticket or inside:
            seen = known.observation
            said = id if seen is None else seen.text(facts.KEY) or id
            page = page_of(name, id, "work-items") if on_ticket else ""
            return Named(key, f"Work item {said}", page, kind="work_item")
        case SignalRef() if inside:
            return Named(key, f"Signal {id}", kind="signal")
        case _:
            return Named(key, INTERNAL)


async def hidden_of(
    store: AsyncConnection, texts: Iterable[object], *, inside: bool
) -> dict[str, str]:
    """What stands in a sentence in place of those texts that are refs of internal tasks."""
    refs = set() if inside else {each for each in texts if isinstance(each, str) and ":" in each}
    return dict.fromkeys(await signals.internal_among(store, refs), INTERNAL)


def labels(names: Mapping[str, Named]) -> dict[str, str]:
    """What is said in place of each ref, inside a sentence."""
    return {key: f"{each.label[:1].lower()}{each.label[1:]}" for key, each in names.items()}
