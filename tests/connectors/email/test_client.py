"""Sending to a real server on loopback: encryption, passwords, and what each answer means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from pydantic import ValidationError

from bridge.domain.errors import (
    OF_RECORD,
    CredentialProblem,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.kit.http import CallMade, Wire
from connectors.email.client import EmailNotifier
from connectors.email.settings import EmailSettings
from connectors.email.simulator import EmailSimulator
from tests.connectors.notices import message

PASSWORD = "pass-word-of-the-bridge"


@pytest.fixture
async def server() -> AsyncIterator[EmailSimulator]:
    async with EmailSimulator().running() as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the file that a client trusts it by."""
    made = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    file = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    return context, file


def _notifier(
    sim: EmailSimulator, calls: list[CallMade] | None = None, **more: object
) -> EmailNotifier:
    given = {
        "vendor": "email", "host": sim.host, "port": sim.port, "timeout_s": 5,
        "sender": "Support <support@acme.com>", **more,
    }  # fmt: skip
    settings = EmailSettings.model_validate(given)
    wire = Wire(on_call=None if calls is None else calls.append)
    return EmailNotifier("mail", settings, wire)


async def test_message_lies_in_the_recipients_box(server: EmailSimulator) -> None:
    calls: list[CallMade] = []
    await _notifier(server, calls).send(message())
    [mail] = server.box("lead.one@acme.com")
    assert mail.sender == "support@acme.com"
    assert "Dispatch board blank" in mail.part("plain")
    assert "Dispatch board blank" in mail.part("html")
    assert [(each.connection, each.status) for each in calls] == [("mail", 250)]


async def test_message_sent_twice_is_one_in_the_box(server: EmailSimulator) -> None:
    server.lose_answers = 1
    notifier = _notifier(server)
    with pytest.raises(UnknownOutcome):
        await notifier.send(message())
    await notifier.send(message())
    assert len(server.mails) == 2
    assert len(server.box("lead.one@acme.com")) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("451 4.3.0 Try later", Unavailable),
        ("421 4.3.2 Shutting down", Unavailable),
        ("554 5.7.1 Spam", Rejected),
        ("552 5.3.4 Too large", Rejected),
    ],
)
async def test_refusal_of_a_message_means_what_its_number_says(
    server: EmailSimulator, answer: str, error: type[Exception]
) -> None:
    server.answers.append(answer)
    with pytest.raises(error):
        await _notifier(server).send(message())
    assert server.mails == []


async def test_recipient_that_the_server_does_not_know_is_refused_for_good(
    server: EmailSimulator,
) -> None:
    server.unknown.add("lead.one@acme.com")
    with pytest.raises(Rejected) as refused:
        await _notifier(server).send(message())
    assert refused.value.field == "to"


@asynccontextmanager
async def scripted(answers: Mapping[str, str]) -> AsyncIterator[int]:
    """A server that takes each step but those it is told another answer for; its port."""
    usual = {"": "220 mail.test", "DATA": "354 Go on", ".": "250 OK: queued"} | dict(answers)

    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        step, text = "", False
        while step != "QUIT":
            if not text or step == ".":
                writer.write(usual.get(step, "250 OK").encode() + b"\r\n")
                text = step == "DATA"
            line = await reader.readline()
            if not line:
                break
            step = line.decode().split()[0].upper() if line.strip() else "-"
        writer.close()

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.ensure_future(talk(reader, writer)))

    server = await asyncio.start_server(come, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*talks)


async def _said_at(step: str, answer: str) -> Exception | None:
    async with scripted({step: answer}) as port:
        given = EmailSettings.model_validate(
            {"vendor": "email", "host": "127.0.0.1", "port": port, "timeout_s": 5,
             "sender": "support@acme.com"}
        )  # fmt: skip
        try:
            await EmailNotifier("mail", given, Wire()).send(message())
        except Exception as error:  # noqa: BLE001 - which one it is, is what is asked
            return error
    return None


async def test_server_that_takes_every_step_takes_the_message() -> None:
    assert await _said_at("NOOP", "250 OK") is None


@pytest.mark.parametrize(
    ("step", "answer", "error"),
    [
        ("", "554 5.7.1 Not for you", Unavailable),
        ("", "421 4.3.2 Too many", Unavailable),
        ("EHLO", "550 5.7.1 Go away", Unavailable),
        ("MAIL", "550 5.7.1 Not your address", CredentialProblem),
        ("MAIL", "553 5.7.1 Not owned by you", CredentialProblem),
        ("MAIL", "451 4.3.0 Later", Unavailable),
        ("RCPT", "421 4.3.2 Shutting down", Unavailable),
        ("RCPT", "550 5.1.1 No such mailbox", Rejected),
        ("DATA", "554 5.7.1 No", Rejected),
        (".", "554 5.7.1 Spam", Rejected),
    ],
)
async def test_refusal_means_what_the_step_says_at_which_it_comes(
    step: str, answer: str, error: type[Exception]
) -> None:
    assert type(await _said_at(step, answer)) is error


@pytest.mark.parametrize("answer", ["450 4.2.1 Greylisted", "451 4.7.1 Later", "452 4.2.2 Full"])
async def test_recipient_that_is_not_taken_now_holds_up_nobody_else(answer: str) -> None:
    error = await _said_at("RCPT", answer)
    assert isinstance(error, Throttled)
    assert error.scope == OF_RECORD


async def test_server_that_is_down_is_unavailable() -> None:
    async with EmailSimulator().running() as sim:
        notifier = _notifier(sim)
    with pytest.raises(Unavailable):
        await notifier.send(message())
    with pytest.raises(Unavailable):
        await notifier.probe()


async def test_encryption_is_used_when_it_is_offered(
    authority: tuple[ssl.SSLContext, Path],
) -> None:
    context, file = authority
    sim = EmailSimulator(context=context, accounts={"bridge": PASSWORD})
    async with sim.running():
        notifier = _notifier(sim, user="bridge", password=PASSWORD, ca_file=file)
        await notifier.send(message())
    [mail] = sim.mails
    assert (mail.encrypted, mail.account) == (True, "bridge")
    assert sim.logins == [("bridge", True)]


async def test_encryption_from_the_first_byte(authority: tuple[ssl.SSLContext, Path]) -> None:
    context, file = authority
    sim = EmailSimulator(context=context, implicit=True)
    async with sim.running():
        await _notifier(sim, tls="implicit", ca_file=file).send(message())
    assert sim.mails[0].encrypted


async def test_server_with_a_certificate_of_strangers_gets_no_message(
    authority: tuple[ssl.SSLContext, Path],
) -> None:
    sim = EmailSimulator(context=authority[0], accounts={"bridge": PASSWORD})
    async with sim.running():
        with pytest.raises(Unavailable):
            await _notifier(sim, user="bridge", password=PASSWORD).send(message())
    assert (sim.mails, sim.logins) == ([], [])


async def test_password_goes_to_no_other_machine_in_clear_text(
    server: EmailSimulator,
) -> None:
    server.accounts["bridge"] = PASSWORD
    # A name that leads here without saying so stands for a server that is elsewhere.
    notifier = _notifier(server, user="bridge", password=PASSWORD, host="127.1")
    with pytest.raises(CredentialProblem) as refused:
        await notifier.send(message())
    assert "no encryption" in str(refused.value)
    assert (server.logins, server.mails) == ([], [])


async def test_password_may_go_to_this_machine_in_clear_text(server: EmailSimulator) -> None:
    server.accounts["bridge"] = PASSWORD
    probe = await _notifier(server, user="bridge", password=PASSWORD).probe()
    assert probe.account == "bridge"
    assert server.logins == [("bridge", False)]
    assert server.mails == []


async def test_wrong_password_is_a_credential_problem(server: EmailSimulator) -> None:
    server.accounts["bridge"] = PASSWORD
    with pytest.raises(CredentialProblem) as refused:
        await _notifier(server, user="bridge", password="wrong").send(message())
    assert "wrong" not in str(refused.value) + refused.value.detail


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tls": "none", "user": "a", "password": "b"}, "clear text"),
        ({"user": "a"}, "go together"),
        ({"base_url": "https://mail.acme.com"}, "host and port"),
        ({"host": "smtp://mail.acme.com"}, "without scheme"),
        ({"sender": "Support"}, "e-mail address"),
        ({"sender": "Support <a@b.c>\r\nBcc: d@e.f"}, "e-mail address"),
        ({"audience": "customer"}, "audience"),
        ({"tls": "perhaps"}, "tls"),
    ],
)
def test_settings_that_are_wrong_are_refused(changed: dict[str, object], said: str) -> None:
    given: dict[str, object] = {
        "vendor": "email", "host": "mail.acme.com", "sender": "support@acme.com"
    }  # fmt: skip
    with pytest.raises(ValidationError, match=said):
        EmailSettings.model_validate(given | changed)
