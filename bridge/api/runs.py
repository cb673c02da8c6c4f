"""Runs: what one pass over a record decided and did."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Viewer
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, Word, time_of
from bridge.core.traced import because_in_short
from bridge.engine.internal_tasks import hidden_from
from bridge.engine.rerun import rerun
from bridge.kit.clock import from_ms
from bridge.store import history

router = APIRouter(tags=["inspector"])


class OperationShape(BaseModel):
    """One effect on a vendor. `intended`: sent or about to be, with no answer yet."""

    model_config = ConfigDict(title="Operation")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    connection: str = Field(examples=["hubspot"])
    kind: str = Field(examples=["SetTicketFields"])
    state: Literal["intended", "done", "skipped", "rejected", "deferred", "unknown"]
    started_at: Time
    finished_at: Time | None
    detail: str = Field(
        description="What the vendor said; empty for roles below operator.", examples=[""]
    )
    target_id: str | None = Field(
        description="The vendor's id of what it made; null for roles below operator.",
        examples=["991"],
    )


class RerunShape(BaseModel):
    """The pure plan, run again on what the run was decided from; nothing is written."""

    model_config = ConfigDict(title="Rerun")

    then: list[str] | None = Field(
        description="What it decides otherwise by the mapping of then; empty if nothing, null if "
        "it can't be asked.",
        examples=[[]],
    )
    today: list[str] | None = Field(
        description="The same by the mapping in force today.",
        examples=[['the stage was "in_testing", is "available"']],
    )
    today_mapping: str | None = Field(
        description="The hash of the mapping in force today; null too where a work item's tickets "
        "go by several."
    )
    reason: str | None = Field(description="Why it could not be asked; null if it could.")


class RunShape(BaseModel):
    """One pass over one record, kept because something came of it."""

    model_config = ConfigDict(title="Run")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    record: Ref | None = Field(description="Below operator null for signals and internal tasks.")
    woken_by: str = Field(
        description="Below operator in words, unless it was a delivery.",
        examples=["delivery:019aa2c4f0d1e2b3c4d5e6f708"],
    )
    started_at: Time
    finished_at: Time | None
    mapping: str | None = Field(
        description="The hash of the mapping it decided by.", examples=["16fa89d54ee7"]
    )
    verdict: str | None = Field(examples=["IN_SYNC"])
    operations: list[OperationShape]
    rerun: RerunShape | None = Field(
        description="Whether the same would be decided again; null for roles below operator."
    )


@router.get("/runs/{id}", responses=for_callers("not_found"))
async def get_run(
    hub: HubHere,
    actor: Viewer,
    id: Annotated[Word, Path(description="A run's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])],
) -> RunShape:
    """What one pass decided and did, and whether the same would be decided again."""
    async with hub.db.read() as connection:
        row = await history.load_run(connection, id)
        if row is None:
            raise ApiProblem("not_found", f"There is no run {id!r}, or it is not kept any more")
        operations = await history.operations_of(connection, id)
        keys = {row["record_key"], row["woken_by"].rpartition(" ")[2]}
        hidden = await hidden_from(actor.role, hub, connection, keys)
    inside = actor.role.covers(AccessRole.OPERATOR)
    again = await rerun(hub, row) if inside else None
    woken_by = row["woken_by"]
    if not inside and not woken_by.startswith("delivery:"):
        woken_by = because_in_short(woken_by, hidden)
    return RunShape(
        id=row["id"],
        record=None if row["record_key"] in hidden else Ref.of_key(row["record_key"]),
        woken_by=woken_by,
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
                detail=each["detail"] if inside else "",
                target_id=each["target_id"] if inside else None,
            )
            for each in operations
        ],
        rerun=None
        if again is None
        else RerunShape(
            then=None if again.then is None else list(again.then),
            today=None if again.today is None else list(again.today),
            today_mapping=again.today_version,
            reason=again.reason or None,
        ),
    )
