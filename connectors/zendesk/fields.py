"""Ticket fields: how a mapping names them, the one form of their values, and what they take.

A mapping names a field by Zendesk's own name of a system field, by the id of a custom field or
by its title. Titles, kinds and options are learned from the account.
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.domain.errors import Rejected
from bridge.domain.records import Value
from bridge.kit.richtext.cutting import fit_plain
from connectors.zendesk.manifest import FIELD_CHARS
from connectors.zendesk.payloads import TicketField

SYSTEM = (
    "subject", "description", "status", "custom_status_id", "priority", "type", "external_id",
    "requester_id", "submitter_id", "assignee_id", "organization_id", "group_id", "brand_id",
    "ticket_form_id", "problem_id", "due_at", "tags", "satisfaction_rating", "via",
)  # fmt: skip
"""The system fields that a mapping may name, by their names in the API."""
KINDS = {
    "tickettype": "type",
    "basic_priority": "priority",
    "group": "group_id",
    "assignee": "assignee_id",
    "custom_status": "custom_status_id",
}
"""Built-in kinds of fields whose name in the API is another."""
_WRITABLE = frozenset(
    {"subject", "status", "custom_status_id", "priority", "type", "assignee_id", "group_id",
     "problem_id", "due_at"}
)  # fmt: skip
_IDS = frozenset(name for name in _WRITABLE if name.endswith("_id"))
_CHOICES = frozenset({"tagger", "multiselect"})


class Learned:
    """What this process knows of the account: its custom fields, and who the hub is there."""

    def __init__(self) -> None:
        self._by_id: dict[str, TicketField] = {}
        self._by_title: dict[str, TicketField] = {}
        self.own_id: str | None = None
        """The id of the agent by whom the hub works; None until it was asked."""

    def learn(self, fields: Iterable[TicketField]) -> None:
        """Take the account's fields as the truth from now on; a title given twice is no name."""
        custom = [each for each in fields if each.removable and each.active]
        self._by_id = {each.id: each for each in custom}
        titles = [tidy(each.title) for each in custom]
        self._by_title = {
            title: each
            for title, each in zip(titles, custom, strict=True)
            if titles.count(title) == 1 and title and title not in SYSTEM
        }

    def field(self, name: str) -> TicketField | None:
        """The custom field of that id or title; None if there is none, or nobody has asked yet."""
        return self._by_id.get(name) or self._by_title.get(name)

    def id_of(self, name: str) -> str | None:
        """The id of the custom field that the name means; a number is one without being asked."""
        known = self.field(name)
        if known is not None:
            return known.id
        return name if name.isascii() and name.isdecimal() else None

    def names(self) -> Iterable[tuple[str, TicketField]]:
        """Every name of every custom field: its id, and its title where that is its alone."""
        yield from self._by_id.items()
        yield from self._by_title.items()


def tidy(text: str | None) -> str:
    """The text without what no database stores (NUL, halves of surrogate pairs)."""
    return (text or "").replace("\x00", "").encode("utf-8", "replace").decode()


def value_of(raw: Any) -> Value:
    """A custom field's value in its one form: empty is None, numbers are texts, choices a list."""
    match raw:
        case bool():
            return raw
        case str():
            return tidy(raw) or None
        case int() | float():
            return str(raw)
        case list():
            chosen: list[Value] = [tidy(each) for each in raw if isinstance(each, str) and each]
            return chosen or None
        case _:
            return None


def body_of(fields: Mapping[str, str], learned: Learned) -> dict[str, Any]:
    """The ticket body that sets these fields by their mapping's names; an empty text clears one.

    Rejected for a name that the account does not have and for what the hub must not write.
    """
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    for name, text in fields.items():
        if name in SYSTEM:
            body[name] = _system(name, text)
            continue
        known = learned.field(name)
        if known is None:
            raise Rejected(f"Zendesk has no ticket field {name}", field=name)
        custom.append({"id": int(known.id), "value": _custom(known, name, text)})
    return body | ({"custom_fields": custom} if custom else {})


def _system(name: str, text: str) -> Any:
    if name == "tags":
        # They would replace those of people and of every drop-down: a field of its own is safe.
        message = "The hub does not write tags: a write would replace all of them; use a field"
        raise Rejected(message, field=name)
    if name not in _WRITABLE:
        raise Rejected(f"{name} is not for the hub to write in Zendesk", field=name)
    if name == "status" and text == "closed":
        raise Rejected("The hub does not close a ticket: status closed is final", field=name)
    if not text:
        return None
    if name not in _IDS:
        return text
    if not (text.isascii() and text.isdecimal()):
        raise Rejected(f"{name} takes an id", field=name)
    return int(text)


def _custom(known: TicketField, name: str, text: str) -> Any:
    if known.type == "checkbox":
        return text in ("true", "True", "1")
    if not text:
        return [] if known.type == "multiselect" else None
    if known.type not in _CHOICES:
        return fit_plain(text, FIELD_CHARS)
    chosen = [each for each in text.split(";") if each] if known.type == "multiselect" else [text]
    options = {str(each.value) for each in known.custom_field_options}
    # What Zendesk does with a value that is no option is not documented.
    if not set(chosen) <= options:
        raise Rejected(f"{name} does not take this value; it is none of its options", field=name)
    return chosen if known.type == "multiselect" else text


def is_writable(name: str) -> bool:
    """Whether the hub writes that system field."""
    return name in _WRITABLE
