"""HubSpot's JSON, as far as the hub reads it; everything else in it is ignored.

https://developers.hubspot.com/docs/api/overview
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _as_id(value: Any) -> Any:
    """Ids are integers in webhooks and strings in the API: strings here."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_text(value: Any) -> Any:
    """Property values are strings, but booleans and numbers have been seen."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


Id = Annotated[str, BeforeValidator(_as_id), Field(pattern=r"^[0-9]{1,20}$")]
Text = Annotated[str | None, BeforeValidator(_as_text)]
Words = Annotated[str, BeforeValidator(_or_empty)]
Millis = Annotated[int, Field(ge=0, le=253_402_300_799_999)]


class Payload(BaseModel):
    """Base of what is read: frozen, unknown keys ignored."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )


class WebhookEvent(Payload):
    """One event of a delivery; which keys are there depends on the type."""

    subscription_type: str
    portal_id: Id
    object_id: Id | None = None
    object_type_id: str | None = None
    occurred_at: Millis
    property_name: str | None = None
    property_value: Text = None
    source_id: Text = None
    primary_object_id: Id | None = None
    merged_object_ids: tuple[Id, ...] = ()
    new_object_id: Id | None = None
    association_type: str | None = None
    from_object_id: Id | None = None
    to_object_id: Id | None = None
    from_object_type_id: str | None = None
    to_object_type_id: str | None = None


class Next(Payload):
    """Where the next page begins."""

    after: str


class Paging(Payload):
    """The `paging` of a page; the last page has none."""

    next: Next | None = None


class Page(Payload):
    """Base of every page."""

    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        """Where the next page begins; None on the last."""
        return None if self.paging is None or self.paging.next is None else self.paging.next.after


class Version(Payload):
    """One value that a property has had."""

    value: Text = None
    timestamp: str


class LinkedId(Payload):
    """The other end of an association, without its types."""

    id: Id


class LinkedIds(Page):
    """Associations as a record carries them when asked."""

    results: tuple[LinkedId, ...] = ()


class Record(Payload):
    """A CRM record: ticket, company, note."""

    id: Id
    properties: dict[str, Text]
    created_at: str | None = None
    updated_at: str | None = None
    archived: bool = False
    url: str | None = None
    properties_with_history: dict[str, list[Version]] = Field(default_factory=dict)
    associations: dict[str, LinkedIds] = Field(default_factory=dict)


class Records(Page):
    """Records of a search or batch; a batch may come back with fewer than asked (207)."""

    results: tuple[Record, ...]


class AssociationType(Payload):
    """One type between two records."""

    type_id: int


class Association(Payload):
    """One associated record with all its types."""

    to_object_id: Id
    association_types: tuple[AssociationType, ...] = ()


class AssociationsOf(Page):
    """The associations of one record."""

    origin: LinkedId = Field(alias="from")
    to: tuple[Association, ...] = ()


class Associations(Payload):
    """The answer to a batch read of associations."""

    results: tuple[AssociationsOf, ...]


class ThreadTicket(Payload):
    """What a conversation belongs to."""

    associated_ticket_id: Id | None = None


class ThreadId(Payload):
    """A conversation thread; its ticket is told only where it was asked for, and there is one."""

    id: Id
    latest_message_timestamp: str | None = None
    original_channel_id: Id | None = None
    original_channel_account_id: Id | None = None
    assigned_to: Words = ""
    spam: bool = False
    archived: bool = False
    thread_associations: ThreadTicket = ThreadTicket()


class Threads(Page):
    """A page of threads."""

    results: tuple[ThreadId, ...]


class Address(Payload):
    """Where somebody is written to; what kind of address it is depends on the channel."""

    type: str
    value: str


class Sender(Payload):
    """Who sent a message."""

    actor_id: Words = ""
    name: Words = ""
    delivery_identifier: Address | None = None


class Recipient(Payload):
    """Who was sent one."""

    delivery_identifier: Address | None = None


class MessageFile(Payload):
    """What hangs on a message; only files have a `fileId`."""

    type: str = ""
    file_id: Id | None = None


class MessageClient(Payload):
    """By what a message was written."""

    integration_app_id: Id | None = None


class Message(Payload):
    """An entry of a thread; only MESSAGE and COMMENT are words of people."""

    id: str
    type: str
    created_at: str
    created_by: Words = ""
    client: MessageClient | None = None
    senders: tuple[Sender, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    subject: Words = ""
    archived: bool = False
    text: Words = ""
    rich_text: Words = ""
    attachments: tuple[MessageFile, ...] = ()
    truncation_status: Words = ""
    direction: Words = ""
    channel_id: Words = ""


class Messages(Page):
    """A page of messages."""

    results: tuple[Message, ...]


class OriginalContent(Payload):
    """The whole text of a message that came back cut."""

    text: Words = ""
    rich_text: Words = ""


class FileInfo(Payload):
    """A file's metadata; its name comes without the extension."""

    id: Id
    name: Words = ""
    extension: Words = ""
    size: int | None = None


class SignedUrl(Payload):
    """An address that serves a file for a while."""

    url: str


class StageMetadata(Payload):
    """What a stage means; `ticketState` is optional, and without it a stage is open."""

    ticket_state: Words = ""


class Stage(Payload):
    """One step of a pipeline."""

    id: str
    label: str
    metadata: StageMetadata = StageMetadata()


class Pipeline(Payload):
    """A pipeline with its stages."""

    id: str
    label: str
    stages: tuple[Stage, ...] = ()


class Pipelines(Payload):
    """Every pipeline of tickets."""

    results: tuple[Pipeline, ...]


class Option(Payload):
    """One value that a property takes."""

    value: str
    label: str


class Modification(Payload):
    """What may be changed of a property."""

    read_only_value: bool = False


class Property(Payload):
    """One property of tickets."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: Words = ""
    options: tuple[Option, ...] = ()
    calculated: bool = False
    form_field: bool = False
    modification_metadata: Modification = Modification()


class Properties(Payload):
    """Every property of tickets, or of companies."""

    results: tuple[Property, ...]


class Owner(Payload):
    """Somebody who may be responsible for a record."""

    id: str
    email: Text = None


class Owners(Page):
    """A page of them."""

    results: tuple[Owner, ...]


class AccountDetails(Payload):
    """Which account a token belongs to."""

    portal_id: Id
    account_type: Words = ""
    time_zone: Words = ""
    ui_domain: Words = ""
