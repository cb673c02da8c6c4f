"""Deliveries that have led somewhere, put into the store as the engine would."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from bridge.domain.operations import Outcome, OutcomeKind
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store import history
from bridge.store.tables import audit_log, deliveries, records
from tests.api.doors import Doors, events

_EVENTS = count(1000)


async def knocked(doors: Doors, ticket: str = "812") -> str:
    """The id of a new delivery that was taken at the door."""
    body = events(ticket).replace(b'"eventId": 100', b'"eventId": %d' % next(_EVENTS))
    answer = await doors.knock(body)
    assert answer.status_code == 200
    return str(answer.json()["delivery"])


async def settled(
    doors: Doors, id: str, *woken: str, state: str = "done", reason: str | None = None
) -> None:
    """The delivery was read, and woke these records."""
    async with doors.hub.db.write() as connection:
        await connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == id)
            .values(state=state, reason=reason, records=list(woken))
        )


async def ran(
    doors: Doors,
    trace: str,
    key: str = "hubspot:812",
    *,
    outcome: OutcomeKind | None = OutcomeKind.DONE,
    detail: str = "",
    woken_by: str = "",
    **decided: Any,
) -> str:
    """A kept run of the trace, with a write and its call if an outcome is given; its id."""
    hub, id = doors.hub, new_id()
    now = hub.now()
    call = {
        "at": to_ms(now) + 5, "connection": "hubspot", "method": "PATCH", "path": "/tickets/{}",
        "status": 200, "ms": 12.5, "family": "fields", "attempt": 1,
    }  # fmt: skip
    async with hub.db.write() as connection:
        await history.end_run(
            hub.db, connection, id=id, record_key=key, trace=trace,
            woken_by=woken_by or f"delivery:{trace}",
            started_at=now, finished_at=now + timedelta(seconds=1), mapping_hash=None,
            verdict="IN_SYNC", inputs={},
            decided={"calls": [call] if outcome else [], "held": [], **decided},
        )  # fmt: skip
        if outcome is not None:
            operation = await history.begin_operation(
                connection, run_id=id, record_key=key, name="hubspot", kind="SetTicketFields",
                request={}, now=now,
            )  # fmt: skip
            end = now + timedelta(milliseconds=210)
            await history.end_operation(connection, operation, Outcome(outcome, detail), end)
    return id


async def pending(doors: Doors, key: str, trace: str, **values: Any) -> None:
    """The record waits for a pass because of the delivery."""
    async with doors.hub.db.write() as connection:
        await connection.execute(
            sa.update(records).where(records.c.key == key).values(trace=trace, **values)
        )


async def audited(doors: Any) -> list[tuple[str, str, str]]:
    """Who did what to what, oldest first; signing in is left out."""
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(a.actor, a.action, a.target).where(a.action.not_like("%sign%")).order_by(a.id)
        )
        return [tuple(each) for each in found]
