"""What the audit log says, for tests of what writes to it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.store.tables import audit_log
from tests.api.doors import Doors


async def audited(doors: Doors, *actions: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Who did it to what, with the details: the entries of these actions, oldest first."""
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(a.actor, a.target, a.detail).where(a.action.in_(actions)).order_by(a.id)
        )
        return [(actor, target, dict(detail)) for actor, target, detail in found]
