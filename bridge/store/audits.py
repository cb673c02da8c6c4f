"""What an audit asks of the store."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.links import Link
from bridge.store.database import rows
from bridge.store.tables import links, origins, records
from bridge.store.work import link_of


async def links_to_origins(
    connection: AsyncConnection, desks: Sequence[str], after: str, limit: int
) -> list[Link]:
    """Links of these helpdesks that have not ended, to items that ever had an origin, by id.

    Those after the link `after`, at most `limit`.
    """
    born = sa.select(origins.c.work_item_key)
    theirs = sa.select(records.c.key).where(records.c.connection.in_(desks))
    found = await rows(
        connection,
        sa.select(links)
        .where(
            links.c.id > after,
            links.c.state != "ended",
            links.c.work_item_key.in_(born),
            links.c.ticket_key.in_(theirs),
        )
        .order_by(links.c.id)
        .limit(limit),
    )
    return [link_of(each) for each in found]
