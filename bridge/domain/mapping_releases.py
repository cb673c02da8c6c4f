"""How a mapping says when what is done comes to customers: dates, roll-out days, groups."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from bridge.domain.mapping_base import Name, Part, Span
from bridge.domain.mapping_conditions import Condition

Dates = Annotated[list[Name], Field(min_length=1)]
"""Fields of a work item that may hold its date."""

ITERATION_SOURCE = "iteration"
"""The word for an item's iteration, among dates and among the sources of releases."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class RolloutGroup(Part):
    """Customers whom a release reaches on the same day."""

    when: Condition | None = Field(
        None, description="Which tickets are of it; without it every ticket that is left."
    )
    after: Span | None = Field(
        None,
        description="It is reached that long after the tracker calls the release released (whole "
        "days: 0d, 7d). Without it a person says so.",
    )


class ReleaseSource(Part):
    """A field that names the release: its text, or those of its tags that begin in some way."""

    field: Name = Field(description="The tracker's field.")
    begins: Name | None = Field(
        None, description="It holds several words, separated by `;`: those that begin so count."
    )


class Releases(Part):
    """When what is done comes to customers. Work on no release is with them once it is done."""

    available: Slug = Field(
        "available", description="The stage that a ticket enters only with its release."
    )
    until_then: Slug = Field(description="The stage at which it waits until then.")
    groups: dict[Slug, RolloutGroup] = Field(
        default_factory=dict,
        description="Who gets a release when: the first whose condition holds. Without any, a "
        "release reaches everyone once the tracker calls it released.",
    )
    sources: dict[str, Literal["iteration"] | ReleaseSource] = Field(
        default_factory=dict,
        description="Per tracker connection, what stands for a release where the tracker has none: "
        "`iteration`, or a field.",
    )
    rollout_days: list[Weekday] = Field(
        default_factory=list, description="The days of the week on which there are roll-outs."
    )
    rollout_dates: list[date] = Field(
        default_factory=list,
        description="The release calendar: the days of the coming roll-outs; after the last of "
        "them `rollout_days` count.",
    )
    never_on: list[date] = Field(
        default_factory=list, description="Days without a roll-out: holidays, freezes."
    )
    time_zone: Name = Field("UTC", description="Where a day begins: a name such as Europe/Paris.")
    notes_url: str | None = Field(
        None, description="The release notes' address; `{release}` stands for the release's name."
    )
