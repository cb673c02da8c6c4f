"""A rig with a connection built from the registry: what every test of the suite holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from bridge.domain.events import Delivery, Event, InboundRequest, Verified
from bridge.domain.records import Observation
from bridge.domain.refs import Kind
from bridge.kit.http import CallMade, Wire
from bridge.ports.manifest import Manifest
from bridge.ports.roles import ChangedPage, Connection, Helpdesk, Receiver, Tracker, Want
from connectors.registry import CONNECTORS
from tests.conformance.line import LetterBox
from tests.conformance.rig import Rig

NAME = "desk"
WRONG = "not-the-right-token"
EVERYTHING = Want(attachments=True, comments=True)

R = TypeVar("R", bound=Rig, covariant=True)


class ListChanged(Protocol):
    """`list_changed` of whichever role."""

    def __call__(
        self, cursor: str | None, since: datetime, want: Want
    ) -> Awaitable[ChangedPage]: ...


class Records:
    """The reading half that helpdesks and trackers share, by one set of names."""

    def __init__(self, connection: Connection) -> None:
        helpdesk, tracker = connection.helpdesk, connection.tracker
        if helpdesk is not None:
            self.kind = Kind.TICKET
            self.fetch: Callable[[str, Want], Awaitable[Observation]] = helpdesk.fetch_ticket
            self.fetch_many: Callable[[Sequence[str], Want], Awaitable[list[Observation]]] = (
                helpdesk.fetch_tickets
            )
            self.list_changed: ListChanged = helpdesk.list_changed
        else:
            assert tracker is not None
            self.kind = Kind.WORK_ITEM
            self.fetch, self.fetch_many = tracker.fetch_item, tracker.fetch_items
            self.list_changed = tracker.list_changed


class Stand(Generic[R]):
    """A vendor's simulator and the hub's connection to it."""

    def __init__(self, rig: R) -> None:
        self.rig: R = rig
        self.calls: list[CallMade] = []
        self.box = LetterBox()
        self._open: list[Connection] = []
        self.connection = self.connect()

    def connect(self, **changed: Any) -> Connection:
        """A further connection to the same account, as after a restart; closed with the stand."""
        given = {**self.rig.settings(self.rig.door_secret), **changed}
        return self.connect_as(given)

    def connect_as(self, given: dict[str, Any]) -> Connection:
        """A connection with exactly these settings."""
        connector = CONNECTORS[self.rig.vendor]
        settings = connector.settings_model.model_validate(given)
        wire = Wire(self.rig.line, on_call=self.calls.append, clock=self.rig.clock)
        connection = connector.connect(NAME, settings, wire)
        self._open.append(connection)
        return connection

    def distrust(self) -> None:
        """Go on with a credential that the vendor does not take."""
        given = self.rig.settings(self.rig.door_secret)
        (key,) = (each for each in ("token", "api_key") if each in given)
        self.connection = self.connect(**{key: WRONG})

    def restart(self) -> None:
        """Go on with a new connection, which remembers nothing."""
        self.connection = self.connect()

    async def close(self) -> None:
        """Close every connection."""
        for each in self._open:
            await each.aclose()

    @property
    def manifest(self) -> Manifest:
        """What the connector says of its vendor."""
        return self.connection.manifest

    @property
    def helpdesk(self) -> Helpdesk:
        """The helpdesk role."""
        assert self.connection.helpdesk is not None
        return self.connection.helpdesk

    @property
    def tracker(self) -> Tracker:
        """The tracker role."""
        assert self.connection.tracker is not None
        return self.connection.tracker

    @property
    def records(self) -> Records:
        """What can be read, whichever the role."""
        return Records(self.connection)

    @property
    def receiver(self) -> Receiver:
        """The door."""
        assert self.connection.receiver is not None
        return self.connection.receiver

    def door(self, *secrets: str) -> Receiver:
        """The door of a connection that knows these secrets."""
        receiver = self.connect_as(self.rig.settings(*secrets)).receiver
        assert receiver is not None
        return receiver

    async def post(self) -> list[InboundRequest]:
        """What the vendor sends now, as it arrives at the door."""
        async with self.box.client() as client:
            await self.rig.deliver(client)
        return self.box.empty()

    async def events(self) -> list[Event]:
        """The events in what the vendor sends now; each delivery passes the door."""
        found: list[Event] = []
        for request in await self.post():
            assert isinstance(self.receiver.verify(request, self.rig.clock.now()), Verified)
            hints = self.receiver.normalise(self.delivery(request.body))
            if isinstance(hints, tuple):
                found += [hint for hint in hints if isinstance(hint, Event)]
        return found

    def delivery(self, body: bytes) -> Delivery:
        """A stored delivery of these bytes."""
        return Delivery("d-1", NAME, body, "application/json", self.rig.clock.now())

    async def sweep(
        self, cursor: str | None, since: datetime, want: Want
    ) -> tuple[list[ChangedPage], str]:
        """Every page to the end, and the cursor for the next time."""
        pages: list[ChangedPage] = []
        while not pages or pages[-1].more:
            pages.append(await self.records.list_changed(cursor, since, want))
            cursor = pages[-1].cursor
            assert len(pages) < 50, "the sweep never ends"
        return pages, pages[-1].cursor


def listed(pages: Sequence[ChangedPage]) -> set[str]:
    """The ids that the pages name in any way."""
    return {
        id
        for page in pages
        for id in (*page.changed_ids, *(seen.ref.id for seen in page.observations))
    }


@asynccontextmanager
async def standing(rig: Callable[[], R]) -> AsyncIterator[Stand[R]]:
    """A fresh rig with its connection."""
    stand = Stand(rig())
    try:
        yield stand
    finally:
        await stand.close()
