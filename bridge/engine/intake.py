"""Intake: deliveries become observations and marks. After this, no event exists any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain import records as facts
from bridge.domain.events import (
    Delivery,
    Event,
    Hint,
    Ignored,
    PrivacyDeletion,
    ReferenceChanged,
)
from bridge.domain.findings import Finding
from bridge.domain.records import Observation, Source
from bridge.domain.refs import Kind, Ref, TicketRef, make_ref, split_ref
from bridge.engine.hub import Hub
from bridge.store import connections, deliveries, history, queue, records
from bridge.store.queue import Mark

log = structlog.get_logger(__name__)

BATCH = 64


@dataclass(slots=True)
class _Reading:
    """What one delivery came to."""

    delivery: Delivery
    marks: list[Mark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


async def intake_once(hub: Hub) -> int:
    """Read the oldest waiting deliveries in one short transaction; how many."""
    async with hub.db.write() as connection:
        waiting = await deliveries.waiting(hub.db, connection, BATCH)
        marks: list[Mark] = []
        for delivery in waiting:
            reading = await _read(hub, connection, delivery)
            marks += reading.marks
            if reading.findings:
                await history.raise_findings(hub.db, connection, reading.findings, hub.now())
            await deliveries.settle(
                connection,
                delivery.id,
                state="done" if reading.marks else "ignored",
                reason="; ".join(dict.fromkeys(reading.reasons))[:500] or None,
                records=[str(each.ref) for each in reading.marks],
            )
        await queue.mark(hub.db, connection, marks)
    if marks:
        hub.work_wake.set()
    return len(waiting)


async def _read(hub: Hub, connection: AsyncConnection, delivery: Delivery) -> _Reading:
    reading = _Reading(delivery)
    port = hub.connections.get(delivery.connection)
    if port is None or port.receiver is None:
        reading.reasons.append("the connection is no longer configured")
        return reading
    hints = port.receiver.normalise(delivery)
    if isinstance(hints, Ignored):
        reading.reasons.append(hints.reason)
        return reading
    # In key order: two replicas that take the same records never deadlock.
    for hint in sorted(hints, key=_order):
        name = _connection_of(hub, delivery.connection, hint)
        if name is None:
            reading.reasons.append(f"no connection for account {hint.account}")
            reading.findings.append(
                Finding(
                    "UNKNOWN_ACCOUNT",
                    delivery.connection,
                    topic=hint.account or "",
                    data={"account": hint.account or ""},
                )
            )
            continue
        match hint:
            case Event():
                await _event(hub, connection, name, hint, reading)
            case ReferenceChanged():
                await _reference_changed(hub, connection, name, hint, reading)
            case PrivacyDeletion():
                await _forget(connection, name, hint, reading)
    return reading


def _order(hint: Hint) -> tuple[str, str]:
    match hint:
        case Event():
            return "event", hint.id
        case ReferenceChanged():
            return "reference", hint.id
        case PrivacyDeletion():
            return "person", hint.person_id


def _connection_of(hub: Hub, door: str, hint: Hint) -> str | None:
    if hint.account is None or hub.connections[door].account == hint.account:
        return door
    return hub.by_account(hub.connections[door].manifest.vendor, hint.account)


async def _event(
    hub: Hub, connection: AsyncConnection, name: str, event: Event, reading: _Reading
) -> None:
    ref = await _resolve(connection, name, event)
    if ref is None:
        reading.reasons.append(f"{event.id} belongs to no known record")
        return
    known = await records.load_many(connection, [str(ref)])
    if not known and not isinstance(ref, TicketRef):
        reading.reasons.append(f"work item {ref.id} is linked to no ticket")
        return
    seen = Observation(
        ref=ref,
        facts=event.facts,
        seen_at=reading.delivery.received_at,
        source=Source.WEBHOOK,
        revision=event.revision,
        whole=event.whole,
        presence=event.presence,
    )
    await records.observe(hub.db, connection, seen)
    if isinstance(ref, TicketRef):
        await absorb(hub, connection, ref, event.aliases)
    reading.marks.append(
        Mark(
            ref,
            cause=f"delivery:{reading.delivery.id}",
            debounce_ms=hub.connections[name].settings.debounce_ms,
            read=event.thin,
        )
    )


async def _resolve(connection: AsyncConnection, name: str, event: Event) -> Ref | None:
    """The record an event is about, through the aliases that merges and threads leave."""
    found = await records.resolve_aliases(connection, name, [event.id])
    if event.id in found:
        return make_ref(event.kind, *split_ref(found[event.id]))
    return None if event.via_alias else make_ref(event.kind, name, event.id)


async def absorb(
    hub: Hub, connection: AsyncConnection, ref: TicketRef, olds: Iterable[str]
) -> None:
    """Let these ids mean `ref` from now on, and move to it whatever hung on them."""
    gone = sorted(set(olds) - {ref.id})
    await records.set_aliases(hub.db, connection, ref, gone)
    for old in gone:
        key = str(TicketRef(ref.connection, old))
        if await records.merge_records(hub.db, connection, key, ref, hub.now()):
            await history.add_transition(
                connection,
                str(ref),
                "merged",
                before=key,
                after=str(ref),
                cause="vendor",
                now=hub.now(),
            )


async def _reference_changed(
    hub: Hub, connection: AsyncConnection, name: str, hint: ReferenceChanged, reading: _Reading
) -> None:
    if hint.what != connections.COMPANY:
        await connections.outdate_reference(connection, name)
        hub.references.pop(name, None)
        reading.reasons.append("reference data is read again")
        return
    await connections.forget_company(connection, name, hint.id)
    dependents = await records.referring(connection, name, "company", hint.id)
    if not dependents:
        reading.reasons.append(f"no ticket of company {hint.id}")
    cause = f"delivery:{reading.delivery.id}"
    reading.marks += [
        Mark(TicketRef(*split_ref(key)), cause, queue.ClaimClass.FAN_OUT) for key in dependents
    ]


async def _forget(
    connection: AsyncConnection, name: str, hint: PrivacyDeletion, reading: _Reading
) -> None:
    """The vendor erased a person: their words go from records and stored deliveries."""
    keys = await records.referring(connection, name, "contact", hint.person_id)
    stored = await records.load_many(connection, keys)
    for each in stored.values():
        await records.forget_texts(connection, each, facts.TEXT_FACTS)
    await deliveries.expunge_mentioning(connection, name, set(keys))
    reading.marks += [
        Mark(make_ref(Kind.TICKET, *split_ref(key)), "privacy deletion", read=True) for key in keys
    ]
    reading.reasons.append(f"a person was erased; {len(keys)} tickets cleared")
    log.info("privacy deletion", connection=name, tickets=len(keys))
