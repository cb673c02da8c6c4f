"""What became of the places on a ticket where something of error tracking is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """How far the hub is with what a place names."""

    RELATED = "related"
    """A work item of its own is made of it, and related to the ticket's."""
    BESIDE = "beside"
    """A work item of its own is made of it; the ticket stays without one."""
    SAID = "said"
    """Nothing is made of it: people are told what they can do."""
    WAITS = "waits"
    """Nothing could be done yet."""
    UNKNOWN = "unknown"
    """It is nothing that a work item could be made of."""
    TOLD = "told"
    """The customer can read it."""


@dataclass(frozen=True, slots=True)
class Guided:
    """One place on a ticket, and the answer to it. It holds nothing of what is named there.

    `source` names the place for good (`hubspot:812#comment/33`), `says` is what people call it.
    """

    source: str
    says: str
    answer: Answer
    why: str = ""
    at: datetime | None = None
    """When it was written, where that is known."""
    again: bool = False
    """To be tried again soon: a vendor could not be asked."""
    again_at: datetime | None = None
    """When it is asked again whether there is such a thing after all."""
    redacts: bool = False
    """The helpdesk can blot it out."""
