"""What comes in: deliveries, and the events they hint at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.domain.records import Fact, Presence
from bridge.domain.refs import Kind


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A request at the door, raw. `url` is the public URL as the vendor called it, with query."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """The request is the vendor's. `keys` identify what it says; all known: a duplicate."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The request is not proven to be the vendor's; `reason` is for logs, never for the caller."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified inbound request as stored."""

    id: str
    connection: str
    body: bytes
    content_type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that one record changed, with whatever the delivery says of it.

    `whole` true: `facts` are all of the record (its observation is replaced, in revision order);
    false: they are merged in. `thin` true: something changed that the payload does not carry, so
    the record must be read. `account` routes an event to the connection of that vendor account
    (HubSpot portal); None means the connection at whose door it came. `aliases` are ids that are
    now this record (a merge). Nothing after intake branches on the kind of event.
    """

    kind: Kind
    id: str
    account: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    revision: int | None = None
    whole: bool = False
    thin: bool = False
    presence: Presence = Presence.PRESENT
    aliases: tuple[str, ...] = ()
    via_alias: bool = False
    """`id` is not the record's but one of its aliases' (a conversation thread)."""


@dataclass(frozen=True, slots=True)
class ReferenceChanged:
    """Reference data changed (a company, a pipeline): whatever depends on it is looked at again."""

    what: str
    """`company`, `release` (work items planned for it are read again), `phase` (a launch looks for
    it again) or `schema`."""
    id: str
    account: str | None = None
    gone: bool = False
    """The vendor says that it was deleted."""
    into: str | None = None
    """What took its place then."""


@dataclass(frozen=True, slots=True)
class PrivacyDeletion:
    """The vendor erased a person; the hub must forget that person's words."""

    person_id: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """The delivery says nothing the hub acts on; `reason` is shown with it.

    `unreadable`: it is not what the vendor documents, which a person should know.
    """

    reason: str
    unreadable: bool = False


Hint = Event | ReferenceChanged | PrivacyDeletion
