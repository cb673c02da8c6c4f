"""From a letter to a customer to the mail that is handed over. Pure.

It is a person's message and no automatic one, so it bears none of a notice's marks.
https://www.rfc-editor.org/rfc/rfc5322
"""

from __future__ import annotations

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bridge.domain.errors import Rejected
from bridge.domain.mails import Letter
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.plain import write_plain
from connectors.email.render import address_of, name_of, one_line, thread_id


def letter_mail(letter: Letter, now: datetime) -> EmailMessage:
    """The mail, in plain text and in HTML; Rejected if it is for no address."""
    domain = letter.sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = address_of(letter.sender)
    made["To"] = _named(letter.to.address, letter.to.name)
    made["Reply-To"] = address_of(letter.reply_to)
    made["Subject"] = one_line(letter.subject.value)
    made["Date"] = format_datetime(now)
    # Handed over once more it is the same one, which a mailbox that has it need not show again.
    made["Message-ID"] = name_of(letter.name, domain)
    root = thread_id(letter.thread, domain)
    made["In-Reply-To"] = root
    made["References"] = root
    made.set_content(f"{write_plain(read_html(letter.html.value))}\n")
    made.add_alternative(
        f"<!DOCTYPE html><html><body>{letter.html.value}</body></html>\n", subtype="html"
    )
    return made


def _named(address: str, name: str) -> Address:
    bare = address_of(address)
    try:
        return Address(display_name=one_line(name)[:80], addr_spec=bare.addr_spec)
    except (ValueError, MessageError):
        raise Rejected("That is not an e-mail address.", field="to") from None
