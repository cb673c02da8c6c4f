"""What changed since: a search that loses nothing though its index lags and its results end.

The search only says which tickets changed; what they hold now is read, because the index may
still show an older value. https://developers.hubspot.com/docs/api/crm/search
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bridge.domain.errors import Unavailable
from bridge.domain.records import parse_instant
from bridge.kit.clock import from_ms, to_ms
from connectors.hubspot.client import Client
from connectors.hubspot.facts import MODIFIED
from connectors.hubspot.payloads import Records
from connectors.hubspot.render import PAGE, Renderer

TICKETS, NOTES, EMAILS, THREADS = "tickets", "notes", "emails", "threads"
OVERLAP = timedelta(minutes=2)
"""How far a sweep looks back behind the end of the last, for what was indexed late."""
MOST_HEARD = 1000
"""So many notes and conversations are remembered by a cursor; more are read once again."""

Heard = tuple[str, str]
"""A note or conversation, and the moment of its newest change as HubSpot told it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a sweep stands: its window, and the last id seen in it (no `until`: none begun).

    A window is gone through for tickets, then for notes and mail, which no webhook announces, then
    for conversations, whose messages do not touch their ticket. `page` is where the vendor's list
    of those goes on. `heard` is what this sweep and the last have listed of all but tickets:
    windows overlap, and a ticket is not read again for what it was read for. It stands in the
    cursor because that is stored together with the marks: what a killed sweep forgets, it lists
    again.
    """

    since: datetime
    until: datetime | None = None
    after: int = 0
    kind: str = TICKETS
    page: str | None = None
    heard: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None, since: datetime) -> Cursor:
        """The cursor of that text; a fresh one from `since` where it is none of ours."""
        try:
            held = json.loads(text or "")
            until = held["until"]
            kind = held["kind"] if held.get("kind") in (NOTES, EMAILS, THREADS) else TICKETS
            end = None if until is None else from_ms(until)
            heard = {str(id): str(at) for id, at in held.get("heard", {}).items()}
            return cls(from_ms(held["since"]), end, held["after"], kind, held.get("page"), heard)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return cls(since)

    def text(self) -> str:
        """The opaque form."""
        until = None if self.until is None else to_ms(self.until)
        place = {
            "after": self.after,
            "kind": self.kind,
            "page": self.page,
            "heard": dict(self.heard),
        }
        return json.dumps({"since": to_ms(self.since), "until": until, **place})

    @property
    def next_sweep(self) -> Cursor:
        """Where the sweep after this one begins."""
        if self.until is None:
            return self
        since = self.until - OVERLAP
        moments = ((id, at, parse_instant(at)) for id, at in self.heard.items())
        return Cursor(since, heard={id: at for id, at, on in moments if on and on >= since})

    def turned_to(self, kind: str, page: str | None = None) -> Cursor:
        """The same window, gone through for another kind."""
        return replace(self, kind=kind, page=page, after=0)

    def hearing(self, told: Iterable[Heard]) -> Cursor:
        """The cursor that remembers these too."""
        known = {**self.heard, **dict(told)}
        return replace(self, heard=dict([*known.items()][-MOST_HEARD:]))

    def is_news(self, told: Heard) -> bool:
        """Whether it was not listed before, as it is now."""
        id, at = told
        return self.heard.get(id) != at


@dataclass(frozen=True, slots=True)
class ChangedIds:
    """A page of ids of one kind, in the order of their numbers, and where the next one begins.

    Of notes and mail only those that are news.
    """

    kind: str
    ids: tuple[str, ...]
    cursor: Cursor
    more: bool


async def changed_ids(
    client: Client, render: Renderer, cursor: Cursor, lag: timedelta, *, notes: bool, emails: bool
) -> ChangedIds:
    """The next page of tickets that changed, then (if asked for) of notes and of mail that did.

    Within a window that ends safely in the past, pages go by id; a ticket that changes meanwhile
    leaves the window and is found by the next. Neither many changes of one millisecond nor more
    than 10,000 results stop it.
    """
    until = cursor.until or client.now() - lag
    if until <= cursor.since:
        return ChangedIds(cursor.kind, (), cursor, more=False)
    cursor = replace(cursor, until=until)
    request = render.changed(cursor.kind, cursor.since, until, cursor.after)
    found = [each for each in (await client.ask(request, Records)).results if not each.archived]
    ids = [int(each.id) for each in found]
    full = len(ids) >= PAGE
    if full and min(ids) <= cursor.after:
        raise Unavailable("HubSpot's search repeats itself instead of going on")
    kind, ahead = cursor.kind, cursor
    if kind in (NOTES, EMAILS):
        told = [(f"{kind[:-1]}:{each.id}", each.properties.get(MODIFIED) or "") for each in found]
        found = [each for each, one in zip(found, told, strict=True) if cursor.is_news(one)]
        ahead = cursor.hearing(told)
    if full:
        ahead = replace(ahead, after=max(ids))
    elif notes:
        then = {TICKETS: NOTES, NOTES: EMAILS if emails else THREADS}
        ahead = ahead.turned_to(then.get(kind, THREADS))
    else:
        ahead = ahead.next_sweep
    more = ahead.until is not None
    return ChangedIds(kind, tuple(each.id for each in found), ahead, more=more)
