"""Explain: why a ticket shows what it shows, by running the pure plan, now, without writing.

Works with no event at all: what it says comes from what is true, not from what happened.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime

from bridge.core.plan import plan_ticket
from bridge.core.situation import FieldVerdict
from bridge.domain import records as facts
from bridge.domain.records import Presence
from bridge.domain.refs import TicketRef
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.engine.situations import ticket_situation
from bridge.store import connections, records
from bridge.store.connections import ConnectionState


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of a ticket. `data` fills the sentences of `core.reasons` for `verdict`."""

    ticket: TicketRef
    verdict: str
    data: Table[str, str]
    fields: tuple[FieldVerdict, ...]
    mapping: str | None
    version: str | None
    checked_at: datetime
    seen_at: datetime | None
    """When the vendor last showed the ticket."""


async def explain_ticket(hub: Hub, ref: TicketRef) -> Explanation | None:
    """The ticket's explanation from what is stored; None if the hub does not know it."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
        states = await connections.load_all(connection)
    if stored is None:
        return None
    active = hub.mappings.get(ref.connection)
    checked_at = hub.now()
    seen = stored.observation

    def said(verdict: str, data: Table[str, str]) -> Explanation:
        return Explanation(
            ticket=ref,
            verdict=verdict,
            data=data,
            fields=(),
            mapping=None if active is None else active.data.mapping,
            version=None if active is None else active.hash,
            checked_at=checked_at,
            seen_at=None if seen is None else seen.seen_at,
        )

    if stored.presence is Presence.MERGED:
        return said("TICKET_MERGED", {"into": stored.merged_into or ""})
    if active is None:
        return said("NO_MAPPING", {"connection": ref.connection})
    if seen is None:
        return said("WAITING_TICKET_READ", {"ticket": str(ref), "ref": str(ref)})
    stop = _stopped(states, ref.connection)
    if stop is not None:
        return said(*stop)
    company = None
    if seen.text(facts.CUSTOMER):
        async with hub.db.read() as connection:
            id = seen.text(facts.CUSTOMER)
            company = (await connections.load_companies(connection, ref.connection, [id])).get(id)
    situation = await ticket_situation(
        hub,
        ref,
        seen,
        reference=await stored_reference(hub, ref.connection),
        mapping=active.data,
        company=company,
    )
    plan = plan_ticket(situation, checked_at)
    return Explanation(
        ticket=ref,
        verdict=plan.verdict,
        data=plan.verdict_data,
        fields=plan.verdicts,
        mapping=active.data.mapping,
        version=active.hash,
        checked_at=checked_at,
        seen_at=seen.seen_at,
    )


def _stopped(states: Table[str, ConnectionState], name: str) -> tuple[str, dict[str, str]] | None:
    """What keeps the whole connection from being written to, if anything does."""
    state = states.get(name)
    if state is None:
        return None
    if state.paused_by == "credential":
        return "AUTH_EXPIRED", {"connection": name, "reason": state.paused_reason or ""}
    if state.paused_by is not None:
        return "PAUSED", {"connection": name, "reason": state.paused_reason or ""}
    if state.down_since is not None:
        return "REMOTE_DOWN", {"connection": name, "since": state.down_since.isoformat()}
    return None
