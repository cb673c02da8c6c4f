"""What must be known of a ticket before it is escalated, and how much of it is."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import Csm, HubHere
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.tickets import Connection, TicketId, known_ticket
from bridge.core.escalating import Intake, Point
from bridge.engine import escalating

router = APIRouter(tags=["tickets"])


class PointShape(BaseModel):
    """One point of the checklist."""

    model_config = ConfigDict(title="IntakePoint")

    id: str = Field(description="Its name in the mapping.", examples=["steps"])
    label: str = Field(examples=["Steps to reproduce"])
    known: bool
    said: str = Field(description="What the ticket says on it.", examples=["Press Restore"])
    required: bool = Field(
        description="Nobody can accept an escalation without it: severity and impact."
    )
    ask: str = Field(
        description="How the customer is asked for it, in the mapping's words.",
        examples=["Which steps lead to it?"],
    )

    @classmethod
    def of(cls, point: Point) -> PointShape:
        """The point."""
        return cls(
            id=point.id,
            label=point.label,
            known=point.given,
            said=point.said,
            required=point.always,
            ask=point.ask,
        )


class IntakeShape(BaseModel):
    """The intake checklist, held against the ticket."""

    model_config = ConfigDict(title="Intake")

    points: list[PointShape] = Field(description="Empty where the mapping requires nothing.")
    missing: list[str] = Field(examples=[["Steps to reproduce"]])
    unsupported_version: str | None = Field(
        description="The ticket's version, where it is not supported.", examples=["9.2"]
    )
    allowed: bool = Field(description="Whether the mapping lets such a ticket be escalated.")

    @classmethod
    def of(cls, intake: Intake, *, allowed: bool) -> IntakeShape:
        """The checklist."""
        return cls(
            points=[PointShape.of(each) for each in intake.points],
            missing=list(intake.missing),
            unsupported_version=intake.version or None,
            allowed=allowed,
        )


@router.get(
    "/tickets/{connection}/{id}/intake", responses=for_callers("not_found", "not_configured")
)
async def get_intake(
    hub: HubHere, _actor: Csm, connection: Connection, id: TicketId
) -> IntakeShape:
    """What must be known before the ticket is escalated, and what of it the ticket says."""
    ref = await known_ticket(hub, connection, id)
    standing = await escalating.standing_of(hub, ref)
    if standing is None:
        if ref.connection not in hub.mappings:
            said = f"No mapping is in force for {ref.connection}: activate one first"
            raise ApiProblem("not_configured", said)
        raise ApiProblem("not_found", f"{ref} was not read yet; POST …/check reads it now")
    return IntakeShape.of(standing.intake, allowed=standing.allowed)
