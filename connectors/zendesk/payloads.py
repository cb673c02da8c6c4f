"""Zendesk's JSON, as far as the hub reads it; everything else in it is ignored.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _as_id(value: Any) -> Any:
    """Ids are integers in the API and strings in events: strings here."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_optional_id(value: Any) -> Any:
    """An id that is not set is null, and in events also an empty text or "0"."""
    text = _as_id(value)
    return None if text in (None, "", "0") else text


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _or_nothing(value: Any) -> Any:
    return () if value is None else value


Id = Annotated[str, BeforeValidator(_as_id), Field(pattern=r"^[0-9]{1,20}$")]
OptionalId = Annotated[
    Annotated[str, Field(pattern=r"^-?[0-9]{1,20}$")] | None, BeforeValidator(_as_optional_id)
]
Words = Annotated[str, BeforeValidator(_or_empty)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_or_nothing)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_or_nothing)]


class Payload(BaseModel):
    """Base of what is read: frozen, unknown keys ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FieldValue(Payload):
    """The value of a custom field: text, number, yes or no, or a list of tags."""

    id: Id
    value: Any = None


class ViaSource(Payload):
    """Where a ticket came from; `from` holds a ticket's number where `rel` is a follow-up."""

    rel: str | None = None
    origin: Annotated[dict[str, Any], BeforeValidator(lambda given: given or {})] = Field(
        default_factory=dict, alias="from"
    )


class Via(Payload):
    """The channel by which a ticket came."""

    channel: Any = None
    source: ViaSource = ViaSource()


class Rating(Payload):
    """What the customer said of the service; `unoffered` as long as nobody asked."""

    score: Words = ""


class Ticket(Payload):
    """A ticket. A row of an export may say `deleted` or `scrubbed` in its status."""

    id: Id
    subject: Words = ""
    description: Words = ""
    status: str
    custom_status_id: OptionalId = None
    priority: str | None = None
    type: str | None = None
    external_id: str | None = None
    requester_id: OptionalId = None
    submitter_id: OptionalId = None
    assignee_id: OptionalId = None
    organization_id: OptionalId = None
    group_id: OptionalId = None
    brand_id: OptionalId = None
    ticket_form_id: OptionalId = None
    problem_id: OptionalId = None
    email_cc_ids: Ids = ()
    followup_ids: Ids = ()
    due_at: str | None = None
    tags: Texts = ()
    custom_fields: Annotated[tuple[FieldValue, ...], BeforeValidator(_or_nothing)] = ()
    satisfaction_rating: Rating | None = None
    via: Via = Via()
    created_at: str
    updated_at: str


class TicketAnswer(Payload):
    """One ticket."""

    ticket: Ticket


class Tickets(Payload):
    """The tickets of some ids; those not shown are left out."""

    tickets: tuple[Ticket, ...]


class ExportPage(Tickets):
    """A page of the incremental export. `after_cursor` is kept even at the end of the stream."""

    after_cursor: str | None = None
    end_of_stream: bool


class AuditEvent(Payload):
    """One thing that an action did: a change of a field, a comment."""

    id: OptionalId = None
    type: Words = ""
    field_name: Any = None
    public: Any = None
    """Whether the customer reads the comment."""


class Metadata(Payload):
    """What the writer put beside an action or a comment."""

    custom: Any = None
    flags: Any = None
    """What Zendesk found about a comment, by numbers."""


class Audit(Payload):
    """One action on a ticket."""

    created_at: str = ""
    author_id: OptionalId = None
    metadata: Annotated[Metadata, BeforeValidator(lambda given: given or {})] = Metadata()
    events: tuple[AuditEvent, ...] = ()


class UpdateAnswer(Payload):
    """The answer to an update."""

    ticket: Ticket
    audit: Audit


class Meta(Payload):
    """Whether a list goes on."""

    has_more: bool = False
    after_cursor: str | None = None


class Page(Payload):
    """Base of the lists. Those that know no cursors tell of a `next_page` instead."""

    meta: Meta = Meta()
    next_page: str | None = None


class Audits(Page):
    """The history of a ticket, oldest first."""

    audits: tuple[Audit, ...]


class File(Payload):
    """A file on a comment."""

    id: Id
    file_name: Words = ""
    content_type: str | None = None
    content_url: Words = ""
    mapped_content_url: Words = ""
    size: int | None = None
    deleted: bool = False


class FileAnswer(Payload):
    """One file."""

    attachment: File


class TicketComment(Payload):
    """A comment; `public` says whether the customer reads it."""

    id: Id
    author_id: OptionalId = None
    html_body: Words = ""
    plain_body: Words = ""
    public: bool = True
    attachments: tuple[File, ...] = ()
    metadata: Metadata | None = None
    created_at: str = ""
    via: Via = Via()


class CommentAnswer(Payload):
    """One comment."""

    comment: TicketComment


class User(Payload):
    """A person. The id of nobody (a call without a credential) is null."""

    id: OptionalId = None
    name: Words = ""
    role: Words = ""
    email: Words = ""
    tags: Texts = ()
    user_fields: Annotated[dict[str, Any], BeforeValidator(lambda given: given or {})] = Field(
        default_factory=dict
    )


class Comments(Page):
    """What was said on a ticket, and the people who said it."""

    comments: tuple[TicketComment, ...]
    users: Annotated[tuple[User, ...], BeforeValidator(_or_nothing)] = ()


class UserAnswer(Payload):
    """One person."""

    user: User


class Users(Page):
    """The people that a search or a list found."""

    users: tuple[User, ...]


class Organization(Payload):
    """A customer."""

    id: Id
    name: Words = ""
    external_id: str | None = None
    details: str | None = None
    notes: str | None = None
    domain_names: Texts = ()
    tags: Texts = ()
    organization_fields: Annotated[dict[str, Any], BeforeValidator(lambda given: given or {})] = (
        Field(default_factory=dict)
    )


class OrganizationAnswer(Payload):
    """One customer."""

    organization: Organization


class Option(Payload):
    """One choice of a field."""

    name: str
    value: Any


class TicketField(Payload):
    """A field of tickets, built in or of the account's own (`removable`)."""

    id: Id
    type: str
    title: Words = ""
    active: bool = True
    removable: bool = True
    editable_in_portal: bool = False
    system_field_options: Annotated[tuple[Option, ...], BeforeValidator(_or_nothing)] = ()
    custom_field_options: Annotated[tuple[Option, ...], BeforeValidator(_or_nothing)] = ()


class TicketFields(Page):
    """The fields of tickets, or a page of them."""

    ticket_fields: tuple[TicketField, ...]


class OrganizationField(Payload):
    """A field of customers; it is known by its key."""

    key: Words = ""
    title: Words = ""
    type: Words = ""
    custom_field_options: Annotated[tuple[Option, ...], BeforeValidator(_or_nothing)] = ()


class OrganizationFields(Payload):
    """The fields of customers."""

    organization_fields: tuple[OrganizationField, ...]


class CustomStatus(Payload):
    """A status that agents pick, within one of five categories."""

    id: Id
    status_category: str
    agent_label: Words = ""


class CustomStatuses(Payload):
    """Every status of the account."""

    custom_statuses: tuple[CustomStatus, ...]


class JiraLink(Payload):
    """A link that Zendesk's own Jira app keeps."""

    issue_key: Words = ""
    ticket_id: OptionalId = None


class JiraLinks(Payload):
    """Links of Zendesk's own Jira app."""

    links: tuple[JiraLink, ...]


class Webhook(Payload):
    """A webhook of the account."""

    name: Words = ""
    endpoint: Words = ""
    status: Words = ""
    subscriptions: Texts = ()


class Webhooks(Page):
    """The account's webhooks."""

    webhooks: tuple[Webhook, ...]


class EventDetail(Payload):
    """The ticket's system fields at an event, with capitals where the API has small letters."""

    id: Id
    actor_id: OptionalId = None
    assignee_id: OptionalId = None
    brand_id: OptionalId = None
    custom_status: OptionalId = None
    external_id: str | None = None
    form_id: OptionalId = None
    group_id: OptionalId = None
    organization_id: OptionalId = None
    priority: str | None = None
    requester_id: OptionalId = None
    status: str | None = None
    subject: str | None = None
    submitter_id: OptionalId = None
    tags: tuple[str, ...] | None = None
    type: str | None = None
    updated_at: str | None = None
    via: Any = None


class Envelope(Payload):
    """An event. `detail` and `event` depend on the type and are read apart.

    https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types/
    """

    type: str = Field(pattern=r"^zen:event-type:[a-z_.]{1,80}$")
    time: Any = None
    detail: dict[str, Any]
    event: Annotated[dict[str, Any], BeforeValidator(lambda given: given or {})] = Field(
        default_factory=dict
    )


class SubjectOfEvent(Payload):
    """The id that any `detail` carries."""

    id: Id


class TriggerBody(Payload):
    """What the trigger of docs/connect-zendesk.md sends: an id, nothing to be believed."""

    ticket_id: Id
