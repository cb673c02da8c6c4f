"""What a workspace holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Person:
    """Somebody of the team, or of a customer."""

    id: int
    email: str
    first: str
    last: str
    type: str = "TEAM_MEMBER"
    status: str = "ACTIVE"
    company: Company | None = None
    created: int = 0


@dataclass(slots=True, eq=False)
class Company:
    """A customer."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """A step of tasks, phases or projects; the category is never shown."""

    value: int
    label: str
    category: str = "to_do"


@dataclass(slots=True, eq=False)
class CustomField:
    """A field that the account added; options are value and label."""

    id: int
    label: str
    type: str
    object_type: str = "TASK"
    options: dict[int, str] = field(default_factory=dict)
    private: bool = False
    created: int = 0


@dataclass(slots=True)
class Stamped:
    """Who made and last changed a record, in epoch milliseconds."""

    created: int
    updated: int
    created_by: Person
    updated_by: Person


@dataclass(slots=True, eq=False)
class Project:
    """The work for one customer."""

    id: int
    name: str
    company: Company
    owner: Person
    stamps: Stamped
    status: Status
    start: str | None = None
    due: str | None = None
    archived: bool = False
    visibility: str = "EVERYONE"
    reference: str | None = None
    members: list[Person] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Phase:
    """A stretch of a project."""

    id: int
    name: str
    project: Project
    start: str
    due: str
    stamps: Stamped
    status: Status
    private: bool = False


@dataclass(slots=True, eq=False)
class Comment:
    """Said on a task; never announced by a webhook."""

    id: int
    content: str
    by: Person
    created: int
    private: bool


@dataclass(slots=True, eq=False)
class Task:
    """A piece of work. `form`: what a template attached; no call of the API shows it."""

    id: int
    name: str
    project: Project
    stamps: Stamped
    status: Status
    description: str = ""
    private_note: str = ""
    start: str | None = None
    due: str | None = None
    start_actual: str | None = None
    due_actual: str | None = None
    effort: int = 0
    progress: int = 0
    at_risk: bool = False
    type: str = "TASK"
    phase: Phase | None = None
    parent: Task | None = None
    private: bool = False
    reference: str | None = None
    assignees: list[Person] = field(default_factory=list)
    followers: list[Person] = field(default_factory=list)
    dependencies: list[Task] = field(default_factory=list)
    fields: dict[int, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    form: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A task to copy: what hangs below it, and the form on it."""

    id: int
    form: str = ""
    children: tuple[str, ...] = ()
