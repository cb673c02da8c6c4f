"""Work items that moved: told in the timeline of every ticket that hangs on them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bridge.core.changes_told import MOVED
from bridge.domain.records import KEY, PROJECT
from bridge.domain.refs import WorkItemRef
from bridge.kit.clock import to_ms
from bridge.kit.ids import new_id
from bridge.store.connection import AsyncConnection
from bridge.store.database import rows
from bridge.store.records import Observed
from bridge.store.tables import links, transitions


async def tell_of_move(connection: AsyncConnection, observed: Observed, now: datetime) -> int:
    """Write the move of an item to its tickets' timelines; to how many. Most changes are none."""
    before, after = observed.before, observed.after
    if before is None or not isinstance(after.ref, WorkItemRef):
        return 0
    moved = [
        (before.text(name), after.text(name))
        for name in (KEY, PROJECT)
        if name in observed.changed and before.text(name) and after.text(name)
    ]
    if not moved:
        return 0
    found = await rows(
        connection,
        sa.select(links.c.ticket_key).where(
            links.c.work_item_key == str(after.ref), links.c.state != "ended"
        ),
    )
    told = [
        {
            "id": new_id(),
            "record_key": each["ticket_key"],
            "at": to_ms(now),
            "what": MOVED,
            "before": moved[0][0],
            "after": moved[0][1],
            "cause": after.text(KEY) or after.ref.id,
        }
        for each in found
    ]
    if told:
        await connection.execute(sa.insert(transitions), told)
    return len(told)
