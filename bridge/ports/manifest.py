"""What a vendor can and cannot do, as data; the engine reads it and never asks `hasattr`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from bridge.domain.records import EtaSource


class Role(StrEnum):
    """What a connector is for."""

    HELPDESK = "helpdesk"
    TRACKER = "tracker"
    SIGNALS = "signals"
    NOTIFIER = "notifier"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of one vendor. `sources` names the page that each limit comes from."""

    vendor: str
    title: str
    roles: frozenset[Role]
    complete_webhooks: bool
    """Payloads carry the whole record and serve as observations."""
    comment_webhooks: bool
    """Comments are announced; otherwise they are seen when the record is read."""
    comments_read: str = ""
    """Why a comment that is announced has its record read all the same, in words for people."""
    create_probe_grace: timedelta = timedelta(0)
    """How long the vendor's search may lag behind a create before "not found" means anything."""
    max_attachment_bytes: int | None = None
    """0: the vendor's API takes no files."""
    max_links: int | None = None
    links_at_create: bool = True
    """The create call itself sets the link back; otherwise the new item's own run does."""
    status_field: str | None = None
    """The vendor's field whose change is a transition, with rules of its own."""
    assignee_field: str = ""
    """A helpdesk's field for who is responsible for a ticket."""
    waits: bool = False
    """A helpdesk whose statuses say when it is the customer's turn."""
    final_status: str = ""
    """A ticket's last status, which the vendor itself sets and after which nothing is written."""
    shared_fields: frozenset[str] = frozenset()
    """Lists that people add to (labels, tags), in lower case: a write replaces all of one."""
    batch_read: int = 100
    """How many records one batch read takes."""
    eta: tuple[EtaSource, ...] = ()
    comment_count: str | None = None
    """The field that counts comments: where it moves and the comments are not shown, one came."""
    clock_window: timedelta | None = None
    """Age at which a signed request is refused; None: the vendor signs no time."""
    relates: bool = False
    """Items of the tracker can be related to each other: see `RelatingTracker`."""
    assigns: bool = False
    """People can be put on an item beside those who are on it: see `bridge.ports.assigning`."""
    subject_field: str = ""
    """The tracker's field for what an item is called; without one no signal is launched there."""
    body_field: str = ""
    """The tracker's field for an item's description, which takes HTML; "": it is left empty."""
    longest_subject: int = 250
    longest_text: int | None = None
    """A long text field takes so much, in `text_unit`; what is longer is cut, never refused."""
    longest_comment: int | None = None
    """A comment or note takes so much, in the same unit."""
    text_unit: str = "characters of HTML"
    phases: bool = False
    """A tracker whose projects are customers' and have phases: see `PhasedTracker`."""
    addressed: bool = False
    """A notifier that writes to persons only, never to a channel as a whole."""
    creates_fields: bool = False
    """The hub can make the fields on tickets that it owns, if a person asks for it."""
    app_links: bool = False
    """Apps of the helpdesk's own link tickets to trackers' items: see `AppLinkedHelpdesk`."""
    redacts: bool = False
    """A helpdesk whose API blots out what stands in a comment: see `RedactingHelpdesk`."""
    speaks: bool = False
    """The hub can say something to a helpdesk's customers: see `SpeakingHelpdesk`."""
    answers_last: bool = False
    """A message goes to the one person on the ticket who wrote last, not to all who are on it."""
    directs: bool = False
    """A message can be sent to some of the people on a ticket, and not to the others."""
    follows_up: bool = False
    """A ticket that is closed takes no message any more: see `ContinuingHelpdesk`."""
    shows_mail: bool = False
    """A helpdesk whose tickets may have no conversation, and show mail: see `MailedHelpdesk`."""
    mails: bool = False
    """A mail server that takes letters to customers: see `Mailer`."""
    credential_at: str = ""
    """Where a person makes a token and gives it rights, as the vendor's menus name the place."""
    webhooks_at: str = ""
    """Where a person sees to webhooks, in the same words."""
    fields_at: str = ""
    """Where a person adds a field to tickets, in the same words."""
    deletion_leaves: str = ""
    """What a deleted comment or file leaves behind at the vendor, in a sentence for people."""
    sources: Mapping[str, str] = field(default_factory=dict)


class ConnectionSettings(BaseModel):
    """What every connection of bridge.yaml takes, whatever its vendor."""

    # A complaint about one key must not print the others: the token is among them.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    vendor: str
    base_url: AnyHttpUrl | None = Field(
        None, description="scheme://host[:port] of a self-hosted vendor or a simulator."
    )
    rate: float | None = Field(
        None, gt=0, description="Calls a second at most; below the vendor's own limit."
    )
    timeout_s: float = Field(20.0, gt=0, le=120, description="How long one call may take.")
    sweep_s: float = Field(60.0, gt=0, description="Seconds between two sweeps.")
    in_flight: int = Field(
        16, ge=1, le=64, description="Calls under way at the same time, in each process."
    )
    debounce_ms: int = Field(
        300, ge=0, le=2000, description="How long a burst of changes is gathered."
    )

    probe_grace_s: float | None = Field(
        None,
        ge=0,
        description="Seconds after a create without an answer before its item is looked for; "
        "by default how far the vendor's search may lag.",
    )

    @property
    def project_keys(self) -> tuple[str, ...]:
        """What the keys of its items begin with, where a vendor's items have such keys."""
        return ()

    def origin(self, default: str) -> str:
        """The base URL without a trailing slash, or the vendor's own."""
        return default if self.base_url is None else str(self.base_url).rstrip("/")
