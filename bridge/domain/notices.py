"""Notices: what the hub tells people on Teams and by e-mail, and how far each one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bridge.domain.texts import Audience, Releasable


class NoticeState(StrEnum):
    """`due`: to be sent, or sent again. All others are ends."""

    DUE = "due"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"
    """Nobody need be told any more: somebody took the work, or the ticket was closed."""
    UNHEARD = "unheard"
    """Sent as often as may be, and acknowledged by nobody."""
    REFUSED = "refused"
    """The destination will not take it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A notifier connection as planning sees it."""

    audience: Audience
    """Who reads there."""
    addressed: bool
    """It writes to persons only."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a notice says: only what the egress gate let through."""

    title: Releasable
    facts: tuple[tuple[str, Releasable], ...] = ()
    """Label and value, in the order in which people read them."""
    links: tuple[tuple[str, Releasable], ...] = ()
    """Label and address."""
    held: tuple[str, ...] = ()
    """The labels of facts that the gate held back."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient by one channel: unique for ever by its id.

    `recipient` empty: the channel as a whole. `whom` is its hash, which stays when the address
    is forgotten.
    """

    id: str
    route: str
    channel: str
    recipient: str
    whom: str
    until_acknowledged: bool = False
    resend: timedelta = timedelta(minutes=15)
    content: Content | None = None
    """None once it is forgotten."""
    state: NoticeState = NoticeState.DUE
    sends: int = 0
    error: str = ""

    @property
    def told(self) -> tuple[str, str, str]:
        """What may be told once only: whom, by which way, of which route."""
        return self.route, self.channel, self.whom


@dataclass(frozen=True, slots=True)
class Message:
    """A notice on its way out. `attempt` counts from 1; the id is the same for all of them."""

    id: str
    thread: str
    """What belongs together: the ticket."""
    recipient: str
    content: Content
    attempt: int
    acknowledge_url: str = ""
    """Where the recipient says that they know; empty where nobody asks."""


People = Mapping[str, tuple[str, ...]]
"""Named groups: e-mail addresses."""
