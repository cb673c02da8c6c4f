"""How often a ticket may be updated, counted here, so that Zendesk need not refuse.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

from connectors.zendesk.manifest import UPDATES, UPDATES_SPAN

_KEPT = 5_000
"""Tickets remembered; with more, those that nobody updated for the whole span are forgotten."""


class UpdatePace:
    """The updates of the last ten minutes, ticket by ticket, of this process."""

    def __init__(self) -> None:
        self._made: dict[str, deque[datetime]] = {}

    def wait(self, ticket: str, now: datetime) -> datetime | None:
        """Until when the ticket must be left alone; None if it may be updated now."""
        made = self._made.get(ticket)
        if made is None:
            return None
        while made and made[0] + UPDATES_SPAN <= now:
            made.popleft()
        return made[0] + UPDATES_SPAN if len(made) >= UPDATES else None

    def note(self, ticket: str, now: datetime) -> None:
        """An update was sent."""
        if len(self._made) >= _KEPT:
            live = {t: m for t, m in self._made.items() if m and m[-1] + UPDATES_SPAN > now}
            self._made = live
        self._made.setdefault(ticket, deque()).append(now)
