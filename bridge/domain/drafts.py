"""What may be told a customer: drafts on their way to a ticket, and what was said there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DraftState(StrEnum):
    """How far a draft is. `open` and `approved` go on; all others are ends."""

    OPEN = "open"
    """Waits for a person."""
    APPROVED = "approved"
    """A person, or the mapping (`tell: send`), let it go; it is sent by the ticket's next pass."""
    SENT = "sent"
    DISCARDED = "discarded"
    """A person decided that it is not said."""
    SUPERSEDED = "superseded"
    """What it was about is no longer so, or a newer draft says more."""
    REFUSED = "refused"
    """The helpdesk will not take it."""
    UNCLEAR = "unclear"
    """Sent without an answer, and not found since: a person looks."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to the customer of one ticket. It goes out at most once."""

    id: str
    ticket: str
    """The ticket's ref."""
    reason: str
    """What it is about: `stage:<id>`, `asked:<id of a stage>`, `eta`, `comment:<source>`,
    `by_hand`, `beside:<id>`."""
    html: str
    """Its words, as a person approved them; empty once they are forgotten."""
    digest: str
    """Of its words: whoever approves names what they have seen."""
    state: DraftState
    made_at: datetime
    stage: str | None = None
    eta: date | None = None
    """The date that it tells, if it tells one."""
    release: str | None = None
    language: str = ""
    recipients: tuple[str, ...] = ()
    """Ids of people of the helpdesk, where it is not simply whoever is on the ticket."""
    follow_up: bool = False
    """A person let it go out by a ticket that continues this one, should this one be closed."""
    approved_by: str = ""
    approved_at: datetime | None = None
    approved_for: tuple[str, ...] | None = None
    """Ids of the people whom it would have reached when a person approved it; None: not known."""
    intended_at: datetime | None = None
    """When it was first about to be sent: from then on it is looked for before it is sent.

    Of a letter that went out: when the ticket was about to show it.
    """
    intended_on: str = ""
    """The ref of the ticket that it was about to be sent on; a merge may have moved it since."""
    probes: int = 0
    message: str = ""
    """The helpdesk's id of what was said."""
    error: str = ""

    @property
    def marker(self) -> str:
        """By which what was said is found again."""
        return self.id


@dataclass(frozen=True, slots=True)
class Approved:
    """For whom a person let a message go, and when: it reaches nobody else."""

    people: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Rewording:
    """What an open draft says from now on."""

    id: str
    html: str
    digest: str
    eta: date | None
    recipients: tuple[str, ...] | None = None
    """To whom; None: as before."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The stage to which a ticket's customer was last brought; at None: long ago."""

    stage: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the hub's that the customer could read; people's own stand in the helpdesk."""

    message: str
    at: datetime
    by: str
    """Who approved it; empty: it went by itself."""
    draft: str
    stage: str | None = None
    eta: date | None = None
