"""Organisations as customers, with the words that people see of what is chosen from a list.

An organisation holds the tag of a drop-down's choice; its title stands in the definition of the
field. https://developer.zendesk.com/api-reference/ticketing/organizations/organization_fields/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.domain.errors import Rejected, ScopeMissing
from bridge.domain.records import Company
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.payloads import OrganizationAnswer, OrganizationFields
from connectors.zendesk.reference import OWN_FACTS, company_fields, company_of

_AGE = timedelta(hours=1)
_UNKNOWN_AGE = timedelta(minutes=1)


class Customers:
    """Reads organisations; the choices of their fields are read once an hour, if at all."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._choices: Mapping[str, Mapping[str, str]] = {}
        self._learned_at: datetime | None = None
        self._learning = asyncio.Lock()

    async def fetch(self, id: str, properties: frozenset[str]) -> Company:
        """The organisation of that id with these properties."""
        found = await self._client.ask(render.organization(id), OrganizationAnswer)
        company = company_of(found.organization, properties)
        held = {
            name: value
            for name, value in company.properties.items()
            if value is not None and name not in OWN_FACTS
        }
        if held:
            await self._learn(held)
        seen = {name: self._choices.get(name, {}).get(value) for name, value in held.items()}
        return replace(company, labels={name: label for name, label in seen.items() if label})

    async def _learn(self, held: Mapping[str, str]) -> None:
        """Know the choices of these fields: read when old, or where a value is none of them."""
        async with self._learning:
            last, now = self._learned_at, self._client.now()
            lists = {name: self._choices.get(name) for name in held}
            new = any(
                known is None or (known and held[name] not in known)
                for name, known in lists.items()
            )
            if last is not None and now - last < (_UNKNOWN_AGE if new else _AGE):
                return
            self._learned_at = now
            try:
                found = await self._client.ask(render.organization_fields(), OrganizationFields)
            except (ScopeMissing, Rejected):
                # Without the titles the tags count: no reason to know nothing of the customer.
                return
            fields = company_fields(found.organization_fields)
            self._choices = {name: dict(each.options) for name, each in fields.items()}
