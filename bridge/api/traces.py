"""The trace of a delivery: from its receipt to the last write that came of it, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.deliveries import DeliveryId
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, time_of
from bridge.kit.clock import from_ms
from bridge.store import deliveries, traces
from bridge.store.database import Row

KIND = "trace"

router = APIRouter(tags=["inspector"])

_DOING = {
    "LaunchItem": "Create the work item",
    "ProbeLaunch": "Look whether the work item was created",
    "SetTicketFields": "Write what the ticket shows",
    "SetItemFields": "Write the work item's fields",
    "SetItemLinks": "Write the work item's links",
    "CopyAttachment": "Copy a file to the work item",
    "AddItemComment": "Copy a comment to the work item",
    "AddSubtask": "Create a subtask",
    "AddTicketNote": "Copy a comment to the ticket as a note",
}
_CAME = {
    "intended": "no answer yet",
    "done": "done",
    "skipped": "there was nothing to do",
    "rejected": "refused",
    "deferred": "put off",
    "unknown": "no clear answer",
}


_NEIGHBOUR = re.compile(r"(?:ticket|work item) (\S+:\S+)")
"""How a record says that it woke another one."""


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
    record: Ref
    says: str = Field(examples=["The ticket was looked at, because this delivery came."])
    started_at: Time
    finished_at: Time | None = Field(description="Null: under way, or it did not come to its end.")
    verdict: str | None = Field(examples=["IN_SYNC"])
    steps: list[Step] = Field(
        description="In order. Calls are known once a run has ended; of one that failed they are "
        "in the log, under the run's id."
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
    hub: HubHere, _actor: Viewer, id: DeliveryId, query: Annotated[Paging, Query()]
) -> TracePage:
    """Everything that came of one delivery: runs, what they wrote, and each call to a vendor.

    A record that several deliveries woke before its run is in the trace of the last of them.
    """
    async with hub.db.read() as connection:
        delivery = await deliveries.load(connection, id)
        if delivery is None:
            raise ApiProblem(
                "not_found", f"There is no delivery {id!r}; see GET /api/v1/deliveries"
            )
        found = await traces.runs_of(
            connection, id, cursor=query.after(KIND), limit=query.limit + 1
        )
        kept, next_cursor = cut(found, query.limit, KIND, "id")
        done = await traces.operations_of(connection, [each["id"] for each in kept])
        waiting = await traces.waiting(connection, id, delivery["records"] or ())
    return TracePage(
        items=[_run(each, [o for o in done if o["run_id"] == each["id"]]) for each in kept],
        next_cursor=next_cursor,
        received_at=from_ms(delivery["received_at"]),
        says=_in_short(delivery, waiting, bool(found) or query.cursor is not None),
        waiting=[Ref.of_key(each["key"]) for each in waiting],
    )


def _in_short(delivery: Row, waiting: Sequence[Row], any_runs: bool) -> str:
    if delivery["state"] == "received":
        return "It is stored and waits to be read."
    reason = (delivery["reason"] or "").rstrip(".")
    woken = delivery["records"] or ()
    if not woken:
        return f"It woke no record: {reason or 'it was about none that the hub knows'}."
    count = "one record" if len(woken) == 1 else f"{len(woken)} records"
    if any(each["dead"] for each in waiting):
        return f"It concerned {count}; the hub gave up on one and waits for a person."
    if waiting:
        why = next((each["last_error"] for each in waiting if each["last_error"]), None)
        return f"It concerned {count}; not all were looked at yet{f': {why}' if why else ''}."
    if any_runs:
        return f"It concerned {count}; what came of it stands below."
    return f"It concerned {count}; nothing had to be changed{f' ({reason})' if reason else ''}."


def _run(row: Row, operations: Iterable[Row]) -> TraceRun:
    decided: dict[str, Any] = row["decided"] or {}
    steps = [_operation(each) for each in operations]
    steps += [_call(each) for each in decided.get("calls", ())]
    # At the same moment the operation comes first: it is what the call was made for.
    steps.sort(key=lambda step: (step.at, step.what == "call"))
    return TraceRun(
        id=row["id"],
        record=Ref.of_key(row["record_key"]),
        says=f"{row['record_key']} was looked at, {_because(row['woken_by'])}.",
        started_at=from_ms(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        verdict=row["verdict"],
        steps=steps,
    )


def _because(woken_by: str) -> str:
    if woken_by.startswith("delivery:"):
        return "because this delivery came"
    neighbour = _NEIGHBOUR.fullmatch(woken_by)
    if neighbour is not None:
        return f"because {neighbour[1]} had changed"
    return f"because: {woken_by}"


def _operation(row: Row) -> Step:
    doing = _DOING.get(row["kind"], row["kind"])
    detail = f" ({row['detail'].rstrip('.')})" if row["detail"] else ""
    ended = row["finished_at"]
    return Step(
        at=from_ms(row["started_at"]),
        what="operation",
        says=f"{doing}: {_CAME.get(row['state'], row['state'])}{detail}.",
        connection=row["connection"],
        ms=None if ended is None else float(ended - row["started_at"]),
    )


def _call(made: dict[str, Any]) -> Step:
    status = made["status"]
    answer = f"answered {status}" if status else "did not answer"
    attempt = f", attempt {made['attempt']}" if made["attempt"] > 1 else ""
    return Step(
        at=from_ms(made["at"]),
        what="call",
        says=f"{made['connection']} {answer} to {made['method']} {made['path']}{attempt}.",
        connection=made["connection"],
        ms=made["ms"],
    )
