"""What digests list: of the lists that people see, and of what hangs on their tickets."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, rows
from bridge.store.tables import links, origins, records, ticket_needs, ticket_views

_V = ticket_views.c
MOST = 2_000
"""Rows that a digest looks at: of more nobody could say which they are."""


async def in_tab(connection: AsyncConnection, name: str, need: str) -> list[Row]:
    """The helpdesk's tickets on a tab, oldest news first."""
    n = ticket_needs.c
    return await rows(
        connection,
        sa.select(_V.ticket_key, _V.key, _V.vendor_id, _V.customer, _V.subject)
        .join(ticket_needs, n.ticket_key == _V.ticket_key)
        .where(n.need == need, _V.connection == name)
        .order_by(_V.updated_at, _V.ticket_key)
        .limit(MOST),
    )


async def linked_by(connection: AsyncConnection, name: str, routes: Collection[str]) -> list[Row]:
    """The work items that these routes made for the helpdesk's open tickets, oldest first.

    Each with its observation, the first of its tickets, and since when it has hung on that.
    """
    born = sa.exists().where(origins.c.work_item_key == links.c.work_item_key)
    return await rows(
        connection,
        sa.select(
            links.c.work_item_key,
            links.c.created_at,
            records.c.observation,
            _V.customer,
            _V.subject,
            born.label("has_origin"),
        )
        .join(ticket_views, _V.ticket_key == links.c.ticket_key)
        .join(records, records.c.key == links.c.work_item_key)
        .where(
            _V.connection == name,
            _V.closed == sa.false(),
            links.c.state == "active",
            links.c.route.in_(sorted(routes)),
            records.c.observation.is_not(None),
        )
        .order_by(links.c.created_at, links.c.id)
        .limit(MOST),
    )
