"""The placeholders that the vendor fills in, in comments and in a trigger's webhook body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.zendesk.simulator.records import By, Ticket
from connectors.zendesk.simulator.stamps import stamp

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account


def value_of(account: Account, ticket: Ticket, by: By, name: str) -> str:
    """The value of a placeholder as plain text, empty where it is unknown. Case counts."""
    area, _, rest = name.partition(".")
    if area == "current_user":
        return _person(account, by.user_id, rest)
    if area != "ticket":
        return ""
    head, _, tail = rest.partition(".")
    if head == "requester":
        return _person(account, ticket.values["requester_id"], tail)
    if head == "organization":
        organization = account.organizations.get(ticket.values["organization_id"] or 0)
        return str(getattr(organization, tail, "") or "") if tail in ("id", "name") else ""
    simple: dict[str, str] = {
        "id": str(ticket.id),
        "title": ticket.subject,
        "status": account.dials.status_words.get(ticket.status, ticket.status),
        "link": f"{account.base_url}/agent/tickets/{ticket.id}",
        "external_id": ticket.values["external_id"] or "",
        "via": ticket.via["channel"],
        "created_at_with_timestamp": stamp(ticket.created_at),
        "updated_at_with_timestamp": stamp(ticket.updated_at),
        "latest_comment": ticket.comments[-1].body if ticket.comments else "",
    }
    return simple.get(rest, "")


def _person(account: Account, user_id: int | None, name: str) -> str:
    user = account.users.get(user_id or 0)
    if user is None:
        return str(user_id or "") if name == "id" else ""
    return str(getattr(user, name, "") or "") if name in ("id", "name", "email") else ""
