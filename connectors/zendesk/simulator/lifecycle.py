"""Merging, deleting, restoring, scrubbing: what ends a ticket or brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.commenting import CommentDraft, comment_of
from connectors.zendesk.simulator.events import announce
from connectors.zendesk.simulator.planning import Plan
from connectors.zendesk.simulator.problems import invalid, not_found
from connectors.zendesk.simulator.records import By, Comment, Ticket
from connectors.zendesk.simulator.redacting import redacted, text_of, unmarked
from connectors.zendesk.simulator.writing import carry_out, check_open

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

_SOCIAL = ("twitter", "facebook")
_MERGED_TAG = "closed_by_merge"


def merge(
    account: Account, target: Ticket, sources: Sequence[Ticket], asked: dict[str, Any], by: By
) -> list[dict[str, Any]]:
    """Closes the sources and tells both sides; files of the sources are copied to the target.

    The comments are private, unless asked otherwise and nothing involved is private or social.
    https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#merge-tickets-into-target-ticket
    """
    for ticket in (target, *sources):
        check_open(ticket)
    hidden = any(t.via["channel"] in _SOCIAL or not t.is_public for t in (target, *sources))

    def public(side: str) -> bool:
        return bool(asked.get(f"{side}_comment_is_public")) and not hidden

    numbers = ", ".join(f"#{source.id}" for source in sources)
    for source in sources:
        text = (
            asked.get("source_comment")
            or f"This request was closed and merged into request #{target.id}."
        )
        values = {
            "status": "closed",
            "custom_status_id": account.statuses.default_of("closed"),
            "tags": list(dict.fromkeys([*source.tags, _MERGED_TAG])),
        }
        note = CommentDraft(by.user_id, text, is_html=False, public=public("source"))
        merged = ("merged", {"target_ticket_id": str(target.id)})
        carry_out(account, source, Plan(values, comment=note), by, [merged])
    text = (
        asked.get("target_comment")
        or f"Requests {numbers} were closed and merged into this request."
    )
    files = tuple(f for source in sources for c in source.comments for f in c.attachments)
    note = CommentDraft(by.user_id, text, False, public("target"), files)
    carry_out(account, target, Plan(comment=note), by)
    return [
        {"id": source.id, "index": place, "action": "merge", "status": "Merged", "success": True}
        for place, source in enumerate(sources)
    ]


def delete(account: Account, ticket: Ticket, by: By) -> None:
    """Takes a ticket away for thirty days; `previous_state` keeps its status."""
    ticket.deleted_at, ticket.deleted_by = account.now(), by.user_id
    account.touch(ticket)
    announce(account, ticket, [("soft_deleted", {})], by)


def mark_as_spam(account: Account, ticket: Ticket, by: By) -> None:
    """Deletes a ticket and suspends who asked."""
    requester = account.users.get(ticket.values["requester_id"])
    if requester is not None and not requester.is_staff:
        requester.suspended = True
    ticket.deleted_at, ticket.deleted_by = account.now(), by.user_id
    account.touch(ticket)
    announce(account, ticket, [("marked_as_spam", {}), ("soft_deleted", {})], by)


def deleted_ticket(account: Account, ticket_id: Any) -> Ticket:
    """A ticket that is deleted and not yet scrubbed, or 404."""
    ticket = account.tickets.get(int(ticket_id) if str(ticket_id).isdigit() else -1)
    if ticket is None or ticket.live or ticket.scrubbed:
        raise not_found()
    return ticket


def restore(account: Account, ticket: Ticket, by: By) -> None:
    """Brings a deleted ticket back as it was."""
    ticket.deleted_at = ticket.deleted_by = None
    account.touch(ticket)
    announce(account, ticket, [("undeleted", {})], by)


def scrub(account: Account, ticket: Ticket, by: By) -> None:
    """Removes the content for good; the number stays, and exports go on telling it."""
    ticket.scrubbed = True
    ticket.values |= {"subject": "SCRUBBED", "tags": [], "external_id": None}
    ticket.custom.clear()
    ticket.comments.clear()
    ticket.audits.clear()
    ticket.versions.clear()
    account.touch(ticket)
    announce(account, ticket, [("permanently_deleted", {})], by)


def scrub_old(account: Account, by: By) -> None:
    """What the vendor does every night with tickets that were deleted long ago."""
    limit = account.now() - account.dials.scrub_after
    for ticket in account.tickets.values():
        if not ticket.scrubbed and ticket.deleted_at is not None and ticket.deleted_at <= limit:
            scrub(account, ticket, by)


def make_private(account: Account, ticket: Ticket, comment_id: Any, by: By) -> Comment:
    """Hides a public comment from customers; there is no way back."""
    comment = comment_of(ticket, comment_id)
    comment.public = False
    ticket.updated_at = account.now()
    account.touch(ticket)
    event = {"comment": {"id": str(comment.id), "is_public": False}}
    announce(account, ticket, [("comment_made_private", event)], by)
    return comment


def redact_marked(
    account: Account, ticket: Ticket, comment_id: Any, marked: str, by: By
) -> Comment:
    """Blots out what is marked in a comment's HTML; nothing else of it may differ."""
    comment = comment_of(ticket, comment_id)
    if unmarked(marked) != comment.html_body:
        raise invalid("html_body", "does not match the comment")
    comment.html_body = redacted(marked)
    comment.body = text_of(comment.html_body)
    ticket.updated_at = account.now()
    account.touch(ticket)
    event = {"comment": {"id": str(comment.id)}}
    announce(account, ticket, [("comment_redacted", event)], by)
    return comment


def redact(account: Account, ticket: Ticket, comment_id: Any, words: str, by: By) -> None:
    """Blots words out of a comment."""
    comment = comment_of(ticket, comment_id)
    blot = "\u2587" * len(words)
    comment.body = comment.body.replace(words, blot)
    comment.html_body = comment.html_body.replace(words, blot)
    ticket.updated_at = account.now()
    account.touch(ticket)
    event = {"comment": {"id": str(comment.id)}}
    announce(account, ticket, [("comment_redacted", event)], by)
