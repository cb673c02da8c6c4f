"""The live schema of a connection: what a mapping may name, as its vendor has it now.

`Reference` is what planning needs of it; this is the whole, for the check and for who edits a
mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.domain.records import FieldInfo, Reference


@dataclass(frozen=True, slots=True)
class TypeField:
    """A field on one type of work item. `options` are the values it takes on that type.

    `required`: a person or the hub must fill it when an item is created; the vendor does not.
    """

    name: str
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of work item in one project, with the statuses it goes through."""

    name: str
    statuses: tuple[str, ...] = ()
    fields: Mapping[str, TypeField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of a tracker. `found`: the vendor shows it; otherwise it is only asked for."""

    name: str
    found: bool = True
    types: tuple[ItemType, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A row of statuses that tickets go through; `statuses` are ids."""

    id: str
    label: str
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """What one connection has. A part that the vendor does not show us is None or empty."""

    reference: Reference = field(default_factory=Reference)
    projects: tuple[Project, ...] = ()
    """The tracker's projects that were asked about, the one for launches first."""
    project_names: tuple[str, ...] = ()
    """Every project by name, where one that was asked about is not there."""
    pipelines: tuple[Pipeline, ...] = ()
    company_fields: Mapping[str, FieldInfo] | None = None
    """The fields of customers; None where they can't be read."""
    text_types: frozenset[str] = frozenset()
    """The vendor's names for fields that take any text."""
    date_types: frozenset[str] = frozenset()
    """The same for fields that take a date."""


class Use(StrEnum):
    """What the hub does with a right. Which of them a mapping needs is for the check to say."""

    RECORDS = "records"
    """Reading and writing the records themselves: always."""
    CUSTOMERS = "customers"
    FILES = "files"
    COMMENTS = "comments"
    """Reading and adding internal notes or comments."""
    TALK = "talk"
    """Reading what customers wrote: the hub does without, and sees less."""


@dataclass(frozen=True, slots=True)
class Right:
    """One right of a credential, by the vendor's name for it.

    `has` is None where the vendor lets nobody find out. `why` says what it refused; `grant`
    is what a person does to give it.
    """

    name: str
    use: Use
    has: bool | None
    why: str = ""
    grant: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """One kind of event that the hub needs, and how the vendor's subscription to it stands.

    `wrong` is empty where all is well, else a sentence for people.
    """

    event: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know though nothing is wrong: a sentence, and what can be done."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a credential that works opens."""

    account: str
    rights: tuple[Right, ...] = ()
    hooks: tuple[Hook, ...] | None = None
    """None: the vendor does not let the hub look at its subscriptions."""
    door_open: bool = True
    """False: the connection has no secret by which a webhook could prove itself."""
    remarks: tuple[Remark, ...] = ()
    """What else the vendor showed that is worth a word."""
    left: tuple[str, ...] = ()
    """What the vendor created though it was only asked whether it would: one way to say each."""


class FieldKind(StrEnum):
    """What a field that the hub owns holds."""

    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class NewField:
    """A ticket's field that the hub owns and that is to be made."""

    name: str
    label: str
    kind: FieldKind
    description: str
