"""What the customer of a ticket knew at a moment: what it showed, and what was said to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bridge.core.instants import read_instant
from bridge.core.ledger import said_on
from bridge.domain.drafts import Said
from bridge.domain.records import COMMENTS, Comment, Observation


@dataclass(frozen=True, slots=True)
class Told:
    """A message that the customer could read. `by_hub`: approved here, or sent by itself."""

    at: datetime
    by: str
    by_hub: bool = False
    stage: str | None = None
    eta: date | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the ticket showed of the work from a moment on; empty: nothing."""

    at: datetime
    stage: str


@dataclass(frozen=True, slots=True)
class KnownThen:
    """What the customer knew at `at`."""

    at: datetime
    stage: Shown | None
    """What the ticket showed; None: nothing, as far as is kept."""
    eta: Told | None
    """The message that last told a date."""
    last: Told | None
    """The last message of all."""
    people_seen: bool
    """Whether what people wrote was seen: without it only the hub's own messages count."""


def messages_of(seen: Observation, said: Iterable[Said]) -> list[Told]:
    """Everything that the customer was told on the ticket, oldest first.

    What people wrote, and what the hub said; no app's message, and the hub's own only once.
    """
    told = [Told(each.at, each.by, True, each.stage, each.eta) for each in said]
    for each in said_on(seen):
        at = read_instant(each.at)
        if at is not None and is_told(each):
            told.append(Told(at, each.author))
    return sorted(told, key=lambda each: each.at)


def is_told(comment: Comment) -> bool:
    """Whether it is a message of a person of the staff's to the customer."""
    return not (comment.internal or comment.inbound or comment.own or comment.app)


def last_told_at(told: Sequence[Told]) -> datetime | None:
    """When the customer was last told anything."""
    return told[-1].at if told else None


def eta_told(told: Sequence[Told]) -> date | None:
    """The date that the customer was last told by the hub."""
    return next((each.eta for each in reversed(told) if each.eta is not None), None)


def known_at(
    at: datetime, shown: Iterable[Shown], seen: Observation, said: Iterable[Said]
) -> KnownThen:
    """What the customer knew at that moment. What happens at the very moment counts."""
    told = [each for each in messages_of(seen, said) if each.at <= at]
    before = [each for each in shown if each.at <= at]
    newest = max(before, key=lambda each: each.at, default=None)
    return KnownThen(
        at=at,
        stage=newest if newest is not None and newest.stage else None,
        eta=next((each for each in reversed(told) if each.eta is not None), None),
        last=told[-1] if told else None,
        people_seen=seen.knows(COMMENTS),
    )
