"""What an organization keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sentry.simulator.short_ids import short_id


def stamp(at: datetime) -> str:
    """A time as Sentry writes it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Project:
    """A project; `issues` counts its issues, for their short ids."""

    id: int
    slug: str
    name: str
    platform: str = "python"
    issues: int = 0


@dataclass(slots=True)
class User:
    """A member of the organization."""

    id: int
    name: str
    email: str


@dataclass(slots=True)
class Note:
    """A comment on an issue. `external_id`: the comment that an integration made of it."""

    id: int
    text: str
    user: User
    at: datetime
    external_id: str | None = None


@dataclass(slots=True)
class AppLink:
    """A link made by an app of the integration platform: our form, or the API."""

    id: int
    issue_id: int
    service_type: str
    project: str
    identifier: str
    web_url: str

    @property
    def display_name(self) -> str:
        """How Sentry shows it."""
        return f"{self.project}#{self.identifier}"


@dataclass(slots=True)
class TrackerLink:
    """A link made by one of Sentry's own integrations to a tracker."""

    id: int
    key: str
    url: str
    title: str


@dataclass(slots=True)
class TrackerIntegration:
    """One of Sentry's own integrations: Jira, or Azure DevOps (`vsts`)."""

    id: int
    provider: str
    name: str
    domain: str
    copies_comments: bool = False


@dataclass(slots=True)
class Issue:
    """A signal as Sentry has it."""

    id: int
    project: Project
    number: int
    title: str
    culprit: str
    value: str
    filename: str
    stack_trace: str
    first_seen: datetime
    last_seen: datetime
    level: str = "error"
    status: str = "unresolved"
    substatus: str | None = "new"
    details: dict[str, Any] = field(default_factory=dict)
    assigned_to: User | None = None
    share_id: str | None = None
    count: int = 1
    notes: list[Note] = field(default_factory=list)
    activity: list[dict[str, Any]] = field(default_factory=list)
    app_links: list[AppLink] = field(default_factory=list)
    tracker_links: dict[int, list[TrackerLink]] = field(default_factory=dict)

    @property
    def short_id(self) -> str:
        """What people call it."""
        return short_id(self.project.slug, self.number)
