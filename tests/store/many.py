"""More tickets than a few, as their lists hold them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import ticket_needs, ticket_views
from bridge.store.views import FEW, TicketFilter

MANY = 3 * FEW + 100


def numbered(number: int) -> dict[str, Any]:
    """A ticket of the many: a third is Acme's, half is in testing, few need a decision.

    Every seventh is closed.
    """
    closed = number % 7 == 3
    needs = (
        ()
        if closed
        else ("with_engineering",) * (number % 6 != 1) + ("needs_decision",) * (number % 500 == 8)
    )
    return {
        "ticket_key": f"hubspot:{10_000 + number}", "connection": "hubspot",
        "vendor_id": f"{10_000 + number}", "key": f"#{number}", "subject": "Export fails",
        "customer": ("Acme", "Beta", None)[number % 3], "needs": list(needs),
        "stage_id": ("in_testing", "scheduled")[number // 3 % 2],
        "closed": closed, "search": f"{10_000 + number} export fails", "updated_at": 1,
    }  # fmt: skip


def like(row: dict[str, Any], wanted: TicketFilter) -> bool:
    """Whether the filter leaves that ticket."""
    return (
        wanted.customer in (None, row["customer"])
        and wanted.stage in (None, row["stage_id"])
        and wanted.closed in (None, row["closed"])
        and (wanted.needs is None or wanted.needs in row["needs"])
    )


async def add_many(db: Database) -> list[dict[str, Any]]:
    """Store the many; their rows."""
    many = [numbered(number) for number in range(MANY)]
    needs = [{"need": n, "ticket_key": row["ticket_key"]} for row in many for n in row["needs"]]
    async with db.write() as store:
        await store.execute(sa.insert(ticket_views), many)
        await store.execute(sa.insert(ticket_needs), needs)
    return many
