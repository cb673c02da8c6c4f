"""What is read together with claims: many tickets in the statements that one alone would take.

It was true when the records were claimed, so a pass may plan with it as long as it has asked the
vendor nothing: what changes afterwards marks the record, and its pass runs once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.core.closing import is_watched
from bridge.domain import records as facts
from bridge.domain.records import Company, Observation
from bridge.engine import releasing
from bridge.engine.hub import Hub
from bridge.store import connections, records, surroundings
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim
from bridge.store.records import StoredRecord
from bridge.store.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Loaded:
    """The claimed tickets by key, what hangs on them, and their customers by connection and id."""

    tickets: Mapping[str, StoredRecord]
    around: Surroundings
    companies: Mapping[tuple[str, str], tuple[Company, datetime]]

    def company(self, seen: Observation) -> tuple[Company, datetime] | None:
        """The customer of a ticket, with when it was read."""
        return self.companies.get((seen.ref.connection, seen.text(facts.CUSTOMER)))


async def load_claimed(hub: Hub, connection: AsyncConnection, claims: Sequence[Claim]) -> Loaded:
    """Read what passes over the claimed tickets begin with."""
    keys = [each.key for each in claims if each.kind == "ticket"]
    if not keys:
        return Loaded({}, Surroundings({}, set()), {})
    tickets = await records.load_many(connection, keys)
    customers: defaultdict[str, set[str]] = defaultdict(set)
    for each in tickets.values():
        if each.observation is not None and (id := each.observation.text(facts.CUSTOMER)):
            customers[each.ref.connection].add(id)
    companies = {
        (name, id): held
        for name, ids in customers.items()
        for id, held in (await connections.companies_read(connection, name, ids)).items()
    }
    names = {each.ref.connection for each in tickets.values()}
    around = await surroundings.load(
        connection,
        keys,
        hub.now(),
        promising=hub.promising(names),
        dates=releasing.follows(hub),
        endings=any(is_watched(e.data) for name, e in hub.mappings.items() if name in names),
    )
    return Loaded(tickets, around, companies)
