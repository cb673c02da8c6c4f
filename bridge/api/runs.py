"""Runs: what one pass over a record decided and did."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, Word, time_of
from bridge.kit.clock import from_ms
from bridge.store import history

router = APIRouter(tags=["inspector"])


class OperationShape(BaseModel):
    """One effect on a vendor. `intended`: sent or about to be, with no answer yet."""

    model_config = ConfigDict(title="Operation")

    id: str
    connection: str = Field(examples=["hubspot"])
    kind: str = Field(examples=["SetTicketFields"])
    state: Literal["intended", "done", "skipped", "rejected", "deferred", "unknown"]
    started_at: Time
    finished_at: Time | None
    detail: str
    target_id: str | None = Field(description="The vendor's id of what it made.")


class RunShape(BaseModel):
    """One pass over one record, kept because something came of it."""

    model_config = ConfigDict(title="Run")

    id: str
    record: Ref
    woken_by: str = Field(examples=["delivery:019aa2c4f0d1e2b3c4d5e6f708"])
    started_at: Time
    finished_at: Time | None
    mapping: str | None = Field(description="The hash of the mapping it decided by.")
    verdict: str | None = Field(examples=["IN_SYNC"])
    operations: list[OperationShape]


@router.get("/runs/{id}", responses=for_callers("not_found"))
async def get_run(
    hub: HubHere, _actor: Viewer, id: Annotated[Word, Path(description="A run's id.")]
) -> RunShape:
    """What one pass decided and did, without people's words."""
    async with hub.db.read() as connection:
        row = await history.load_run(connection, id)
        operations = await history.operations_of(connection, id)
    if row is None:
        raise ApiProblem("not_found", f"There is no run {id!r}, or it is not kept any more")
    return RunShape(
        id=row["id"],
        record=Ref.of_key(row["record_key"]),
        woken_by=row["woken_by"],
        started_at=from_ms(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        mapping=row["mapping_hash"],
        verdict=row["verdict"],
        operations=[
            OperationShape(
                id=each["id"],
                connection=each["connection"],
                kind=each["kind"],
                state=each["state"],
                started_at=from_ms(each["started_at"]),
                finished_at=time_of(each["finished_at"]),
                detail=each["detail"],
                target_id=each["target_id"],
            )
            for each in operations
        ],
    )
