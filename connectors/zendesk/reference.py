"""From Zendesk's fields, statuses and organisations to reference data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bridge.domain.records import Company, FieldInfo, Reference, StatusInfo
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.facts import CLOSED
from connectors.zendesk.fields import KINDS, SYSTEM, is_writable, tidy, value_of
from connectors.zendesk.payloads import (
    CustomStatus,
    CustomStatuses,
    Option,
    Organization,
    OrganizationField,
    TicketField,
)
from connectors.zendesk.reading import Reader

SOLVED, PENDING = "solved", "pending"
_CATEGORIES = {
    "new": "New", "open": "Open", PENDING: "Pending", "hold": "On-hold", SOLVED: "Solved",
}  # fmt: skip
OWN_FACTS = ("name", "external_id", "details", "notes", "domain_names", "tags")
"""What every organisation has besides the account's own fields."""


async def reference_of(client: Client, reader: Reader) -> Reference:
    """What planning needs to know of the account, read live."""
    fields = await reader.fields()
    statuses = await client.ask(render.custom_statuses(), CustomStatuses)
    me = await reader.me()
    return Reference(
        statuses={each.id: each for each in _statuses(statuses.custom_statuses)},
        fields=_fields(fields),
        account_ids=frozenset({me.id or ""}),
        account_name=tidy(me.name) or f"agent {me.id}",
        owners=await reader.staff(),
    )


def _statuses(known: Sequence[CustomStatus]) -> list[StatusInfo]:
    """Custom statuses by id, and the one that is final.

    A solved ticket counts as closed as well: nothing more is shown on it until it is open again.
    """
    if known:
        found = [
            StatusInfo(
                e.id,
                tidy(e.agent_label) or e.id,
                closed=e.status_category == SOLVED,
                waiting=e.status_category == PENDING,
            )
            for e in known
        ]
    else:
        found = [
            StatusInfo(id, label, closed=id == SOLVED, waiting=id == PENDING)
            for id, label in _CATEGORIES.items()
        ]
    return [*found, StatusInfo(CLOSED, "Closed", closed=True)]


def _fields(known: Iterable[TicketField]) -> dict[str, FieldInfo]:
    """Fields by every name that a mapping may call them: a custom one by id and by title."""
    found = {name: FieldInfo(name, name, "system", read_only=True) for name in SYSTEM}
    custom: list[TicketField] = []
    for each in known:
        name = KINDS.get(each.type, each.type)
        if each.removable:
            custom += [each] if each.active else []
        elif name in SYSTEM:
            options = _options(each.system_field_options)
            found[name] = _info(name, each, options, read_only=not is_writable(name))
    titles = [tidy(each.title) for each in custom]
    for each, title in zip(custom, titles, strict=True):
        options = _options(each.custom_field_options)
        names = [each.id] + ([title] if titles.count(title) == 1 and title else [])
        for name in names:
            found.setdefault(name, _info(name, each, options, read_only=False))
    return found


def _info(
    name: str, field: TicketField, options: tuple[tuple[str, str], ...], *, read_only: bool
) -> FieldInfo:
    kind = "multiple choice" if field.type == "multiselect" else field.type
    title = tidy(field.title) or name
    return FieldInfo(name, title, kind, options, read_only, field.editable_in_portal)


def _options(given: Iterable[Option]) -> tuple[tuple[str, str], ...]:
    return tuple((tidy(str(each.value)), tidy(each.name)) for each in given)


def company_fields(known: Iterable[OrganizationField]) -> dict[str, FieldInfo]:
    """The fields of customers, by the names that a mapping calls them."""
    own = {each: FieldInfo(each, each, "text") for each in OWN_FACTS}
    return own | {
        each.key: FieldInfo(
            each.key, tidy(each.title) or each.key, each.type, _options(each.custom_field_options)
        )
        for each in known
        if each.key
    }


def company_of(found: Organization, properties: Iterable[str]) -> Company:
    """An organisation with the named properties; a field of the account wins over a fact."""
    held: dict[str, Any] = {name: getattr(found, name) for name in OWN_FACTS}
    held |= found.organization_fields
    return Company(
        id=found.id,
        name=tidy(found.name) or found.id,
        properties={name: _text(held.get(name)) for name in sorted(properties)},
    )


def _text(raw: Any) -> str | None:
    value = value_of([*raw] if isinstance(raw, tuple) else raw)
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            return ";".join(str(each) for each in value)
        case _:
            return str(value)
