"""Statuses: six categories, and custom statuses within five of them.

https://developer.zendesk.com/api-reference/ticketing/tickets/custom_ticket_statuses/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.zendesk.simulator.dials import Dials
from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.problems import Findings
from connectors.zendesk.simulator.stamps import spaced

CATEGORIES = ("new", "open", "pending", "hold", "solved")
_LABELS = {
    "new": "New",
    "open": "Open",
    "pending": "Pending",
    "hold": "On-hold",
    "solved": "Solved",
}


@dataclass(slots=True)
class CustomStatus:
    """One status that agents pick."""

    id: int
    category: str
    agent_label: str
    end_user_label: str
    description: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    default: bool = False

    def render(self) -> dict[str, Any]:
        """The status as the API tells it."""
        return {
            "id": self.id,
            "status_category": self.category,
            "agent_label": self.agent_label,
            "raw_agent_label": self.agent_label,
            "end_user_label": self.end_user_label,
            "raw_end_user_label": self.end_user_label,
            "description": self.description,
            "raw_description": self.description,
            "end_user_description": self.description,
            "raw_end_user_description": self.description,
            "active": self.active,
            "default": self.default,
            "created_at": spaced(self.created_at),
            "updated_at": spaced(self.updated_at),
        }


class Statuses:
    """The statuses of an account; each category has its default."""

    def __init__(self, dials: Dials, numbers: Numbers, now: datetime) -> None:
        self._dials = dials
        self._numbers = numbers
        self.by_id: dict[int, CustomStatus] = {}
        for category in CATEGORIES:
            self.add(category, _LABELS[category], now).default = True

    def add(
        self, category: str, label: str, now: datetime, *, end_user_label: str | None = None
    ) -> CustomStatus:
        """A status of a category; not its default."""
        new = CustomStatus(
            self._numbers.long(), category, label, end_user_label or label, "", now, now
        )
        self.by_id[new.id] = new
        return new

    def default_of(self, category: str) -> int:
        """The custom status that a category stands for; a closed ticket keeps the solved one."""
        wanted = "solved" if category == "closed" else category
        return next(s.id for s in self.by_id.values() if s.category == wanted and s.default)

    def chosen(
        self, before: dict[str, Any], given: dict[str, Any], findings: Findings
    ) -> dict[str, Any]:
        """The status values that a write asks for; a custom status goes before a category."""
        if "custom_status_id" in given:
            found = self.by_id.get(_number(given["custom_status_id"]))
            if found is None or not found.active:
                findings.add("custom_status_id", "Custom status: is invalid")
                return {}
            asked = {"status": found.category, "custom_status_id": found.id}
        elif given.get("status") is not None:
            category = given["status"]
            if category not in (*CATEGORIES, "closed"):
                findings.add("status", f"Status: {category} is not valid")
                return {}
            if category == before.get("status"):
                return {}
            asked = {"status": category, "custom_status_id": self.default_of(category)}
        else:
            return {}
        category = asked["status"]
        back = category == "new" and before.get("status", "new") != "new"
        if (category == "hold" and not self._dials.hold_active) or (
            back and not self._dials.new_can_return
        ):
            findings.add("status", f"Status: {category} is not valid")
        return asked


def _number(value: Any) -> int:
    return int(value) if str(value).lstrip("-").isdigit() else -1
