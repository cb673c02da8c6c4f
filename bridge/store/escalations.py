"""Requests to escalate tickets. A row stays for good; its words are forgotten in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.kit.clock import from_ms, to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import Database, Row, row, rows
from bridge.store.tables import escalations, ticket_views

TABLE = escalations
OPEN = EscalationState.OPEN.value
_E = escalations.c
_OF = (
    sa.select(escalations)
    .where(_E.ticket_key.in_(sa.bindparam("p_keys", expanding=True)))
    .order_by(_E.asked_at, _E.id)
)
FORGOTTEN = {"reason": "", "contact": "", "note": ""}
"""What is left of a request's words."""


async def of_tickets(
    connection: AsyncConnection, keys: Sequence[str]
) -> dict[str, list[EscalationRequest]]:
    """Every request about these tickets, the decided ones too, oldest first."""
    found: defaultdict[str, list[EscalationRequest]] = defaultdict(list)
    for each in await rows(connection, _OF, {"p_keys": list(keys)}) if keys else ():
        found[each["ticket_key"]].append(request_of(each))
    return found


async def load(connection: AsyncConnection, id: str) -> EscalationRequest | None:
    """The request of that id."""
    found = await row(connection, sa.select(escalations).where(_E.id == id))
    return None if found is None else request_of(found)


async def add(
    db: Database, connection: AsyncConnection, requests: Iterable[EscalationRequest]
) -> None:
    """Keep new requests; one that is there already stays as it is."""
    values = [
        {
            "id": each.id,
            "ticket_key": each.ticket,
            "state": each.state.value,
            "reason": each.reason,
            "contact": each.contact,
            "asked_by": each.asked_by,
            "asked_at": to_ms(each.asked_at),
            "missing": list(each.missing),
        }
        for each in requests
    ]
    if values:
        await connection.execute(db.insert(escalations).values(values).on_conflict_do_nothing())


async def decide(
    connection: AsyncConnection,
    id: str,
    state: EscalationState,
    *,
    by: str,
    now: datetime,
    note: str,
    owner: str = "",
    route: str = "",
) -> bool:
    """Keep what was decided about an open request; False if it was decided before."""
    changed = await connection.execute(
        sa.update(escalations)
        .where(_E.id == id, _E.state == OPEN)
        .values(
            state=state.value,
            decided_by=by,
            decided_at=to_ms(now),
            note=note,
            owner=owner,
            route=route,
        )
    )
    return changed.rowcount == 1


async def page(
    connection: AsyncConnection,
    *,
    cursor: str | None,
    limit: int,
    state: str | None = None,
    ticket: str | None = None,
    owner: str | None = None,
) -> list[Row]:
    """Requests with their ticket's row, newest first, those before the cursor."""
    statement = sa.select(
        escalations,
        ticket_views.c.key,
        ticket_views.c.url,
        ticket_views.c.subject,
        ticket_views.c.customer,
        ticket_views.c.plan,
        ticket_views.c.severity,
    ).join(ticket_views, ticket_views.c.ticket_key == _E.ticket_key, isouter=True)
    for column, value in ((_E.state, state), (_E.ticket_key, ticket), (_E.owner, owner)):
        if value is not None:
            statement = statement.where(column == value)
    if cursor is not None:
        statement = statement.where(_E.id < cursor)
    return await rows(connection, statement.order_by(_E.id.desc()).limit(limit))


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many requests are in each state."""
    statement = sa.select(_E.state, sa.func.count().label("n")).group_by(_E.state)
    return {each["state"]: int(each["n"]) for each in await rows(connection, statement)}


async def move(connection: AsyncConnection, old: str, new: str) -> None:
    """The ticket `old` lives on in `new`, and with it whatever was asked for."""
    await connection.execute(
        sa.update(escalations).where(_E.ticket_key == old).values(ticket_key=new)
    )


async def forget(connection: AsyncConnection, key: str) -> None:
    """Remove people's words from the requests about a ticket."""
    await connection.execute(sa.update(escalations).where(_E.ticket_key == key).values(**FORGOTTEN))


def request_of(found: Row | dict[str, Any]) -> EscalationRequest:
    """The request of a row."""
    decided = found["decided_at"]
    return EscalationRequest(
        id=found["id"],
        ticket=found["ticket_key"],
        state=EscalationState(found["state"]),
        reason=found["reason"],
        contact=found["contact"],
        asked_by=found["asked_by"],
        asked_at=from_ms(found["asked_at"]),
        missing=tuple(found["missing"]),
        decided_by=found["decided_by"],
        decided_at=None if decided is None else from_ms(decided),
        note=found["note"],
        owner=found["owner"],
        route=found["route"],
    )
