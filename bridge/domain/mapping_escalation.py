"""The part of a mapping about escalating a ticket: what must be known, who decides, who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bridge.domain.mapping_base import Name, Part, Span

Scalar = str | int | float | bool
IntakeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _not_too_often(span: timedelta) -> timedelta:
    if span < timedelta(minutes=1):
        raise ValueError("must be at least 1m")
    return span


class IntakeFact(Part):
    """Where the ticket keeps something that must be known before it is escalated."""

    property: Name = Field(description="The helpdesk's field.")
    label: str = Field("", max_length=80, description="What people call it; else its name here.")
    is_: Scalar | None = Field(
        None, alias="is", description="The one value that counts (a ticked box: true)."
    )
    ask: str = Field(
        "",
        max_length=300,
        description="How the customer is asked for it where it is missing, in the words that they "
        "read: a message begins with it, which a person completes and approves.",
    )


class FieldTest(Part):
    """A test of one field of the ticket."""

    property: Name = Field(description="The helpdesk's field.")
    is_: Scalar = Field(alias="is", description="The value at which it holds.")


class AskedByField(FieldTest):
    """How somebody asks for an escalation in the helpdesk itself."""

    reason: Name | None = Field(None, description="The helpdesk's field that says why.")
    contact: Name | None = Field(
        None, description="The helpdesk's field that says whom to talk to, and how."
    )


class SupportedVersions(Part):
    """Which versions of the product are supported."""

    property: Name = Field(description="The helpdesk's field that holds the version.")
    major: list[Name] = Field(
        min_length=1, description="The supported major versions: what stands before the first dot."
    )


class Escalation(Part):
    """How a ticket is escalated."""

    requires: dict[IntakeName, IntakeFact] = Field(
        default_factory=dict,
        description="The intake checklist (reproduced, steps, since, users, environment, version "
        "…) and where each stands on the ticket.",
    )
    severity: bool = Field(
        False, description="Whether the severity must be set; a default is not a set value."
    )
    impact: IntakeFact | None = Field(
        None, description="Where the impact on the customer stands, which then must be set."
    )
    versions: SupportedVersions | None = Field(
        None, description="The supported versions; another one is a warning to who decides."
    )
    open_to: FieldTest | None = Field(
        None, description="Only tickets at which this holds may be escalated."
    )
    requested_by_field: AskedByField | None = Field(
        None, description="A field of the ticket by which an escalation is asked for."
    )
    deciders: list[Name] = Field(
        default_factory=list,
        description="Who decides and is told of a request: groups of `people` in bridge.yaml, "
        "roles, e-mail addresses. Without them the channel as a whole.",
    )
    via: list[Name] = Field(
        default_factory=list, description="The connections that tell them: Teams or e-mail."
    )
    resend: Annotated[Span, AfterValidator(_not_too_often)] = Field(
        timedelta(minutes=15),
        description="How long to wait before telling again whoever has not acknowledged.",
    )
