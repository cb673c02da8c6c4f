"""What happened to a ticket, as the events that webhooks carry.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.records import By, Change, Comment, Organization, Ticket
from connectors.zendesk.simulator.stamps import nanos, stamp

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

Event = tuple[str, dict[str, Any]]
"""The end of an event type, and the `event` object."""

_SPELLED = {"status": "status_changed", "priority": "priority_changed", "type": "type_changed"}
_PLAIN = {
    "subject": "subject_changed",
    "custom_status_id": "custom_status_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "organization_id": "organization_changed",
    "requester_id": "requester_changed",
    "submitter_id": "submitter_changed",
    "brand_id": "brand_changed",
    "ticket_form_id": "form_changed",
    "external_id": "external_id_changed",
    "problem_id": "problem_link_changed",
    "due_at": "task_due_at_changed",
}
_LISTS = {
    "tags": ("tags_changed", "tags"),
    "follower_ids": ("followers_changed", "users"),
    "email_cc_ids": ("email_ccs_changed", "users"),
}


def text(value: Any) -> str | None:
    """An id or value as events write it: always text."""
    return None if value is None else str(value)


def _upper(value: Any) -> str | None:
    return None if value is None else str(value).upper()


def change_event(account: Account, change: Change) -> Event | None:
    """The event of one changed value; None where the vendor announces nothing."""
    if change.field_id is not None:
        field = account.fields.by_id[change.field_id]
        shown = {"id": str(field.id), "title": field.title, "type": field.type}
        return "custom_field_changed", {
            "current": {"value": change.after},
            "previous": {"value": change.before},
            account.dials.custom_field_key: shown,
        }
    if change.name in _LISTS:
        kind, noun = _LISTS[change.name]
        before, after = change.before or [], change.after or []
        return kind, {
            f"{noun}_added": [str(one) for one in after if one not in before],
            f"{noun}_removed": [str(one) for one in before if one not in after],
        }
    if change.name in _SPELLED:
        upper = {"current": _upper(change.after), "previous": _upper(change.before)}
        return _SPELLED[change.name], upper
    if change.name in _PLAIN:
        plain = {"current": text(change.after), "previous": text(change.before)}
        return _PLAIN[change.name], plain
    return None


def comment_events(account: Account, comment: Comment) -> list[Event]:
    """A new comment, and each file on it."""
    author = account.users.get(comment.author_id)
    shown = {
        "id": str(comment.id),
        "body": comment.body,
        "is_public": comment.public,
        "author": {
            "id": str(comment.author_id),
            "is_staff": account.is_staff(comment.author_id),
            "name": author.name if author is not None else "Zendesk",
        },
    }
    events: list[Event] = [("comment_added", {"comment": shown})]
    for file in comment.attachments:
        linked = {
            "id": str(file.id),
            "content_type": file.content_type,
            "content_url": account.files.render(file)["content_url"],
            "filename": file.file_name,
            "is_public": comment.public,
        }
        event = {"id": str(comment.id), "is_public": comment.public, "attachment": linked}
        events.append(("attachment_linked_to_comment", {"comment": event}))
    return events


def announce(account: Account, ticket: Ticket, events: Iterable[Event], by: By) -> None:
    """Sends the events of one action; they share a sequence id."""
    sequence = account.numbers.long()
    for position, (kind, event) in enumerate(events, start=1):
        full = dict(event)
        if account.dials.sequence_meta:
            full["meta"] = {"sequence": {"id": sequence, "position": position}}
        detail = _ticket_detail(ticket, by)
        _emit(account, f"ticket.{kind}", f"zen:ticket:{ticket.id}", detail, full)


def announce_organization(
    account: Account, organization: Organization, kind: str, event: dict[str, Any]
) -> None:
    """An event of a customer's company; the keys of its `detail` are not confirmed."""
    detail = {
        "id": str(organization.id),
        "name": organization.name,
        "external_id": organization.external_id,
        "created_at": stamp(organization.created_at),
        "updated_at": stamp(organization.updated_at),
    }
    subject = f"zen:organization:{organization.id}"
    _emit(account, f"organization.{kind}", subject, detail, event)


def _emit(
    account: Account, kind: str, subject: str, detail: dict[str, Any], event: dict[str, Any]
) -> None:
    full_type = f"zen:event-type:{kind}"
    envelope = {
        "account_id": account.account_id,
        "detail": detail,
        "event": event,
        "id": account.numbers.uuid(),
        "subject": subject,
        "time": nanos(account.now()),
        "type": full_type,
        "zendesk_event_version": "2022-11-06",
    }
    account.outbox.emit(full_type, envelope)


def _ticket_detail(ticket: Ticket, by: By) -> dict[str, Any]:
    values = ticket.values
    status = ticket.status if ticket.live else "scrubbed" if ticket.scrubbed else "deleted"
    return {
        "actor_id": str(by.user_id),
        "assignee_id": text(values["assignee_id"]),
        "brand_id": text(values["brand_id"]),
        "created_at": stamp(ticket.created_at),
        "custom_status": text(values["custom_status_id"]),
        "description": ticket.description,
        "external_id": values["external_id"],
        "form_id": text(values["ticket_form_id"]),
        "group_id": text(values["group_id"]),
        "id": str(ticket.id),
        "is_public": ticket.is_public,
        "organization_id": text(values["organization_id"]),
        "priority": _upper(values["priority"]),
        "requester_id": text(values["requester_id"]),
        "status": status.upper(),
        "subject": ticket.subject,
        "submitter_id": text(values["submitter_id"]),
        "tags": list(ticket.tags),
        "type": _upper(values["type"]),
        "updated_at": stamp(ticket.updated_at),
        "via": {"channel": ticket.via["channel"]},
    }
