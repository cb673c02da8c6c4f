"""Who waits for a work item, from the rows of its tickets."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from bridge.domain.weights import Weight
from bridge.kit.clock import from_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import links, ticket_views

_V = ticket_views.c
_WAITING = (
    sa.select(
        _V.customer,
        _V.plan,
        sa.func.count().label("tickets"),
        # A promise whose clock rests has no date.
        sa.func.min(_V.promise_due_at).label("due"),
    )
    .select_from(links.join(ticket_views, _V.ticket_key == links.c.ticket_key))
    .where(
        links.c.work_item_key == sa.bindparam("p_key"),
        links.c.state == "active",
        sa.not_(_V.closed),
    )
    .group_by(_V.customer, _V.plan)
)


async def weight_of(connection: AsyncConnection, key: str) -> Weight:
    """How many open tickets, of which customers and plans, hang on the work item."""
    found = await rows(connection, _WAITING, {"p_key": key})
    due = min((each["due"] for each in found if each["due"] is not None), default=None)
    return Weight(
        tickets=sum(int(each["tickets"]) for each in found),
        customers=tuple(sorted({each["customer"] for each in found if each["customer"]})),
        plans=tuple(sorted({each["plan"] for each in found if each["plan"]})),
        promise_due=None if due is None else from_ms(due).date(),
    )


def weight_to_json(weight: Weight) -> list[Any]:
    """The weight as a run keeps it."""
    due = weight.promise_due
    day = None if due is None else due.isoformat()
    return [weight.tickets, list(weight.customers), list(weight.plans), day]


def weight_from_json(kept: list[Any] | None) -> Weight | None:
    """The weight that a run kept, if it kept one."""
    if kept is None:
        return None
    tickets, customers, plans, day = kept
    due = None if day is None else date.fromisoformat(day)
    return Weight(tickets, tuple(customers), tuple(plans), due)
