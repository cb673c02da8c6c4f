"""What changes, told to whoever looks: one poll of cheap figures per process, however many look.

Level-triggered, like the rest of the hub: a watcher is told figures and never what happened.
Whoever sees another figure than the one it went by reads anew, so nothing is lost with a lost
connection. Nothing is polled while nobody looks.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from bridge.engine.hub import Hub
from bridge.store import sessions, tallies, watching
from bridge.store.connection import AsyncConnection
from bridge.store.tokens import digest

log = structlog.get_logger(__name__)

TICKET = "ticket:"
"""How the topic of one ticket begins; its ref follows."""
TICKETS = "tickets"
HEALTH = "health"

POLL_S = 1.0
LIST_EVERY = 5
"""The list's figure counts its tabs: it is read at each so many polls."""
FRESH_S = 1.0
"""The list's figure is read anew for whoever asks after this; until then it is told again."""
KEEP_ALIVE = 15
"""Polls without news after which a sign of life is sent: proxies cut what is silent."""
MOST_EACH = 6
"""Streams of one session at a time; a browser opens no more connections to one host anyway."""
MOST_ALL = 500
MOST_TOPICS = 8


class TooMany(Exception):
    """Somebody looks in too many places at once."""


def is_topic(topic: str) -> bool:
    """Whether there is such a topic."""
    return topic in (TICKETS, HEALTH) or (topic.startswith(TICKET) and topic != TICKET)


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page. What it was not told yet waits in one place, however slowly it reads."""

    session: str
    """The session's digest."""
    topics: frozenset[str]
    told: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)
    silent: int = 0
    over: bool = False
    """The session has ended, or the hub stops."""
    signed_out: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self, *, signed_out: bool = False) -> None:
        """Nothing more is told."""
        self.over, self.signed_out = True, signed_out
        self.wake.set()

    async def news(self) -> AsyncIterator[dict[str, str]]:
        """The figures of its topics, first as they are, then as they change; {}: a sign of life."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            if self.over:
                return
            fresh, self.fresh = self.fresh, {}
            yield fresh


class Watch:
    """Who looks at what, in this process. `poll_s`: how often figures are read."""

    def __init__(self, hub: Hub, *, poll_s: float = POLL_S) -> None:
        self.poll_s = poll_s
        self._hub = hub
        self._watchers: set[Watcher] = set()
        self._polling: asyncio.Task[None] | None = None
        self._polls = 0

    @property
    def count(self) -> int:
        """How many pages are open."""
        return len(self._watchers)

    def begin(self, session: str, topics: Iterable[str]) -> Watcher:
        """Watch these topics for as long as the session holds; TooMany if that is too much."""
        watcher = Watcher(digest(session), frozenset(topics))
        same = sum(each.session == watcher.session for each in self._watchers)
        if same >= MOST_EACH or len(self._watchers) >= MOST_ALL:
            raise TooMany
        if self._hub.leaving.is_set():
            watcher.finish()
            return watcher
        self._watchers.add(watcher)
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll(), name="watch")
        return watcher

    def end(self, watcher: Watcher) -> None:
        """Nobody looks there any more."""
        self._watchers.discard(watcher)

    async def _poll(self) -> None:
        """Read figures until nobody looks, or the hub stops; never cut off in a query."""
        while self._watchers and not self._hub.leaving.is_set():
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - a database away must not end the loop
                log.warning("pages are not told of changes", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hub.leaving.wait(), self.poll_s)
        self._polling = None
        for each in self._watchers:
            each.finish()

    async def _look(self) -> None:
        watchers = list(self._watchers)
        topics = {topic for each in watchers for topic in each.topics}
        async with self._hub.db.read() as connection:
            held = {each.session for each in watchers}
            holding = await sessions.holding(connection, held, self._hub.now())
            figures = await self._of_tickets(connection, topics)
        if HEALTH in topics:
            figures[HEALTH] = await figure_of(self._hub, HEALTH)
        if TICKETS in topics:
            figures[TICKETS] = await self._of_list(watchers)
        self._polls += 1
        for each in watchers:
            if each.session in holding:
                _tell(each, figures)
            else:
                each.finish(signed_out=True)

    async def _of_tickets(self, connection: AsyncConnection, topics: set[str]) -> dict[str, str]:
        keys = [each.removeprefix(TICKET) for each in topics if each.startswith(TICKET)]
        found = await watching.of_tickets(connection, keys) if keys else {}
        return {f"{TICKET}{key}": figure for key, figure in found.items()}

    async def _of_list(self, watchers: list[Watcher]) -> str:
        if self._polls % LIST_EVERY == 0:
            return await list_figure(self._hub, within_s=0.0)
        first = any(TICKETS in each.topics and TICKETS not in each.told for each in watchers)
        return await list_figure(self._hub, within_s=FRESH_S if first else math.inf)


def _tell(watcher: Watcher, figures: dict[str, str]) -> None:
    fresh = {t: figures[t] for t in watcher.topics if watcher.told.get(t) != figures[t]}
    watcher.silent += 1
    if fresh or watcher.silent >= KEEP_ALIVE:
        watcher.told |= fresh
        watcher.fresh |= fresh
        watcher.silent = 0
        watcher.wake.set()


async def figure_of(hub: Hub, topic: str) -> str:
    """The figure of health or of a ticket now, for a page that is made of what it stands for."""
    async with hub.db.read(long=topic == HEALTH) as connection:
        if topic == HEALTH:
            return await watching.of_health(connection, hub.now())
        key = topic.removeprefix(TICKET)
        return (await watching.of_tickets(connection, [key]))[key]


async def list_figure(hub: Hub, *, within_s: float = FRESH_S, unmoved: bool = False) -> str:
    """The list's figure, one reading for all who ask within that time.

    `unmoved`: what was read before holds only if no change has come since. A page that shows the
    list needs that: an older figure would tell its reader of changes that it shows already.
    """
    async with hub.turn("the list's figure"):
        seen = hub.list_seen
        if seen is not None and time.monotonic() - seen[2] >= within_s:
            seen = None
        if seen is not None and not unmoved:
            return seen[1]
        began = time.monotonic()
        async with hub.db.read(long=True) as connection:
            newest = await watching.newest_change(connection)
            if seen is not None and seen[0] == newest:
                return seen[1]
            figure = watching.list_figure(newest, *await tallies.counts(connection))
        hub.list_seen = (newest, figure, began)
        return figure
