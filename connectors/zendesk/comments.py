"""From Zendesk's comments to comments and attachments. Pure.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bridge.domain.records import ATTACHMENTS, BODY, COMMENTS, Attachment, Comment, Fact
from bridge.kit.richtext import text_to_html
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import FILE
from connectors.zendesk.fields import tidy
from connectors.zendesk.payloads import File, TicketComment, User


def talk_facts(
    comments: Sequence[TicketComment], people: Iterable[User], own_id: str, at: datetime
) -> dict[str, Fact]:
    """Comments and files of a ticket, oldest first.

    The first comment is the description, which has a fact of its own: its structure and its
    files count.
    """
    names = {each.id: tidy(each.name) for each in people if each.id is not None}
    said = [comment_of(each, names, own_id).as_value() for each in comments[1:]]
    files = {
        file.id: attachment_of(file).as_value()
        for each in comments
        for file in each.attachments
        if not file.deleted
    }
    facts = {COMMENTS: Fact([*said], at), ATTACHMENTS: Fact([*files.values()], at)}
    # A ticket's own `description` is the same without any structure.
    described = _rich(comments[0]) if comments else ""
    return facts | ({BODY: Fact(described, at)} if described else {})


def comment_of(comment: TicketComment, names: Mapping[str, str], own_id: str) -> Comment:
    """A comment; whether the customer reads it is for its `public` to say, nothing else."""
    author = comment.author_id or ""
    return Comment(
        id=comment.id,
        html=_rich(comment) or text_to_html(tidy(comment.plain_body)),
        author_id=author,
        author=names.get(author, ""),
        at=tidy(comment.created_at),
        internal=not comment.public,
        own=author == own_id,
    )


def _rich(comment: TicketComment) -> str:
    """The comment with its structure; a picture in it is known as the file that it is."""
    files = {
        tidy(url): f"{FILE}{each.id}"
        for each in comment.attachments
        for url in (each.content_url, each.mapped_content_url)
        if url
    }
    shape = Shape(source_of=lambda image: files.get(image.source, image.source))
    return write_html(read_html(tidy(comment.html_body)), shape)


def attachment_of(file: File) -> Attachment:
    """A file on a comment."""
    return Attachment(
        file.id, tidy(file.file_name) or f"file-{file.id}", file.size, file.content_type
    )
