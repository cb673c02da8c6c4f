"""The vendor's JSON, only what is read; nothing else knows its shapes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Number = Annotated[int, Field(ge=1, lt=10**18, strict=True)]
Millis = Annotated[int, Field(ge=0, lt=10**14, strict=True)]
"""A time in epoch milliseconds, up to the year 5138."""


def _or_list(value: Any) -> Any:
    return [] if value is None else value


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty)]


class Payload(BaseModel):
    """Base of every shape: what is not named here is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Person(Payload):
    """Somebody inside another record."""

    id: int = Field(0, alias="userId")
    email: Text = Field("", alias="emailId")
    first: Text = Field("", alias="firstName")
    last: Text = Field("", alias="lastName")


class People(Payload):
    """The members of a list of assignees."""

    members: Annotated[list[Person], BeforeValidator(_or_list)] = Field(default_factory=list)


class Status(Payload):
    """A status: the value is written, the label is what people see."""

    value: int = Field(strict=True)
    label: Text = ""


class ProjectName(Payload):
    """The project of a task."""

    id: Number = Field(alias="projectId")
    name: Text = Field("", alias="projectName")


class PhaseName(Payload):
    """The phase of a task."""

    id: Number = Field(alias="phaseId")
    name: Text = Field("", alias="phaseName")


class FieldValue(Payload):
    """A custom field on a task."""

    id: Number = Field(alias="fieldId")
    value: Any = Field(None, alias="fieldValue")


class Task(Payload):
    """A task. Members that must be asked for are None where they were not shown."""

    id: Number = Field(alias="taskId")
    name: str = Field(alias="taskName")
    project: ProjectName
    status: Status
    created: Millis = Field(alias="createdAt")
    updated: Millis = Field(alias="updatedAt")
    created_by: Person | None = Field(None, alias="createdBy")
    updated_by: Person | None = Field(None, alias="updatedBy")
    description: Text = Field("", alias="taskDescription")
    start: str | None = Field(None, alias="startDate")
    due: str | None = Field(None, alias="dueDate")
    effort: int | None = Field(None, alias="effortInMinutes")
    progress: int | None = None
    at_risk: bool | None = Field(None, alias="atRisk")
    private: bool | None = None
    fields: Annotated[list[FieldValue], BeforeValidator(_or_list)] = Field(default_factory=list)
    type: str | None = None
    phase: PhaseName | None = None
    assignees: People | None = None
    note: str | None = Field(None, alias="taskPrivateNote")
    reference: str | None = Field(None, alias="externalReferenceId")
    start_actual: str | None = Field(None, alias="startDateActual")
    due_actual: str | None = Field(None, alias="dueDateActual")

    @property
    def complete(self) -> bool:
        """Whether all members on request were shown, of a task that nobody asked for."""
        return self.answers and None not in (self.assignees, self.note)

    @property
    def answers(self) -> bool:
        """Whether an answer that was asked for these members has them.

        A task always has a type. What is empty (no note, nobody assigned) may be left out.
        """
        return self.type is not None


class Made(Payload):
    """A record that was created, known by its id whatever else the answer lacks."""

    id: Number = Field(alias="taskId")


class Pages(Payload):
    """What a list says of its pages."""

    more: bool = Field(alias="hasMore", strict=True)
    token: str | None = Field(None, alias="nextPageToken")
    total: int = Field(0, alias="totalRecordCount")


class TaskPage(Payload):
    """A page of tasks."""

    data: list[Task]
    pages: Pages = Field(alias="pagination")


class Source(Payload):
    """What a comment is about."""

    id: Number = Field(alias="sourceId")
    type: str = Field(alias="sourceType")


class CommentEntry(Payload):
    """A comment."""

    id: Number = Field(alias="commentId")
    content: Text = ""
    created: Millis = Field(alias="createdAt")
    created_by: Person | None = Field(None, alias="createdBy")
    source: Source
    private: bool | None = None


class CommentPage(Payload):
    """A page of comments."""

    data: list[CommentEntry]
    pages: Pages = Field(alias="pagination")


class CustomerName(Payload):
    """Whose project it is."""

    id: int = Field(0, alias="companyId")
    name: Text = Field("", alias="companyName")


class Project(Payload):
    """A project."""

    id: Number = Field(alias="projectId")
    name: Text = Field("", alias="projectName")
    customer: CustomerName = Field(default_factory=lambda: CustomerName.model_validate({}))


class ProjectPage(Payload):
    """A page of projects."""

    data: list[Project]
    pages: Pages = Field(alias="pagination")


class Phase(Payload):
    """A phase of a project."""

    id: Number = Field(alias="phaseId")
    name: Text = Field("", alias="phaseName")
    status: Status | None = None


class PhasePage(Payload):
    """A page of phases."""

    data: list[Phase]
    pages: Pages = Field(alias="pagination")


class Option(Payload):
    """A value that a choice takes."""

    value: int = Field(alias="optionValue")
    label: Text = Field("", alias="optionLabel")


class FieldDefinition(Payload):
    """A custom field."""

    id: Number = Field(alias="fieldId")
    label: Text = Field("", alias="fieldLabel")
    type: str = Field("TEXT", alias="fieldType")
    options: Annotated[list[Option], BeforeValidator(_or_list)] = Field(
        default_factory=list, alias="fieldOptions"
    )


class FieldPage(Payload):
    """A page of custom fields."""

    data: list[FieldDefinition]
    pages: Pages = Field(alias="pagination")


class User(Payload):
    """A user; here the address is called `email`."""

    id: Number = Field(alias="userId")
    email: Text = ""
    first: Text = Field("", alias="firstName")
    last: Text = Field("", alias="lastName")


class UserPage(Payload):
    """A page of users."""

    data: list[User]
    pages: Pages = Field(alias="pagination")


class Envelope(Payload):
    """A webhook's delivery."""

    event_id: str = Field("", alias="eventId")
    event_type: str = Field(alias="eventType")
    data: dict[str, Any] = Field(default_factory=dict)
