"""Reading stored deliveries again, many at once; and removing the payload of one for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.kit.clock import to_ms
from bridge.store.connection import AsyncConnection
from bridge.store.database import row
from bridge.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries of a connection that came from `since` on and before `until`."""

    connection: str
    since: datetime
    until: datetime
    state: str | None = None

    def holds(self) -> sa.ColumnElement[bool]:
        """The condition on `deliveries`."""
        d = deliveries.c
        parts = [
            d.connection == self.connection,
            d.received_at >= to_ms(self.since),
            d.received_at < to_ms(self.until),
        ]
        if self.state is not None:
            parts.append(d.state == self.state)
        return sa.and_(*parts)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many deliveries can be read again, and how many no longer have their payload."""

    readable: int
    gone: int


async def count(connection: AsyncConnection, span: Span) -> Counted:
    """How many deliveries the span holds."""
    found = await row(
        connection,
        sa.select(
            sa.func.count(deliveries.c.size).label("all"),
            sa.func.count(deliveries.c.body).label("readable"),
        ).where(span.holds()),
    )
    return (
        Counted(0, 0)
        if found is None
        else Counted(found["readable"], found["all"] - found["readable"])
    )


async def reopen(connection: AsyncConnection, span: Span) -> int:
    """Let the intake read every delivery of the span again that has its payload; how many."""
    result = await connection.execute(
        sa.update(deliveries)
        .where(span.holds(), deliveries.c.body.is_not(None))
        .values(state="received")
    )
    return result.rowcount


async def expunge(connection: AsyncConnection, id: str, reason: str) -> bool:
    """Remove the delivery's payload for good, and keep its row; False if it had none.

    One that still waits to be read is ignored for that reason.
    """
    waits = deliveries.c.state == "received"
    result = await connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == id, deliveries.c.body.is_not(None))
        .values(
            body=None,
            state=sa.case((waits, "ignored"), else_=deliveries.c.state),
            reason=sa.case((waits, reason), else_=deliveries.c.reason),
        )
    )
    return bool(result.rowcount)
