"""Record: one short transaction that keeps what a pass saw, decided and did, and wakes neighbours.

The generation test at its end is what makes a change that came during the pass run once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

from bridge.core.comments import marked_digest_source
from bridge.core.ends import watched_until
from bridge.core.facts import Facts
from bridge.core.hygiene import CODES
from bridge.core.ledger import notes_of
from bridge.core.merge import mirror_digest
from bridge.core.releases import CUSTOMER_CHANGED, weighs_stray
from bridge.core.reviewing import held_anew
from bridge.core.situation import ItemSituation, Plan, TicketSituation
from bridge.core.values import digest
from bridge.core.wanted import item_shows
from bridge.domain import records as facts
from bridge.domain.drafts import DraftState
from bridge.domain.findings import Finding
from bridge.domain.held import HeldState
from bridge.domain.operations import RelateItem
from bridge.domain.records import Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine import faultpoints, notices, promised, releasing, telling
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.observe import Seen
from bridge.engine.operation import Run
from bridge.engine.ticket_row import is_closed, ticket_view
from bridge.engine.traces import calls_made
from bridge.engine.waking import wake_neighbours
from bridge.store import (
    closures,
    drafts,
    escalations,
    held,
    history,
    leases,
    queue,
    records,
    retries,
    signals,
    views,
    work,
)
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim
from bridge.store.queue import Mark
from bridge.store.records import StoredRecord
from bridge.store.run_inputs import inputs_of

SHOWN = ("stage_id", "stage_label", "eta", "keys", "eta_told", "release_id", "release_name")
"""What a ticket shows of its work, as its row has it."""

KEPT = frozenset({"COPY_REJECTED", "FIELD_INVALID", "TRANSITION_BLOCKED"})
"""Raised by an operation, not by a plan: a later pass that does not try again proves nothing."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass came to: the last situation and plan."""

    started_at: datetime
    situation: TicketSituation | ItemSituation
    plan: Plan
    mapping: ActiveMapping | None


async def nothing_to_do(hub: Hub, claim: Claim) -> None:
    """End a pass over a record that no mapping or merge leaves anything to decide for."""
    async with hub.db.write(durable=False) as connection:
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=None)


async def record(run: Run, stored: StoredRecord, done: Pass) -> None:
    """Keep the pass, wake who depends on it, and give the lease back."""
    hub, claim, plan = run.hub, run.claim, done.plan
    raised = [*plan.findings, *run.findings]
    shown = _shown(run, done.situation)
    waking = stored.mirror_digest != shown or _came_back(done)
    async with hub.db.write(durable=False) as connection:
        again = stored.mirror_digest in records.GONE
        # A row about a work item's text is tied to that item's row.
        beside = bool(plan.look_first or plan.held)
        await run.hold(connection, waking=waking or again or beside, finishing=True)
        raised = await _keep_held(run, connection, done, raised)
        await history.raise_findings(hub.db, connection, raised, hub.now())
        closed = await history.close_findings(
            connection, ref=claim.key, still=raised, spared=_spared(run, done)
        )
        if again and await work.mend_links(connection, claim.key):
            # This plan was made with broken links: once more, with whole ones.
            mended = Mark(stored.ref, "its links hold again")
            await queue.mark(hub.db, connection, [mended])
        await work.write_fingerprints(hub.db, connection, claim.key, plan.fingerprints)
        for id, why in plan.unsaid:
            await drafts.end(connection, id, DraftState.REFUSED, error=why)
        for entry in plan.ledger:
            await work.write_ledger(hub.db, connection, claim.key, entry)
        if isinstance(done.situation, TicketSituation):
            changed = await _record_ticket(run, connection, done.situation, done)
        else:
            changed = waking
        await releasing.learn(hub, connection, done.situation)
        if waking:
            # What could not be seen for a while concerns everybody.
            await wake_neighbours(run, connection, None if again else done.situation)
        if again:
            await _wake_signals(run, connection, stored)
        elif waking and _may_hold_copies(done.situation):
            await _wake_signals(run, connection, stored, read=True)
        await queue.mark(
            hub.db,
            connection,
            [
                Mark(ref, f"wanted by {claim.key}", read=True, trace=claim.trace)
                for ref in plan.look_first
            ],
        )
        if run.outcomes or changed or closed or _held_anew(done):
            await _keep_run(run, connection, done)
        told = (_is_live(done.situation, hub.now()), shown)
        due = await leases.finish(
            hub.db, connection, claim, hub.worker_id, wake_at=plan.wake_at, shown=told
        )
    faultpoints.reach("record.stored", claim.kind)
    await notices.wake(hub, [each.channel for each in (*plan.notices.new, *plan.notices.again)])
    if due or waking or again or plan.look_first or run.outcomes:
        # An operation may have marked others, such as what it made.
        hub.work_wake.set()


async def _keep_held(
    run: Run, connection: AsyncConnection, done: Pass, raised: list[Finding]
) -> list[Finding]:
    """Keep what waits for a person; the findings, each with the id of the text it is about."""
    texts, s = done.plan.held, done.situation
    before = s.held.values() if isinstance(s, TicketSituation) else ()
    if texts is None or not (texts or any(each.state is HeldState.OPEN for each in before)):
        return raised
    ids = await held.keep(run.hub.db, connection, run.claim.key, texts, run.hub.now())
    return [
        replace(each, data={**each.data, "held": ids[each.data["source"]]})
        if each.data.get("source") in ids
        else each
        for each in raised
    ]


def _came_back(done: Pass) -> bool:
    """Whether a reply has just brought the ticket back, of which its work items are told."""
    s, after = done.situation, done.plan.closure
    before = s.closure if isinstance(s, TicketSituation) else None
    return (
        after is not None and bool(after.reply) and (before is None or before.reply != after.reply)
    )


def _held_anew(done: Pass) -> list[str]:
    s = done.situation
    return held_anew(s.held, done.plan.held or ()) if isinstance(s, TicketSituation) else []


def _spared(run: Run, done: Pass) -> Callable[[str, str], bool]:
    """Which open findings this pass says nothing about."""
    plan, s = done.plan, done.situation
    settled = {each.field for each in plan.verdicts if each.verdict == "IN_SYNC"}
    related = {each.source for each, _ in run.outcomes if isinstance(each, RelateItem)}

    def spared(code: str, topic: str) -> bool:
        if plan.look_first or code in CODES:
            # What hangs on a neighbour that was never seen was not weighed at all, and what the
            # nightly look found is its own.
            return True
        if code == CUSTOMER_CHANGED and isinstance(s, TicketSituation):
            # It is what holds the ticket back: a pass that did not weigh it lets nobody go.
            return not weighs_stray(s, topic)
        if code == "RELATION_REJECTED":
            return topic not in related
        return code in KEPT and not run.outcomes and topic not in settled

    return spared


async def unreadable(run: Run, stored: StoredRecord, seen: Seen) -> None:
    """End a pass over a record that the vendor does not show: nothing is blanked or ended."""
    hub, claim = run.hub, run.claim
    raised = []
    if seen.presence in (Presence.MISSING, Presence.DELETED):
        raised.append(
            Finding("RECORD_MISSING", claim.connection, claim.key, data={"ref": claim.key})
        )
    async with hub.db.write(durable=False) as connection:
        await run.hold(connection, waking=True)
        await history.raise_findings(hub.db, connection, raised, hub.now())
        if raised:
            # A webhook alone may have told of the deletion.
            await work.break_links(connection, claim.key)
            await telling.drop(connection, claim)
        if seen.presence is not Presence.ABSENT:
            # A ticket that is restored is held back as it was.
            kept = CODES if seen.presence is Presence.MERGED else (*CODES, CUSTOMER_CHANGED)
            await history.close_findings(
                connection, ref=claim.key, still=raised, spared=lambda code, _: code in kept
            )
        if seen.presence is Presence.MERGED and seen.merged_into is not None:
            ref = TicketRef(claim.connection, seen.merged_into.partition(":")[2])
            await queue.mark(hub.db, connection, [Mark(ref, f"merged with {claim.key}")])
        gone = seen.presence.value
        if seen.presence is not Presence.MERGED and stored.mirror_digest != gone:
            await records.set_active(connection, claim.key, False, gone)
            await notices.drop(connection, claim)
            await promised.drop(connection, claim)
            await wake_neighbours(run, connection)
            await _wake_signals(run, connection, stored)
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=seen.look_again)
    hub.work_wake.set()


def _may_hold_copies(situation: TicketSituation | ItemSituation) -> bool:
    """Whether comments wait at an item born of a signal, whose source knows which are its own."""
    if not isinstance(situation, ItemSituation) or not situation.kept_links:
        return False
    return any(marked_digest_source(each) for each in notes_of(situation.observation))


async def _wake_signals(
    run: Run, connection: AsyncConnection, stored: StoredRecord, *, read: bool = False
) -> None:
    """Something is new about the item: the signals that it was born of look again."""
    if isinstance(stored.ref, WorkItemRef):
        born_of = await signals.signals_of(connection, stored.ref)
        cause, trace = f"work item {stored.ref}", run.claim.trace
        marks = [Mark(each, cause, read=read, trace=trace) for each in born_of]
        await queue.mark(run.hub.db, connection, marks)


def _shown(run: Run, situation: TicketSituation | ItemSituation) -> str:
    """The digest of all that the other ends of the record's links take from it."""
    if isinstance(situation, TicketSituation):
        return ticket_digest(situation)
    mappings = [each.data for each in run.hub.mappings.values()]
    shown = item_shows(mappings, run.claim.connection, situation.tracker.eta)
    return mirror_digest(situation.observation, shown)


def _is_live(situation: TicketSituation | ItemSituation, now: datetime) -> bool:
    """Whether the patrol and the nightly look go on looking after the record."""
    if isinstance(situation, TicketSituation):
        # What was given for a time outlives the ticket: somebody must take it back.
        return not is_closed(situation) or watched_until(situation, now) is not None
    beside = bool(situation.related or situation.kept_links)
    return beside or any(not each.closed for each in situation.tickets)


async def _record_ticket(
    run: Run, connection: AsyncConnection, situation: TicketSituation, done: Pass
) -> bool:
    before = await views.load(connection, run.claim.key)
    view = ticket_view(situation, await _without_ignored(connection, run.claim.key, done.plan))
    if view.closed and before is not None:
        # Nothing is written to a closed ticket: what it shows is what it showed.
        view = replace(view, **{name: before[name] for name in SHOWN})
    await views.store(run.hub.db, connection, view, run.hub.now(), before=before)
    await notices.keep(run.hub, connection, run.claim.key, done.plan.notices)
    if done.plan.drafts:
        await drafts.keep(connection, done.plan.drafts)
    await escalations.add(run.hub.db, connection, done.plan.escalations)
    if done.plan.closure is not None and done.plan.closure != situation.closure:
        await closures.keep(run.hub.db, connection, run.claim.key, done.plan.closure)
    changed = before is None or before["verdict"] != view.verdict or bool(done.plan.drafts)
    listed = before is not None and before["promise_state"] is not None
    changed |= await promised.keep(run, connection, situation, done.plan, listed=listed)
    steps = [
        history.Step(what, was, after)
        for what, column, after in (
            ("stage", "stage_label", view.stage_label),
            ("eta", "eta", view.eta),
            ("keys", "keys", view.keys),
            ("eta_told", "eta_told", view.eta_told),
        )
        if (was := None if before is None else before[column]) != after and (was or after)
    ]
    await history.add_transitions(
        connection, run.claim.key, steps, cause=run.claim.woken_by, now=run.hub.now()
    )
    return changed or bool(steps)


async def _without_ignored(connection: AsyncConnection, key: str, plan: Plan) -> Plan:
    """The plan without what a person chose to ignore: it puts the ticket on no tab."""
    if not plan.findings:
        return plan
    ignored = await retries.ignored_codes(connection, key)
    kept = tuple(each for each in plan.findings if (each.code, each.topic) not in ignored)
    return replace(plan, findings=kept)


def ticket_digest(situation: TicketSituation) -> str:
    """The digest of all that linked work items take from the ticket."""
    seen = situation.observation
    owned = [p.ticket for p in situation.mapping.fields if p.owner == "ticket"]
    parts: list[facts.Value] = [
        seen.value(name) for name in (facts.URL, facts.ATTACHMENTS, facts.COMMENTS, *owned)
    ]
    links: list[facts.Value] = [each.link.id for each in situation.items]
    if situation.mapping.show_on_work_item.impact:
        said = Facts(situation.ref, seen, situation.mapping, situation.reference, situation.company)
        parts += [list(said.read(name).labels) for name in ("customer", "plan")]
    return digest([*parts, links, is_closed(situation)])


async def _keep_run(run: Run, connection: AsyncConnection, done: Pass) -> None:
    situation, plan = done.situation, done.plan
    await history.end_run(
        run.hub.db,
        connection,
        id=run.id,
        record_key=run.claim.key,
        woken_by=run.claim.woken_by,
        trace=run.claim.trace,
        started_at=done.started_at,
        finished_at=run.hub.now(),
        mapping_hash=None if done.mapping is None else done.mapping.hash,
        verdict=plan.verdict,
        inputs=inputs_of(situation, _mappings(run.hub, situation)),
        decided={
            "operations": [type(op).__name__ for op, _ in run.outcomes],
            "outcomes": [outcome.kind.value for _, outcome in run.outcomes],
            "findings": [each.code for each in (*plan.findings, *run.findings)],
            "verdicts": [_plain(each) for each in plan.verdicts],
            "stage": plan.stage,
            "eta": _plain(plan.eta),
            "calls": calls_made(),
            "held": _held_anew(done),
        },
    )


def _mappings(hub: Hub, situation: TicketSituation | ItemSituation) -> dict[str, str]:
    """The hashes of the mappings that an item's tickets went by; one changed meanwhile is none."""
    if isinstance(situation, TicketSituation):
        return {}
    used = {each.link.ticket.connection: each.mapping for each in situation.tickets}
    active = hub.mappings
    return {
        name: active[name].hash if name in active and active[name].data is mapping else ""
        for name, mapping in used.items()
        if mapping is not None
    }


def _plain(value: Any) -> Any:
    """The value with only what JSON knows; a dataclass as the table of its fields."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [_plain(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
