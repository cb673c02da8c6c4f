"""Intake: deliveries become observations and marks. After this, no event exists any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

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
from bridge.domain.refs import Ref, TicketRef, make_ref, split_ref
from bridge.engine import faultpoints
from bridge.engine.hub import Hub
from bridge.store import connections, deliveries, history, queue, records, views, work
from bridge.store.queue import Mark
from bridge.store.records import BOOKKEEPING

log = structlog.get_logger(__name__)

BATCH = 64
THREAD = "thread:"
"""Prefix of the aliases that conversations leave."""


@dataclass(slots=True)
class _Reading:
    """What one delivery came to. `again`: it was read before, and somebody wants it read anew."""

    delivery: Delivery
    again: bool
    concerned: set[str] = field(default_factory=set)
    marks: list[Mark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


async def intake_once(hub: Hub, limit: int = BATCH) -> int:
    """Read the oldest waiting deliveries in one short transaction; how many."""
    async with hub.db.write(durable=False) as connection:
        waiting = await deliveries.waiting(hub.db, connection, limit)
        marks: list[Mark] = []
        again = {each.id for each, settled in waiting if settled}
        hinted = [(each, _normalised(hub, each)) for each, _ in waiting]
        await queue.lock(hub.db, connection, await _concerned(hub, connection, hinted))
        for delivery, hints in hinted:
            reading = _Reading(delivery, delivery.id in again)
            await _read(hub, connection, reading, hints)
            marks += reading.marks
            if reading.findings:
                await history.raise_findings(hub.db, connection, reading.findings, hub.now())
            await deliveries.settle(
                connection,
                delivery.id,
                state="done" if reading.concerned else "ignored",
                reason="; ".join(dict.fromkeys(reading.reasons))[:500] or None,
                records=sorted(reading.concerned),
            )
        await queue.mark(hub.db, connection, marks)
    if waiting:
        faultpoints.reach("intake.stored")
    if marks:
        hub.work_wake.set()
    return len(waiting)


async def set_aside(hub: Hub, why: str) -> None:
    """Give up on the oldest waiting delivery, and tell a person; it can be replayed."""
    async with hub.db.write() as connection:
        for delivery, _ in await deliveries.waiting(hub.db, connection, 1):
            said = {"connection": delivery.connection, "delivery": delivery.id}
            finding = Finding("DELIVERY_UNREADABLE", delivery.connection, data=said)
            await history.raise_findings(hub.db, connection, [finding], hub.now())
            await deliveries.settle(
                connection, delivery.id, state="ignored", reason=f"not readable: {why}", records=[]
            )


def _normalised(hub: Hub, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
    port = hub.connections.get(delivery.connection)
    if port is None or port.receiver is None:
        return Ignored("the connection is no longer configured")
    return port.receiver.normalise(delivery)


async def _concerned(
    hub: Hub,
    connection: AsyncConnection,
    hinted: Sequence[tuple[Delivery, tuple[Hint, ...] | Ignored]],
) -> list[str]:
    """The keys of the records that these deliveries are about, through their aliases too."""
    ids: dict[str, set[str]] = {}
    for delivery, hints in hinted:
        for hint in () if isinstance(hints, Ignored) else hints:
            name = _connection_of(hub, delivery.connection, hint)
            if name is not None and isinstance(hint, Event):
                ids.setdefault(name, set()).update((hint.id, *hint.aliases))
    keys = {f"{name}:{id}" for name, known in ids.items() for id in known}
    for name, known in ids.items():
        keys |= set((await records.resolve_aliases(connection, name, known)).values())
    return sorted(keys)


async def _read(
    hub: Hub,
    connection: AsyncConnection,
    reading: _Reading,
    hints: tuple[Hint, ...] | Ignored,
) -> None:
    delivery = reading.delivery
    if isinstance(hints, Ignored):
        reading.reasons.append(hints.reason)
        if hints.unreadable:
            said = {"connection": delivery.connection, "delivery": delivery.id}
            reading.findings.append(Finding("DELIVERY_UNREADABLE", delivery.connection, data=said))
        return
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
                    data={"connection": delivery.connection, "account": hint.account or ""},
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
    observed = await records.observe(hub.db, connection, seen, shown=hub.shown(name))
    if isinstance(ref, TicketRef):
        await absorb(hub, connection, ref, event.aliases)
    reading.concerned.add(str(ref))
    news = event.thin or event.aliases or observed.changed - BOOKKEEPING
    if not news and not reading.again:
        # The echo of our own write, as a rule: what it says is what is known already.
        reading.reasons.append("it says nothing new")
        return
    cause = f"delivery:{reading.delivery.id}"
    debounce_ms = hub.connections[name].settings.debounce_ms
    reading.marks.append(Mark(ref, cause, debounce_ms=debounce_ms, read=event.thin))


async def _resolve(connection: AsyncConnection, name: str, event: Event) -> Ref | None:
    """The record an event is about, through the aliases that merges and threads leave."""
    found = await records.resolve_aliases(connection, name, [event.id])
    if event.id in found:
        return make_ref(event.kind, *split_ref(found[event.id]))
    return None if event.via_alias else make_ref(event.kind, name, event.id)


async def absorb(
    hub: Hub,
    connection: AsyncConnection,
    ref: TicketRef,
    olds: Iterable[str],
    *,
    own: str | None = None,
) -> None:
    """Let these ids mean `ref` from now on, and move to it whatever hung on them.

    A pass under way over one of them loses its lease, unless it is the caller's `own`.
    """
    gone = sorted(set(olds) - {ref.id})
    await records.set_aliases(hub.db, connection, ref, gone)
    for old in gone:
        key = str(TicketRef(ref.connection, old))
        if await records.merge_records(hub.db, connection, key, ref, hub.now(), fence=key != own):
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
    reading.concerned.update(dependents)
    if not dependents:
        reading.reasons.append(f"no ticket of company {hint.id}")
    cause = f"delivery:{reading.delivery.id}"
    reading.marks += [
        Mark(TicketRef(*split_ref(key)), cause, queue.ClaimClass.FAN_OUT) for key in dependents
    ]


async def _forget(
    connection: AsyncConnection, name: str, hint: PrivacyDeletion, reading: _Reading
) -> None:
    """The vendor erased a person: their words go from all that is stored of their tickets.

    The records are read again, for what the vendor itself still shows.
    """
    if hint.person_id.startswith(THREAD):
        aliased = await records.resolve_aliases(connection, name, [hint.person_id])
        tickets = sorted(aliased.values())
    else:
        tickets = await records.referring(connection, name, "contact", hint.person_id)
    items = await work.items_of(connection, tickets)
    stored = await records.load_many(connection, [*tickets, *items])
    for each in stored.values():
        await records.forget_texts(connection, each)
    keys = [*stored]
    reading.concerned.update(keys)
    await history.forget_texts(connection, keys)
    await views.forget_texts(connection, tickets)
    await deliveries.expunge_mentioning(connection, set(keys))
    reading.marks += [Mark(each.ref, "privacy deletion", read=True) for each in stored.values()]
    reading.reasons.append(f"a person was erased; {len(tickets)} tickets cleared")
    log.info("privacy deletion", connection=name, tickets=len(tickets))
