"""Comments: what a writer asks for, and what becomes of it.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.placeholders import value_of
from connectors.zendesk.simulator.problems import Findings, not_found
from connectors.zendesk.simulator.records import Attachment, Audit, By, Comment, Ticket
from connectors.zendesk.simulator.rich_text import from_html, from_text, rendered, shortened

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

MOST_COMMENTS = 5000


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """A comment that has been looked at and not yet written."""

    author_id: int
    source: str
    is_html: bool
    public: bool
    attachments: tuple[Attachment, ...] = ()
    uploads: tuple[str, ...] = ()


def drafted(
    account: Account, ticket: Ticket | None, given: Any, by: By, findings: Findings
) -> CommentDraft | None:
    """Looks at the `comment` of a write; None where there is nothing to say."""
    if not isinstance(given, dict):
        return None
    tokens = [str(token) for token in given.get("uploads") or []]
    files, alive = account.files.claim(tokens, account.now(), findings)
    is_html = bool(given.get("html_body"))
    source = str(given.get("html_body") or given.get("body") or "")
    if not source and not files:
        return None
    author_id = given.get("author_id", by.user_id)
    if author_id not in account.users:
        findings.add("base", "Author: is invalid")
    if ticket is not None and len(ticket.comments) >= MOST_COMMENTS:
        findings.add("base", f"Comment: a ticket can have at most {MOST_COMMENTS} comments")
    default = ticket.is_public if ticket is not None else True
    public = bool(given.get("public", default))
    if account.is_staff(by.user_id) and by.channel == "api":
        public = public and account.dials.may_answer
    return CommentDraft(author_id, source, is_html, public, tuple(files), tuple(alive))


def write(account: Account, ticket: Ticket, draft: CommentDraft, audit: Audit) -> Comment:
    """Hangs the comment on the ticket and on its audit; upload tokens are used up."""
    by, source = audit.by, draft.source
    if account.is_staff(by.user_id):
        source = rendered(source, lambda name: value_of(account, ticket, by, name))
    text, shown = (from_html if draft.is_html else from_text)(shortened(source))
    comment = Comment(
        account.numbers.long(),
        audit.id,
        draft.author_id,
        text,
        shown,
        draft.public,
        by.via(),
        audit.metadata(),
        audit.created_at,
        list(draft.attachments),
    )
    for token in draft.uploads:
        account.files.uploads.pop(token, None)
    ticket.comments.append(comment)
    audit.comment = comment
    return comment


def comment_of(ticket: Ticket, comment_id: Any) -> Comment:
    """A comment of a ticket by its id, or 404."""
    for comment in ticket.comments:
        if str(comment.id) == str(comment_id):
            return comment
    raise not_found()
