"""Taking in what was seen of a record, by whatever way it came."""

from __future__ import annotations

from bridge.domain.records import Observation
from bridge.engine.hub import Hub
from bridge.store import records
from bridge.store.connection import AsyncConnection
from bridge.store.records import Observed


async def take_in(
    hub: Hub, connection: AsyncConnection, seen: Observation, *, satisfies: int | None = None
) -> Observed:
    """Merge what was seen into the record's row; what it changed.

    What it counts and does not show is wanted: whoever brings a count without its comments would
    else be the last to tell of them. `satisfies` is the wish to read that it answers.
    """
    name = seen.ref.connection
    return await records.observe(
        hub.db,
        connection,
        seen,
        shown=hub.shown(name),
        counter=hub.comment_count(name),
        satisfies=satisfies,
    )
