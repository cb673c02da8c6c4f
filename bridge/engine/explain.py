"""Explain: why a ticket shows what it shows, by running the pure plan, now, without writing.

Works with no event at all: what it says comes from what is true, not from what happened.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from datetime import datetime

from bridge.core.called import fields_called
from bridge.core.counterfactual import Would, would_update_if
from bridge.core.mentions import mentions
from bridge.core.outlook import REFUSALS, Cause, Outlook, judge
from bridge.core.situation import FieldVerdict, TicketSituation
from bridge.core.stages import name_of
from bridge.domain import records as facts
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine.contacts import stored_contacts
from bridge.engine.finding_refs import named
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.references import stored_reference
from bridge.engine.situations import ticket_situation
from bridge.store import connections, explaining, records
from bridge.store.connection import AsyncConnection
from bridge.store.connections import ConnectionState
from bridge.store.database import Row
from bridge.store.explaining import Turn
from bridge.store.records import StoredRecord


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
    also: tuple[Cause, ...] = ()
    """Further reasons, behind the first."""
    would: tuple[Would, ...] = ()
    """What would have to be otherwise for the ticket to be updated."""
    names: Table[str, str] = with_default(default_factory=dict)
    """What people call the records that the sentences name by ref."""


async def explain_ticket(hub: Hub, ref: TicketRef, *, asked: str = "") -> Explanation | None:
    """The ticket's explanation from what is stored; None if the hub does not know it.

    `asked`: the id by which the caller named it. That of a ticket that was merged into this one
    is told so.
    """
    former = TicketRef(ref.connection, asked) if asked else ref
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
        other = None if former == ref else await records.load(connection, str(former))
        states = await connections.load_all(connection)
    if stored is None:
        return None
    now, seen, active = hub.now(), stored.observation, hub.mappings.get(ref.connection)
    bare = Explanation(
        ticket=ref,
        verdict="",
        data={},
        fields=(),
        mapping=None if active is None else active.data.mapping,
        version=None if active is None else active.hash,
        checked_at=now,
        seen_at=None if seen is None else seen.seen_at,
        also=_merged(other),
    )
    if stored.presence is Presence.MERGED:
        return replace(bare, verdict="TICKET_MERGED", data={"into": stored.merged_into or ""})
    if active is None:
        return replace(bare, verdict="NO_MAPPING", data={"connection": ref.connection})
    stops = stops_of(states, now)
    if seen is None or stored.read_at is None:
        # What webhooks told is not the ticket: nothing is decided before it was read.
        first = stops.get(ref.connection) or Cause("WAITING_TICKET_READ", {"item": str(ref)})
        return replace(bare, verdict=first.code, data=first.data)
    situation = await stored_situation(hub, ref, seen, active)
    outlook = await _outlook(hub, situation, stops, now)
    judged = judge(outlook, now)
    data = judged.verdict.data
    if judged.verdict.code == "NO_LINK":
        data = await _mentioned(hub, seen)
    return replace(
        bare,
        verdict=judged.verdict.code,
        data=data,
        fields=judged.fields,
        also=(*bare.also, *judged.also),
        would=would_update_if(outlook, now),
        names=_names(situation),
    )


def _merged(other: StoredRecord | None) -> tuple[Cause, ...]:
    """What is said to those who asked for a ticket that was merged away."""
    if other is None or other.merged_into is None:
        return ()
    return (Cause("TICKET_MERGED", {"into": other.merged_into}),)


async def stored_situation(
    hub: Hub, ref: TicketRef, seen: Observation, active: ActiveMapping
) -> TicketSituation:
    """All that a plan for the ticket looks at, as it is stored; no vendor is asked."""
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
    return replace(situation, contacts=await stored_contacts(hub, seen, active.data))


async def _outlook(
    hub: Hub, situation: TicketSituation, stops: dict[str, Cause], now: datetime
) -> Outlook:
    key = str(situation.ref)
    keys = [key, *(str(each.link.work_item) for each in situation.items)]
    names = _names(situation)
    async with hub.db.read() as connection:
        turns = await explaining.turns_of(connection, keys)
        found = await explaining.open_findings(connection, keys)
    waits = {each: _wait(each, turns[each], names, now) for each in turns}
    return Outlook(
        situation,
        stops=stops,
        waits={each: cause for each, cause in waits.items() if cause is not None},
        refused={
            each["topic"]: _cause(each)
            for each in found
            if each["ref"] == key and each["code"] in REFUSALS and each["topic"]
        },
        open=tuple(_cause(each) for each in found),
    )


def _cause(found: Row) -> Cause:
    place = {"connection": found["connection"], "ref": found["ref"]}
    return Cause(found["code"], {**place, **found["data"]})


def _wait(key: str, turn: Turn, names: Table[str, str], now: datetime) -> Cause | None:
    """Why the record's row does not get its turn, if anything keeps it."""
    data = {"ref": key, "record": key, "reason": turn.last_error or ""}
    data["attempts"] = str(turn.attempts)
    if key in names:
        data["item"] = names[key]
    if turn.dead:
        return Cause("RUN_FAILED", data)
    if turn.pending and turn.attempts and turn.not_before > now:
        return Cause("WAITING_RETRY", {**data, "until": turn.not_before.isoformat()})
    return None


def stops_of(states: Table[str, ConnectionState], now: datetime) -> dict[str, Cause]:
    """By connection, what keeps the hub from calling it now."""
    found = {name: _stop(name, state, now) for name, state in states.items()}
    return {name: cause for name, cause in found.items() if cause is not None}


def _stop(name: str, state: ConnectionState, now: datetime) -> Cause | None:
    data = {"connection": name, "reason": state.paused_reason or ""}
    if state.paused_at is not None:
        data["since"] = state.paused_at.isoformat()
    if state.paused_by == "credential":
        return Cause("AUTH_EXPIRED", data)
    if state.paused_by is not None:
        return Cause("PAUSED", data)
    if state.down_since is not None:
        return Cause("REMOTE_DOWN", {"connection": name, "since": state.down_since.isoformat()})
    if state.throttled_until is not None and state.throttled_until > now:
        until = state.throttled_until.isoformat()
        return Cause("RATE_LIMITED", {"connection": name, "until": until})
    return None


def _names(s: TicketSituation) -> dict[str, str]:
    """What people call the ticket and its items, by ref, and the fields that the hub owns."""
    names = {**fields_called(s), **{str(e.link.work_item): name_of(e) for e in s.items}}
    key = s.observation.text(facts.KEY)
    return {**names, str(s.ref): key} if key else names


async def _mentioned(hub: Hub, seen: Observation) -> dict[str, str]:
    """The work items that the ticket's own text names: perhaps one of them was meant."""
    async with hub.db.read() as connection:
        found = [
            item
            for text in mentions(seen, hub.sentry)
            for item in await named(connection, hub.connections, text, hub.sentry)
            if isinstance(item, WorkItemRef)
        ]
        items = await _called(connection, list(dict.fromkeys(found))[:3])
    return {"mentions": ", ".join(items)} if items else {}


async def _called(connection: AsyncConnection, refs: list[WorkItemRef]) -> list[str]:
    stored = await records.load_many(connection, [str(each) for each in refs])
    seen = {key: each.observation for key, each in stored.items()}
    keys = {key: "" if each is None else each.text(facts.KEY) for key, each in seen.items()}
    return [f"{keys.get(str(each)) or each.id} in {each.connection}" for each in refs]
