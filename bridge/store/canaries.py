"""Where in the store a text stands that belongs to a ticket's side."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.tables import findings, notices, operations, ticket_views, transitions

_OF_TICKET = (
    (findings, findings.c.ref),
    (notices, notices.c.ticket_key),
    (operations, operations.c.record_key),
    (ticket_views, ticket_views.c.ticket_key),
    (transitions, transitions.c.record_key),
)


async def places_of(connection: AsyncConnection, ticket: str, text: str) -> list[str]:
    """The tables in which a row about the ticket holds the text."""
    found = []
    for table, column in _OF_TICKET:
        for each in await rows(connection, sa.select(table).where(column == ticket)):
            if any(text in str(value) for value in each.values()):
                found.append(f"What the hub stores: {table.name}")
                break
    return found


async def is_held(connection: AsyncConnection, ticket: str, source: str) -> bool:
    """Whether an open finding on the ticket is about that comment."""
    count = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(findings)
        .where(findings.c.ref == ticket, findings.c.topic == source, findings.c.state == "open")
    )
    return bool(count)
