"""The role of a connector that tells people: one message at a time, to one recipient."""

from __future__ import annotations

from typing import Protocol

from bridge.domain.notices import Message
from bridge.domain.schema import Probe
from bridge.domain.texts import Audience


class Notifier(Protocol):
    """Where people are told. What it is handed has passed the egress gate."""

    @property
    def audience(self) -> Audience:
        """Who reads there; never the customer."""
        ...

    async def send(self, message: Message) -> None:
        """Hand the message over; returning means that the other side took it on.

        May be called again with the same message: it carries the same id each time.
        `UnknownOutcome` where it may have been taken, `Rejected` where it never will be.
        """
        ...

    async def probe(self) -> Probe | None:
        """Whether messages could be sent now, found out without sending one; None: nobody can.

        CredentialProblem if the credential opens nothing.
        """
        ...
