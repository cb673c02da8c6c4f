"""Records as the Ticketing API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.records import Audit, Comment, Organization, Ticket, User
from connectors.zendesk.simulator.stamps import stamp, unix

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account


def ticket_body(account: Account, ticket: Ticket) -> dict[str, Any]:
    """A ticket; `status` of a deleted one is what an export says."""
    values = dict(ticket.values)
    if not ticket.live:
        values["status"] = "scrubbed" if ticket.scrubbed else "deleted"
    custom = [{"id": f.id, "value": ticket.custom.get(f.id)} for f in account.fields.custom]
    return {
        "url": f"{account.base_url}/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        **values,
        "tags": list(ticket.tags),
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "via": ticket.via,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "generated_timestamp": unix(ticket.generated_at),
        "collaborator_ids": [*values["follower_ids"], *values["email_cc_ids"]],
        "has_incidents": any(
            other.values["problem_id"] == ticket.id for other in account.tickets.values()
        ),
        "is_public": ticket.is_public,
        "custom_fields": custom,
        "fields": custom,
        "satisfaction_rating": dict(ticket.rating),
        "sharing_agreement_ids": [],
        "followup_ids": list(ticket.followup_ids),
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }


def comment_body(account: Account, comment: Comment) -> dict[str, Any]:
    """A comment."""
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.body,
        "html_body": comment.html_body,
        "plain_body": comment.body,
        "public": comment.public,
        "attachments": [account.files.render(file) for file in comment.attachments],
        "audit_id": comment.audit_id,
        "via": comment.via,
        "created_at": stamp(comment.created_at),
        "metadata": comment.metadata,
    }


def audit_body(account: Account, audit: Audit) -> dict[str, Any]:
    """An audit, its comment among its events."""
    events = list(audit.events)
    if audit.comment is not None:
        shown = comment_body(account, audit.comment)
        dropped = {"created_at", "via", "metadata"}
        events.insert(0, {key: value for key, value in shown.items() if key not in dropped})
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": stamp(audit.created_at),
        "author_id": audit.by.user_id,
        "via": audit.by.via(),
        "metadata": audit.metadata(),
        "events": events,
    }


def user_body(account: Account, user: User) -> dict[str, Any]:
    """A person, as an admin sees them."""
    return {
        "id": user.id,
        "url": f"{account.base_url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "active": user.active,
        "suspended": user.suspended,
        "verified": True,
        "shared": False,
        "organization_id": user.organization_id,
        "external_id": user.external_id,
        "time_zone": "Europe/Berlin",
        "iana_time_zone": "Europe/Berlin",
        "locale": "en-US",
        "locale_id": 1,
        "phone": None,
        "photo": None,
        "tags": list(user.tags),
        "user_fields": dict(user.user_fields),
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.updated_at),
    }


def organization_body(account: Account, organization: Organization) -> dict[str, Any]:
    """A customer's company."""
    return {
        "id": organization.id,
        "url": f"{account.base_url}/api/v2/organizations/{organization.id}.json",
        "name": organization.name,
        "external_id": organization.external_id,
        "domain_names": list(organization.domain_names),
        "tags": list(organization.tags),
        "organization_fields": dict(organization.organization_fields),
        "details": organization.details,
        "notes": organization.notes,
        "group_id": organization.group_id,
        "shared_tickets": False,
        "shared_comments": False,
        "created_at": stamp(organization.created_at),
        "updated_at": stamp(organization.updated_at),
    }
