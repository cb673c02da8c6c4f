"""Companies as customers, with the words that people see of what is chosen from a list.

A company holds an option's internal value; its label stands in the definition of the property.
https://developers.hubspot.com/docs/api/crm/properties
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from bridge.domain.errors import Rejected, ScopeMissing
from bridge.domain.records import Company
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Properties, Record
from connectors.hubspot.reference import field_of
from connectors.hubspot.render import Renderer

_AGE = timedelta(hours=1)
_UNKNOWN_AGE = timedelta(minutes=1)
_TEXTS = frozenset({"name", "domain"})
"""Properties of HubSpot's own that are never chosen from a list."""


class Customers:
    """Reads companies; the options of their properties are read once an hour, if at all."""

    def __init__(self, client: Client, render: Renderer) -> None:
        self._client = client
        self._render = render
        self._options: Mapping[str, Mapping[str, str]] = {}
        self._learned_at: datetime | None = None
        self._learning = asyncio.Lock()

    async def fetch(self, id: str, properties: frozenset[str]) -> Company:
        """The company of that id with these properties; without a name it goes by its domain."""
        asked = sorted(properties | _TEXTS)
        found = await self._client.ask(self._render.company(id, asked), Record)
        read = {name: found.properties.get(name) or None for name in sorted(properties)}
        held = {name: value for name, value in read.items() if value and name not in _TEXTS}
        if held:
            await self._learn(held)
        seen = {name: self._options.get(name, {}).get(value) for name, value in held.items()}
        return Company(
            id=found.id,
            name=found.properties.get("name") or found.properties.get("domain") or found.id,
            properties=read,
            labels={name: label for name, label in seen.items() if label},
        )

    async def _learn(self, held: Mapping[str, str]) -> None:
        """Know the options of these: read again when old, or when a value is none of them."""
        async with self._learning:
            last, now = self._learned_at, self._client.now()
            lists = {name: self._options.get(name) for name in held}
            new = any(
                known is None or (known and held[name] not in known)
                for name, known in lists.items()
            )
            if last is not None and now - last < (_UNKNOWN_AGE if new else _AGE):
                return
            self._learned_at = now
            try:
                found = await self._client.ask(self._render.properties("companies"), Properties)
            except (ScopeMissing, Rejected):
                # Without the labels the values count: no reason to know nothing of the customer.
                return
            self._options = {each.name: dict(field_of(each).options) for each in found.results}
