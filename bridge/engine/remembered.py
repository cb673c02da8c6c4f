"""What a process remembers of texts beside the store goes after each erasure, in every process."""

from __future__ import annotations

from bridge.core.detector import forget_texts
from bridge.engine.erasing import KIND
from bridge.engine.hub import Hub
from bridge.store import jobs


class Remembered:
    """One process's memory of short texts, as far as erasures are seen in the store.

    The process that ends an erasure lets go of them then; the others at their next look.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: int | None = None

    async def look(self) -> None:
        """Forget all, if an erasure has gone on since the last look."""
        async with self._hub.db.read() as connection:
            moved = await jobs.last_moved(connection, KIND)
        if moved != self._seen:
            self._seen = moved
            forget_texts()
