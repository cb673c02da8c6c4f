"""Organisations as customers, with the words that people see of what is chosen from a list.

An organisation holds the tag of a drop-down's choice; its title stands in the definition of the
field. https://developer.zendesk.com/api-reference/ticketing/organizations/organization_fields/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.domain.errors import Rejected, ScopeMissing
from bridge.domain.records import Company, Contact
from bridge.kit.labels import Labels, Lists
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.fields import value_of
from connectors.zendesk.payloads import OrganizationAnswer, OrganizationFields, User, Users
from connectors.zendesk.reference import OWN_FACTS, company_fields, company_of

TAGS = "tags"
"""The name of what people are tagged with; a field of a person's may not be called so."""


class Customers:
    """Reads organisations; the choices of their fields are read once an hour, if at all."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._labels = Labels(self._choices, client.now)

    async def fetch(self, id: str, properties: frozenset[str]) -> Company:
        """The organisation of that id with these properties."""
        found = await self._client.ask(render.organization(id), OrganizationAnswer)
        company = company_of(found.organization, properties)
        held = {
            name: value
            for name, value in company.properties.items()
            if value is not None and name not in OWN_FACTS
        }
        return replace(company, labels=await self._labels.of(held))

    async def contacts(self, ids: Sequence[str], properties: frozenset[str]) -> list[Contact]:
        """The people of these ids: fields by their keys, with tags as Zendesk keeps choices."""
        found = await self._client.ask(render.users(ids), Users)
        return [
            Contact(each.id, {name: _said(each, name) for name in sorted(properties)})
            for each in found.users
            if each.id is not None
        ]

    async def _choices(self) -> Lists | None:
        try:
            found = await self._client.ask(render.organization_fields(), OrganizationFields)
        except (ScopeMissing, Rejected):
            # Without the titles the tags count: no reason to know nothing of the customer.
            return None
        fields = company_fields(found.organization_fields)
        return {name: dict(each.options) for name, each in fields.items()}


def _said(user: User, name: str) -> str | None:
    """What stands there; several tags are one text."""
    if name == TAGS:
        return ";".join(user.tags) or None
    value = value_of(user.user_fields.get(name))
    return ("true" if value else "false") if isinstance(value, bool) else _text(value)


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)
