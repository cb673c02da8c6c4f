"""What the customer of a ticket knew at a moment, from what is stored; nobody is asked."""

from __future__ import annotations

from datetime import datetime

from bridge.core.known_to_customer import KnownThen, Shown, known_at
from bridge.domain.records import Observation, Source
from bridge.domain.refs import TicketRef
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms
from bridge.store import drafts, history, records


async def known_to_customer(hub: Hub, ref: TicketRef, at: datetime) -> KnownThen:
    """The stage that it showed, the date that was last told, and the last message, as of `at`."""
    key = str(ref)
    async with hub.db.read() as store:
        stored = await records.load(store, key)
        said = (await drafts.said_on(store, [key])).get(key, [])
        row = await history.last_change(store, key, "stage", at)
    seen = None if stored is None else stored.observation
    return known_at(
        at,
        [] if row is None else [Shown(from_ms(row["at"]), row["after"] or "")],
        seen or Observation(ref, {}, at, Source.READ),
        said,
    )
