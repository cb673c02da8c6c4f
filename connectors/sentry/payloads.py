"""Sentry's JSON, as far as the hub reads it. Texts of an issue are read for its words alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

Number = Annotated[
    str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)
]
"""An id: a text in answers, a number in some webhooks and in forms."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Project(_Read):
    """The project of an issue."""

    slug: str


class Issue(_Read):
    """An issue as lists and reads have it. Its title is no member: see `Worded`."""

    id: Number
    short_id: str = Field(alias="shortId")
    status: str
    substatus: str | None = None
    level: str = ""
    project: Project
    first_seen: str | None = Field(None, alias="firstSeen")
    last_seen: str | None = Field(None, alias="lastSeen")
    annotations: tuple[JsonValue, ...] = ()
    """What integrations and apps have linked: a name and an address, in older versions HTML."""


class Worded(Issue):
    """An issue with its words."""

    title: str


class Short(_Read):
    """What a short id means."""

    group_id: Number = Field(alias="groupId")


class AppLink(_Read):
    """An item that an app linked to an issue."""

    web_url: str = Field(alias="webUrl")


class TrackerLink(_Read):
    """An item that one of Sentry's own integrations linked."""

    url: str | None = None


class Integration(_Read):
    """One of Sentry's own integrations, with what it linked to an issue."""

    links: tuple[TrackerLink, ...] = Field((), alias="externalIssues")


class _NoteData(_Read):
    external_id: Number | None = None


class Note(_Read):
    """A note of an issue, of which only the copy's id is read."""

    data: _NoteData = _NoteData()


class Slugged(_Read):
    """Whatever is told apart by its slug."""

    slug: str


class Installation(_Read):
    """An app that is installed in the organization."""

    uuid: str
    status: str = ""


class Pressed(_Read):
    """The body of a form's button: ids as numbers or texts, both are sent."""

    fields: dict[str, str | int | None] = Field(default_factory=dict)
    issue_id: Number = Field(alias="issueId")
    installation_id: str = Field(alias="installationId")
    web_url: str = Field(alias="webUrl")
