"""Parts of a mapping about looking after it all: weight on work items, hygiene, digests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from bridge.domain.mapping_base import Name, OneOrMore, Part, Slug, Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

TimeOfDay = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["02:00", "16:30"])
]
"""A time of day on the wall."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            "is no time zone; right is a name such as America/Chicago, Europe/Berlin or UTC"
        ) from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone), Field(min_length=1)]


class ImpactField(Part):
    """The work item's own field for its weight."""

    property: Name = Field(description="The tracker's field to write.")
    connection: str | None = Field(
        None, description="The tracker's connection; needed where routes launch into several."
    )


class ShowOnWorkItem(Part):
    """What the hub owns on the work item."""

    impact: bool | ImpactField = Field(
        False,
        description="How many tickets and customers wait for the item, and the highest plan among "
        "them: `true` for one link, `{property: …}` for a field.",
    )
    plans: list[Name] = Field(
        default_factory=list,
        description="The customers' plans as the ticket's customer names them, the highest first.",
    )


class EscalatedBy(Part):
    """A field of the ticket by which people say that it is engineering's."""

    property: Name = Field(description="The helpdesk's field.")
    in_: list[Name] = Field(
        default_factory=list,
        alias="in",
        description="The values that say so; without them any value does.",
    )


class EndsOn(Part):
    """Something that was given for a time, such as access to a customer's environment."""

    property: Name = Field(description="The helpdesk's field that holds the last day.")
    label: str = Field("", max_length=80, description="What people call it; else the field's name.")


class Hygiene(Part):
    """The nightly look at what has come apart."""

    at: TimeOfDay = Field("02:00", description="When, on the wall clock of `time_zone`.")
    time_zone: TimeZone = Field("UTC", description="A name of the time zone database.")
    escalated: EscalatedBy | None = Field(
        None, description="Which tickets should have a work item besides those of its routes."
    )
    ends: list[EndsOn] = Field(
        default_factory=list,
        description="Fields of the ticket that hold the last day of something given for a time: "
        "past it, it is found every night until the field is empty.",
    )
    done_after: Span = Field(
        timedelta(days=3),
        description="For how long a ticket may stay open once all its work items are done.",
    )
    findings_after: Span = Field(
        timedelta(days=14), description="How old an open finding may grow."
    )


class DigestTime(Part):
    """When a digest goes out."""

    at: TimeOfDay = Field(description="When, on the wall clock of `time_zone`.")
    time_zone: TimeZone = Field("UTC", description="A name of the time zone database.")
    days: Name | list[Weekday] = Field(
        "mon-fri",
        description="On which days: `mon-fri`, `daily`, a list such as `[mon, thu]`, or the name "
        "of a calendar.",
    )
    not_on: list[date] = Field(
        default_factory=list, description="Days on which it does not go out: holidays."
    )


class Digest(Part):
    """A list that people are sent on their working days."""

    id: Slug = Field(description="The digest's name in this file; never reuse one.")
    what: Literal["review", "hygiene", "to_tell", "promises"] = Field(
        description="`review`: work items that nobody has given a priority; `hygiene`: what the "
        "nightly look found; `to_tell`: customers who are to be told; `promises`: promises at risk."
    )
    when: DigestTime = Field(description="When it goes out.")
    to: OneOrMore | None = Field(
        None,
        description="Whom: groups of `people` in bridge.yaml, e-mail addresses. Without it the "
        "channel as a whole.",
    )
    via: OneOrMore = Field(description="The connections that carry it: Teams or e-mail.")
    routes: list[Slug] = Field(
        default_factory=list, description="`review`: whose work items; without it those of all."
    )
    lacking: Name | None = Field(
        None,
        description="`review`: the tracker's field that is empty as long as nobody has decided.",
    )
    when_empty: Literal["say", "skip"] = Field(
        "say", description="Whether a day on which there is nothing is said, or left out."
    )

    @model_validator(mode="after")
    def _whole(self) -> Digest:
        if self.what == "review" and self.lacking is None:
            raise ValueError(
                "a review needs lacking: the tracker's field that is empty until somebody decides"
            )
        if self.what != "review" and (self.routes or self.lacking is not None):
            raise ValueError("routes and lacking go with what: review")
        return self
