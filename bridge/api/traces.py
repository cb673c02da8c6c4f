"""The trace of a delivery: from its receipt to the last write that came of it, in order."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Viewer
from bridge.api.deliveries import DeliveryId
from bridge.api.paging import Page, Paging, encode
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, time_of
from bridge.engine import inspecting
from bridge.engine.internal_tasks import hidden_from
from bridge.kit.clock import from_ms

KIND = "trace"

router = APIRouter(tags=["inspector"])


class Step(BaseModel):
    """One thing that a run did: an operation, or one call to a vendor."""

    model_config = ConfigDict(title="TraceStep")

    at: Time
    what: Literal["operation", "call"]
    says: str = Field(examples=["Write what the ticket shows: done."])
    connection: str = Field(examples=["hubspot"])
    ms: float | None = Field(
        description="How long it took; null while there is no answer.", examples=[84.2]
    )


class TraceRun(BaseModel):
    """One pass over one record that the delivery led to."""

    model_config = ConfigDict(title="TraceRun")

    id: str = Field(description="More of it: `GET /api/v1/runs/{id}`.")
    record: Ref | None = Field(description="Below operator null for signals and internal tasks.")
    says: str = Field(examples=["The ticket was looked at, because this delivery came."])
    started_at: Time
    finished_at: Time | None = Field(description="Null: under way, or it did not come to its end.")
    verdict: str | None = Field(examples=["IN_SYNC"])
    steps: list[Step] = Field(
        description="In order. Calls are known once a run has ended; of one that failed they are "
        "in the log, under the run's id. Roles below operator see no calls."
    )


class TracePage(Page[TraceRun]):
    """What a delivery led to, oldest first. Runs that changed nothing are not kept."""

    received_at: Time
    says: str = Field(
        description="The delivery in one sentence.",
        examples=["It woke one record; what came of it stands below."],
    )
    waiting: list[Ref] = Field(description="The records it woke that are still to be looked at.")


@router.get("/deliveries/{id}/trace", responses=for_callers("not_found", "bad_cursor"))
async def trace_delivery(
    hub: HubHere, actor: Viewer, id: DeliveryId, query: Annotated[Paging, Query()]
) -> TracePage:
    """Everything that came of one delivery: runs, what they wrote, and each call to a vendor.

    A record that several deliveries woke before its run is in the trace of the last of them.
    """
    found = await inspecting.trace(hub, id, cursor=query.after(KIND), limit=query.limit)
    if found is None:
        raise ApiProblem("not_found", f"There is no delivery {id!r}; see GET /api/v1/deliveries")
    inside = actor.role.covers(AccessRole.OPERATOR)
    keys = {each["key"] for each in found.waiting}
    for each in found.passes:
        keys |= {each.row["record_key"], each.row["woken_by"].rpartition(" ")[2]}
    async with hub.db.read() as connection:
        hidden = await hidden_from(actor.role, hub, connection, keys)
    further = found.further
    return TracePage(
        items=[_run(each, inside, hidden) for each in found.passes],
        next_cursor=None if further is None else encode(KIND, further),
        received_at=from_ms(found.delivery["received_at"]),
        says=inspecting.in_short(found, inside=inside),
        waiting=[Ref.of_key(e["key"]) for e in found.waiting if e["key"] not in hidden],
    )


def _run(each: inspecting.Pass, inside: bool, hidden: frozenset[str]) -> TraceRun:
    row, key = each.row, each.row["record_key"]
    says, steps = (each.says, each.steps) if inside else inspecting.told_outside(each, hidden)
    return TraceRun(
        id=row["id"],
        record=None if key in hidden else Ref.of_key(key),
        says=says,
        started_at=from_ms(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        verdict=row["verdict"],
        steps=[
            Step(at=s.at, what=s.what, says=s.says, connection=s.connection, ms=s.ms) for s in steps
        ],
    )
