"""The end of a ticket, as far as it must be remembered: since when, who had it, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How far a ticket is, by its status and what the mapping makes of that."""

    OPEN = "open"
    PENDING = "pending"
    """It waits for its customer."""
    SOLVED = "solved"
    CLOSED = "closed"

    @property
    def ended(self) -> bool:
        """Whether somebody called it finished."""
        return self in (Standing.SOLVED, Standing.CLOSED)


@dataclass(frozen=True, slots=True)
class Closure:
    """What is remembered of a ticket: no observation tells since when something has been so."""

    standing: Standing
    since: datetime
    """Since when it stands so, as far as the hub saw it."""
    done_since: datetime | None = None
    """Since when all the work behind it has been done; None: it is not, or there is none."""
    owner: str = ""
    """Who had it last, as the helpdesk names them."""
    ended_at: datetime | None = None
    """When it was solved or closed before it came back; None: it did not come back."""
    reopened_at: datetime | None = None
    reply: str = ""
    """The customer's message that brought it back; empty where no message did."""
    asked_at: datetime | None = None
    """When a person asked that it be opened again; None: nobody did since it ended."""
