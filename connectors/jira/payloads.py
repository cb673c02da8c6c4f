"""The vendor's JSON, only what is read; nothing else knows its shapes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


def _as_text(value: Any) -> Any:
    """Ids are texts in answers and numbers in some webhooks."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[1-9][0-9]{0,17}$")]
Name = Annotated[str, BeforeValidator(_as_text)]
Members = Annotated[dict[str, Any], BeforeValidator(_or_empty)]


class Payload(BaseModel):
    """Base of every shape: what is not named here is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class User(Payload):
    """Who did something. Webhooks show no address, and old ones no `accountId`."""

    id: str = Field("", alias="accountId")
    name: str = Field("", alias="displayName")
    type: Any = Field("", alias="accountType")


class History(Payload):
    """Who changed something, when."""

    author: User | None = None
    created: str = ""


class Histories(Payload):
    """The newest entries of an issue's changelog, newest first."""

    histories: list[History] = Field(default_factory=list)


class Issue(Payload):
    """An issue; `fields` empty where only ids were asked for."""

    id: Id
    key: str = ""
    fields: Members = Field(default_factory=dict)
    properties: Members = Field(default_factory=dict)
    changelog: Histories | None = None


class Created(Payload):
    """What a create answers: no field."""

    id: Id
    key: str


class Batch(Payload):
    """Several issues; what can't be read is left out."""

    issues: list[Issue]


class SearchPage(Payload):
    """A page of what a query found; without a token it is the last."""

    issues: list[Issue]
    token: str | None = Field(None, alias="nextPageToken")


class CommentEntry(Payload):
    """One comment; its body is a document, in webhooks wiki markup."""

    id: Id
    body: Any = None
    author: User | None = None
    created: str = ""


class CommentPage(Payload):
    """A page of comments."""

    comments: list[CommentEntry]
    total: int = 0


class LinkTarget(Payload):
    """Where a remote link leads."""

    url: str = ""
    title: str = ""


class RemoteLink(Payload):
    """A link out of an issue; `globalId` is unique in the issue."""

    id: Id
    global_id: str | None = Field(None, alias="globalId")
    target: LinkTarget = Field(alias="object")


class Linked(Payload):
    """What adding a remote link answers."""

    id: Id


class File(Payload):
    """A file of an issue."""

    id: Id
    filename: str = ""
    size: int | None = None
    content_type: str | None = Field(None, alias="mimeType")
    created: str = ""
    author: User | None = None


class Category(Payload):
    """What a status means; its key can't be edited by people."""

    key: str = ""


class Status(Payload):
    """A status."""

    id: Id
    name: str
    category: Category = Field(default_factory=Category, alias="statusCategory")


class ScreenField(Payload):
    """A field of a create or transition screen."""

    id: str = Field("", alias="fieldId")
    name: str = ""
    required: bool = False
    has_default: bool = Field(False, alias="hasDefaultValue")
    allowed: list[Any] | None = Field(None, alias="allowedValues")


class Transition(Payload):
    """A move along the workflow, with the fields of its screen."""

    id: Name
    name: str = ""
    to: Status
    fields: Annotated[dict[str, ScreenField], BeforeValidator(_or_empty)] = Field(
        default_factory=dict
    )


class Transitions(Payload):
    """The moves that the caller may make now."""

    transitions: list[Transition]


class TypeStatuses(Payload):
    """An issue type of a project with its statuses."""

    id: Id
    name: str
    statuses: list[Status] = Field(default_factory=list)


class IssueType(Payload):
    """An issue type that can be created."""

    id: Id
    name: str


class IssueTypes(Payload):
    """A page of them."""

    types: list[IssueType] = Field(validation_alias=AliasChoices("issueTypes", "values"))
    total: int = 0


class FieldSchema(Payload):
    """What a field holds."""

    type: str = ""
    items: str = ""
    custom: str = ""
    system: str = ""


class ScreenFields(Payload):
    """A page of them."""

    fields: list[ScreenField] = Field(validation_alias=AliasChoices("fields", "values"))
    total: int = 0


class FieldDefinition(Payload):
    """A field of the site; two may share a name."""

    id: str
    name: str
    orderable: bool = False
    shape: FieldSchema = Field(default_factory=FieldSchema, alias="schema")


class Permission(Payload):
    """One right of the caller's."""

    name: str = ""
    has: bool = Field(False, alias="havePermission")


class Permissions(Payload):
    """The rights that were asked about, by key."""

    permissions: dict[str, Permission]


class ProjectName(Payload):
    """A project of the site."""

    key: str


class Projects(Payload):
    """A page of them."""

    values: list[ProjectName]


class Webhook(Payload):
    """An administrator's webhook; its secret is never shown."""

    url: str = ""
    enabled: bool = True
    signed: bool = Field(False, alias="isSigned")
    without_body: bool = Field(False, alias="excludeBody")
    events: list[str] = Field(default_factory=list)


class ChangeItem(Payload):
    """What changed in one field."""

    field: str = ""
    id: str = Field("", alias="fieldId")


class Changelog(Payload):
    """What changed."""

    items: list[ChangeItem] = Field(default_factory=list)


class VersionOf(Payload):
    """A fix version that something happened to."""

    id: Id
    merged_to: VersionOf | None = Field(None, alias="mergedTo")


class CommentOf(Payload):
    """A comment, as far as it says where it is."""

    link: str = Field("", alias="self")


class Envelope(Payload):
    """A webhook's body."""

    event: str = Field(alias="webhookEvent")
    user: User | None = None
    issue: Issue | None = None
    comment: CommentOf | None = None
    version: VersionOf | None = None
    merged_to: VersionOf | None = Field(None, alias="mergedTo")
    changelog: Changelog | None = None
