"""What hangs on one customer, as the lists know it: by name, across helpdesks."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import links, ticket_views, transitions

_v, _t = ticket_views.c, transitions.c


async def open_tickets(connection: AsyncConnection, name: str, limit: int) -> list[Row]:
    """The customer's tickets that are not closed, in key order."""
    statement = sa.select(ticket_views).where(_v.customer == name, _v.closed == sa.false())
    return await rows(connection, statement.order_by(_v.ticket_key).limit(limit))


async def is_known(connection: AsyncConnection, name: str) -> bool:
    """Whether any ticket, closed or not, is this customer's."""
    some = sa.select(_v.ticket_key).where(_v.customer == name).limit(1)
    return bool(await rows(connection, some))


async def changes(connection: AsyncConnection, keys: Sequence[str], limit: int) -> list[Row]:
    """The newest rows of the timelines of these tickets, but for the keys that follow a link."""
    statement = sa.select(transitions).where(_t.record_key.in_(list(keys)), _t.what != "keys")
    return await rows(connection, statement.order_by(_t.id.desc()).limit(limit))


async def plans_of_item(
    connection: AsyncConnection, key: str
) -> list[tuple[str | None, str | None, int]]:
    """Who hangs on a work item: each customer and plan with how many tickets, most first."""
    count = sa.func.count().label("tickets")
    found = await rows(
        connection,
        sa.select(_v.customer, _v.plan, count)
        .select_from(links.join(ticket_views, _v.ticket_key == links.c.ticket_key))
        .where(links.c.work_item_key == key, links.c.state != "ended")
        .group_by(_v.customer, _v.plan)
        .order_by(count.desc(), _v.customer),
    )
    return [(each["customer"], each["plan"], int(each["tickets"])) for each in found]


async def moves_of_item(connection: AsyncConnection, key: str, cause: str, limit: int) -> list[Row]:
    """What the item's changes did to what its tickets show: newest first, those of one change
    beside each other. `cause`: what such a row of a timeline names as its cause."""
    on_it = sa.select(links.c.ticket_key).where(links.c.work_item_key == key)
    statement = sa.select(_t.at, _t.what, _t.before, _t.after).where(
        _t.record_key.in_(on_it), _t.cause == cause, _t.what.in_(("stage", "eta"))
    )
    return await rows(connection, statement.order_by(_t.id.desc()).limit(limit))
