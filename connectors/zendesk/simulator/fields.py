"""Ticket fields, the built-in ones and the account's own, and what their values may be.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.zendesk.simulator.numbers import Numbers
from connectors.zendesk.simulator.problems import invalid
from connectors.zendesk.simulator.stamps import stamp

_SYSTEM: dict[str, tuple[str, tuple[str, ...]]] = {
    "subject": ("Subject", ()),
    "description": ("Description", ()),
    "status": ("Status", ("new", "open", "pending", "hold", "solved")),
    "tickettype": ("Type", ("question", "incident", "problem", "task")),
    "priority": ("Priority", ("low", "normal", "high", "urgent")),
    "group": ("Group", ()),
    "assignee": ("Assignee", ()),
    "custom_status": ("Ticket status", ()),
}
CUSTOM_TYPES = (
    "text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "partialcreditcard",
    "multiselect", "tagger", "lookup",
)  # fmt: skip
_PATTERNS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "integer": re.compile(r"-?\d+"),
    "decimal": re.compile(r"-?\d+([.,]\d+)?"),
}


@dataclass(slots=True)
class TicketField:
    """A field of tickets; `options` are (id, name, value) of the choices."""

    id: int
    type: str
    title: str
    created_at: datetime
    updated_at: datetime
    removable: bool = True
    active: bool = True
    required: bool = False
    tag: str | None = None
    regexp: str | None = None
    options: list[tuple[int, str, str]] = field(default_factory=list)
    target_type: str | None = None
    editable_in_portal: bool = False

    @property
    def values(self) -> set[str]:
        """The values of the choices, which are tags."""
        return {value for _id, _name, value in self.options}

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value; choices are looked at elsewhere."""
        if value in (None, ""):
            return None
        pattern = _PATTERNS.get(self.type)
        if pattern is not None and pattern.fullmatch(str(value)) is None:
            return f"{self.title}: is invalid"
        if self.type == "regexp" and re.fullmatch(self.regexp or ".*", str(value)) is None:
            return f"{self.title}: is invalid"
        if self.type == "checkbox" and value not in (True, False, "true", "false"):
            return f"{self.title}: is invalid"
        return None

    def stored(self, value: Any) -> Any:
        """The value as the vendor keeps it."""
        if self.type == "checkbox":
            return value in (True, "true")
        if value in (None, "") or value == []:
            return None
        if self.type == "multiselect":
            return list(value) if isinstance(value, list) else [value]
        if self.type == "partialcreditcard":
            return "X" * 12 + str(value)[-4:]
        return value if isinstance(value, str) else str(value)

    def tags_of(self, value: Any) -> list[str]:
        """The tags that a value puts on the ticket."""
        if self.type == "tagger" and value:
            return [value]
        if self.type == "multiselect" and value:
            return list(value)
        return [self.tag] if self.type == "checkbox" and value and self.tag else []

    def render(self, base_url: str, statuses: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """The field as the API tells it."""
        shown: dict[str, Any] = {
            "url": f"{base_url}/api/v2/ticket_fields/{self.id}.json",
            "id": self.id,
            "type": self.type,
            "title": self.title,
            "raw_title": self.title,
            "description": "",
            "raw_description": "",
            "position": 0,
            "active": self.active,
            "required": self.required,
            "collapsed_for_agents": False,
            "regexp_for_validation": self.regexp,
            "title_in_portal": self.title,
            "raw_title_in_portal": self.title,
            "visible_in_portal": self.editable_in_portal,
            "editable_in_portal": self.editable_in_portal,
            "required_in_portal": False,
            "agent_can_edit": True,
            "tag": self.tag,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "removable": self.removable,
            "agent_description": "",
        }
        if self.type in ("tagger", "multiselect"):
            shown["custom_field_options"] = [self.option(number) for number, _n, _v in self.options]
        if self.type in _SYSTEM and _SYSTEM[self.type][1]:
            words = _SYSTEM[self.type][1]
            shown["system_field_options"] = [{"name": w.capitalize(), "value": w} for w in words]
        if self.type == "custom_status":
            shown["custom_statuses"] = list(statuses)
        if self.type == "lookup":
            shown["relationship_target_type"] = self.target_type or "zen:user"
        return shown

    def option(self, option_id: int) -> dict[str, Any] | None:
        """One choice as the API tells it."""
        found = next((option for option in self.options if option[0] == option_id), None)
        if found is None:
            return None
        return {"id": found[0], "name": found[1], "raw_name": found[1], "value": found[2]}


class TicketFields:
    """The fields of the account."""

    def __init__(self, numbers: Numbers, now: datetime) -> None:
        self._numbers = numbers
        self.by_id: dict[int, TicketField] = {}
        for kind, (title, _options) in _SYSTEM.items():
            self._keep(TicketField(numbers.long(), kind, title, now, now, removable=False))

    @property
    def custom(self) -> list[TicketField]:
        """The account's own fields that are in use."""
        return [f for f in self.by_id.values() if f.removable and f.active]

    def add(
        self,
        kind: str,
        title: str,
        now: datetime,
        *,
        options: Iterable[tuple[str, str]] = (),
        tag: str | None = None,
        required: bool = False,
        regexp: str | None = None,
    ) -> TicketField:
        """Defines a field; its choices are (name, value), and no two fields share a tag."""
        if kind not in CUSTOM_TYPES:
            raise invalid("type", f"Type: {kind} is not a valid type")
        new = TicketField(self._numbers.long(), kind, title, now, now, required=required)
        new.tag, new.regexp = tag, regexp
        for name, value in options:
            self.add_option(new, name, value)
        self._keep(new)
        return new

    def add_option(self, of: TicketField, name: str, value: str) -> dict[str, Any] | None:
        """One more choice of a field, or a new name for the one with this value."""
        for place, (option_id, _name, known) in enumerate(of.options):
            if known == value:
                of.options[place] = (option_id, name, value)
                return of.option(option_id)
        if any(value in f.values or value == f.tag for f in self.by_id.values() if f is not of):
            raise invalid("base", f"{of.title}: the tag {value} is already used in another field")
        of.options.append((self._numbers.long(), name, value))
        return of.option(of.options[-1][0])

    def _keep(self, new: TicketField) -> None:
        self.by_id[new.id] = new
