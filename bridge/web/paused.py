"""Which connections are paused, by whom and why, for the pages on which nothing moves then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.store import connections, standing
from bridge.store.connection import AsyncConnection


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of one connection. `who` is empty where it is not known."""

    name: str
    since: datetime | None
    by_hub: bool
    """The hub made it, because the credential was refused."""
    who: str
    reason: str


async def pauses(store: AsyncConnection, names: Iterable[str]) -> list[Pause]:
    """The pauses of those connections."""
    states = await connections.load_all(store)
    held = [states[each] for each in sorted(set(names) & states.keys()) if states[each].paused_by]
    who = await standing.pausers(store, [each.name for each in held]) if held else {}
    return [
        Pause(
            each.name,
            each.paused_at,
            by_hub=each.paused_by == "credential",
            who=who.get(each.name, ""),
            reason=each.paused_reason or "",
        )
        for each in held
    ]
