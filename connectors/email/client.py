"""The way to the mail server, step by step, because what an error means depends on the step.

Up to the end of the message's text nothing has happened; from then on a silence may hide that it
was taken. https://www.rfc-editor.org/rfc/rfc5321
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.mails import Letter
from bridge.domain.notices import Message
from bridge.domain.schema import Probe
from bridge.domain.texts import Audience
from bridge.kit.http import CallMade, Wire
from bridge.kit.rate import Bucket
from connectors.email.letters import letter_mail
from connectors.email.render import mail
from connectors.email.settings import EmailSettings, is_loopback

CLOSES = 421
"""The server ends the session: said at any step, it is not about that step."""
NOT_NOW = timedelta(minutes=1)
"""How long a recipient is let rest whom the server does not take now, at the least."""


class EmailNotifier:
    """One mail server."""

    def __init__(self, name: str, settings: EmailSettings, wire: Wire) -> None:
        self._name = name
        self._settings = settings
        self._wire = wire
        self._pace = Bucket(settings.rate, wire.clock)
        self.audience = Audience.parse(settings.audience)

    async def send(self, message: Message) -> None:
        """Hand the mail over for its one recipient."""
        now = self._wire.clock.now()
        await self._hand_over(mail(message, self._settings.sender, now), self._settings.address)

    async def send_letter(self, letter: Letter) -> str:
        """Hand a letter to a customer over, in the name of the address that it comes from."""
        made = letter_mail(letter, self._wire.clock.now())
        await self._hand_over(made, letter.sender)
        return str(made["Message-ID"])

    async def _hand_over(self, made: EmailMessage, sender: str) -> None:
        """One mail to its one recipient."""
        await self._pace.take()
        started = self._wire.clock.monotonic()
        code = 0
        try:
            async with self._connected() as server:
                await server.mail(sender)
                await server.rcpt(made["To"].addresses[0].addr_spec)
                code = (await self._data(server, made.as_bytes())).code
        except SMTPException as error:
            code = error.code if isinstance(error, SMTPResponseException) else 0
            raise _meaning(error, self._wire.clock.now()) from None
        finally:
            self._tell(code, started)

    async def _data(self, server: aiosmtplib.SMTP, content: bytes) -> aiosmtplib.SMTPResponse:
        try:
            return await server.data(content)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            raise UnknownOutcome(
                "The mail server gave no clear answer.", detail=type(error).__name__
            ) from None

    async def probe(self) -> Probe:
        """Whether the server lets us in."""
        try:
            async with self._connected():
                return Probe(account=self._settings.user or self._settings.address)
        except SMTPException as error:
            raise _meaning(error, self._wire.clock.now()) from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        settings = self._settings
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.tls == "implicit",
            start_tls=False,
            timeout=settings.timeout_s,
            tls_context=self._context() if settings.tls == "implicit" else None,
        )
        try:
            await server.connect()
            await self._let_in(server)
            yield server
        except ssl.SSLCertVerificationError:
            raise Unavailable(
                "The mail server's certificate is not one that this machine trusts; see ca_file."
            ) from None
        except (ssl.SSLError, OSError) as error:
            raise Unavailable(
                "The mail server could not be reached.", detail=type(error).__name__
            ) from None
        finally:
            server.close()

    async def _let_in(self, server: aiosmtplib.SMTP) -> None:
        """Encryption where the server offers it, and the account behind it only."""
        settings = self._settings
        await server.ehlo()
        private = settings.tls == "implicit"
        if settings.tls == "starttls" and server.supports_extension("starttls"):
            await server.starttls(tls_context=self._context())
            private = True
        if settings.user is None or settings.password is None:
            return
        if not private and not is_loopback(settings.host):
            raise CredentialProblem(
                "The mail server offers no encryption, so the password is not sent to it."
            )
        await server.login(settings.user, settings.password.get_secret_value())

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        return ssl.create_default_context(cafile=None if file is None else str(file))

    def _tell(self, code: int, started: float) -> None:
        if self._wire.on_call is not None:
            spent = self._wire.clock.monotonic() - started
            self._wire.on_call(CallMade(self._name, "SMTP", "/mail", code, spent))

    async def aclose(self) -> None:
        """Nothing is kept open between two messages."""


def _meaning(error: SMTPException, now: datetime) -> BridgeError:
    """What a refusal or a silence before the end of the text means.

    Only what is said of the recipient or of the text is about this message; all else would be said
    of every other one too.
    """
    detail = type(error).__name__
    if not isinstance(error, SMTPResponseException):
        return Unavailable("The mail server could not be reached.", detail=detail)
    code, detail = error.code, f"{detail} {error.code}"
    if isinstance(error, SMTPAuthenticationError) or code in (530, 534, 535, 538):
        return CredentialProblem(
            "The mail server does not accept user and password.", detail=detail
        )
    if code < 500:
        if isinstance(error, SMTPRecipientRefused) and code != CLOSES:
            # A greylist or a full mailbox: others' mail is taken meanwhile.
            said = f"The mail server takes no mail for the recipient now ({code})."
            return Throttled(said, until=now + NOT_NOW, scope=OF_RECORD, detail=detail)
        return Unavailable("The mail server did not take the message now.", detail=detail)
    if isinstance(error, SMTPSenderRefused):
        return CredentialProblem(
            f"The mail server takes no mail from the sender ({code}); see sender.", detail=detail
        )
    if isinstance(error, SMTPRecipientRefused):
        said = f"The mail server takes no mail for the recipient ({code})."
        return Rejected(said, field="to", detail=detail)
    if isinstance(error, SMTPDataError):
        return Rejected(f"The mail server refused the message ({code}).", detail=detail)
    return Unavailable(f"The mail server does not talk to the hub ({code}).", detail=detail)
