"""Mail to customers: a letter in a person's words, where a ticket has no conversation to answer in.

Unlike a notice it is written for somebody outside, goes to one person and is sent once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.domain.texts import Releasable


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter is for."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class MailWay:
    """By which connection a letter goes, from whom, where answers lead, and what it is about."""

    via: str
    sender: str
    reply_to: str
    subject: Releasable


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is handed over. `name`: the same one, however often it is handed over."""

    name: str
    thread: str
    to: Addressee
    sender: str
    reply_to: str
    subject: Releasable
    html: Releasable


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter that went out, for the helpdesk to show."""

    html: Releasable
    subject: Releasable
    sender: str
    at: datetime
    recipients: tuple[str, ...] = ()
    """Whom it was for, as the draft names them; empty: whoever is the one contact."""
