"""The words in which a mapping tells customers of their tickets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.domain.mapping_base import Name, Part, PropertySource, Span

BY_HAND, ETA_SLIPPED = "by_hand", "eta_slipped"
"""What wording may be for besides a stage: a message by hand, and a date that moved."""

Reader = Literal["power_user", "contact"]
"""Who reads: a technical user who speaks for the customer, or anybody else."""

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", examples=["en", "de"])]


MailAddress = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$",
        examples=["support@acme.example"],
    ),
]


class TellMail(Part):
    """By mail, where a ticket has no conversation in which its customer could be answered."""

    via: Name = Field(description="The e-mail connection by which it goes.")
    from_: MailAddress = Field(alias="from", description="The address that it comes from.")
    reply_to: MailAddress = Field(
        description="The helpdesk's own address: what is sent there becomes a ticket's message."
    )
    subject: Name = Field(
        "Your request",
        max_length=150,
        description="The subject line where the ticket's own can't be used.",
    )


class EtaRanges(Part):
    """From how far off a date is told as a range, and from how far as a quarter."""

    parts_after: Span = Field(
        description="A date that is at least so far off is told as a part of a month: "
        "*mid to late March*. Whole days, such as `45d`."
    )
    quarters_after: Span | None = Field(
        None, description="One at least so far off as a quarter. Without it there are parts alone."
    )


class AudienceSource(PropertySource):
    """Where it stands who reads: on the ticket, or on the contact who does."""

    of: Literal["ticket", "contact"] = Field(
        "ticket",
        description="Whose field it is: the `ticket`'s, or that of the `contact` who wrote last. "
        "Where nobody did, all contacts on the ticket must agree.",
    )


class TellWording(Part):
    """The words for one occasion. Where a test is left out, it is for all."""

    for_: Name = Field(
        alias="for", description="A stage's id, `eta_slipped` (a date moved), or `by_hand`."
    )
    plan: list[Name] | None = Field(None, description="Only for customers of one of these plans.")
    language: Language | None = Field(None, description="Only for who reads this language.")
    audience: Reader | None = Field(
        None, description="Only for a `power_user` or a `contact`, as `audience_from` says."
    )
    text: Name = Field(
        description="What is said, with {{ }} for values; an empty line begins a paragraph."
    )


class Tell(Part):
    """How customers are told: who signs, in which language, in which words."""

    signs: str = Field("", max_length=200, description="Who signs: `{{ support }}` in the wording.")
    language: Language = Field(
        "en", description="The language where the ticket tells none, or where it has no wording."
    )
    language_from: PropertySource | None = Field(
        None, description="Where the ticket tells the customer's language, such as `en` or `de`."
    )
    audience_from: AudienceSource | None = Field(
        None,
        description="Where the ticket or its contact tells who reads: the values lead to "
        "`power_user` or `contact`.",
    )
    ranges: EtaRanges | None = Field(
        None, description="Dates far off are told as ranges. Without it each is told by its day."
    )
    mail: TellMail | None = Field(
        None,
        description="Whoever can't be answered in a conversation is written to by mail. Without "
        "it a person writes to them.",
    )
    wording: list[TellWording] = Field(
        default_factory=list,
        description="The words, the first that fits wins; where none does, those that ship with "
        "the hub.",
    )
