"""What changed since: a search that loses nothing though its index lags and its results end.

The search only says which tickets changed; what they hold now is read, because the index may
still show an older value. https://developers.hubspot.com/docs/api/crm/search
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.errors import Unavailable
from bridge.kit.clock import from_ms, to_ms
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Records
from connectors.hubspot.render import PAGE, Renderer

TICKETS, NOTES, THREADS = "tickets", "notes", "threads"
OVERLAP = timedelta(minutes=2)
"""How far a sweep looks back behind the end of the last, for what was indexed late."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a sweep stands: its window, and the last id seen in it (no `until`: none begun).

    A window is gone through for tickets, then for notes, which no webhook announces, then for
    conversations, whose messages do not touch their ticket. `page` is where the vendor's list of
    those goes on.
    """

    since: datetime
    until: datetime | None = None
    after: int = 0
    kind: str = TICKETS
    page: str | None = None

    @classmethod
    def parse(cls, text: str | None, since: datetime) -> Cursor:
        """The cursor of that text; a fresh one from `since` where it is none of ours."""
        try:
            held = json.loads(text or "")
            until = held["until"]
            kind = held["kind"] if held.get("kind") in (NOTES, THREADS) else TICKETS
            end = None if until is None else from_ms(until)
            return cls(from_ms(held["since"]), end, held["after"], kind, held.get("page"))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return cls(since)

    def text(self) -> str:
        """The opaque form."""
        until = None if self.until is None else to_ms(self.until)
        place = {"after": self.after, "kind": self.kind, "page": self.page}
        return json.dumps({"since": to_ms(self.since), "until": until, **place})

    @property
    def next_sweep(self) -> Cursor:
        """Where the sweep after this one begins."""
        return self if self.until is None else Cursor(self.until - OVERLAP)

    def turned_to(self, kind: str, page: str | None = None) -> Cursor:
        """The same window, gone through for another kind."""
        return Cursor(self.since, self.until, kind=kind, page=page)


@dataclass(frozen=True, slots=True)
class ChangedIds:
    """A page of ids of one kind, in the order of their numbers, and where the next one begins."""

    kind: str
    ids: tuple[str, ...]
    cursor: Cursor
    more: bool


async def changed_ids(
    client: Client, render: Renderer, cursor: Cursor, lag: timedelta, *, notes: bool
) -> ChangedIds:
    """The next page of tickets that changed, then (if asked for) of notes that did.

    Within a window that ends safely in the past, pages go by id; a ticket that changes meanwhile
    leaves the window and is found by the next. Neither many changes of one millisecond nor more
    than 10,000 results stop it.
    """
    until = cursor.until or client.now() - lag
    if until <= cursor.since:
        return ChangedIds(cursor.kind, (), cursor, more=False)
    request = render.changed(cursor.kind, cursor.since, until, cursor.after)
    found = [each for each in (await client.ask(request, Records)).results if not each.archived]
    ids = [int(each.id) for each in found]
    full = len(ids) >= PAGE
    if full and min(ids) <= cursor.after:
        raise Unavailable("HubSpot's search repeats itself instead of going on")
    if full:
        ahead = Cursor(cursor.since, until, max(ids), cursor.kind)
    elif notes:
        kind = NOTES if cursor.kind == TICKETS else THREADS
        ahead = Cursor(cursor.since, until, kind=kind)
    else:
        ahead = Cursor(until - OVERLAP)
    more = ahead.until is not None
    return ChangedIds(cursor.kind, tuple(each.id for each in found), ahead, more=more)
