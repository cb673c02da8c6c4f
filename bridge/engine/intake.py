"""Intake: deliveries become observations and marks. After this, no event exists any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from bridge.core.news import no_news
from bridge.core.reasons import sentence
from bridge.core.verdicts import GIVEN_UP
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
from bridge.domain.refs import Ref, SignalRef, TicketRef, WorkItemRef, make_ref, split_ref
from bridge.engine import erasing, faultpoints, releasing, traces
from bridge.engine.hub import Hub
from bridge.engine.taking_in import take_in
from bridge.store import connections, deliveries, history, moves, phases, queue, records
from bridge.store import erasing as stored_words
from bridge.store.connection import AsyncConnection
from bridge.store.queue import Mark
from bridge.store.records import BOOKKEEPING

log = structlog.get_logger(__name__)

BATCH = 64
THREAD = "thread:"
"""Prefix of the aliases that conversations leave."""


@dataclass(slots=True)
class _Known:
    """What is known of the records that a batch is about, read at once for all of them."""

    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    """Connection and alias → record key."""

    def now_mean(self, ref: TicketRef, olds: Iterable[str]) -> None:
        """Follow a merge: these ids, and whatever meant one of them, mean `ref`."""
        gone = set(olds) - {ref.id}
        former = {str(TicketRef(ref.connection, each)) for each in gone}
        self.aliases |= {k: str(ref) for k, key in self.aliases.items() if key in former}
        self.aliases |= {(ref.connection, each): str(ref) for each in gone}


@dataclass(slots=True)
class _Reading:
    """What one delivery came to. `again`: it was read before, and somebody wants it read anew."""

    delivery: Delivery
    again: bool
    known: _Known
    concerned: set[str] = field(default_factory=set)
    marks: list[Mark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    gone: list[releasing.Deleted] = field(default_factory=list)
    """Releases that were deleted."""


async def intake_once(hub: Hub, limit: int = BATCH) -> int:
    """Read the oldest waiting deliveries in one short transaction; how many."""
    async with hub.db.write(durable=False) as connection:
        waiting = await deliveries.waiting(hub.db, connection, limit)
        marks: list[Mark] = []
        gone: list[releasing.Deleted] = []
        again = {each.id for each, settled in waiting if settled}
        hinted = [(each, _normalised(hub, each)) for each, _ in waiting]
        known = _Known()
        await queue.lock(hub.db, connection, await _concerned(hub, connection, hinted, known))
        settled: list[deliveries.Settled] = []
        for delivery, hints in hinted:
            reading = _Reading(delivery, delivery.id in again, known)
            with traces.reading(delivery.connection, delivery.id):
                await _read(hub, connection, reading, hints)
            marks += reading.marks
            gone += reading.gone
            if reading.findings:
                await history.raise_findings(hub.db, connection, reading.findings, hub.now())
            settled.append(
                deliveries.Settled(
                    delivery.id,
                    state="done" if reading.concerned else "ignored",
                    reason="; ".join(dict.fromkeys(reading.reasons))[:500] or None,
                    records=sorted(reading.concerned),
                )
            )
        await deliveries.settle(connection, settled)
        await queue.mark(hub.db, connection, marks)
        await releasing.deleted(hub, connection, gone)
    if waiting:
        faultpoints.reach("intake.stored")
    for each in marks:
        if each.trace is not None and each.claim_class is queue.ClaimClass.FRESH:
            hub.metrics.changes.labels(each.ref.connection, "webhook").inc()
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
            given_up = deliveries.Settled(delivery.id, "ignored", f"{GIVEN_UP}{why}", [])
            await deliveries.settle(connection, [given_up])


def _normalised(hub: Hub, delivery: Delivery) -> tuple[Hint, ...] | Ignored:
    port = hub.connections.get(delivery.connection)
    if port is None or port.receiver is None:
        return Ignored("the connection is no longer configured")
    return port.receiver.normalise(delivery)


async def _concerned(
    hub: Hub,
    connection: AsyncConnection,
    hinted: Sequence[tuple[Delivery, tuple[Hint, ...] | Ignored]],
    about: _Known,
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
        found = await records.resolve_aliases(connection, name, known)
        about.aliases |= {(name, alias): key for alias, key in found.items()}
        keys |= set(found.values())
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
                await _forget(hub, connection, name, hint, reading)


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
    ref = _resolve(name, event, reading.known)
    if ref is None:
        reading.reasons.append(f"{event.id} belongs to no known record")
        return
    if ref.id != event.id and not event.via_alias:
        # What is told of a ticket that was merged away is not so of the one it lives on in.
        event = Event(event.kind, ref.id, event.account, thin=True, aliases=event.aliases)
    known = await records.load_many(connection, [str(ref)])
    if not known and not isinstance(ref, TicketRef):
        signal = f"signal {ref.id} has no work item" if isinstance(ref, SignalRef) else ""
        reading.reasons.append(signal or f"work item {ref.id} is linked to no ticket")
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
    observed = await take_in(hub, connection, seen)
    if isinstance(ref, TicketRef):
        await absorb(hub, connection, ref, event.aliases)
        reading.known.now_mean(ref, event.aliases)
    reading.concerned.add(str(ref))
    news = event.thin or event.aliases or observed.changed - BOOKKEEPING
    if not news and not reading.again:
        # The echo of our own write, as a rule: what it says is what is known already.
        code = no_news(observed.before, seen)
        reading.reasons.append(f"{code}: {sentence(code, {})}")
        return
    await moves.tell_of_move(connection, observed, hub.now())
    cause = f"delivery:{reading.delivery.id}"
    debounce_ms = hub.connections[name].settings.debounce_ms
    trace = reading.delivery.id
    reading.marks.append(Mark(ref, cause, debounce_ms=debounce_ms, read=event.thin, trace=trace))


def _resolve(name: str, event: Event, known: _Known) -> Ref | None:
    """The record an event is about, through the aliases that merges and threads leave."""
    found = known.aliases.get((name, event.id))
    if found is not None:
        return make_ref(event.kind, *split_ref(found))
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
    if hint.what == "release":
        await _release_changed(connection, name, hint, reading)
        return
    if hint.what == phases.KIND:
        await phases.forget(connection, name, hint.id)
        reading.reasons.append(f"phase {hint.id} is looked for again when a launch needs it")
        return
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
    trace = reading.delivery.id
    cause = f"delivery:{trace}"
    reading.marks += [
        Mark(TicketRef(*split_ref(key)), cause, queue.ClaimClass.FAN_OUT, trace=trace)
        for key in dependents
    ]


async def _release_changed(
    connection: AsyncConnection, name: str, hint: ReferenceChanged, reading: _Reading
) -> None:
    """Its date stands in the work items, and nothing else tells that it moved there."""
    if hint.gone:
        reading.gone.append(releasing.Deleted(name, hint.id, hint.into))
    planned = await records.referring(connection, name, "release", hint.id)
    reading.concerned.update(planned)
    if not planned:
        reading.reasons.append(f"no linked work item is planned for release {hint.id}")
    trace = reading.delivery.id
    cause = f"delivery:{trace}"
    reading.marks += [
        Mark(WorkItemRef(*split_ref(key)), cause, queue.ClaimClass.FAN_OUT, read=True, trace=trace)
        for key in planned
    ]


async def _forget(
    hub: Hub, connection: AsyncConnection, name: str, hint: PrivacyDeletion, reading: _Reading
) -> None:
    """The vendor erased a person: their words go from what is stored of their tickets.

    The first records at once, all else in a job. They are read again, for what the vendor itself
    still shows.
    """
    if hint.person_id.startswith(THREAD):
        aliased = await records.resolve_aliases(connection, name, [hint.person_id])
        tickets = sorted(aliased.values())
    else:
        tickets = await records.referring(connection, name, "contact", hint.person_id)
    found = await stored_words.circle(connection, tickets)
    first = sorted(found.records)[: erasing.RECORDS]
    await queue.lock(hub.db, connection, first)
    for key in first:
        await stored_words.forget_record(connection, key)
    stored = await records.load_many(connection, first)
    reading.concerned.update(found.records)
    reading.marks += [Mark(each.ref, "privacy deletion", read=True) for each in stored.values()]
    await erasing.erased_at_vendor(hub, connection, name, hint.person_id, tickets)
    reading.reasons.append(f"a person is erased; {len(tickets)} tickets are cleared")
    log.info("privacy deletion", connection=name, tickets=len(tickets))
