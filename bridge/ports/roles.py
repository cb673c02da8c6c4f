"""The roles of a connector. Small protocols; a vendor's code implements the ones it is for.

Every method that goes to a vendor is `async` and raises only the errors of
`bridge.domain.errors`: `Unavailable` and `Throttled` (try again), `Stale`, `UnknownOutcome`
(a write without a clear answer), `CredentialProblem`, `RecordMissing`, `Rejected`. Any 2xx that
is not the expected JSON is a `CredentialProblem`; any answer not documented is `Rejected`,
except for a create, where everything but the id or a documented refusal is `UnknownOutcome`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bridge.domain.events import Delivery, Hint, Ignored, InboundRequest, Refused, Verified
from bridge.domain.operations import ItemField, ItemLink, NewItem
from bridge.domain.records import Attachment, Company, Observation, Reference
from bridge.domain.schema import NewField, Probe, Schema
from bridge.kit.http import Wire
from bridge.ports.manifest import ConnectionSettings, Manifest
from bridge.ports.notifier import Notifier
from bridge.ports.panels import PanelDoor

if TYPE_CHECKING:
    from bridge.ports.signals import SignalSource


class Receiver(Protocol):
    """The door: proves that a request is the vendor's and says what it hints at. Pure, total."""

    def verify(self, request: InboundRequest, now: datetime) -> Verified | Refused:
        """Whether the raw bytes are the vendor's; constant time, never raises, closed in doubt."""
        ...

    def normalise(self, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
        """What a stored delivery hints at; never raises, whatever the bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Want:
    """What a read must bring besides the standard facts that the vendor gives anyway."""

    fields: frozenset[str] = frozenset()
    """Vendor field names that the mapping uses."""
    timed: frozenset[str] = frozenset()
    """Those of them whose own time of change is needed (the category: start mark)."""
    attachments: bool = False
    comments: bool = False


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """One page of what changed. `cursor` is where the next page, or the next sweep, goes on."""

    observations: tuple[Observation, ...]
    cursor: str
    more: bool
    changed_ids: tuple[str, ...] = ()
    """Ids that changed without the list showing what: these are to be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that carries our tag. `own`: created by the hub's own account."""

    id: str
    marker: str
    created_at: datetime
    own: bool


class ReadableHelpdesk(Protocol):
    """Where customers speak, for all who may only look: the engine is handed no more."""

    async def fetch_ticket(self, id: str, want: Want) -> Observation:
        """The whole ticket as it is now (presence DELETED if the vendor says so itself)."""
        ...

    async def fetch_tickets(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The tickets of these ids in few calls; those not shown are left out of the answer."""
        ...

    def ticket_id(self, url: str) -> str | None:
        """The stable id of the ticket whose page that address is; None if it is none of ours.

        Asks nobody and never raises, whatever the text.
        """
        ...

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of tickets changed since the cursor (since `since` where there is none)."""
        ...

    def open_attachment(
        self, ticket_id: str, attachment: Attachment
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The file's bytes as a stream; only from the vendor's own hosts."""
        ...

    async def fetch_company(self, id: str, properties: frozenset[str]) -> Company:
        """A customer with the named properties; of choices also the words that people see."""
        ...

    async def find_people(self, email: str) -> list[str]:
        """The ids of the people with that e-mail address, as `CONTACTS` names them."""
        ...

    async def fetch_reference(self) -> Reference:
        """Statuses, fields and the own account, read live."""
        ...

    async def fetch_schema(self) -> Schema:
        """The whole live schema, with what customers and pipelines are made of."""
        ...

    async def probe(self) -> Probe:
        """What the credential opens, found out by calls that change nothing.

        CredentialProblem if it opens nothing at all.
        """
        ...

    async def create_fields(self, fields: Sequence[NewField]) -> None:
        """Make fields on tickets, for the hub to own; one that is there already is no error.

        Asked only where the manifest says `creates_fields`.
        """
        ...


@dataclass(frozen=True, slots=True)
class AppLink:
    """A work item that an app of the vendor's own has linked to a ticket, beside the hub."""

    app: str
    """What people call the app."""
    vendor: str
    """The connector's name for the tracker."""
    key: str
    """What people call the item; it may have moved since."""


class AppLinkedHelpdesk(ReadableHelpdesk, Protocol):
    """A helpdesk whose own apps link tickets to trackers' items.

    Asked only where the manifest says `app_links`.
    """

    async def fetch_app_links(self, id: str) -> tuple[AppLink, ...]:
        """The work items that the vendor's own apps have linked to the ticket."""
        ...


class Helpdesk(ReadableHelpdesk, Protocol):
    """Where customers speak. Only `bridge.engine.egress` writes there, and only what may leave."""

    async def set_fields(
        self, id: str, fields: Mapping[str, str], revision: int | None = None
    ) -> Observation:
        """Write the fields in one call; the answer's facts are what the vendor kept ("" clears).

        `Stale` if the ticket is no longer at `revision`, where the vendor has revisions.
        """
        ...

    async def add_note(self, id: str, html: str) -> str:
        """Add an internal note, never visible to the customer; its id. Not idempotent."""
        ...


class RedactingHelpdesk(ReadableHelpdesk, Protocol):
    """A helpdesk that can blot out what was said. Asked only where the manifest says `redacts`."""

    async def redact_comment(self, id: str, comment_id: str) -> None:
        """Blot out all that stands in a comment of the ticket, for good. May be repeated.

        RecordMissing if there is no such comment; Rejected where the hub may not do it.
        """
        ...


class Tracker(Protocol):
    """Where the work is done."""

    async def fetch_item(self, id: str, want: Want) -> Observation:
        """The whole work item as it is now (presence DELETED if the vendor says so itself)."""
        ...

    async def fetch_items(self, ids: Sequence[str], want: Want) -> list[Observation]:
        """The items of these ids in few calls; those not shown are left out of the answer."""
        ...

    def item_named(self, text: str) -> str | None:
        """The id, or else the key, in an id, key or address that a person gave; None otherwise.

        Asks nobody and never raises, whatever the text; an address must be one of this account's.
        """
        ...

    async def resolve(self, text: str) -> str | None:
        """The stable id of what `item_named` finds, asking where that is a key; None if none."""
        ...

    async def list_hyperlinked(self, cursor: str | None) -> ChangedPage:
        """A page of the items that have hyperlinks, wherever those lead to; None: the first."""
        ...

    async def create_item(self, launch: NewItem) -> Observation:
        """Create the item with its tag and marker in the one call.

        With its back link too, where the manifest says `links_at_create`. Never repeated here:
        an unclear answer is `UnknownOutcome`, a documented refusal `Rejected`.
        """
        ...

    async def find_marked(self, marker: str, since: datetime) -> list[Found]:
        """Items that carry `marker`, created since `since`, by whomever."""
        ...

    async def set_fields(
        self, id: str, fields: Sequence[ItemField], revision: int | None
    ) -> Observation:
        """Write the fields in one call; `Stale` if the item is no longer at `revision`."""
        ...

    async def set_links(
        self,
        id: str,
        add: Sequence[ItemLink],
        remove: Sequence[ItemLink],
        revision: int | None,
    ) -> Observation:
        """Add and remove hyperlinks in one call; `Stale` if no longer at `revision`."""
        ...

    async def attach(
        self, id: str, name: str, content: AsyncIterator[bytes], size: int | None, comment: str
    ) -> Observation:
        """Upload a file and hang it on the item with `comment`, by which it is found again."""
        ...

    async def add_comment(self, id: str, html: str) -> str:
        """Add a comment; its id. Not idempotent."""
        ...

    async def delete_comment(self, id: str, comment_id: str) -> None:
        """Delete a comment of the hub's own. One that is gone is no error; may be repeated."""
        ...

    async def delete_file(self, id: str, comment: str) -> bool:
        """Take the file that hangs on the item with that comment away; False if there is none."""
        ...

    async def list_changed(self, cursor: str | None, since: datetime, want: Want) -> ChangedPage:
        """A page of items changed since the cursor (since `since` where there is none)."""
        ...

    async def fetch_reference(self) -> Reference:
        """Statuses, fields, types, iterations and the own account, read live."""
        ...

    async def fetch_schema(self, projects: frozenset[str] = frozenset()) -> Schema:
        """The whole live schema, of these projects too. One that is not there is not `found`."""
        ...

    async def probe(self, door: str, launches: frozenset[tuple[str, str]] = frozenset()) -> Probe:
        """What the credential opens, found out by calls that change nothing.

        `door` is the address that the vendor's webhooks must lead to; `launches` are the
        (project, type) of the items to be created, project "" for the connection's own.
        CredentialProblem if it opens nothing at all.
        """
        ...


class RelatingTracker(Tracker, Protocol):
    """A tracker whose items can be related. Asked only where the manifest says `relates`."""

    async def relate(self, id: str, other: str) -> None:
        """Relate two items in the weakest sense there is. May be repeated; once is enough."""
        ...


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a project. `closed`: nothing more is expected to happen in it."""

    id: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Subtask:
    """What is created below an item: its words, or the vendor's template to copy."""

    title: str
    html: str
    marker: str
    template: int | None = None


class PhasedTracker(Tracker, Protocol):
    """A tracker whose projects have phases and whose items have subtasks.

    Asked only where the manifest says `phases`.
    """

    async def find_phases(self, project: str, name: str) -> list[Phase]:
        """The phases of that name in a project, whatever their case."""
        ...

    async def create_phase(self, project: str, name: str, start: str, due: str) -> str:
        """Create a phase; its id. Not idempotent, and carries no marker."""
        ...

    async def add_subtask(self, id: str, subtask: Subtask) -> str:
        """Create a subtask that `find_marked` finds by its marker; its id. Not idempotent."""
        ...


class Connection(Protocol):
    """One configured account of a vendor, with the roles it plays (None for those it does not)."""

    @property
    def name(self) -> str:
        """The name it has in bridge.yaml."""
        ...

    @property
    def manifest(self) -> Manifest:
        """The facts of its vendor."""
        ...

    @property
    def settings(self) -> ConnectionSettings:
        """Its settings, secrets included: never shown."""
        ...

    @property
    def account(self) -> str | None:
        """The vendor account that events name (HubSpot's portal id), for routing at one door."""
        ...

    @property
    def receiver(self) -> Receiver | None:
        """Its door."""
        ...

    @property
    def panel(self) -> PanelDoor | None:
        """The door of its panel, where it is a helpdesk that shows one and one is configured."""
        ...

    @property
    def helpdesk(self) -> Helpdesk | None:
        """Its role as a helpdesk."""
        ...

    @property
    def tracker(self) -> Tracker | None:
        """Its role as a tracker."""
        ...

    @property
    def signals(self) -> SignalSource | None:
        """Its role as a source of signals."""
        ...

    @property
    def notifier(self) -> Notifier | None:
        """Its role as a notifier."""
        ...

    async def aclose(self) -> None:
        """Close the connection pool."""
        ...


class Connector(Protocol):
    """The code for a vendor, as the registry lists it."""

    @property
    def manifest(self) -> Manifest:
        """The facts of its vendor."""
        ...

    @property
    def settings_model(self) -> type[ConnectionSettings]:
        """The model of its entry in bridge.yaml."""
        ...

    def connect(self, name: str, settings: ConnectionSettings, wire: Wire) -> Connection:
        """A connection for these settings (its own model's); opens no socket yet."""
        ...
