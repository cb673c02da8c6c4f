"""What a ticket's customer knew at a moment: what it showed, and what was said."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.problems import for_callers
from bridge.api.shapes import Moment, Time
from bridge.api.tickets import Connection, TicketId, known_ticket
from bridge.core.known_to_customer import KnownThen, Told
from bridge.engine.known_to_customer import known_to_customer

router = APIRouter(prefix="/tickets", tags=["tickets"])


class StageThen(BaseModel):
    """What the ticket showed of the work."""

    label: str = Field(examples=["In development"])
    since: Time


class EtaThen(BaseModel):
    """The date that the customer had been told."""

    date: str = Field(examples=["2026-05-12"])
    told_at: Time


class MessageThen(BaseModel):
    """The last message to the customer."""

    at: Time
    by: str = Field(
        description="Who wrote it, or let it go; empty where the mapping did.", examples=["Kim"]
    )
    by_hub: bool = Field(description="The hub sent it, with approval or by the mapping.")


class KnownShape(BaseModel):
    """What the customer knew."""

    model_config = ConfigDict(title="Known")

    at: Time
    stage: StageThen | None
    eta: EtaThen | None
    last_message: MessageThen | None
    people_seen: bool = Field(
        description="Whether messages by people were read; without them only the hub's own count."
    )


@router.get("/{connection}/{id}/known", responses=for_callers("not_found"))
async def get_known(
    hub: HubHere,
    _actor: Viewer,
    connection: Connection,
    id: TicketId,
    at: Annotated[
        Moment | None,
        Query(description="The moment; now, if left out.", examples=["2026-05-12T14:05:00Z"]),
    ] = None,
) -> KnownShape:
    """What the customer knew at that moment, from what is stored."""
    ref = await known_ticket(hub, connection, id)
    return shape_of(await known_to_customer(hub, ref, at or hub.now()))


def shape_of(known: KnownThen) -> KnownShape:
    """The answer."""
    stage, eta, last = known.stage, known.eta, known.last
    return KnownShape(
        at=known.at,
        stage=None if stage is None else StageThen(label=stage.stage, since=stage.at),
        eta=_eta(eta),
        last_message=None
        if last is None
        else MessageThen(at=last.at, by=last.by, by_hub=last.by_hub),
        people_seen=known.people_seen,
    )


def _eta(told: Told | None) -> EtaThen | None:
    if told is None or told.eta is None:
        return None
    return EtaThen(date=told.eta.isoformat(), told_at=told.at)
