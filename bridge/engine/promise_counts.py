"""How many promises stand how, for the metrics."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.engine.hub import Hub
from bridge.store import promises
from bridge.store.connection import AsyncConnection

ANEW_S = 60.0
"""How old the numbers may grow: there may be several promises for each ticket ever seen."""

Counts = Mapping[tuple[str, str], int]
"""Helpdesk and state → promises."""


class PromiseCounts:
    """The numbers by helpdesk and state, counted at most once a minute."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._found: Counts = {}
        self._counted: float | None = None

    async def read(self, connection: AsyncConnection) -> Counts:
        """How many there are; none where no mapping in force makes any."""
        if not self._hub.promising(self._hub.mappings):
            self._found, self._counted = {}, None
            return self._found
        now = self._hub.db.clock.monotonic()
        if self._counted is None or now - self._counted >= ANEW_S:
            names = sorted(self._hub.connections)
            self._found = await promises.by_helpdesk(connection, names)
            self._counted = now
        return self._found
