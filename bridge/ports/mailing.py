"""The role of a mail server that takes letters to customers. Only `bridge.engine.egress` asks it,
and only where the manifest says `mails`.
"""

from __future__ import annotations

from typing import Protocol

from bridge.domain.mails import Letter


class Mailer(Protocol):
    """By which the hub writes to somebody outside."""

    async def send_letter(self, letter: Letter) -> str:
        """Hand the letter over for its one recipient; its message id, the same each time.

        `UnknownOutcome` where it may have been taken. After any other error it was not.
        """
        ...
