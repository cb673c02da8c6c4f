"""The mail: two parts, one thread, and no text that becomes a header."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import Rejected
from connectors.email.render import mail
from tests.conformance.line import START
from tests.connectors.notices import message

SENDER = "Support <support@acme.com>"
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "X-Ticketbridge-Notice", "MIME-Version", "Content-Type",
}  # fmt: skip


def _read(made: EmailMessage) -> EmailMessage:
    """The mail as whoever receives it reads it."""
    return message_from_bytes(made.as_bytes(), policy=default)


def _part(read: EmailMessage, kind: str) -> str:
    found = read.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_mail_says_the_same_in_plain_text_and_in_html() -> None:
    read = _read(mail(message(), SENDER, START))
    assert str(read["To"]) == "lead.one@acme.com"
    assert str(read["Subject"]) == "High bug: Acme - Dispatch board blank"
    for part in (_part(read, "plain"), _part(read, "html")):
        for said in ("Dispatch board blank", "#4711", "https://bridge.test/ack/token"):
            assert said in part


def test_same_message_has_the_same_id_and_a_repeated_one_another_in_the_same_thread() -> None:
    first, same, again, other = (
        mail(each, SENDER, START)
        for each in (
            message(),
            message(),
            message(attempt=2),
            message(id="n-other", thread="hubspot:9"),
        )
    )
    assert first["Message-ID"] == same["Message-ID"] != again["Message-ID"]
    assert first["References"] == again["References"] == again["In-Reply-To"]
    assert other["References"] != first["References"]
    assert str(again["Subject"]).startswith("Again: ")


def test_mail_asks_for_no_automatic_answer() -> None:
    made = mail(message(), SENDER, START)
    assert made["Auto-Submitted"] == "auto-generated"


def test_markup_of_a_customer_stays_text() -> None:
    made = mail(message(facts={"Subject": "<img src=x onerror=1>"}), SENDER, START)
    assert "<img" not in _part(_read(made), "html")


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=60))
def test_any_text_adds_no_header_and_no_part(title: str, id: str, thread: str) -> None:
    given = message(
        title=title, id=id, thread=thread, facts={"Subject": f"x\r\nBcc: a@b.c\r\n{len(title)}"}
    )
    read = _read(mail(given, SENDER, START))
    assert set(read.keys()) <= HEADERS
    assert len(read.keys()) == len(set(read.keys()))
    assert [each.get_content_type() for each in read.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "nobody",
        "a@b.c, d@e.f",
        "a@b.c\r\nBcc: d@e.f",
        "a@b.c\nRCPT TO:<d@e.f>",
        "ümlaut@acme.com",
        "<script>@acme.com",
    ],
)
def test_recipient_that_is_not_one_address_is_refused(recipient: str) -> None:
    try:
        made = mail(message(recipient=recipient), SENDER, START)
    except Rejected:
        return
    addresses = [each.addr_spec for each in made["To"].addresses]
    assert addresses == ["a@b.c"], "one plain address, and nothing beside it"
    assert "d@e.f" not in made.as_string()
