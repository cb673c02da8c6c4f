"""Owners: people as records name them. An owner's id is not the userId of the same person.

https://developers.hubspot.com/docs/api/crm/owners
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.stamps import iso


@dataclass(slots=True)
class Owner:
    """A person or queue that records can belong to."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    archived: bool = False

    def body(self) -> dict[str, Any]:
        """The owner as the owners API writes it; an archived one has no userId any more."""
        body: dict[str, Any] = {
            "id": self.id,
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userIdIncludingInactive": self.user_id,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.created_at),
            "archived": self.archived,
            "teams": [{"id": "41", "name": "Support", "primary": True}],
        }
        return body if self.archived else body | {"userId": self.user_id}


class Owners:
    """The owners of the account."""

    def __init__(self) -> None:
        self.by_id: dict[str, Owner] = {}

    def add(self, email: str, first: str, last: str, now: datetime) -> Owner:
        """A new owner with an id and a userId of its own."""
        number = len(self.by_id)
        made = Owner(str(501 + number), 9001 + number, email, first, last, now)
        self.by_id[made.id] = made
        return made

    def by_user(self, user_id: int) -> Owner | None:
        """The owner of a userId."""
        return next((o for o in self.by_id.values() if o.user_id == user_id), None)
