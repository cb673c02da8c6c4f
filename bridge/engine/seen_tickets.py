"""The newest tickets that were read, as a mapping reads them: for people who change it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.facts import Facts
from bridge.domain import records as facts
from bridge.domain.mapping import Mapping
from bridge.domain.records import Observation, Presence
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.store import connections, records
from bridge.store.seen_values import newest_tickets

CHUNK = 200
"""Tickets that are loaded at a time: the loop must not be kept from those who wait."""
GONE = (Presence.MERGED, Presence.DELETED)
MOST = 1000
"""Tickets that are looked at; older ones are left out."""


@dataclass(frozen=True, slots=True)
class SeenTickets:
    """The tickets, and whether there are more."""

    tickets: tuple[Facts, ...]
    more: bool = False

    @property
    def number(self) -> int:
        """How many tickets these are."""
        return len(self.tickets)


async def seen_tickets(hub: Hub, mapping: Mapping, *, most: int = MOST) -> SeenTickets:
    """The tickets that were read last, as the mapping sees them. No vendor is asked."""
    name = mapping.helpdesk
    async with hub.db.read(long=True) as connection:
        keys = await newest_tickets(connection, name, most + 1)
        seen: list[Observation] = []
        for begin in range(0, min(len(keys), most), CHUNK):
            stored = await records.load_many(connection, keys[begin : min(begin + CHUNK, most)])
            found = (each.observation for each in stored.values() if each.presence not in GONE)
            seen += [each for each in found if each is not None]
        ids = {each.text(facts.CUSTOMER) for each in seen}
        companies = await connections.load_companies(connection, name, ids)
    reference = await stored_reference(hub, name)
    return SeenTickets(
        tuple(
            Facts(each.ref, each, mapping, reference, companies.get(each.text(facts.CUSTOMER)))
            for each in seen
        ),
        len(keys) > most,
    )
