"""Triggers: conditions over a ticket's update, and what they do when they hold.

https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.placeholders import value_of
from connectors.zendesk.simulator.records import SYSTEM_ID, Audit, By, Ticket
from connectors.zendesk.simulator.rich_text import rendered
from connectors.zendesk.simulator.stamps import stamp

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

_VIA_API = "5"
"""The number of "Web service (API)" in `current_via_id`; no other is confirmed."""


@dataclass(slots=True)
class Trigger:
    """One business rule."""

    id: int
    title: str
    conditions: dict[str, list[dict[str, Any]]]
    actions: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
    active: bool = True
    position: int = 0

    def render(self, base_url: str) -> dict[str, Any]:
        """The trigger as the API tells it."""
        return {
            "id": self.id,
            "url": f"{base_url}/api/v2/triggers/{self.id}.json",
            "title": self.title,
            "raw_title": self.title,
            "description": "",
            "active": self.active,
            "default": False,
            "position": self.position,
            "category_id": "1",
            "conditions": self.conditions,
            "actions": self.actions,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
        }


@dataclass(slots=True)
class Triggers:
    """The account's triggers, in the order in which they are tried."""

    by_id: dict[int, Trigger] = field(default_factory=dict)

    def firing(self, account: Account, ticket: Ticket, audit: Audit, *, created: bool) -> Any:
        """Each active trigger that holds for an update, tried one after the other."""
        for trigger in list(self.by_id.values()):
            if trigger.active and _holds(account, trigger, ticket, audit, created=created):
                yield trigger


def _holds(
    account: Account, trigger: Trigger, ticket: Ticket, audit: Audit, *, created: bool
) -> bool:
    def one(condition: dict[str, Any]) -> bool:
        seen = _seen(account, condition["field"], ticket, audit, created=created)
        return _compare(condition.get("operator", "is"), seen, str(condition.get("value")))

    every, some = trigger.conditions.get("all") or [], trigger.conditions.get("any") or []
    return all(map(one, every)) and (not some or any(map(one, some)))


def _seen(account: Account, name: str, ticket: Ticket, audit: Audit, *, created: bool) -> Any:
    if name == "update_type":
        return "Create" if created else "Change"
    if name == "current_via_id":
        return _VIA_API if audit.by.channel == "api" else "0"
    if name == "current_tags":
        return ticket.tags
    if name == "comment_is_public":
        return audit.comment is not None and audit.comment.public
    if name == "role":
        return "agent" if account.is_staff(audit.by.user_id) else "end_user"
    if name.startswith("custom_fields_"):
        return ticket.custom.get(int(name.removeprefix("custom_fields_")))
    return ticket.values.get(name)


def _compare(operator: str, seen: Any, wanted: str) -> bool:
    if isinstance(seen, list):
        among = bool(set(wanted.split()) & set(seen))
        return not among if operator == "not_includes" else among
    spoken = str(seen).lower() if isinstance(seen, bool) else str(seen)
    return (spoken == wanted) is (operator != "is_not")


def carry_out(account: Account, trigger: Trigger, ticket: Ticket, by: By) -> dict[str, Any]:
    """Sends the webhooks that a trigger names; the answer is what it sets on the ticket."""
    body: dict[str, Any] = {}
    for action in trigger.actions:
        name, value = action["field"], action["value"]
        if name == "notification_webhook":
            _notify(account, value, ticket, by)
        elif name == "current_tags":
            body["tags"] = [*ticket.tags, *str(value).split()]
        elif name == "set_tags":
            body["tags"] = str(value).split()
        elif name.startswith("custom_fields_"):
            number = int(name.removeprefix("custom_fields_"))
            body.setdefault("custom_fields", []).append({"id": number, "value": value})
        else:
            body[name] = value
    return body


def _notify(account: Account, value: Any, ticket: Ticket, by: By) -> None:
    webhook_id, template = value
    webhook = account.webhooks.by_id.get(str(webhook_id))
    if webhook is None or not webhook.active or not webhook.conditional:
        return

    def fill(name: str) -> str:
        told = value_of(account, ticket, by, name)
        return json.dumps(told)[1:-1] if account.dials.escape_placeholders else told

    account.outbox.add(webhook, rendered(str(template), fill).encode())


def actor_of(account: Account, trigger: Trigger, by: By) -> By:
    """Whose deed a trigger's change is."""
    source = {"from": {"id": trigger.id, "title": trigger.title}, "rel": "trigger"}
    user_id = by.user_id if account.dials.trigger_actor_is_user else SYSTEM_ID
    return By(user_id, "rule", source)
