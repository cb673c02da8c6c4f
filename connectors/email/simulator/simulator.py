"""A mail server that takes messages, keeps them by mailbox, and has bad days.

https://www.rfc-editor.org/rfc/rfc5321, https://www.rfc-editor.org/rfc/rfc3207
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it lies in a mailbox."""

    sender: str
    recipient: str
    message: EmailMessage
    encrypted: bool
    account: str | None

    def part(self, kind: str) -> str:
        """The text of its part of that kind, `plain` or `html`."""
        found = self.message.get_body((kind,))
        return "" if found is None else str(found.get_content())


@dataclass(slots=True)
class EmailSimulator:
    """The server. With `context` it offers encryption, with accounts it asks for one."""

    accounts: dict[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = None
    implicit: bool = False
    """Encrypted from the first byte."""
    mails: list[Mail] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Addresses for which nothing is taken."""
    busy: set[str] = field(default_factory=set)
    """Addresses for which nothing is taken now: greylisted, or the mailbox is full."""
    answers: list[str] = field(default_factory=list)
    """What is answered, instead of taking it, to the next messages (`451 4.3.0 Later`)."""
    lose_answers: int = 0
    """So many messages are taken and the connection is closed without a word."""
    logins: list[tuple[str, bool]] = field(default_factory=list)
    """Who tried to log in, and whether the line was encrypted."""
    host: str = LOOPBACK
    port: int = 0
    _sessions: WeakSet[SMTP] = field(default_factory=WeakSet, repr=False)

    def box(self, address: str) -> list[Mail]:
        """The mailbox of an address: a message whose id is there already is kept once."""
        seen: dict[str, Mail] = {}
        for each in self.mails:
            if each.recipient.casefold() == address.casefold():
                seen.setdefault(str(each.message["Message-ID"]), each)
        return list(seen.values())

    @asynccontextmanager
    async def running(self, bound: socket.socket | None = None) -> AsyncIterator[EmailSimulator]:
        """Listen on loopback until the block ends; `port` says where."""
        loop = asyncio.get_running_loop()
        given = bound or socket.create_server((self.host, self.port))
        self.port = given.getsockname()[1]
        server = await loop.create_server(
            self._session, sock=given, ssl=self.context if self.implicit else None
        )
        try:
            yield self
        finally:
            server.close()
            for each in list(self._sessions):
                if each.transport is not None:
                    each.transport.close()
            await asyncio.sleep(0)

    def _session(self) -> SMTP:
        session = SMTP(
            _Desk(self),
            hostname="mail.test",
            tls_context=None if self.implicit else self.context,
            authenticator=self._authenticate if self.accounts else None,
            # Whether a password may come in clear text is the client's affair, and tested there.
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session

    def _authenticate(
        self, server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = data.login.decode(), data.password.decode()
        self.logins.append((name, session.ssl is not None or self.implicit))
        # Not `handled`: the library itself answers, 235 or 535.
        known = self.accounts.get(name) == password
        return AuthResult(success=known, handled=False, auth_data=name)


class _Desk:
    """What happens to each message."""

    def __init__(self, owner: EmailSimulator) -> None:
        self._owner = owner

    async def handle_RCPT(  # noqa: N802 - the library calls it by this name
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self._owner.accounts and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if address in self._owner.unknown:
            return "550 5.1.1 No such mailbox here"
        if address in self._owner.busy:
            return "450 4.2.1 Not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        owner = self._owner
        if owner.answers:
            return owner.answers.pop(0)
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        for recipient in envelope.rcpt_tos:
            owner.mails.append(
                Mail(
                    envelope.mail_from or "",
                    recipient,
                    message,
                    encrypted=session.ssl is not None or owner.implicit,
                    account=session.auth_data if session.authenticated else None,
                )
            )
        if owner.lose_answers:
            owner.lose_answers -= 1
            if server.transport is not None:
                server.transport.close()
        return "250 OK: queued"
