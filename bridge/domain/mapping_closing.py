"""The parts of a mapping about the end of a ticket: closing it, and what a reply brings back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.domain.mapping_base import Name, Part, Span


def _long_enough(span: timedelta) -> timedelta:
    if span < timedelta(hours=1):
        raise ValueError("must be at least 1h: a customer needs the time to answer")
    return span


Patience = Annotated[Span, AfterValidator(_long_enough)]
"""How long the hub waits before it closes a ticket."""


class StatusWrite(Part):
    """A status as the hub writes it on a ticket."""

    property: Name = Field(description="The helpdesk's field that holds the status.")
    value: Name = Field(description="What is written there: the status by its id or its name.")


class Closing(Part):
    """When a ticket counts as solved, and what the hub does and says about its end."""

    solved: list[Name] = Field(
        default_factory=list,
        description="Statuses, by id or name, in which a ticket is solved and may still come back.",
    )
    pending: list[Name] = Field(
        default_factory=list, description="Statuses in which a ticket waits for its customer."
    )
    solved_after: Patience | None = Field(
        None,
        description="How long a ticket was solved when the hub closes it. Leave it out where the "
        "helpdesk does that itself.",
    )
    pending_after: Patience | None = Field(
        None,
        description="How long a ticket waited for its customer when the hub closes it. Leave it "
        "out where the helpdesk does that itself.",
    )
    to: StatusWrite | None = Field(
        None, description="The status that the hub writes to close a ticket."
    )
    reopen_to: StatusWrite | None = Field(
        None,
        description="The status that the hub writes when a customer replies and the helpdesk "
        "leaves the ticket solved or closed. Without it that is left to the helpdesk.",
    )
    remind_after: Span = Field(
        timedelta(days=3),
        description="How long work may be done and its ticket open before a finding says so.",
    )
    survey_channels: list[Name] = Field(
        default_factory=list,
        description="Channels, as the helpdesk names them, by which answers to a satisfaction "
        "survey come: they are no replies.",
    )


ReplyMode = Literal["tell", "reopen", "no"]
"""What becomes of the work item when the customer replies."""


class OnReply(Part):
    """What a customer's reply on a solved or closed ticket brings back."""

    item: ReplyMode = Field(
        "tell",
        description="What happens at the work item: its people are told by an internal comment "
        "without the customer's text; `reopen` moves it back as well.",
    )
    reopen_to: dict[str, Name] = Field(
        default_factory=dict,
        description="By tracker: the status to which a finished work item goes back.",
    )
    owner: Name | None = Field(
        None,
        description="The helpdesk's field that says who has a ticket: where a reply finds it "
        "empty, whoever had it gets it back.",
    )
