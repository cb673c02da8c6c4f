"""What an account holds: tickets with their comments and audits, people, organisations, files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SYSTEM_ID = -1
"""The author of what the vendor does by itself."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and through which door."""

    user_id: int
    channel: str = "web"
    source: dict[str, Any] = field(default_factory=dict)
    """`from`, `to` and `rel` of the audit's `via`, where they are not empty."""
    client: str = ""
    custom: dict[str, Any] = field(default_factory=dict)
    """What the writer put into `metadata`."""

    def via(self) -> dict[str, Any]:
        """The `via` object."""
        empty: dict[str, Any] = {"from": {}, "to": {}, "rel": None}
        return {"channel": self.channel, "source": empty | self.source}


@dataclass(slots=True)
class User:
    """An agent, admin or end user."""

    id: int
    name: str
    email: str | None
    role: str
    created_at: datetime
    updated_at: datetime
    organization_id: int | None = None
    external_id: str | None = None
    tags: list[str] = field(default_factory=list)
    user_fields: dict[str, Any] = field(default_factory=dict)
    active: bool = True
    suspended: bool = False
    serial: int = 0

    @property
    def is_staff(self) -> bool:
        """Agents and admins."""
        return self.role != "end-user"


@dataclass(slots=True)
class Organization:
    """A customer's company."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    domain_names: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    organization_fields: dict[str, Any] = field(default_factory=dict)
    details: str | None = None
    notes: str | None = None
    group_id: int | None = None
    deleted: bool = False
    serial: int = 0


@dataclass(slots=True)
class Attachment:
    """A file, with the secret of its address."""

    id: int
    file_name: str
    content_type: str
    content: bytes
    secret: str
    redacted: bool = False


@dataclass(slots=True)
class Upload:
    """Files that wait to be hung on a comment."""

    token: str
    expires_at: datetime
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Comment:
    """One comment; `public` tells whether customers read it."""

    id: int
    audit_id: int
    author_id: int
    body: str
    html_body: str
    public: bool
    via: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Audit:
    """One action on a ticket with everything that it changed."""

    id: int
    ticket_id: int
    created_at: datetime
    by: By
    events: list[dict[str, Any]] = field(default_factory=list)
    comment: Comment | None = None

    def metadata(self) -> dict[str, Any]:
        """System facts and what the writer added."""
        system = {"client": self.by.client, "ip_address": "203.0.113.9"}
        return {"system": system, "custom": self.by.custom}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that became another; `field_id` names a custom field."""

    name: str
    before: Any
    after: Any
    field_id: int | None = None


@dataclass(slots=True)
class Ticket:
    """A ticket, live, deleted or scrubbed. `values` are its system fields by their API names."""

    id: int
    created_at: datetime
    updated_at: datetime
    generated_at: datetime
    values: dict[str, Any]
    via: dict[str, Any]
    serial: int = 0
    """Grows with every write, and orders the export."""
    custom: dict[int, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    followup_ids: list[int] = field(default_factory=list)
    is_public: bool = True
    rating: dict[str, Any] = field(default_factory=lambda: {"score": "unoffered"})
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: int | None = None
    scrubbed: bool = False
    versions: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list, repr=False)
    """What search saw at which time, oldest first."""

    @property
    def status(self) -> str:
        """The status category."""
        status: str = self.values["status"]
        return status

    @property
    def subject(self) -> str:
        """The subject line."""
        subject: str = self.values["subject"]
        return subject

    @property
    def tags(self) -> list[str]:
        """Tags, those of drop-downs included."""
        tags: list[str] = self.values["tags"]
        return tags

    @property
    def live(self) -> bool:
        """Neither deleted nor scrubbed."""
        return self.deleted_at is None

    @property
    def description(self) -> str:
        """The text of the first comment."""
        return self.comments[0].body if self.comments else ""
