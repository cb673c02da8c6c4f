"""How a ticket stands to its end and to escalation, put together for a page."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.endings_told import EndingTold, ending_told
from bridge.core.escalating import owner_of_escalation
from bridge.domain.refs import TicketRef
from bridge.engine import escalating
from bridge.engine.escalating import Standing
from bridge.engine.hub import Hub


@dataclass(frozen=True, slots=True)
class Ending:
    """What a page says of the two. `carried_by`: who carries the escalated ticket."""

    told: EndingTold | None
    standing: Standing
    carried_by: str


async def ending_of(hub: Hub, ref: TicketRef) -> Ending | None:
    """None where the ticket was never read, or no mapping is in force for it."""
    situation = await escalating.situation_of(hub, ref)
    if situation is None:
        return None
    return Ending(
        ending_told(situation, hub.now()),
        escalating.standing_in(situation),
        owner_of_escalation(situation.escalations),
    )
