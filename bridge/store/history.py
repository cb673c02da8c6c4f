"""Runs, operations, transitions and findings: every decision is kept (design rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.core.reasons import severity
from bridge.domain.findings import Finding
from bridge.domain.operations import Outcome
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import findings, operations, runs, transitions


async def begin_run(
    db: Database,
    connection: AsyncConnection,
    *,
    id: str,
    record_key: str,
    woken_by: str,
    trace: str | None,
    started_at: datetime,
) -> None:
    """Open a run with its first operation, so that a pass that dies leaves one behind."""
    statement = db.prepared(
        "begin run", lambda: db.insert(runs).on_conflict_do_nothing(index_elements=["id"])
    )
    await connection.execute(
        statement,
        {
            "id": id,
            "record_key": record_key,
            "woken_by": woken_by,
            "trace": trace,
            "started_at": to_ms(started_at),
        },
    )


async def end_run(
    db: Database,
    connection: AsyncConnection,
    *,
    id: str,
    record_key: str,
    woken_by: str,
    trace: str | None,
    started_at: datetime,
    finished_at: datetime,
    mapping_hash: str | None,
    verdict: str,
    inputs: dict[str, Any],
    decided: dict[str, Any],
) -> None:
    """Keep a run that did or said something; runs that changed nothing are not kept."""
    await connection.execute(
        db.upsert(runs, ("id",)),
        {
            "id": id,
            "record_key": record_key,
            "woken_by": woken_by,
            "trace": trace,
            "started_at": to_ms(started_at),
            "finished_at": to_ms(finished_at),
            "mapping_hash": mapping_hash,
            "verdict": verdict,
            "inputs": inputs,
            "decided": decided,
        },
    )


_BEGIN_OPERATION = sa.insert(operations)
_END_OPERATION = (
    sa.update(operations)
    .where(operations.c.id == sa.bindparam("p_id"))
    .values(
        state=sa.bindparam("p_state"),
        detail=sa.bindparam("p_detail"),
        target_id=sa.bindparam("p_target_id"),
        finished_at=sa.bindparam("p_finished_at"),
    )
)
_ADD_TRANSITION = sa.insert(transitions)
_OPEN_FINDINGS = sa.select(findings.c.id, findings.c.code, findings.c.topic).where(
    findings.c.ref == sa.bindparam("p_ref"), findings.c.state != "resolved"
)


async def begin_operation(
    connection: AsyncConnection,
    *,
    run_id: str,
    record_key: str,
    name: str,
    kind: str,
    request: dict[str, Any],
    now: datetime,
) -> str:
    """Write down what is about to be sent; the operation's id."""
    id = new_id()
    await connection.execute(
        _BEGIN_OPERATION,
        {
            "id": id,
            "run_id": run_id,
            "record_key": record_key,
            "connection": name,
            "kind": kind,
            "state": "intended",
            "started_at": to_ms(now),
            "request": request,
        },
    )
    return id


async def end_operation(
    connection: AsyncConnection, id: str, outcome: Outcome, now: datetime
) -> None:
    """Write down what came of it."""
    await connection.execute(
        _END_OPERATION,
        {
            "p_id": id,
            "p_state": outcome.kind.value,
            "p_detail": outcome.detail[:1000],
            "p_target_id": outcome.target_id,
            "p_finished_at": to_ms(now),
        },
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A change of what a ticket shows: of what, from what, to what."""

    what: str
    before: str | None
    after: str | None


async def add_transition(
    connection: AsyncConnection,
    key: str,
    what: str,
    *,
    before: str | None,
    after: str | None,
    cause: str,
    now: datetime,
) -> None:
    """Keep a change of what a ticket shows or is linked to: a row of its timeline."""
    await add_transitions(connection, key, [Step(what, before, after)], cause=cause, now=now)


async def add_transitions(
    connection: AsyncConnection, key: str, steps: Sequence[Step], *, cause: str, now: datetime
) -> None:
    """Keep several at once, in this order."""
    rows_of = [
        {
            "id": new_id(),
            "record_key": key,
            "at": to_ms(now),
            "what": each.what,
            "before": each.before,
            "after": each.after,
            "cause": cause,
        }
        for each in steps
    ]
    if rows_of:
        await connection.execute(_ADD_TRANSITION, rows_of)


async def timeline(
    connection: AsyncConnection, key: str, *, cursor: str | None, limit: int
) -> list[Row]:
    """The record's transitions, newest first."""
    statement = sa.select(transitions).where(transitions.c.record_key == key)
    if cursor is not None:
        statement = statement.where(transitions.c.id < cursor)
    return await rows(connection, statement.order_by(transitions.c.id.desc()).limit(limit))


async def last_change(
    connection: AsyncConnection, key: str, what: str, until: datetime
) -> Row | None:
    """The record's last transition of that kind, up to that moment."""
    t = transitions.c
    statement = sa.select(transitions).where(
        t.record_key == key, t.what == what, t.at <= to_ms(until)
    )
    return await row(connection, statement.order_by(t.at.desc(), t.id.desc()).limit(1))


async def raise_findings(
    db: Database, connection: AsyncConnection, raised: Sequence[Finding], now: datetime
) -> None:
    """Open the findings, or count them once more; an ignored one stays ignored."""
    for finding in sorted(raised, key=lambda f: (f.code, f.connection, f.ref or "", f.topic)):
        statement = db.insert(findings).values(
            id=new_id(),
            code=finding.code,
            connection=finding.connection,
            ref=finding.ref or "",
            topic=finding.topic,
            severity=severity(finding.code).value,
            data=dict(finding.data),
            first_seen_at=to_ms(now),
            last_seen_at=to_ms(now),
            count=1,
            state="open",
        )
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["code", "connection", "ref", "topic"],
                set_={
                    "data": statement.excluded.data,
                    "last_seen_at": statement.excluded.last_seen_at,
                    "count": findings.c.count + 1,
                    "first_seen_at": sa.case(
                        (findings.c.state == "resolved", statement.excluded.first_seen_at),
                        else_=findings.c.first_seen_at,
                    ),
                    "state": sa.case((findings.c.state == "ignored", "ignored"), else_="open"),
                },
            )
        )


async def close_findings(
    connection: AsyncConnection,
    *,
    ref: str,
    still: Sequence[Finding],
    spared: Callable[[str, str], bool] | None = None,
) -> int:
    """Close the ref's findings that this pass did not raise again, ignored ones too; how many.

    The cause of an ignored one has ended by that: should it begin anew, the finding opens anew.
    `spared` says by code and topic which ones the pass knows nothing about.
    """
    kept = {(each.code, each.topic) for each in still}
    found = await rows(connection, _OPEN_FINDINGS, {"p_ref": ref})
    gone = [
        each["id"]
        for each in found
        if (each["code"], each["topic"]) not in kept
        and not (spared is not None and spared(each["code"], each["topic"]))
    ]
    if gone:
        await connection.execute(
            sa.update(findings).where(findings.c.id.in_(gone)).values(state="resolved")
        )
    return len(gone)


async def resolve_connection_findings(
    connection: AsyncConnection, name: str, codes: frozenset[str]
) -> int:
    """Close the findings of these codes on a connection, ignored ones too; how many."""
    result = await connection.execute(
        sa.update(findings)
        .where(
            findings.c.connection == name,
            findings.c.code.in_(sorted(codes)),
            findings.c.state != "resolved",
        )
        .values(state="resolved")
    )
    return result.rowcount


async def resolve_finding(connection: AsyncConnection, name: str, code: str, topic: str) -> None:
    """Close the one finding of a connection that is about no record."""
    await connection.execute(
        sa.update(findings)
        .where(
            findings.c.code == code,
            findings.c.connection == name,
            findings.c.ref == "",
            findings.c.topic == topic,
            findings.c.state != "resolved",
        )
        .values(state="resolved")
    )


async def open_findings_of(connection: AsyncConnection, ref: str) -> list[Row]:
    """The open findings on one record."""
    return await rows(
        connection,
        sa.select(findings).where(findings.c.ref == ref, findings.c.state == "open"),
    )


async def page_findings(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    state: str | None = None,
    code: str | None = None,
    name: str | None = None,
    ref: str | None = None,
) -> list[Row]:
    """Findings, newest first, those before the cursor."""
    statement = sa.select(findings)
    for column, value in (
        (findings.c.state, state),
        (findings.c.code, code),
        (findings.c.connection, name),
        (findings.c.ref, ref),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if cursor is not None:
        statement = statement.where(findings.c.id < cursor)
    return await rows(connection, statement.order_by(findings.c.id.desc()).limit(limit))


async def count_findings(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """Open findings by code and severity."""
    found = await rows(
        connection,
        sa.select(findings.c.code, findings.c.severity, sa.func.count().label("n"))
        .where(findings.c.state == "open")
        .group_by(findings.c.code, findings.c.severity),
    )
    return {(each["code"], each["severity"]): each["n"] for each in found}


async def load_run(connection: AsyncConnection, id: str) -> Row | None:
    """One kept run."""
    return await row(connection, sa.select(runs).where(runs.c.id == id))


async def operations_of(connection: AsyncConnection, run_id: str) -> list[Row]:
    """The operations of a run in their order."""
    statement = sa.select(operations).where(operations.c.run_id == run_id)
    return await rows(connection, statement.order_by(operations.c.id))


async def newest_run(connection: AsyncConnection, key: str) -> str | None:
    """The id of the record's newest kept run."""
    id: str | None = await connection.scalar(
        sa.select(sa.func.max(runs.c.id)).where(runs.c.record_key == key)
    )
    return id


async def count_operations(connection: AsyncConnection, run_id: str) -> int:
    """How many operations a run carried out."""
    count = await connection.scalar(
        sa.select(sa.func.count()).select_from(operations).where(operations.c.run_id == run_id)
    )
    return int(count or 0)
