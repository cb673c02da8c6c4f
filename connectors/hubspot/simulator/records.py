"""CRM records: string properties, each with the history of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Author:
    """Who set a value, in the words of `propertiesWithHistory` and of webhooks."""

    source_type: str
    source_id: str
    user_id: int | None = None

    @classmethod
    def person(cls, user_id: int) -> Author:
        """A user at the vendor's own pages. It is the userId, not the owner id."""
        return cls("CRM_UI", f"userId:{user_id}", user_id)


CALCULATED = Author("CALCULATED", "CalculatedPropertyComputer")
"""The vendor itself."""


@dataclass(frozen=True, slots=True)
class Version:
    """One value that a property has had."""

    value: str | None
    at: datetime
    author: Author


@dataclass(slots=True)
class Record:
    """A ticket, company, contact, note or feedback submission, live or not."""

    object_type: str
    id: str
    created_at: datetime
    updated_at: datetime
    shelves: Mapping[str, dict[str, Record]] = field(repr=False, compare=False)
    properties: dict[str, str | None] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict, repr=False)
    """Newest first."""
    archived: bool = False
    archived_at: datetime | None = None
    merged_into: str | None = None
    links: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """Object type → id → association type ids."""

    def put(self, name: str, value: str | None, at: datetime, author: Author) -> bool:
        """Sets a value and remembers the former one; False where it was the same already."""
        if self.properties.get(name) == value:
            return False
        self.properties[name] = value
        self.history.setdefault(name, []).insert(0, Version(value, at, author))
        return True

    def value_at(self, name: str, at: datetime) -> str | None:
        """The value a property had at an earlier time."""
        versions = self.history.get(name, [])
        return next((version.value for version in versions if version.at <= at), None)

    def linked(self, object_type: str) -> list[Record]:
        """The live records of a type that are associated with this one."""
        shelf = self.shelves[object_type]
        found = (shelf.get(other) for other in self.links.get(object_type, {}))
        return [record for record in found if record is not None and not record.archived]

    @property
    def notes(self) -> list[Record]:
        """The live notes on this record's timeline."""
        return self.linked("notes")

    @property
    def emails(self) -> list[Record]:
        """The live mails on this record's timeline."""
        return self.linked("emails")

    @property
    def companies(self) -> list[Record]:
        """The live companies of this record."""
        return self.linked("companies")
