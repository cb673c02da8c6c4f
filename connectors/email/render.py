"""From a message to the mail that is handed over. Pure.

No text can add a header: what goes into one is a single line of bounded length, and the library
refuses any other. https://www.rfc-editor.org/rfc/rfc5322
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from bridge.domain.errors import Rejected
from bridge.domain.notices import Message

LONGEST_SUBJECT = 200
_SIGNS = re.compile(r"[^A-Za-z0-9-]")


def mail(message: Message, sender: str, now: datetime) -> EmailMessage:
    """The mail, in plain text and in HTML; Rejected if the recipient is no address."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = address_of(sender)
    made["To"] = address_of(message.recipient)
    made["Subject"] = _subject(message)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id(message, domain)
    # What is about one ticket stands together, whatever its subject lines say.
    root = thread_id(message.thread, domain)
    made["In-Reply-To"] = root
    made["References"] = root
    # https://www.rfc-editor.org/rfc/rfc3834: nobody's automatic answer comes back as a ticket.
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made["X-Ticketbridge-Notice"] = one_line(message.id)
    made.set_content(_plain(message))
    made.add_alternative(_html(message), subtype="html")
    return made


def name_of(name: str, domain: str) -> str:
    """A message id: the same for the same name."""
    return f"<{_SIGNS.sub('', name) or 'n'}@{domain}>"


def message_id(message: Message, domain: str) -> str:
    """The same for the same message, however often it is sent; another when it is said again."""
    again = "" if message.attempt == 1 else f".{message.attempt}"
    return f"<{_SIGNS.sub('', message.id) or 'n'}{again}@{domain}>"


def thread_id(thread: str, domain: str) -> str:
    """What the messages about one ticket refer to."""
    return f"<t-{hashlib.sha256(thread.encode('utf-8', 'replace')).hexdigest()[:24]}@{domain}>"


def one_line(text: str) -> str:
    """The text without anything that could end a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _subject(message: Message) -> str:
    facts = dict(message.content.facts)
    parts = [message.content.title.value]
    if "Subject" in facts:
        parts.append(facts["Subject"].value)
    again = "" if message.attempt == 1 else "Again: "
    line = one_line(f"{again}{' - '.join(parts)}")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def address_of(text: str) -> Address:
    """The address in a header's form; Rejected if it is none that can be written to."""
    name, address = parseaddr(text)
    try:
        # Without SMTPUTF8, which few servers offer, an address is ASCII.
        address.encode("ascii")
        return Address(display_name=one_line(name), addr_spec=address)
    except (ValueError, IndexError, AttributeError, MessageError):
        raise Rejected("That is not an e-mail address.", field="to") from None


def _links(message: Message) -> list[tuple[str, str]]:
    links = [(label, url.value) for label, url in message.content.links]
    if message.acknowledge_url:
        links.insert(0, ("I know, I see to it", message.acknowledge_url))
    return links


def _footer(message: Message) -> str:
    again = "" if message.attempt == 1 else f", told {message.attempt} times"
    asks = " It is repeated until you say so." if message.acknowledge_url else ""
    return f"Notice {one_line(message.id)}{again}.{asks}"


def _held(message: Message) -> str:
    held = message.content.held
    return f"Held back for review: {', '.join(held)}." if held else ""


def _plain(message: Message) -> str:
    content = message.content
    lines = [one_line(content.title.value), ""]
    lines += [f"{label}: {one_line(value.value)}" for label, value in content.facts]
    lines += [""] + [_held(message)] * bool(content.held)
    lines += [f"{label}: {one_line(url)}" for label, url in _links(message)]
    return "\n".join([*lines, "", _footer(message), ""])


def _html(message: Message) -> str:
    content = message.content
    rows = "".join(
        f"<tr><td style='padding-right:1em'>{escape(label)}</td>"
        f"<td>{escape(one_line(value.value))}</td></tr>"
        for label, value in content.facts
    )
    links = "".join(
        f"<p><a href='{escape(one_line(url))}'>{escape(label)}</a></p>"
        for label, url in _links(message)
    )
    held = f"<p>{escape(_held(message))}</p>" if content.held else ""
    return (
        f"<!DOCTYPE html><html><body><h3>{escape(one_line(content.title.value))}</h3>"
        f"<table>{rows}</table>{held}{links}"
        f"<p style='color:#666'>{escape(_footer(message))}</p></body></html>\n"
    )
