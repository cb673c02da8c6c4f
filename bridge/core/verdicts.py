"""What became of a delivery, in one word: from its own row and from what its trace led to."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.core.news import DUPLICATE_EVENT, STALE_EVENT

GIVEN_UP = "not readable: "
"""How the reason of a delivery begins that the intake set aside for a person."""
UNSETTLED = ("intended", "deferred", "unknown")
"""States of an operation that somebody must come back to."""


class Verdict(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """It is to be read, or a record that it woke is to be looked at."""
    APPLIED = "applied"
    """All that was to be written at a vendor because of it was written."""
    NO_CHANGE = "no_change"
    IGNORED = "ignored"
    """It is about nothing that the hub looks after."""
    HELD = "held"
    """A text that it brought waits for a person."""
    RETRYING = "retrying"
    """The hub tries again by itself."""
    PARKED = "parked"
    """The hub gave up, or the vendor refused: a person must act."""
    DUPLICATE = "duplicate"
    """All that it told was known already."""
    SUPERSEDED = "superseded"
    """Something newer was known already, or a later cause carries on what it began."""


LABELS: Table[Verdict, str] = {
    Verdict.WAITING: "Waiting",
    Verdict.APPLIED: "Applied",
    Verdict.NO_CHANGE: "No change needed",
    Verdict.IGNORED: "Ignored",
    Verdict.HELD: "Held",
    Verdict.RETRYING: "Retrying",
    Verdict.PARKED: "Parked",
    Verdict.DUPLICATE: "Duplicate",
    Verdict.SUPERSEDED: "Superseded",
}
"""The words that people read."""

NOTHING_NEW: Table[Verdict, str] = {
    Verdict.DUPLICATE: f"{DUPLICATE_EVENT}:",
    Verdict.SUPERSEDED: f"{STALE_EVENT}:",
}
"""How the reason of a delivery begins that told nothing."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A record of the trace that no pass has ended for since."""

    key: str
    attempts: int
    dead: bool
    error: str
    next_ms: int
    """When its turn comes at the earliest."""


@dataclass(frozen=True, slots=True)
class CameOf:
    """What a delivery's trace led to."""

    operations: Table[tuple[str, str], int] = field(default_factory=dict)
    """Kind and state → how many; without those that a later run of the trace made good."""
    ran: bool = False
    """A run of it is kept."""
    held: bool = False
    """A run of it held a text that did not wait for a person before."""
    pending: tuple[Pending, ...] = ()

    def any(self, *states: str) -> bool:
        """Whether an operation is in one of these states."""
        return any(each in states for _, each in self.operations)


def verdict_of(state: str, reason: str | None, came: CameOf) -> Verdict:
    """What became of the delivery whose row says this; what still moves comes first."""
    said = reason or ""
    if state == "received":
        return Verdict.WAITING
    if came.pending:
        return _of_pending(came.pending)
    if said.startswith(GIVEN_UP) or came.any("rejected"):
        return Verdict.PARKED
    if came.any("unknown"):
        return Verdict.SUPERSEDED
    if came.any("done"):
        return Verdict.APPLIED
    if state == "ignored":
        return Verdict.IGNORED
    if came.any(*UNSETTLED):
        return Verdict.SUPERSEDED
    if came.held:
        return Verdict.HELD
    single = "; " not in said
    told = (each for each, start in NOTHING_NEW.items() if single and said.startswith(start))
    return Verdict.NO_CHANGE if came.ran else next(told, Verdict.NO_CHANGE)


def _of_pending(pending: tuple[Pending, ...]) -> Verdict:
    if any(each.dead for each in pending):
        return Verdict.PARKED
    tried = any(each.attempts for each in pending)
    return Verdict.RETRYING if tried else Verdict.WAITING
