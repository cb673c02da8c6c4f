"""Observations: what was last seen of a record, fact by fact, with the vendor's time of each.

A fact is named either by the vendor's own field name (`hs_ticket_priority`,
`System.AreaPath`) or by one of the names below, which mean the same for every vendor and
begin with `@` so that no vendor's field can collide with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeAlias

from bridge.domain.refs import Ref

Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None
"""A JSON value; what facts hold. Dates are ISO texts, identities are `Display <unique>`."""

SUBJECT = "@subject"  # str, plain text
BODY = "@body"  # str, safe HTML
STATUS = "@status"  # str, the vendor's status id (HubSpot: stage id; Azure DevOps: state name)
TYPE = "@type"  # str, work item type
PROJECT = "@project"  # str, where a work item lives
KEY = "@key"  # str, what people call the record
URL = "@url"  # str, where people open it
CREATED_AT = "@created_at"  # str, RFC 3339
CHANGED_AT = "@changed_at"  # str, RFC 3339
AUTHOR = "@author"  # str, account id of whoever made the newest revision
ASSIGNEE = "@assignee"  # str, display name
CUSTOMER = "@customer"  # str, id of the company (reference data) | None
CONTACTS = "@contacts"  # list[str], ids of the people on the ticket
ALIASES = "@aliases"  # list[str], ids that were merged into this record
MERGED_AWAY = "@merged_away"  # bool, merged into a ticket that the record itself does not name
THREADS = "@threads"  # list[str], conversation ids that belong to the ticket
ITERATION = "@iteration"  # str, iteration path (reference data knows its end)
RELEASES = "@releases"  # list[str], ids of the releases that a work item is planned for
PLANNED = "@planned"  # list of {"id", "name", "day", "released"}: the same releases in full
ATTACHMENTS = "@attachments"  # list of attachment dicts, see Attachment
COMMENTS = "@comments"  # list of comment dicts, see Comment
LINKED = "@linked"  # str, digest of what a signal's vendor itself has linked to it; "": nothing
HYPERLINKS = "@hyperlinks"  # list of {"url", "comment"}: links out of a work item
MESSAGES_HIDDEN = "@messages_hidden"  # bool, what is said to the customer can't be read
CUSTOMER_FACING = "@customer_facing"  # bool, customers read the work item in the tracker itself

STANDARD_FACTS = frozenset(
    {
        SUBJECT, BODY, STATUS, TYPE, PROJECT, KEY, URL, CREATED_AT, CHANGED_AT, AUTHOR, ASSIGNEE,
        CUSTOMER, CONTACTS, ALIASES, MERGED_AWAY, THREADS, ITERATION, RELEASES, PLANNED,
        ATTACHMENTS, COMMENTS, HYPERLINKS, CUSTOMER_FACING, MESSAGES_HIDDEN,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One value and the vendor's time at which it came to be (UTC)."""

    value: Value
    at: datetime


class Presence(StrEnum):
    """Whether the vendor shows the record."""

    PRESENT = "present"
    DELETED = "deleted"
    """The vendor says so itself (archive, recycle bin): proof, unlike a mere 404."""
    ABSENT = "absent"
    """Not found once. Proves nothing (design rule 7)."""
    MISSING = "missing"
    """Not found at two observations at least ten minutes apart."""
    MERGED = "merged"
    """Became part of another record; its alias points there."""


class Source(StrEnum):
    """How an observation was made."""

    WEBHOOK = "webhook"
    LIST = "list"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one record.

    `facts` may be a part only (`whole` false: a property event, the answer to a write) and is
    then merged into what is known. `revision` orders whole observations where the vendor counts
    them; `seen_at` is the hub's time of seeing, `facts[..].at` the vendor's time of the value.
    """

    ref: Ref
    facts: Mapping[str, Fact]
    seen_at: datetime
    source: Source
    revision: int | None = None
    whole: bool = False
    presence: Presence = Presence.PRESENT

    def value(self, name: str) -> Value:
        """The fact's value; None where it is unknown or empty (ask `knows` for the difference)."""
        fact = self.facts.get(name)
        return None if fact is None else fact.value

    def text(self, name: str) -> str:
        """The fact as text; empty where it is unknown, empty or not a scalar."""
        value = self.value(name)
        if value is None or isinstance(value, list | dict):
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def knows(self, name: str) -> bool:
        """True if the fact was ever seen, even as empty."""
        return name in self.facts

    def at(self, name: str) -> datetime | None:
        """The vendor's time of the fact."""
        fact = self.facts.get(name)
        return None if fact is None else fact.at

    def texts(self, name: str) -> list[str]:
        """The fact as a list of texts; empty where it is unknown or no list."""
        value = self.value(name)
        return [str(each) for each in value] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a record. `id` is the vendor's, stable; `size` in bytes where it is known."""

    id: str
    name: str
    size: int | None = None
    content_type: str | None = None
    comment: str = ""

    def as_value(self) -> dict[str, Value]:
        """The JSON form kept in the `@attachments` fact."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size,
            "content_type": self.content_type,
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment or note: who wrote what, when. `html` is the vendor's markup, not yet trusted."""

    id: str
    html: str
    author_id: str = ""
    author: str = ""
    at: str = ""
    internal: bool = True
    own: bool = False
    """Written by the hub's own account."""
    app: bool = False
    """Written under a program's account, where the vendor tells those from people's."""
    inbound: bool = False
    """Written by a customer, as far as the vendor says so."""
    opening: bool = False
    """The ticket's description, where staff wrote it: a fact of its own, and said all the same."""
    channel: str = ""
    """By which way a customer wrote it, as the vendor calls that; empty where it does not say."""
    automatic: bool = False
    """A customer's program made it, an out-of-office note say, as far as the vendor says so."""
    contact: str = ""
    """The helpdesk's id of the customer who wrote it, where `author_id` is something else."""

    def as_value(self) -> dict[str, Value]:
        """The JSON form kept in the `@comments` fact."""
        kept: dict[str, Value] = {
            "id": self.id,
            "html": self.html,
            "author_id": self.author_id,
            "author": self.author,
            "at": self.at,
            "internal": self.internal,
            "own": self.own,
            # Left out where it is not so: what was stored before this was known stays the same.
            **({"app": True} if self.app else {}),
        }
        kept |= {"inbound": True} if self.inbound else {}
        kept |= {"channel": self.channel} if self.channel else {}
        kept |= {"automatic": True} if self.automatic else {}
        kept |= {"contact": self.contact} if self.contact else {}
        return kept | ({"opening": True} if self.opening else {})


def attachments_of(observation: Observation) -> list[Attachment]:
    """The attachments seen on a record."""
    value = observation.value(ATTACHMENTS)
    return [Attachment(**each) for each in value] if isinstance(value, list) else []  # type: ignore[arg-type]  # written by as_value


def comments_of(observation: Observation) -> list[Comment]:
    """The comments seen on a record."""
    value = observation.value(COMMENTS)
    return [Comment(**each) for each in value] if isinstance(value, list) else []  # type: ignore[arg-type]  # written by as_value


class StatusCategory(StrEnum):
    """What a status means, whatever its name (Azure DevOps' five, the smallest common set)."""

    PROPOSED = "proposed"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    COMPLETED = "completed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class StatusInfo:
    """One status of a connection. `closed`: nothing more is expected to happen to the record."""

    id: str
    label: str
    category: StatusCategory | None = None
    closed: bool = False
    waiting: bool = False
    """A helpdesk's: it is the customer's turn."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field of a connection's live schema; `options` are the (value, label) it takes."""

    name: str
    label: str
    type: str
    options: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
    customers_fill: bool = False
    """Customers may write into it, as far as the vendor says so."""


class EtaKind(StrEnum):
    """How an ETA source is read."""

    DATE_FIELD = "date_field"
    ITERATION_END = "iteration_end"


@dataclass(frozen=True, slots=True)
class EtaSource:
    """One place where a work item's date stands; the first that has one wins."""

    kind: EtaKind
    field: str = ""


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project of a tracker where each belongs to a customer, by the customer's name there."""

    id: str
    name: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """What planning needs to know of a connection besides its records."""

    statuses: Mapping[str, StatusInfo] = field(default_factory=dict)
    fields: Mapping[str, FieldInfo] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    iteration_ends: Mapping[str, date] = field(default_factory=dict)
    projects: tuple[ProjectInfo, ...] = ()
    """A tracker's, where projects are customers': a launch finds its own among them. Of a source of
    signals those whose slugs its short ids begin with."""
    account_ids: frozenset[str] = frozenset()
    """The ids under which the hub's own account appears as an author."""
    account_name: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Who may be responsible for a record: id → e-mail address."""


@dataclass(frozen=True, slots=True)
class Company:
    """A customer as the helpdesk knows it. `properties` are the ones the mapping names.

    `labels` are what people see of those whose value is one of a list's choices.
    """

    id: str
    name: str
    properties: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody on tickets, with the properties that the mapping names, and nothing else."""

    id: str
    properties: Mapping[str, str | None] = field(default_factory=dict)


def parse_instant(text: str) -> datetime | None:
    """An RFC 3339 or ISO time as aware UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
