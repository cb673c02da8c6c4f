"""The vendor's JSON, only what is read; nothing else knows its shapes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


Attributes = Annotated[dict[str, Any], BeforeValidator(_or_empty)]


class Payload(BaseModel):
    """Base of every shape: what is not named here is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Relation(Payload):
    """A link of an item, to another item, a file or an address."""

    rel: str
    url: str = ""
    attributes: Attributes = Field(default_factory=dict)


class WorkItem(Payload):
    """A work item or one of its revisions; `relations` None: not said, or there are none."""

    id: Number
    rev: Number = 0
    fields: Attributes = Field(default_factory=dict)
    relations: list[Relation] | None = None
    formats: Attributes = Field(default_factory=dict, alias="multilineFieldsFormat")
    comment: dict[str, Any] | None = Field(None, alias="commentVersionRef")
    url: str = ""


class Update(Payload):
    """`workitem.updated`: a difference (`id` counts differences) and the revision it led to."""

    work_item: Number = Field(0, alias="workItemId")
    fields: Attributes = Field(default_factory=dict)
    relations: dict[str, Any] | None = None
    revision: WorkItem | None = None
    url: str = ""


class Envelope(Payload):
    """A service hook's delivery."""

    event_type: str = Field(alias="eventType")
    resource: dict[str, Any] | None = None


class Batch(Payload):
    """Several items; one that can't be read is null."""

    value: list[WorkItem | None]


class Binned(Payload):
    """An entry of the recycle bin."""

    id: Number
    resource: WorkItem | None = None


class CommentEntry(Payload):
    """One comment."""

    id: Number
    text: str = ""
    rendered: str = Field("", alias="renderedText")
    format: str = "html"
    created_by: Any = Field(None, alias="createdBy")
    created_date: str = Field("", alias="createdDate")
    deleted: bool = Field(False, alias="isDeleted")


class CommentPage(Payload):
    """A page of comments."""

    comments: list[CommentEntry]
    token: str | None = Field(None, alias="continuationToken")


class Found(Payload):
    """An item that a query found: the id only, whatever was selected."""

    id: Number


class QueryAnswer(Payload):
    """What a query found."""

    items: list[Found] = Field(alias="workItems")


class FeedPage(Payload):
    """A page of the reporting feed; its token is good for the next poll even on the last page."""

    values: list[WorkItem]
    token: str = Field(alias="continuationToken")
    last: bool = Field(alias="isLastBatch")


class Uploaded(Payload):
    """A file that was uploaded and hangs on nothing yet."""

    id: str
    url: str


class State(Payload):
    """A workflow state."""

    name: str
    category: str = ""


class WorkItemType(Payload):
    """A work item type with its states."""

    name: str
    disabled: bool = Field(False, alias="isDisabled")
    states: list[State] = Field(default_factory=list)


class Types(Payload):
    """The types of a project."""

    value: list[WorkItemType]


class TypeField(Payload):
    """A field of a type, with the values it takes there."""

    name: str = Field(alias="referenceName")
    allowed: list[Any] = Field(default_factory=list, alias="allowedValues")
    always_required: bool = Field(False, alias="alwaysRequired")
    default: Any = Field(None, alias="defaultValue")


class TypeFields(Payload):
    """The fields of a type."""

    value: list[TypeField]


class FieldDefinition(Payload):
    """A field of the organization."""

    reference_name: str = Field(alias="referenceName")
    name: str
    type: str = "string"
    read_only: bool = Field(False, alias="readOnly")
    is_identity: bool = Field(False, alias="isIdentity")


class Fields(Payload):
    """The fields of the organization."""

    value: list[FieldDefinition]


class Node(Payload):
    """A node of the iteration tree."""

    path: str = ""
    name: str = ""
    attributes: Attributes = Field(default_factory=dict)
    children: list[Node] = Field(default_factory=list)


class User(Payload):
    """Who the token belongs to."""

    id: str
    name: str = Field("", alias="providerDisplayName")
    properties: Attributes = Field(default_factory=dict)


class ConnectionData(Payload):
    """What the service says of the caller."""

    user: User = Field(alias="authenticatedUser")


class ProjectName(Payload):
    """A project of the organization."""

    name: str


class Projects(Payload):
    """The projects that the caller may see."""

    value: list[ProjectName]


class Subscription(Payload):
    """A service hook, as far as it says what it sends where."""

    status: str = ""
    event_type: str = Field("", alias="eventType")
    consumer_inputs: Attributes = Field(default_factory=dict, alias="consumerInputs")


class Subscriptions(Payload):
    """The service hooks that the caller may see."""

    value: list[Subscription]
