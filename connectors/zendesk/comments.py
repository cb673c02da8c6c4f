"""From Zendesk's comments to comments and attachments. Pure.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bridge.domain.records import ATTACHMENTS, COMMENTS, Attachment, Comment, Fact
from bridge.kit.richtext import text_to_html
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import KEPT, write_html
from bridge.kit.richtext.model import FILE
from connectors.zendesk.fields import tidy, value_of
from connectors.zendesk.payloads import File, TicketComment, User

_AUTOMATIC = 4
"""The flag of a comment that was automatically generated."""
_STAFF = frozenset({"agent", "admin"})


def talk_facts(
    comments: Sequence[TicketComment], people: Iterable[User], own_id: str, at: datetime
) -> dict[str, Fact]:
    """Comments and files of a ticket, oldest first.

    The first comment is the description, which has a fact of its own; its files count. Where staff
    wrote it, it is also the first thing that was said to the customer.
    """
    known = {each.id: each for each in people if each.id is not None}
    pictures = _pictures(comments)
    spoken = [comment_of(each, known, own_id, pictures) for each in comments]
    opening = [replace(each, opening=True) for each in spoken[:1] if not (each.inbound or each.own)]
    said = [each.as_value() for each in (*opening, *spoken[1:])]
    files = {
        file.id: attachment_of(file).as_value()
        for each in comments
        for file in each.attachments
        if not file.deleted
    }
    return {COMMENTS: Fact([*said], at), ATTACHMENTS: Fact([*files.values()], at)}


def comment_of(
    comment: TicketComment,
    people: Mapping[str, User],
    own_id: str,
    pictures: Mapping[str, str],
) -> Comment:
    """A comment; whether the customer reads it is for its `public` to say, nothing else."""
    author = comment.author_id or ""
    writer = people.get(author)
    return Comment(
        id=comment.id,
        html=_rich(comment, pictures) or text_to_html(tidy(comment.plain_body)),
        author_id=author,
        author="" if writer is None else tidy(writer.name),
        at=tidy(comment.created_at),
        internal=not comment.public,
        own=author == own_id,
        # Staff have the role agent or admin: /ticketing/users/users/. Of whom nothing is known
        # may be a customer, and what a customer wrote must set nothing going.
        inbound=(inbound := author != own_id and (writer is None or writer.role not in _STAFF)),
        channel=_channel(comment) if inbound else "",
        automatic=inbound and _is_automatic(comment),
    )


def _is_automatic(comment: TicketComment) -> bool:
    """Whether Zendesk flagged it as what a program sent.

    https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags
    """
    flags = None if comment.metadata is None else comment.metadata.flags
    return isinstance(flags, list) and _AUTOMATIC in flags


def _channel(comment: TicketComment) -> str:
    said = value_of(comment.via.channel)
    return said if isinstance(said, str) else ""


def _pictures(comments: Sequence[TicketComment]) -> dict[str, str]:
    """The ticket's files by the addresses under which texts show them."""
    return {
        tidy(url): f"{FILE}{file.id}"
        for each in comments
        for file in each.attachments
        for url in (file.content_url, file.mapped_content_url)
        if url
    }


def _rich(comment: TicketComment, pictures: Mapping[str, str]) -> str:
    """The comment with its structure; a picture in it is known as the file that it is."""
    shape = replace(KEPT, source_of=lambda image: pictures.get(image.source, image.source))
    return write_html(read_html(tidy(comment.html_body)), shape)


def attachment_of(file: File) -> Attachment:
    """A file on a comment."""
    return Attachment(
        file.id, tidy(file.file_name) or f"file-{file.id}", file.size, file.content_type
    )
