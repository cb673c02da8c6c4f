"""Operations: the closed set of effects that a plan may have on a vendor, and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.domain.drafts import Approved
from bridge.domain.links import Fingerprint
from bridge.domain.mails import MailWay, SentLetter
from bridge.domain.records import Attachment, Observation, Value
from bridge.domain.refs import SignalRef, TicketRef, WorkItemRef
from bridge.domain.texts import Releasable


class NewItem(Protocol):
    """What a tracker is told of an item to create, whatever it is created for."""

    @property
    def marker(self) -> str:
        """By which it is found again."""
        ...

    @property
    def project(self) -> str | None:
        """Where; None: the connection's own only project."""
        ...

    @property
    def type(self) -> str:
        """The tracker's type."""
        ...

    @property
    def fields(self) -> Mapping[str, Value]:
        """By the tracker's names."""
        ...

    @property
    def back_link(self) -> str:
        """Where it leads back to."""
        ...

    @property
    def phase(self) -> str:
        """The id of the project's phase, where the tracker has phases."""
        ...

    @property
    def assignees(self) -> tuple[str, ...]:
        """E-mail addresses of those who are to do it."""
        ...


@dataclass(frozen=True, slots=True)
class SignalItem:
    """The item of a signal as it is sent. Its words are Sentry's: it is never stored."""

    marker: str
    project: str | None
    type: str
    fields: Mapping[str, Value]
    back_link: str
    phase: str = ""
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaunchItem:
    """Create the work item of a route for a ticket. Sent at most once: see `ProbeLaunch`."""

    ticket: TicketRef
    route: str
    connection: str
    marker: str
    project: str | None
    type: str
    fields: Mapping[str, Value]
    back_link: str
    """The ticket's URL, set as hyperlink in the create call itself; it carries the marker."""
    phase: str = ""
    """The id of the phase of the project that it goes to, where the tracker has phases."""
    assignees: tuple[str, ...] = ()
    """E-mail addresses of those who are to do it."""
    look_since: datetime | None = None
    """Set where the launch may have been forgotten by a restore: look before creating."""
    look_for: tuple[str, ...] = ()
    """The markers under which the hub may have made an item for this ticket since then."""


@dataclass(frozen=True, slots=True)
class ProbeLaunch:
    """Look for the item of a launch whose answer never came; adopt it, wait, or ask a person."""

    ticket: TicketRef
    route: str
    connection: str
    marker: str
    intended_at: datetime
    probes: int


@dataclass(frozen=True, slots=True)
class LaunchSignal:
    """Create the work item of a signal. Refs and places only: its words are fetched when sent."""

    signal: SignalRef
    connection: str
    marker: str
    project: str | None
    type: str


@dataclass(frozen=True, slots=True)
class ProbeSignal:
    """Look for the item of a signal's launch whose answer never came."""

    signal: SignalRef
    connection: str
    marker: str
    intended_at: datetime
    probes: int


@dataclass(frozen=True, slots=True)
class RelateItem:
    """Relate the item to another one of the same tracker."""

    item: WorkItemRef
    other: WorkItemRef
    source: str
    content: str


@dataclass(frozen=True, slots=True)
class TicketField:
    """One field to write on a ticket; its value passed the gate."""

    field: str
    value: Releasable
    restore: bool = False
    """Put back after a foreign edit."""


@dataclass(frozen=True, slots=True)
class SetTicketFields:
    """Write fields that the hub owns on a ticket, in one call; guarded where it has a revision."""

    ticket: TicketRef
    fields: tuple[TicketField, ...]
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddTicketNote:
    """Copy a released comment of a work item to the ticket as an internal note, once."""

    ticket: TicketRef
    html: Releasable
    source: str
    content: str
    marker: str


@dataclass(frozen=True, slots=True)
class SayToCustomer:
    """Say an approved draft to the customer, once. `marker` is how it is found after silence."""

    ticket: TicketRef
    draft: str
    html: Releasable
    marker: str
    revision: int | None = None
    recipients: tuple[str, ...] = ()
    follow_up: bool = False
    """The ticket is closed for good, and a person let a ticket be opened that continues it."""
    mail: MailWay | None = None
    """The ticket has no conversation: it is said by a letter."""
    approved: Approved | None = None
    """For whom a person let it go, where nobody is named: it is said to nobody else."""


@dataclass(frozen=True, slots=True)
class ShowLetter:
    """Let the ticket show a letter that went out, once."""

    ticket: TicketRef
    draft: str
    letter: SentLetter
    looks: int | None = None
    """It was tried without an answer, and looked for so often: it is looked for again. None: it was
    never tried."""


@dataclass(frozen=True, slots=True)
class FindSaid:
    """Look for a message whose answer never came. It is never simply sent again."""

    ticket: TicketRef
    draft: str
    html: str
    marker: str
    intended_at: datetime
    probes: int
    also: tuple[str, ...] = ()
    """Ids of tickets that were merged into this one: it may have been said there."""
    others: tuple[str, ...] = ()
    """Ids of what else was said on the ticket."""
    forgotten: bool = False
    """The store is an older state put back: not found, it was never said, and it is said then."""


@dataclass(frozen=True, slots=True)
class ItemField:
    """One field to write on a work item."""

    field: str
    value: Value
    restore: bool = False
    whole: str = ""
    """Where the whole of a text can be read that is too long for the field."""
    beside: tuple[Fingerprint, ...] = ()
    """What else is kept once it is written."""


@dataclass(frozen=True, slots=True)
class SetItemFields:
    """Write fields that the ticket owns on a work item, guarded by its revision."""

    item: WorkItemRef
    fields: tuple[ItemField, ...]
    revision: int | None


@dataclass(frozen=True, slots=True)
class ItemLink:
    """A hyperlink out of a work item; `comment` carries our marker."""

    url: str
    comment: str


@dataclass(frozen=True, slots=True)
class SetItemLinks:
    """Add and remove the hub's own hyperlinks on a work item, guarded by its revision."""

    item: WorkItemRef
    add: tuple[ItemLink, ...]
    remove: tuple[ItemLink, ...]
    revision: int | None
    beside: tuple[Fingerprint, ...] = ()
    """What else is kept once they are set."""


@dataclass(frozen=True, slots=True)
class CopyAttachment:
    """Copy one file from a ticket to a work item, once."""

    item: WorkItemRef
    ticket: TicketRef
    attachment: Attachment
    source: str
    content: str
    marker: str


@dataclass(frozen=True, slots=True)
class AddItemComment:
    """Copy a marked support comment to a work item, once."""

    item: WorkItemRef
    html: str
    source: str
    content: str
    marker: str


@dataclass(frozen=True, slots=True)
class AddSubtask:
    """Create a task below a launched item, once.

    `look_since` is set where it may have been created without our hearing of it.
    """

    item: WorkItemRef
    title: str
    html: str
    template: int | None
    source: str
    content: str
    marker: str
    look_since: datetime | None = None


Operation = (
    LaunchItem
    | ProbeLaunch
    | SetTicketFields
    | AddTicketNote
    | SayToCustomer
    | FindSaid
    | ShowLetter
    | SetItemFields
    | SetItemLinks
    | CopyAttachment
    | AddItemComment
    | LaunchSignal
    | ProbeSignal
    | RelateItem
    | AddSubtask
)


class OutcomeKind(StrEnum):
    """How an operation ended."""

    DONE = "done"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an operation. `observation` is what the vendor's answer showed of the record."""

    kind: OutcomeKind
    detail: str = ""
    target_id: str | None = None
    observation: Observation | None = None
    until: datetime | None = None
