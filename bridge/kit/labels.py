"""What people see of values that are chosen from lists, learned from whoever keeps the lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

_AGE = timedelta(hours=1)
_UNKNOWN_AGE = timedelta(minutes=1)

Lists: TypeAlias = Mapping[str, Mapping[str, str]]
"""Name of a list → its values, each with the label that people see. Empty: anything may stand."""


class Labels:
    """Reads the lists once an hour, if at all; sooner where a value is on none of them.

    `read` tells them, or None where they can't be read now: then the values have no labels.
    """

    def __init__(
        self, read: Callable[[], Awaitable[Lists | None]], now: Callable[[], datetime]
    ) -> None:
        self._read = read
        self._now = now
        self._lists: Lists = {}
        self._learned_at: datetime | None = None
        self._learning = asyncio.Lock()

    async def of(self, held: Mapping[str, str]) -> dict[str, str]:
        """The labels of these values, each by its list's name; without those that have none."""
        if held:
            await self._learn(held)
        seen = {name: self._lists.get(name, {}).get(value) for name, value in held.items()}
        return {name: label for name, label in seen.items() if label}

    async def _learn(self, held: Mapping[str, str]) -> None:
        async with self._learning:
            last, now = self._learned_at, self._now()
            lists = {name: self._lists.get(name) for name in held}
            new = any(
                known is None or (known and held[name] not in known)
                for name, known in lists.items()
            )
            if last is not None and now - last < (_UNKNOWN_AGE if new else _AGE):
                return
            self._learned_at = now
            found = await self._read()
            if found is not None:
                self._lists = found
