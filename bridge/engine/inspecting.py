"""The way of one change as it is kept: what a delivery woke, and what each pass did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from bridge.core import traced
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import deliveries, history, traces
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a pass did: an operation, or one call to a vendor.

    `family`: what a call was made for. `kind` and `state`: which operation it was, and what came
    of it. `ms` None: there is no answer.
    """

    at: datetime
    what: Literal["operation", "call"]
    says: str
    connection: str
    ms: float | None
    family: str = ""
    kind: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """A kept run with its steps in order."""

    row: Row
    says: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a delivery led to. `further`: the run after which there are more."""

    delivery: Row
    passes: tuple[Pass, ...]
    further: str | None
    any_runs: bool
    waiting: Sequence[Row]


async def trace(hub: Hub, id: str, *, cursor: str | None, limit: int) -> Trace | None:
    """What came of a delivery, oldest first; None if there is none of that id.

    A record that several deliveries woke before its pass is in the trace of the last of them.
    """
    async with hub.db.read() as connection:
        delivery = await deliveries.load(connection, id)
        if delivery is None:
            return None
        found = await traces.runs_of(connection, id, cursor=cursor, limit=limit + 1)
        kept = found[:limit]
        done = await traces.operations_of(connection, [each["id"] for each in kept])
        waiting = await traces.waiting(connection, id, delivery["records"] or ())
    return Trace(
        delivery=delivery,
        passes=tuple(
            _pass(each, [one for one in done if one["run_id"] == each["id"]]) for each in kept
        ),
        further=kept[-1]["id"] if len(found) > limit else None,
        any_runs=bool(found) or cursor is not None,
        waiting=waiting,
    )


async def load_pass(connection: AsyncConnection, id: str) -> Pass | None:
    """One kept run with its steps; None if there is none of that id, or it is not kept any more."""
    row = await history.load_run(connection, id)
    return None if row is None else _pass(row, await history.operations_of(connection, id))


def in_short(found: Trace, *, inside: bool = True) -> str:
    """The delivery in one sentence; without the machine's own words unless `inside`."""
    row, woken = found.delivery, len(found.delivery["records"] or ())
    if not inside and not woken and row["state"] != "received":
        return "It woke no record."
    waiting = [
        (bool(each["dead"]), str(each["last_error"] or "") if inside else "")
        for each in found.waiting
    ]
    reason = row["reason"] if inside else None
    return traced.in_short(row["state"], reason, woken, waiting, found.any_runs)


def told_outside(each: Pass, hidden: Collection[str]) -> tuple[str, tuple[Step, ...]]:
    """Its sentence and its steps for whoever must not learn of the hidden refs.

    Calls, and what vendors said of an operation, are for whoever is on call.
    """
    key = each.row["record_key"]
    name = key
    if key in hidden:
        name = f"{traced.INTERNAL[:1].upper()}{traced.INTERNAL[1:]}"
    because = traced.because_in_short(each.row["woken_by"], hidden)
    steps = tuple(
        replace(step, says=traced.operation_told(step.kind, step.state, ""))
        for step in each.steps
        if step.what == "operation"
    )
    return f"{name} was looked at, {because}.", steps


def _pass(row: Row, operations: Iterable[Row]) -> Pass:
    decided: dict[str, Any] = row["decided"] or {}
    steps = [_operation(each) for each in operations]
    steps += [_call(each) for each in decided.get("calls", ())]
    # At the same moment the operation comes first: it is what the call was made for.
    steps.sort(key=lambda step: (step.at, step.what == "call"))
    says = f"{row['record_key']} was looked at, {traced.because(row['woken_by'])}."
    return Pass(row, says, tuple(steps))


def _operation(row: Row) -> Step:
    ended = row["finished_at"]
    return Step(
        at=from_ms(row["started_at"]),
        what="operation",
        says=traced.operation_told(row["kind"], row["state"], row["detail"]),
        connection=row["connection"],
        ms=None if ended is None else float(ended - row["started_at"]),
        kind=row["kind"],
        state=row["state"],
    )


def _call(made: dict[str, Any]) -> Step:
    return Step(
        at=from_ms(made["at"]),
        what="call",
        says=traced.call_told(made),
        connection=made["connection"],
        ms=made["ms"],
        family=str(made.get("family", "")),
    )
