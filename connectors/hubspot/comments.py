"""From notes and conversation messages to comments and attachments. Pure."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence

from bridge.domain.records import Attachment, Comment, parse_instant
from bridge.kit.richtext import clean_html, text_to_html
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.plain import words_of
from connectors.hubspot.payloads import FileInfo, Message, Record
from connectors.hubspot.properties import tidy

NOTE_PROPERTIES = (
    "hs_note_body", "hs_attachment_ids", "hs_timestamp", "hubspot_owner_id", "hs_object_source",
    "hs_object_source_id",
)  # fmt: skip

EMAIL_PROPERTIES = (
    "hs_timestamp", "hs_email_direction", "hs_email_status", "hs_email_subject", "hs_email_html",
    "hs_email_text", "hs_email_to_email", "hs_email_from_email", "hs_email_from_firstname",
    "hs_email_from_lastname", "hs_object_source", "hs_object_source_id",
)  # fmt: skip
INCOMING, OUTGOING = "INCOMING_EMAIL", "EMAIL"
"""Mail of the customer's, and mail to them; of one that was forwarded nobody knows who wrote it."""

_PROGRAMS = frozenset(
    {"API", "AUTOMATION_PLATFORM", "INTEGRATION", "INTEGRATIONS_PLATFORM", "INTEGRATIONS_SYNC"}
)
"""Sources of mail that no person wrote. What HubSpot calls a mailbox's or a person's is open."""

# What the hub's notes bear in plain sight, because the vendor drops HTML comments and hidden text.
_OWN_MARK = re.compile(r"""\btb-[0-9a-f]{20}\b|href\s*=\s*["'][^"']*ticketbridge""", re.IGNORECASE)


def note_comment(note: Record, app_id: str | None) -> Comment:
    """A note on the timeline; the customer never sees one."""
    held = note.properties
    body = tidy(held.get("hs_note_body"))
    return Comment(
        id=note.id,
        html=clean_html(body),
        author_id=held.get("hubspot_owner_id") or "",
        at=held.get("hs_timestamp") or note.created_at or "",
        internal=True,
        own=_is_own_note(note, body, app_id),
    )


def _is_own_note(note: Record, body: str, app_id: str | None) -> bool:
    """By the app that made it; where its id is not known, by the mark that the hub's notes bear.

    A person who quotes one of them writes a note of their own.
    """
    held = note.properties
    source = held.get("hs_object_source")
    if source == "INTEGRATION" and app_id is not None and held.get("hs_object_source_id") == app_id:
        return True
    return source != "CRM_UI" and bool(_OWN_MARK.search(body))


def note_files(note: Record) -> list[str]:
    """The ids of a note's files."""
    parts = (note.properties.get("hs_attachment_ids") or "").split(";")
    return [part for part in parts if part.isascii() and part.isdigit()]


def is_said(message: Message) -> bool:
    """Whether an entry of a thread is somebody's words, and still there."""
    return message.type in ("MESSAGE", "COMMENT") and not message.archived


def message_comment(message: Message, app_id: str | None) -> Comment:
    """A message or comment of a thread. Only its type tells whether the customer sees it."""
    sender = message.senders[0] if message.senders else None
    writer = message.client.integration_app_id if message.client is not None else None
    rich, plain = tidy(message.rich_text), tidy(message.text)
    return Comment(
        id=message.id,
        html=clean_html(rich) if rich else text_to_html(plain),
        author_id=message.created_by or (sender.actor_id if sender is not None else ""),
        author=sender.name if sender is not None else "",
        at=message.created_at,
        internal=message.type == "COMMENT",
        own=app_id is not None and writer == app_id,
        inbound=message.direction == "INCOMING",
        channel=tidy(message.channel_id) if message.direction == "INCOMING" else "",
    )


def message_files(message: Message) -> list[str]:
    """The ids of a message's files."""
    return [each.file_id for each in message.attachments if each.type == "FILE" and each.file_id]


def attachment(file: FileInfo) -> Attachment:
    """A file as an attachment, under its full name."""
    dot = f".{file.extension}" if file.extension else ""
    name = tidy(file.name) or f"file-{file.id}"
    full = name if not dot or name.lower().endswith(dot.lower()) else name + dot
    return Attachment(file.id, full, file.size, mimetypes.guess_type(full)[0])


def is_said_email(email: Record) -> bool:
    """Whether it came in or went out: not one that bounced, waits or was only forwarded."""
    held = email.properties
    if held.get("hs_email_direction") == INCOMING:
        return True
    return held.get("hs_email_direction") == OUTGOING and held.get("hs_email_status") in (
        None, "", "SENT",
    )  # fmt: skip


def beside(emails: Sequence[Record], messages: Sequence[Message]) -> list[Record]:
    """The mails that say what the conversations don't: those from before their first message.

    HubSpot keeps what goes through a conversation as mail too, at times stamped a little earlier.
    """
    times = [at for each in messages if (at := parse_instant(each.created_at)) is not None]
    if not times:
        return [*emails]
    first = min(times)
    said = {words(text) for each in messages for text in (each.rich_text, each.text)} - {""}
    found = []
    for each in emails:
        held = each.properties
        at = parse_instant(held.get("hs_timestamp") or each.created_at or "")
        if at is None or at >= first:
            continue
        own = (words(held.get(name) or "") for name in ("hs_email_html", "hs_email_text"))
        if said.isdisjoint(own):
            found.append(each)
    return found


def words(html: str) -> str:
    """What a text says, without its markup: by that the hub's own message is known again."""
    return " ".join(words_of(read_html(html)).split())


def is_own_email(email: Record, app_id: str | None) -> bool:
    """Whether the hub's own app put it there."""
    held = email.properties
    source, id = held.get("hs_object_source"), held.get("hs_object_source_id")
    return app_id is not None and (source, id) == ("INTEGRATION", app_id)


def email_comment(email: Record, app_id: str | None, contact: str = "") -> Comment:
    """A mail that the customer wrote or could read; `contact`: whose it is, by its address."""
    held = email.properties
    rich, plain = tidy(held.get("hs_email_html")), tidy(held.get("hs_email_text"))
    names = (held.get(f"hs_email_from_{each}") or "" for each in ("firstname", "lastname"))
    inbound, own = held.get("hs_email_direction") == INCOMING, is_own_email(email, app_id)
    return Comment(
        id=email.id,
        html=clean_html(rich) if rich else text_to_html(plain),
        author_id=held.get("hs_email_from_email") or "",
        author=" ".join(" ".join(names).split()),
        at=held.get("hs_timestamp") or email.created_at or "",
        internal=False,
        own=own,
        inbound=inbound,
        app=not (inbound or own) and held.get("hs_object_source") in _PROGRAMS,
        contact=contact,
    )
