"""What a search names exactly: a ticket's number, a work item's key, or an address of either.

It is shown before what has the words, whatever the list is narrowed to: who types a number knows
what they want to see.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.finding_refs import named
from bridge.engine.hub import Hub
from bridge.store import records, views, work
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.web.rendering import page_of
from bridge.web.shown import key_of, title_of

MOST = 20
"""Tickets that are shown of a work item: its own page has the others."""


@dataclass(frozen=True, slots=True)
class NamedItem:
    """A work item that was named, and on how many tickets it is."""

    key: str
    title: str
    page: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """The rows of the tickets that were named, and of those on the items that were."""

    rows: tuple[Row, ...] = ()
    items: tuple[NamedItem, ...] = ()

    def without(self, rows: list[Row]) -> list[Row]:
        """Those of the rows that do not stand here already."""
        here = {each["ticket_key"] for each in self.rows}
        return [each for each in rows if each["ticket_key"] not in here]


async def exactly(hub: Hub, store: AsyncConnection, text: str) -> Exactly:
    """What that text names. Several words name nothing."""
    if not text or len(text.split()) != 1:
        return Exactly()
    found = await named(store, hub.connections, text, hub.sentry)
    keys = [str(each) for each in found if isinstance(each, TicketRef)]
    items = [each for each in found if isinstance(each, WorkItemRef)]
    stored = await records.load_many(store, [str(each) for each in items])
    shown = []
    for item in items:
        links = await work.links_of_item(store, str(item), limit=MOST)
        count = await work.count_links_of_item(store, str(item))
        keys += [str(each.ticket) for each in links]
        seen = stored[str(item)].observation
        title = title_of(hub, item.connection)
        there = page_of(item.connection, item.id, "work-items")
        shown.append(NamedItem(key_of(item, seen), title, there, count))
    first = list(dict.fromkeys(keys))[:MOST]
    return Exactly(tuple(await views.load_many(store, first)), tuple(shown))
