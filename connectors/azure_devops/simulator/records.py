"""What the service stores: items, their revisions and updates, comments, attachments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.process import Process

FieldValues: TypeAlias = dict[str, Any]
"""Values by reference name; people are `Identity`, times are the strings the service prints."""


@dataclass(slots=True)
class Iteration:
    """A node of the iteration or area tree; `path` begins with the project's name."""

    id: int
    identifier: str
    path: str
    start: str | None = None
    finish: str | None = None


@dataclass(slots=True)
class Project:
    """A project with its process and its trees."""

    id: str
    name: str
    process: Process
    iterations: list[Iteration] = field(default_factory=list)
    areas: list[Iteration] = field(default_factory=list)


@dataclass(slots=True)
class Relation:
    """A link of an item: to another item (`target`), to a file or to any address (`url`)."""

    rel: str
    url: str
    attributes: dict[str, Any] = field(default_factory=dict)
    target: int | None = None

    @property
    def comment(self) -> str | None:
        """The text beside the link; clients put their markers here."""
        found = self.attributes.get("comment")
        return None if found is None else str(found)

    def copy(self) -> Relation:
        """A relation that can be changed without touching this one."""
        return Relation(self.rel, self.url, dict(self.attributes), self.target)

    def same_place(self, other: Relation) -> bool:
        """Whether both are the same link, whatever is written beside it."""
        own, its = self.attributes.get("id"), other.attributes.get("id")
        if own is not None and its is not None:
            return bool(own == its)
        return (self.rel, self.url, self.target) == (other.rel, other.url, other.target)


@dataclass(slots=True)
class Comment:
    """A comment; edits raise `version`, deleting only marks it."""

    id: int
    text: str
    format: str
    created_by: Identity
    created_at: datetime
    modified_by: Identity
    modified_at: datetime
    version: int = 1
    deleted: bool = False
    versions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Update:
    """One difference; its `number` is not the revision (link changes seen from afar add none)."""

    number: int
    rev: int
    by: Identity
    at: datetime
    fields: dict[str, tuple[Any, Any]]
    added: list[Relation] = field(default_factory=list)
    removed: list[Relation] = field(default_factory=list)
    updated: list[Relation] = field(default_factory=list)
    revises: bool = True
    """False for a link that was made at its other end."""


@dataclass(slots=True)
class Revision:
    """The whole item as of one revision; `watermark` orders revisions of all items."""

    rev: int
    watermark: int
    at: datetime
    by: Identity
    fields: FieldValues
    relations: list[Relation]
    formats: dict[str, str]
    project: Project
    comment: tuple[int, int, bool] | None = None
    """Comment id, version and whether it was deleted, when this revision is about a comment."""


@dataclass(slots=True)
class Item:
    """A work item as it stands."""

    id: int
    type: str
    project: Project
    fields: FieldValues = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    rev: int = 0
    comments: list[Comment] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    deleted: bool = False
    deleted_at: datetime | None = None
    deleted_by: Identity | None = None

    @property
    def tags(self) -> list[str]:
        """The item's tags, one by one."""
        return split_tags(self.fields.get("System.Tags", ""))

    @property
    def title(self) -> str:
        """The item's title."""
        return str(self.fields.get("System.Title", ""))

    @property
    def state(self) -> str:
        """The name of the item's state."""
        return str(self.fields.get("System.State", ""))


@dataclass(slots=True)
class Attachment:
    """An uploaded file; chunked uploads fill `content` up to `size`."""

    id: str
    name: str
    content: bytes
    project: Project | None
    size: int | None = None


def split_tags(text: object) -> list[str]:
    """Tags of a `"; "`-joined string, blanks cut, repetitions (without case) dropped."""
    seen: dict[str, str] = {}
    for part in str(text or "").split(";"):
        if part.strip():
            seen.setdefault(part.strip().casefold(), part.strip())
    return list(seen.values())
