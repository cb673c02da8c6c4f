"""How a ticket stands to its end and to escalation, for a page; and opening it again by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.core.closing import remembered
from bridge.core.endings_told import EndingTold, ending_told
from bridge.core.escalating import owner_of_escalation
from bridge.domain.errors import BridgeError
from bridge.domain.records import STATUS
from bridge.domain.refs import TicketRef
from bridge.engine import escalating
from bridge.engine.escalating import Standing
from bridge.engine.hub import Hub
from bridge.store import closures, queue, tokens
from bridge.store.queue import ClaimClass, Mark


@dataclass(frozen=True, slots=True)
class Ending:
    """What a page says of the two. `carried_by`: who carries the escalated ticket."""

    told: EndingTold | None
    standing: Standing
    carried_by: str
    reopens: bool = False
    """The hub can open the ticket again, if a person asks for it."""


async def ending_of(hub: Hub, ref: TicketRef) -> Ending | None:
    """None where the ticket was never read, or no mapping is in force for it."""
    situation = await escalating.situation_of(hub, ref)
    if situation is None:
        return None
    return Ending(
        ending_told(situation, hub.now()),
        escalating.standing_in(situation),
        owner_of_escalation(situation.escalations),
        may_reopen(hub, ref),
    )


class CannotReopen(BridgeError):
    """The hub can't open the ticket again; the message says why, and who can."""


def may_reopen(hub: Hub, ref: TicketRef) -> bool:
    """Whether the mapping says to which status a ticket is opened again."""
    active = hub.mappings.get(ref.connection)
    closing = None if active is None else active.data.closing
    return closing is not None and closing.reopen_to is not None


async def reopen(hub: Hub, ref: TicketRef, *, by: str) -> None:
    """Have the ticket's next pass open it again in the helpdesk, before all other work.

    CannotReopen where nobody can, or the mapping does not say how.
    """
    situation = await escalating.situation_of(hub, ref)
    closure = None if situation is None else remembered(situation, hub.now())
    if situation is None or not may_reopen(hub, ref):
        raise CannotReopen("The mapping does not say to which status a ticket is opened again")
    if closure is None or not closure.standing.ended:
        raise CannotReopen("The ticket is open")
    status = situation.observation.text(STATUS).casefold()
    if status == hub.connections[ref.connection].manifest.final_status.casefold():
        raise CannotReopen("The ticket is closed for good: go on in a follow-up ticket")
    async with hub.db.write() as connection:
        await queue.lock(hub.db, connection, [str(ref)])
        asked = replace(closure, asked_at=hub.now())
        await closures.keep(hub.db, connection, str(ref), asked)
        await tokens.audit(
            connection, actor=by, action="ticket.reopened", target=str(ref), detail={},
            now=hub.now(),
        )  # fmt: skip
        await queue.mark(
            hub.db, connection, [Mark(ref, f"opened again by {by}", ClaimClass.PERSON)]
        )
    hub.work_wake.set()
