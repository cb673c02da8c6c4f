"""Which events the app wants to hear: a subscription belongs to the app, not to an account.

https://developers.hubspot.com/docs/api/webhooks
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.association_types import NOUNS, TYPE_IDS
from connectors.hubspot.simulator.problems import invalid
from connectors.hubspot.simulator.schema import Schema
from connectors.hubspot.simulator.stamps import iso

_OBJECT_KINDS = (
    "creation",
    "deletion",
    "propertyChange",
    "associationChange",
    "merge",
    "restore",
)
_CONVERSATION_KINDS = (
    "creation",
    "deletion",
    "privacyDeletion",
    "propertyChange",
    "newMessage",
)
EVENT_TYPES = frozenset(
    [
        f"{noun}.{kind}"
        for noun in ("ticket", "contact", "company", "deal")
        for kind in _OBJECT_KINDS
    ]
    + [f"object.{kind}" for kind in _OBJECT_KINDS]
    + [f"conversation.{kind}" for kind in _CONVERSATION_KINDS]
    + ["contact.privacyDeletion"]
)
_UNSUBSCRIBABLE = "hs_lastmodifieddate"


@dataclass(slots=True)
class Subscription:
    """One event type, for propertyChange one property of it."""

    id: int
    event_type: str
    property_name: str | None
    object_type_id: str | None
    active: bool
    created_at: datetime
    updated_at: datetime

    def wants(self, noun: str, kind: str, type_id: str | None, property_name: str | None) -> bool:
        """Whether an event of this noun and kind is announced under this subscription."""
        if not self.active or (kind == "propertyChange" and self.property_name != property_name):
            return False
        if self.event_type == f"{noun}.{kind}":
            return True
        return (
            type_id is not None
            and self.event_type == f"object.{kind}"
            and self.object_type_id == type_id
        )

    def body(self) -> dict[str, Any]:
        """The subscription as the webhooks API writes it."""
        return {
            "id": str(self.id),
            "active": self.active,
            "eventType": self.event_type,
            "eventTypeName": self.event_type,
            "objectTypeId": self.object_type_id,
            "propertyName": self.property_name,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at),
        }


class Subscriptions:
    """The app's list of subscriptions."""

    def __init__(self) -> None:
        self.by_id: dict[int, Subscription] = {}
        self._next_id = 7562679

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self.by_id.values())

    def add(
        self,
        event_type: str,
        now: datetime,
        *,
        property_name: str | None = None,
        object_type_id: str | None = None,
        active: bool = True,
    ) -> Subscription:
        """Subscribes, or answers with the subscription that is there already."""
        if event_type not in EVENT_TYPES:
            raise invalid(f"{event_type} is not a known event type")
        if event_type.endswith(".propertyChange") and property_name is None:
            raise invalid("propertyName is required for propertyChange subscriptions")
        if property_name == _UNSUBSCRIBABLE:
            raise invalid(f"{property_name} cannot be subscribed to")
        for known in self:
            if (known.event_type, known.property_name, known.object_type_id) == (
                event_type,
                property_name,
                object_type_id,
            ):
                return known
        self._next_id += 1
        made = Subscription(
            self._next_id, event_type, property_name, object_type_id, active, now, now
        )
        self.by_id[made.id] = made
        return made

    def add_default(self, schemas: dict[str, Schema], now: datetime) -> None:
        """Everything of tickets, companies, contacts and conversations but read-only values."""
        for name in ("tickets", "companies", "contacts"):
            noun = NOUNS[name]
            for kind in _OBJECT_KINDS:
                if kind != "propertyChange":
                    self.add(f"{noun}.{kind}", now)
            for definition in schemas[name].definitions.values():
                if not (definition.read_only or definition.archived):
                    self.add(f"{noun}.propertyChange", now, property_name=definition.name)
        self.add("contact.privacyDeletion", now)
        for kind in _CONVERSATION_KINDS:
            if kind != "propertyChange":
                self.add(f"conversation.{kind}", now)
        for name in ("assignedTo", "status", "isArchived"):
            self.add("conversation.propertyChange", now, property_name=name)


def type_id_of(object_type: str) -> str:
    """The object type id that generic events carry."""
    return TYPE_IDS[object_type]
