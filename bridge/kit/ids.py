"""Ids that sort by the time they were made, so that lists can be paged by them."""

from __future__ import annotations

import secrets
import threading
import time

_RANDOM = 1 << 56
_STEP = 1 << 40
"""How far an id may be from the one before it of the same millisecond."""


class _Maker:
    """Makes ids of which each sorts after those that this process made before, a clock that was
    set back aside: what is kept in one transaction is often of one millisecond.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._ms, self._random = 0, 0

    def make(self, ms: int) -> str:
        """An id of that millisecond, or of the next where that one has no room left."""
        with self._turn:
            if 0 <= self._ms - ms <= 1:
                ms, stepped = self._ms, self._random + 1 + secrets.randbelow(_STEP)
            else:
                stepped = _RANDOM
            if stepped < _RANDOM:
                self._random = stepped
            else:
                self._ms = ms + 1 if ms == self._ms else ms
                # So low that many come after it.
                self._random = secrets.randbelow(_RANDOM >> 1)
            return f"{self._ms:012x}{self._random:014x}"


_maker = _Maker()


def new_id() -> str:
    """26 hex digits: milliseconds since the epoch, then 56 bits of which nobody knows the next."""
    return _maker.make(time.time_ns() // 1_000_000)
