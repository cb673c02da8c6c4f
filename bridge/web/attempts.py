"""How often somebody may be wrong at the door."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST = 10
WITHIN = timedelta(minutes=5)
REMEMBERED = 10_000
"""Addresses that are remembered; behind them the oldest is forgotten."""


@dataclass
class Attempts:
    """Wrong tries by address. In memory: a restart forgets them, and it costs the guesser one."""

    _misses: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def too_many(self, address: str, now: datetime) -> bool:
        """Whether that address must wait."""
        misses = self._misses.get(address)
        if misses is None:
            return False
        while misses and now - misses[0] > WITHIN:
            misses.popleft()
        return len(misses) >= MOST

    def missed(self, address: str, now: datetime) -> None:
        """It was wrong once more."""
        misses = self._misses.setdefault(address, deque(maxlen=MOST))
        misses.append(now)
        self._misses.move_to_end(address)
        while len(self._misses) > REMEMBERED:
            self._misses.popitem(last=False)
