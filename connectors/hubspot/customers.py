"""Companies as customers, with the words that people see of what is chosen from a list.

A company holds an option's internal value; its label stands in the definition of the property.
https://developers.hubspot.com/docs/api/crm/properties
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.domain.errors import Rejected, ScopeMissing
from bridge.domain.records import Company, Contact
from bridge.kit.labels import Labels, Lists
from connectors.hubspot.client import Client
from connectors.hubspot.ids import parts_of
from connectors.hubspot.manifest import BATCH
from connectors.hubspot.payloads import Properties, Record, Records
from connectors.hubspot.reference import field_of
from connectors.hubspot.render import Renderer

_TEXTS = frozenset({"name", "domain"})
"""Properties of HubSpot's own that are never chosen from a list."""


class Customers:
    """Reads companies; the options of their properties are read once an hour, if at all."""

    def __init__(self, client: Client, render: Renderer) -> None:
        self._client = client
        self._render = render
        self._labels = Labels(self._options, client.now)

    async def fetch(self, id: str, properties: frozenset[str]) -> Company:
        """The company of that id with these properties; without a name it goes by its domain."""
        asked = sorted(properties | _TEXTS)
        found = await self._client.ask(self._render.company(id, asked), Record)
        read = {name: found.properties.get(name) or None for name in sorted(properties)}
        held = {name: value for name, value in read.items() if value and name not in _TEXTS}
        return Company(
            id=found.id,
            name=found.properties.get("name") or found.properties.get("domain") or found.id,
            properties=read,
            labels=await self._labels.of(held),
        )

    async def contacts(self, ids: Sequence[str], properties: frozenset[str]) -> list[Contact]:
        """The contacts of these ids with these properties, by the values that HubSpot keeps."""
        found: list[Contact] = []
        names = sorted(properties)
        for part in parts_of(ids, BATCH):
            answer = await self._client.ask(self._render.records("contacts", part, names), Records)
            found += [
                Contact(each.id, {name: each.properties.get(name) or None for name in names})
                for each in answer.results
                if not each.archived
            ]
        return found

    async def _options(self) -> Lists | None:
        try:
            found = await self._client.ask(self._render.properties("companies"), Properties)
        except (ScopeMissing, Rejected):
            # Without the labels the values count: no reason to know nothing of the customer.
            return None
        return {each.name: dict(field_of(each).options) for each in found.results}
