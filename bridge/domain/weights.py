"""What waits for a work item, as numbers and names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Weight:
    """Who waits for a work item by open tickets."""

    tickets: int = 0
    customers: tuple[str, ...] = ()
    """Each once."""
    plans: tuple[str, ...] = ()
    """Each once, as tickets name them."""
    promise_due: date | None = None
    """When the next promise to any of them is due, where promises are kept."""
