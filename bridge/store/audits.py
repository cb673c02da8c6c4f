"""What an audit asks of the store."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.links import Link
from bridge.store.database import rows
from bridge.store.tables import links, origins
from bridge.store.work import link_of


async def links_to_origins(connection: AsyncConnection, limit: int) -> list[Link]:
    """Links that have not ended, to work items that ever had an origin; oldest first."""
    born = sa.select(origins.c.work_item_key)
    found = await rows(
        connection,
        sa.select(links)
        .where(links.c.state != "ended", links.c.work_item_key.in_(born))
        .order_by(links.c.created_at, links.c.id)
        .limit(limit),
    )
    return [link_of(each) for each in found]
