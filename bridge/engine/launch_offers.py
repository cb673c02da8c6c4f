"""What could be launched for a ticket, from what is stored; no vendor is asked, nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.facts import Facts
from bridge.core.launch_offers import Offer, launch_offers
from bridge.core.plan import is_ticket_open
from bridge.domain.refs import TicketRef
from bridge.engine.explain import stored_situation
from bridge.engine.hub import Hub
from bridge.store import records


@dataclass(frozen=True, slots=True)
class Offers:
    """The routes of the helpdesk's mapping that launch. `open` false: the ticket is closed."""

    offers: tuple[Offer, ...]
    open: bool


async def offers_for(hub: Hub, ref: TicketRef) -> Offers | None:
    """The offers; None if no mapping is in force, or the ticket was never read."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
    active = hub.mappings.get(ref.connection)
    if active is None or stored is None or stored.observation is None or stored.read_at is None:
        return None
    s = await stored_situation(hub, ref, stored.observation, active)
    facts = Facts(ref, stored.observation, active.data, s.reference, s.company, hub.sentry)
    return Offers(launch_offers(s, facts, hub.now()), is_ticket_open(s))
