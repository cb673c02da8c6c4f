"""The words in which a mapping tells customers of their tickets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.domain.mapping_base import Name, Part, PropertySource

BY_HAND, ETA_SLIPPED = "by_hand", "eta_slipped"
"""What wording may be for besides a stage: a message by hand, and a date that moved."""

Reader = Literal["power_user", "contact"]
"""Who reads: a technical user who speaks for the customer, or anybody else."""

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", examples=["en", "de"])]


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
    audience_from: PropertySource | None = Field(
        None,
        description="Where the ticket tells who reads: its values lead to `power_user` or "
        "`contact`.",
    )
    wording: list[TellWording] = Field(
        default_factory=list,
        description="The words, the first that fits wins; where none does, those that ship with "
        "the hub.",
    )
