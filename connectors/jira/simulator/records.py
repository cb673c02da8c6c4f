"""What a site holds. Ids are strings and never change; keys and names may."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True, eq=False)
class User:
    """An account; `account_type` is `atlassian`, `app` or `customer`."""

    account_id: str
    name: str
    email: str
    account_type: str = "atlassian"
    time_zone: str = "Etc/UTC"
    active: bool = True
    admin: bool = False


@dataclass(slots=True, eq=False)
class Named:
    """A priority, resolution, component, issue type or status category."""

    id: str
    name: str
    description: str = ""
    key: str = ""
    colour: str = ""
    subtask: bool = False


@dataclass(slots=True, eq=False)
class Status:
    """A status and the category that a mapping should go by."""

    id: str
    name: str
    category: Named


@dataclass(slots=True, eq=False)
class Transition:
    """A move of the workflow; without `sources` it is possible from everywhere."""

    id: str
    name: str
    target: str
    sources: tuple[str, ...] = ()
    screen: dict[str, bool] = field(default_factory=dict)
    """The fields of its screen, and whether each is required."""
    validator: str = ""
    """The sentence with which a rule of the site refuses the move; empty: no such rule."""


@dataclass(slots=True, eq=False)
class Project:
    """A project; `screens` holds what create and edit offer."""

    id: str
    key: str
    name: str
    public: bool = False
    """Whether nobody in particular may read it."""
    next_number: int = 1
    transitions: list[Transition] = field(default_factory=list)
    components: list[Named] = field(default_factory=list)
    kind: str = "software"
    """`software`, `business`, or `service_desk`, whose issues customers read in a portal."""
    off_screen: dict[str, set[str]] = field(
        default_factory=lambda: {"create": set(), "edit": set()}
    )
    required: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Version:
    """A version of a project; dates as `2026-12-01`."""

    id: str
    name: str
    project: Project
    description: str = ""
    released: bool = False
    archived: bool = False
    release_date: str | None = None
    start_date: str | None = None


@dataclass(slots=True, eq=False)
class Field:
    """A field; `kind` says how its values look in JSON."""

    id: str
    name: str
    kind: str
    options: list[Named] = field(default_factory=list)
    children: dict[str, list[Named]] = field(default_factory=dict)
    editable: bool = True

    @property
    def custom(self) -> bool:
        """Whether the site's administrators made it."""
        return self.id.startswith("customfield_")


@dataclass(slots=True, eq=False)
class Comment:
    """A comment; `body` is always a document, whatever it was written as."""

    id: str
    author: User
    body: dict[str, Any]
    created: datetime
    updated: datetime
    update_author: User
    visibility: dict[str, Any] | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Attachment:
    """A file of an issue."""

    id: str
    author: User
    filename: str
    mime_type: str
    content: bytes
    created: datetime


@dataclass(slots=True, eq=False)
class RemoteLink:
    """A link to somewhere else; `globalId` makes a second POST an update."""

    id: int
    global_id: str | None
    application: dict[str, Any] | None
    relationship: str | None
    object: dict[str, Any]


@dataclass(slots=True, eq=False)
class LinkType:
    """How two issues relate, read from either side."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(slots=True, eq=False)
class IssueLink:
    """Two issues and how they relate; ids, so that a move changes nothing."""

    id: str
    type: LinkType
    inward: str
    outward: str


@dataclass(slots=True, eq=False)
class History:
    """One entry of the changelog."""

    id: str
    author: User
    created: datetime
    items: list[dict[str, Any]]
    metadata: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Issue:
    """An issue; `fields` holds stored values (ids of what has one) by field id."""

    id: str
    key: str
    project: Project
    creator: User
    created: datetime
    updated: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    history: list[History] = field(default_factory=list)
    old_keys: list[str] = field(default_factory=list)

    def snapshot(self) -> Issue:
        """The issue as it is now, for an index that will lag behind."""
        twin = copy.copy(self)
        twin.fields = dict(self.fields)
        for name in ("comments", "attachments", "remote_links", "history", "old_keys"):
            setattr(twin, name, list(getattr(self, name)))
        twin.properties = dict(self.properties)
        return twin
