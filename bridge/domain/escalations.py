"""Requests to escalate a ticket, and what was decided about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EscalationState(StrEnum):
    """`open` waits for whoever decides; the others are ends."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class EscalationRequest:
    """Somebody asks that a ticket be escalated."""

    id: str
    ticket: str
    """The ticket's ref."""
    state: EscalationState
    reason: str
    """Why, in the words of who asks; empty once they are forgotten."""
    contact: str
    """Whom to talk to, and how."""
    asked_by: str
    asked_at: datetime
    missing: tuple[str, ...] = ()
    """What was not known when it was asked for."""
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    """What who decided said to it."""
    owner: str = ""
    """Who carries the ticket from then on."""
    route: str = ""
    """The route that was launched for it; empty where nothing was."""
