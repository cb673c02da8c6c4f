"""What is associated with tickets: their companies, contacts and notes."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Association, Associations, Record
from connectors.hubspot.render import Renderer

Linked = dict[str, list[Association]]
"""Ticket → what is associated with it."""


class AssociationReader:
    """Reads associations, without a call where the ticket itself already tells them."""

    def __init__(self, client: Client, render: Renderer) -> None:
        self._client = client
        self._render = render

    async def companies(self, ticket: Record) -> list[Association]:
        """The ticket's companies. Which one is the primary matters only among several."""
        listed = ticket.associations.get("companies")
        if listed is None:
            return []
        ids = list(dict.fromkeys(each.id for each in listed.results))
        if len(ids) == 1 and listed.after is None:
            return [Association(to_object_id=ids[0])]
        return (await self.of_many("companies", [ticket.id]))[ticket.id]

    async def ids(self, ticket: Record, kind: str) -> list[str]:
        """The ids of a kind that the ticket is associated with."""
        listed = ticket.associations.get(kind)
        if listed is None:
            return []
        if listed.after is not None:
            return ids_of((await self.of_many(kind, [ticket.id]))[ticket.id])
        return list(dict.fromkeys(each.id for each in listed.results))

    async def of_many(self, kind: str, records: Iterable[str], *, of: str = "tickets") -> Linked:
        """Every association of the records with a kind, page by page."""
        found: Linked = {id: [] for id in records}
        pending: dict[str, str | None] = dict.fromkeys(found)
        while pending:
            answer = await self._client.ask(
                self._render.associated(kind, pending, of=of), Associations
            )
            asked, pending = pending, {}
            for each in answer.results:
                id = each.origin.id
                if id in asked:
                    found[id] += each.to
                    if each.after is not None and each.after != asked[id]:
                        pending[id] = each.after
        return found


def ids_of(linked: Iterable[Association]) -> list[str]:
    """The ids at the other ends, each once."""
    return list(dict.fromkeys(each.to_object_id for each in linked))
