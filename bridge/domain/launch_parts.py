"""Where a launched item goes, and what hangs below it: parts of a mapping's launches."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from bridge.domain.mapping_base import Name, Part, Span


class ProjectSource(Part):
    """Which project: the one of the ticket's customer, or the one whose id a field holds."""

    from_: Literal["customer"] | None = Field(
        None,
        alias="from",
        description="`customer`: the one project whose customer has the name of the ticket's, "
        "letter case ignored.",
    )
    association: Literal["company"] | None = Field(
        None, description="Look for the property at the customer instead of the ticket: `company`."
    )
    property: Name | None = Field(None, description="The field that holds the project's id.")

    @model_validator(mode="after")
    def _one_place(self) -> ProjectSource:
        if (self.from_ is None) == (self.property is None):
            raise ValueError("a project is exactly one of: from, property")
        if self.association is not None and self.property is None:
            raise ValueError("association goes with property")
        return self


class PhaseSpec(Part):
    """The phase of the project that a task goes to."""

    name: Name = Field(description="Its name in the project; letter case is ignored.")
    create: bool = Field(False, description="Create it where a project has none of that name.")
    lasts: Span = Field(
        timedelta(days=90), description="How long a created one lasts: the tracker wants dates."
    )


class SubtaskSpec(Part):
    """A task below the launched one, created once."""

    title: Name = Field(description="What it is called.")
    form: Name | None = Field(
        None,
        description="The form that belongs on it. The tracker's API can't attach one: without "
        "`template` the subtask says so.",
    )
    template: int | None = Field(
        None, ge=1, description="The id of the tracker's task template to copy: it brings its form."
    )
    questions: list[Name] = Field(
        default_factory=list, description="A checklist in its description."
    )
