"""What joins records. There is no type for a ticket and a signal: rule O30 is unrepresentable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.domain.refs import SignalRef, TicketRef, WorkItemRef

SIGNAL_ROUTE = "@signal"
"""The route of a signal's launch: a word that no mapping can use."""


class LinkState(StrEnum):
    """`broken`: the other end can't be seen any more. `ended`: unlinked, or closed and told."""

    ACTIVE = "active"
    BROKEN = "broken"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Link:
    """Ticket ↔ work item."""

    id: str
    ticket: TicketRef
    work_item: WorkItemRef
    route: str | None
    state: LinkState
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Work item ↔ work item. Never enters a roll-up."""

    a: WorkItemRef
    b: WorkItemRef


@dataclass(frozen=True, slots=True)
class Origin:
    """Signal → the work item launched for it."""

    signal: SignalRef
    work_item: WorkItemRef


class LaunchState(StrEnum):
    """`intended`: about to be sent, or sent with no clear answer; only a probe goes on from it."""

    INTENDED = "intended"
    CREATED = "created"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    """The probe found several candidates, or none where one must be: a person decides."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a route for a ticket: unique for ever (design rule 12)."""

    ticket: TicketRef
    route: str
    connection: str
    marker: str
    state: LaunchState
    intended_at: datetime
    work_item_id: str | None = None
    probes: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignalLaunch:
    """The one launch of a signal's work item: unique for ever, like a route's for a ticket."""

    signal: SignalRef
    connection: str
    marker: str
    state: LaunchState
    intended_at: datetime
    work_item_id: str | None = None
    probes: int = 0
    reason: str = ""


class LedgerState(StrEnum):
    """`intended` after a kill means: look at the target before sending again."""

    INTENDED = "intended"
    COPIED = "copied"
    REJECTED = "rejected"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Which comment or attachment was copied where, at most once.

    `source` names the entry for good (`hubspot:812#file/8801`), `content` is the hash of what
    was copied, `target_id` the vendor's id of the copy.
    """

    source: str
    content: str
    state: LedgerState
    marker: str
    target_id: str | None = None
    intended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that the vendor refused for a field, as its hash, and what it said.

    `schema` is the hash of the field as the vendor described it then: what was refused may be
    taken once the field has changed.
    """

    value: str
    schema: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The pair kept for an owned field: hash of what was sent, hash of what came back.

    Vendors rewrite what they store, so text is never compared with text. `came_back` None: the
    write's answer had no body; the pair is completed by our own account's next revision.
    `sent` empty: nothing was ever taken, only refused.
    """

    field: str
    sent: str
    came_back: str | None
    written_at: datetime
    writes: tuple[datetime, ...] = ()
    foreign_edits: tuple[datetime, ...] = ()
    frozen_until: datetime | None = None
    frozen_code: str | None = None
    refused: Refusal | None = None
