"""What the API says of a draft, and what is said of one: its words, receivers and readers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.held import SAYING
from bridge.api.paging import Page
from bridge.api.shapes import PRINTABLE, Ref, Time, Word, printable
from bridge.core.receivers import Receiver
from bridge.core.saying import saying
from bridge.domain.refs import split_ref
from bridge.engine.telling import LONGEST, Seen, why_over

SEEN = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae4b227777d4dd1fc6"
"""The digest of the examples."""
State = Literal["open", "approved", "sent", "discarded", "superseded", "refused", "unclear"]


def _said(text: str) -> str:
    if not saying(text):
        raise ValueError("a text that says something, without control characters")
    return text


Message = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        description="What the customer reads; an empty line begins a paragraph. Nothing of it is "
        "markup. It is checked like any text that leaves.",
        examples=["Hello Ana,\n\nthe export works again from today on.\n\nYour support team"],
        json_schema_extra={"pattern": SAYING},
    ),
    AfterValidator(_said),
]
Recipients = Annotated[
    list[Word],
    Field(
        max_length=50,
        description="The helpdesk's ids of who receives it, of the people on the ticket; without "
        "it whoever is.",
        examples=[["51"]],
    ),
]


class ReceiverShape(BaseModel):
    """Somebody who would receive it."""

    model_config = ConfigDict(title="Receiver")

    id: str = Field(description="The helpdesk's id of the person.", examples=["51"])
    name: str | None = Field(
        description="As they signed what they wrote on the ticket; null where they never did.",
        examples=["Ana Example"],
    )

    @classmethod
    def of(cls, each: Receiver) -> ReceiverShape:
        """The shape of a receiver."""
        return cls(id=each.id, name=each.name or None)


class DraftShape(BaseModel):
    """A message to the customer of a ticket, and how far it is."""

    model_config = ConfigDict(title="MessageDraft")

    id: str = Field(examples=["d-5d41402abc4b2a76b9719d91"])
    ticket: Ref
    subject: str = Field(examples=["Export fails on large tables"])
    customer: str | None = Field(examples=["Acme"])
    reason: str = Field(
        description="What it is about: `stage:` and the stage's id, `asked:` and the stage's id (a "
        "person asked for it among what has come apart), `eta` (a date that was told "
        "has moved), `comment:` and what an engineer marked for the customer, `by_hand`, or "
        "`beside:` and the id of the message that it goes beside.",
        examples=["stage:available"],
    )
    stage: str | None = Field(description="The stage that it tells.", examples=["available"])
    eta: str | None = Field(description="The date that it tells.", examples=["2026-05-12"])
    release: str | None = Field(description="The release that it tells.", examples=["5.4"])
    language: str = Field(description="Of its words; empty where nobody knows.", examples=["en"])
    audience: Literal["contact", "power_user"] = Field(description="For whom it is worded.")
    text: str = Field(
        description="Its words; empty once they are forgotten.",
        examples=["Hello Ana,\n\nthe export works again.\n\nYour support team"],
    )
    digest: str = Field(
        description="Of its words and of whom it reaches, for `If-Match`.", examples=[SEEN]
    )
    state: State
    why_not: str | None = Field(
        description="Why nobody can approve it as it stands: it can be reworded or discarded.",
        examples=["It speaks of Sentry. Say it so that a customer could have written it."],
    )
    why: str | None = Field(
        description="Why it is over, or why its approval was taken back.",
        examples=["a person told the customer meanwhile"],
    )
    receivers: list[ReceiverShape] = Field(description="Who receives it, as far as is known.")
    made_at: Time
    approved_by: str | None = Field(
        description="Null where nobody did, or the mapping let it go (`tell: send`).",
        examples=["token ada"],
    )
    approved_at: Time | None


class OtherWords(BaseModel):
    """What it says to the other kind of reader."""

    audience: Literal["contact", "power_user"] = Field(description="For whom.")
    text: str = Field(
        description="Approve them by `beside`, as they are or reworded.",
        examples=["Hello,\n\nthe export works again. Reference 812."],
    )


class DraftInFull(DraftShape):
    """A draft with its words for other readers."""

    model_config = ConfigDict(title="MessageDraftInFull")

    other: OtherWords | None = Field(
        description="Its words for the other kind of reader; null where the wording has none, or "
        "it is decided."
    )


class DraftPage(Page[DraftShape]):
    """Drafts; those that wait longest first."""


class BesideShape(BaseModel):
    """The same news in other words, for those on the ticket who read otherwise."""

    model_config = ConfigDict(title="Beside", extra="forbid")

    text: Message
    recipients: Annotated[
        list[Word],
        Field(
            min_length=1,
            max_length=50,
            description="Who gets these words, and no others.",
            examples=[["52"]],
        ),
    ]


class Approval(BaseModel):
    """How it is said. Without anything, as it stands."""

    model_config = ConfigDict(extra="forbid")

    text: Message | None = None
    recipients: Recipients | None = None
    beside: BesideShape | None = Field(
        None,
        description="What others on the ticket get instead, as a message of its own. `text` goes "
        "to `recipients`, without any to `receivers` of the draft, less those who are named here.",
    )


class Discarding(BaseModel):
    """Why it is not said."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        Field(max_length=1000, description="For the audit log.", examples=["Told by phone."]),
        AfterValidator(printable),
    ] = Field("", json_schema_extra={"pattern": PRINTABLE})


class Writing(BaseModel):
    """A message by hand."""

    model_config = ConfigDict(extra="forbid")

    text: Message
    recipients: Recipients = Field(default_factory=list)


def in_full(found: Seen, other: str) -> DraftInFull:
    """The shape of a draft with its words for the other kind of reader; "": it has none."""
    words = None
    if other:
        to: Literal["contact", "power_user"] = (
            "contact" if found.reader == "power_user" else "power_user"
        )
        words = OtherWords(audience=to, text=other)
    return DraftInFull(**dict(shape_of(found)), other=words)


def shape_of(found: Seen) -> DraftShape:
    """The shape of a draft."""
    draft, row = found.draft, found.row
    name, id = split_ref(draft.ticket)
    return DraftShape(
        id=draft.id,
        ticket=Ref(connection=name, id=id, key=row["ticket_name"], url=row["ticket_url"]),
        subject=row["subject"],
        customer=row["customer"],
        reason=draft.reason,
        stage=draft.stage,
        eta=None if draft.eta is None else draft.eta.isoformat(),
        release=draft.release,
        language=draft.language,
        audience="power_user" if found.reader == "power_user" else "contact",
        text=found.text,
        digest=found.token,
        state=draft.state.value,
        why_not=found.held or None,
        why=why_over(draft) or None,
        receivers=[ReceiverShape.of(each) for each in found.people],
        made_at=draft.made_at,
        approved_by=draft.approved_by or None,
        approved_at=draft.approved_at,
    )
