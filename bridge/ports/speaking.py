"""Saying something to the customer of a ticket, in the helpdesk. Asked only where the manifest
says `speaks`; only `bridge.engine.egress` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.domain.drafts import Approved
from bridge.domain.mails import Addressee, SentLetter
from bridge.ports.roles import ReadableHelpdesk


@dataclass(frozen=True, slots=True)
class Message:
    """What is said. By `marker` it is found again, and a customer never has to read that."""

    html: str
    marker: str
    recipients: tuple[str, ...] = ()
    """People of the ticket, as `CONTACTS` names them, whom it is for; empty: whoever is on it."""
    revision: int | None = None
    """Only if the ticket is still at this one, where the vendor has revisions."""
    approved: Approved | None = None
    """For whom it was let go, where nobody is named: anybody else gets it by no means."""
    others: frozenset[str] = frozenset()
    """Ids of messages that are known to be other ones, though they may say the same."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message that the customer can read: its id, and the ticket where it stands."""

    id: str
    ticket: str
    at: datetime | None = None
    """The vendor's time of it, where that is known."""


class SpeakingHelpdesk(ReadableHelpdesk, Protocol):
    """A helpdesk in which the hub can answer customers."""

    async def say(self, id: str, message: Message) -> Spoken:
        """Send the message to the customer, in the ticket. Never repeated here.

        Anything but the message's id or a documented refusal is `UnknownOutcome`. `Stale` if
        somebody changed the ticket since the message's revision, or closed it for good;
        `Rejected`, with what a person does instead, where the ticket takes no message;
        `ApproveAgain` where it would reach somebody for whom it was not approved.
        """
        ...

    async def find_said(self, id: str, message: Message, since: datetime) -> Spoken | None:
        """The message, if the customer can read it: said there by the hub's own account since then.

        In a ticket that continues this one too.
        """
        ...


class ContinuingHelpdesk(SpeakingHelpdesk, Protocol):
    """A helpdesk whose closed tickets take nothing any more and are continued by new ones.

    Asked only where the manifest says `follows_up`.
    """

    async def follow_up(self, id: str, message: Message) -> Spoken:
        """Open a ticket that continues the closed one, with the message as its beginning.

        Named by the message's marker: asked again, it is the same ticket.
        """
        ...


class MailedHelpdesk(SpeakingHelpdesk, Protocol):
    """A helpdesk with tickets that have no conversation: their customers are written to by mail.

    Asked only where the manifest says `shows_mail`.
    """

    async def addressee(
        self, id: str, recipients: Sequence[str], approved: Approved | None = None
    ) -> Addressee:
        """The one person of the ticket whom a letter is for.

        `Rejected`, with what a person does instead, where that is nobody, or it is not plain who;
        `ApproveAgain` where it is somebody else than whom it was approved for.
        """
        ...

    async def show_letter(self, id: str, letter: SentLetter) -> str:
        """Let the ticket show a letter that went out; the helpdesk's id of it.

        Never repeated here, but where it is found to be shown already. Anything but its id or a
        documented refusal is `UnknownOutcome`.
        """
        ...

    async def letter_shown(self, id: str, letter: SentLetter) -> str | None:
        """The helpdesk's id of the letter, if the ticket shows it, by its words and its moment.

        `Rejected`, with what a person does instead, where the hub can't see whether it does.
        """
        ...
