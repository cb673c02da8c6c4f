"""One pass over one signal: its state is read, its item found or made, relations are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.core.instants import earliest
from bridge.core.signals import (
    Destination,
    SignalPlan,
    SignalSituation,
    plan_probe,
    plan_signal,
)
from bridge.core.values import digest
from bridge.domain.errors import RecordMissing
from bridge.domain.findings import Finding
from bridge.domain.links import Relation
from bridge.domain.records import STATUS, Observation, Presence
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine import faultpoints
from bridge.engine.apply import apply_operation
from bridge.engine.hub import Hub
from bridge.engine.launching import LIMIT_SPAN
from bridge.engine.observe import Seen, needs_read, observe
from bridge.engine.operation import Run
from bridge.engine.proving import prove_copies
from bridge.engine.record import nothing_to_do
from bridge.engine.references import stored_reference
from bridge.engine.signal_launching import born
from bridge.engine.taking_in import take_in
from bridge.ports.roles import Want
from bridge.store import history, leases, queue, records, signals, work
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim
from bridge.store.queue import ClaimClass, Mark

MAX_ROUNDS = 4


async def converge_signal(hub: Hub, claim: Claim) -> None:
    """Read the signal, and see to whatever people asked for of it."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, claim.key)
    port = hub.connections.get(claim.connection)
    if stored is None or port is None or port.signals is None:
        await nothing_to_do(hub, claim)
        return
    run, started_at = Run(hub, claim), hub.now()
    ref = SignalRef(claim.connection, claim.vendor_id)
    reads = needs_read(stored, Want())
    seen = await observe(hub, stored, Want())
    if seen.observation is None or seen.presence is not Presence.PRESENT:
        await _unreadable(run, ref, seen, started_at)
        return
    situation = await _situation(hub, ref)
    if reads or (situation.asked and not situation.items and situation.launch is None):
        await _adopt(run, ref)
        situation = await _situation(hub, ref)
    situation, plan = await _carried_out(run, situation, plan_signal)
    if reads and (situation.items or situation.on_tickets):
        await prove_copies(run, ref)
    await _record(run, plan, situation, seen.observation)
    if run.outcomes:
        await _keep_run(run, plan, started_at)
    hub.work_wake.set()


async def _carried_out(
    run: Run, situation: SignalSituation, planned: Callable[[SignalSituation, datetime], SignalPlan]
) -> tuple[SignalSituation, SignalPlan]:
    """Apply what is planned until nothing is due; the last situation and plan."""
    hub = run.hub
    plan, rounds = planned(situation, hub.now()), 1
    while plan.operations and rounds < MAX_ROUNDS:
        for operation in plan.operations:
            await apply_operation(run, operation)
        situation = await _situation(hub, situation.ref)
        plan, rounds = planned(situation, hub.now()), rounds + 1
    return situation, plan


async def _situation(hub: Hub, ref: SignalRef) -> SignalSituation:
    async with hub.db.read() as connection:
        wanted = await signals.wanted(connection, ref, hub.now())
    usual = hub.signals(ref.connection).launch_place
    place = wanted.place or Destination(usual.connection, usual.project, usual.type)
    port = hub.connections.get(place.connection)
    takes = port is not None and port.tracker is not None and bool(port.manifest.subject_field)
    view = None
    if takes:
        reference = await stored_reference(hub, place.connection)
        view = hub.tracker_view(place.connection, reference)
    async with hub.db.read() as connection:
        born_of = await signals.items_of(connection, ref)
        hanging = await signals.on_tickets(connection, born_of)
        gone = await signals.gone_among(connection, born_of)
        launch = await signals.launch_of(connection, ref)
        recent = await work.launches_since(
            connection, place.connection, hub.now() - LIMIT_SPAN, most=hub.launch_limit
        )
    return SignalSituation(
        ref=ref,
        destination=place,
        tracker=view,
        asked=wanted.by is not None,
        related=wanted.related,
        items=tuple(each for each in born_of if str(each) not in hanging | gone),
        gone=tuple(each for each in born_of if str(each) in gone - hanging),
        on_tickets=tuple(each for each in born_of if str(each) in hanging),
        launch=launch,
        launches_last_hour=recent,
        launch_limit=hub.launch_limit,
    )


async def _adopt(run: Run, ref: SignalRef) -> None:
    """Take the items that Sentry itself has linked to the signal for what they are: born of it.

    One that hangs on a ticket is among them: its texts are held from now on, and the plan makes
    another one. Its button may tie items of any tracker, whichever the hub makes them in.
    """
    hub = run.hub
    async with hub.calling(ref.connection):
        pages = await hub.signals(ref.connection).linked_pages(ref.id)
    if not pages:
        return
    trackers = [name for name, port in hub.connections.items() if port.tracker is not None]
    found = [each for name in trackers for each in await _linked(hub, name, pages)]
    items = [WorkItemRef(each.ref.connection, each.ref.id) for each in found]
    async with hub.db.write(durable=False) as connection:
        tickets = {
            str(link.ticket)
            for item in items
            for link in await work.links_of_item(connection, str(item))
        }
        # All of them in the order of their keys, ours among them: an item's pass locks it too.
        await queue.lock(hub.db, connection, [run.claim.key, *map(str, items), *tickets])
        await run.hold(connection)
        for item, each in zip(items, found, strict=True):
            await take_in(hub, connection, each)
            await born(run, connection, ref, item, by="found at Sentry")


async def _linked(hub: Hub, name: str, pages: Sequence[str]) -> list[Observation]:
    """The items of a tracker that these addresses lead to, as they are now."""
    tracker = hub.tracker(name)
    found: list[Observation] = []
    async with hub.calling(name):
        for page in pages:
            id = await tracker.resolve(page)
            if id is None:
                continue
            try:
                found.append(await tracker.fetch_item(id, Want()))
            except RecordMissing:
                continue
    return [each for each in found if each.presence is Presence.PRESENT]


async def _record(run: Run, plan: SignalPlan, s: SignalSituation, seen: Observation) -> None:
    hub, claim = run.hub, run.claim
    raised = [*plan.findings, *run.findings]
    items = {end for each in plan.relations for end in (each.a, each.b)}
    async with hub.db.write() as connection:
        await queue.lock(hub.db, connection, [claim.key, *(str(each) for each in items)])
        await run.hold(connection)
        await history.raise_findings(hub.db, connection, raised, hub.now())
        await history.close_findings(connection, ref=claim.key, still=raised)
        for each in plan.relations:
            await _relate(run, connection, s.ref, each)
        live = bool(s.items or s.gone or s.on_tickets or plan.relations or run.outcomes)
        shown = (live, digest([seen.value(STATUS), *(str(each) for each in s.items)]))
        await leases.finish(
            hub.db, connection, claim, hub.worker_id, wake_at=plan.wake_at, shown=shown
        )
    faultpoints.reach("record.stored", claim.kind)


async def _relate(
    run: Run, connection: AsyncConnection, signal: SignalRef, relation: Relation
) -> None:
    """Keep the relation, and have both ends show it."""
    hub = run.hub
    by = (await signals.wanted(connection, signal, hub.now())).by or "hub"
    if await signals.relate(hub.db, connection, signal, relation, by=by, now=hub.now()):
        trace = run.claim.trace
        marks = [
            Mark(each, f"related by {signal}", ClaimClass.PERSON, trace=trace)
            for each in (relation.a, relation.b)
        ]
        await queue.mark(hub.db, connection, marks)


async def _keep_run(run: Run, plan: SignalPlan, started_at: datetime) -> None:
    hub, claim = run.hub, run.claim
    async with hub.db.write(durable=False) as connection:
        await history.end_run(
            hub.db,
            connection,
            id=run.id,
            record_key=claim.key,
            woken_by=claim.woken_by,
            trace=claim.trace,
            started_at=started_at,
            finished_at=hub.now(),
            mapping_hash=None,
            verdict=plan.verdict,
            inputs={},
            decided={
                "operations": [type(op).__name__ for op, _ in run.outcomes],
                "outcomes": [outcome.kind.value for _, outcome in run.outcomes],
                "findings": [each.code for each in (*plan.findings, *run.findings)],
            },
        )


async def _unreadable(run: Run, ref: SignalRef, seen: Seen, started_at: datetime) -> None:
    """The vendor does not show the signal: nothing that was made of it ends by that.

    A create whose answer was lost is looked for all the same: its item may be there.
    """
    hub, claim = run.hub, run.claim
    _, plan = await _carried_out(run, await _situation(hub, ref), plan_probe)
    wake_at = earliest(seen.look_again, plan.wake_at)
    raised = [*plan.findings]
    if seen.presence in (Presence.MISSING, Presence.DELETED):
        data = {"ref": claim.key}
        raised.append(Finding("RECORD_MISSING", claim.connection, claim.key, data=data))
    async with hub.db.write(durable=False) as connection:
        await run.hold(connection)
        await history.raise_findings(hub.db, connection, raised, hub.now())
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=wake_at)
    if run.outcomes:
        await _keep_run(run, plan, started_at)
    hub.work_wake.set()
