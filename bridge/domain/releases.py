"""Releases: what work items are planned for, and which groups of customers have them."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A release as its tracker shows it. `id` is the hub's own: it outlives every new name."""

    id: str
    connection: str
    vendor_id: str
    name: str
    day: date | None = None
    released: bool | None = None
    """None: the tracker does not say; then it is by its day."""


@dataclass(frozen=True, slots=True)
class KnownRelease:
    """What the hub itself keeps of a release, as far as one helpdesk is concerned."""

    name: str
    day: date | None = None
    released_at: datetime | None = None
    """When it was first seen as released."""
    reached: Table[str, date] = with_default(default_factory=dict)
    """Groups of which a person said so, with the day."""
    exceptions: Table[str, date | None] = with_default(default_factory=dict)
    """Customers who do not go with their group, by company or, where none is known, by name: their
    own day; None: not for now."""
    namesakes: Table[str, date | None] = with_default(default_factory=dict)
    """The same by the name that each company then had: who bears it now is held back in doubt."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A ticket was of a customer who is set apart, and is of another now. `day`: their own."""

    name: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ReleasesAround:
    """What is kept of the releases of a ticket's work items."""

    known: Table[str, KnownRelease] = with_default(default_factory=dict)
    """By the hub's id."""
    left: Table[str, tuple[str, ...]] = with_default(default_factory=dict)
    """Work item → the ids of releases that it was planned for when they were deleted."""
    strays: Table[str, Stray] = with_default(default_factory=dict)
    """Release → whose the ticket was, until a person says who they are now."""


@dataclass(frozen=True, slots=True)
class InRelease:
    """The release that a ticket waits for or came with, and its customer's roll-out group."""

    id: str
    name: str
    group: str
    reached: bool
