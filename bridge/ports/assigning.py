"""The role of a tracker whose items several people own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.ports.roles import Tracker


class AssigningTracker(Tracker, Protocol):
    """A tracker whose items several people own. Asked only where the manifest says `assigns`."""

    async def assign(self, id: str, people: Sequence[str], saw: str) -> tuple[str, ...]:
        """Put the people of these addresses on the item; those who were not on it before.

        Nobody is taken off. `saw` are the owners as last read: `Stale` if they are others by now.
        May be repeated.
        """
        ...
