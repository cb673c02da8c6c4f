"""The three ends of a ticket for people: its work, its customer, and the ticket itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.closing import is_watched, remembered, standing_of, told_since, work_of
from bridge.core.situation import TicketSituation
from bridge.domain.closures import Standing

_TICKET = {
    Standing.OPEN: "open",
    Standing.PENDING: "waiting for its customer",
    Standing.SOLVED: "solved",
    Standing.CLOSED: "closed",
}


@dataclass(frozen=True, slots=True)
class EndingTold:
    """How far each of the three is, in words, and since when where that is known."""

    work: str
    work_at: datetime | None
    customer: str
    ticket: str
    ticket_at: datetime | None
    back_at: datetime | None = None
    """When a reply brought the ticket back."""
    amiss: bool = False
    """The three do not go together."""


def ending_told(s: TicketSituation, now: datetime) -> EndingTold | None:
    """None where no work hangs on the ticket, or nothing depends on how it ends."""
    if not s.items or not is_watched(s.mapping):
        return None
    closure, standing, work = remembered(s, now), standing_of(s), work_of(s, now)
    done = None if closure is None else closure.done_since
    told = told_since(s, done) if done is not None else None
    back = closure.reopened_at if closure is not None and closure.reply else None
    return EndingTold(
        work="done" if done is not None else _undone(work.open),
        work_at=done,
        customer=_customer(done is not None, told),
        ticket=_TICKET[standing],
        ticket_at=closure.since if closure is not None and standing.ended else None,
        back_at=back,
        amiss=standing.ended and (bool(work.open) or told is False),
    )


def _undone(items: tuple[str, ...]) -> str:
    return f"not done: {', '.join(items)}" if items else "can't be seen whole"


def _customer(done: bool, told: bool | None) -> str:
    if not done:
        return "told once it is done"
    if told is None:
        return "messages can't be seen"
    return "told since" if told else "not told yet"
