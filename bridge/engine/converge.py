"""Converge: one pass that makes one record agree with what its links and the mapping say.

A pass writes only the record it is named after, plus one create call per route; neighbours are
marked, never read. Several rounds happen in one pass only where a create or a probe has changed
what there is to decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from bridge.core.facts import Facts
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.recipients import OWNER, names_unknown_owner
from bridge.core.situation import ItemSituation, Plan, TicketSituation
from bridge.core.wanted import is_past, item_fields, needs_all_messages, ticket_want
from bridge.domain import records as facts
from bridge.domain.mapping import Mapping
from bridge.domain.operations import (
    FindSaid,
    LaunchItem,
    ProbeLaunch,
    SayToCustomer,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
    ShowLetter,
)
from bridge.domain.records import Company, Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine import faultpoints, phases
from bridge.engine.apply import apply_operation
from bridge.engine.claimed import Loaded
from bridge.engine.contacts import contacts_of
from bridge.engine.guiding import Asking, guided
from bridge.engine.hub import ActiveMapping, Hub
from bridge.engine.observe import Seen, observe
from bridge.engine.operation import Run
from bridge.engine.record import Pass, nothing_to_do, record, unreadable
from bridge.engine.references import (
    company_of,
    reference_for,
    reference_of,
    refresh_outdated,
    stored_reference,
)
from bridge.engine.situations import item_situation, ticket_situation
from bridge.ports.manifest import Role
from bridge.ports.roles import Want
from bridge.store import records
from bridge.store.leases import Claim
from bridge.store.queue import ClaimClass
from bridge.store.records import StoredRecord

MAX_ROUNDS = 4
"""Rounds of one pass: launch, probe, then the fields that follow from them."""


S = TypeVar("S", TicketSituation, ItemSituation)


async def converge_ticket(hub: Hub, claim: Claim, loaded: Loaded) -> None:
    """Make one ticket agree; `loaded` is what was read when it was claimed."""
    stored = loaded.tickets.get(claim.key)
    active = hub.mappings.get(claim.connection)
    if stored is None or stored.merged_into is not None or active is None:
        await nothing_to_do(hub, claim)
        return
    mapping = active.data
    has_links = claim.key in loaded.around.links
    asking = Asking()

    async def situate(seen: Observation) -> TicketSituation:
        # Once something was read or written, what was loaded before is of an earlier time.
        near = loaded if seen is stored.observation else None
        ref = TicketRef(claim.connection, claim.vendor_id)
        company = await _company(hub, claim.connection, seen, active, near)
        reference = await reference_for(hub, seen)
        said = Facts(ref, seen, mapping, reference, company)
        if reference.owners and names_unknown_owner(OWNER, said):
            # Somebody new looks after the customer.
            await refresh_outdated(hub, [claim.connection])
            reference = await reference_of(hub, claim.connection)
        situation = await ticket_situation(
            hub,
            ref,
            seen,
            reference=reference,
            mapping=mapping,
            company=company,
            around=None if near is None else near.around,
        )
        situation = replace(situation, contacts=await contacts_of(hub, seen, mapping))
        return await guided(hub, situation, asking)

    def plan(situation: TicketSituation) -> Plan:
        return plan_ticket(situation, hub.now())

    wanted = ticket_want(mapping)
    own_times = _own_times(hub, claim.connection, mapping)
    # Notes and files cost calls of their own: read where something hangs on the ticket.
    thin = Want(
        wanted.fields | own_times,
        wanted.timed | own_times,
        attachments=has_links and wanted.attachments,
        # Where there is a Sentry, its issues are looked for in every ticket's notes.
        comments=(has_links and wanted.comments) or bool(hub.names(Role.SIGNALS)),
    )
    settled = _is_settled(claim, stored)
    statuses = await stored_reference(hub, claim.connection)

    def want(seen: Observation | None) -> Want:
        needless = seen is not None and settled and is_past(seen, statuses, active.since)
        if needless or not needs_all_messages(mapping):
            return thin
        return replace(thin, comments=True)

    await _pass(hub, claim, stored, want, active, situate, plan)


def _is_settled(claim: Claim, stored: StoredRecord) -> bool:
    """Whether nothing is known to have happened to a ticket of which no word was read yet.

    A campaign has many such read anew, and what was said on each would take its vendor's limit.
    """
    seen, news = stored.observation, stored.read_wanted is not None
    unread = seen is not None and not seen.knows(facts.COMMENTS)
    return unread and (not news or claim.claim_class == ClaimClass.CAMPAIGN)


def _own_times(hub: Hub, name: str, mapping: Mapping) -> frozenset[str]:
    """The helpdesk's own fields whose time of change promises count by."""
    manifest = hub.connections[name].manifest
    fields = set()
    if any(each.kept_by == "triaged" for each in mapping.promises):
        fields.add(manifest.assignee_field)
    if any(each.pause_while == "waiting_on_customer" for each in mapping.promises):
        fields.add(manifest.status_field or "")
    return frozenset(fields - {""})


async def _company(
    hub: Hub, name: str, seen: Observation, active: ActiveMapping, loaded: Loaded | None
) -> Company | None:
    id = seen.text(facts.CUSTOMER)
    if not id or active.data.ticket.customer is None:
        return None
    held = None if loaded is None else loaded.company(seen)
    return await company_of(hub, name, id, active.data, held=held)


async def converge_item(hub: Hub, claim: Claim) -> None:
    """Make one work item agree, and wake its tickets if what they show has changed."""
    stored = await _stored(hub, claim)
    if stored is None or claim.connection not in hub.connections:
        await nothing_to_do(hub, claim)
        return
    mappings = [each.data for each in hub.mappings.values()]
    ref = WorkItemRef(claim.connection, claim.vendor_id)

    async def situate(seen: Observation) -> ItemSituation:
        return await item_situation(hub, ref, seen, reference=await reference_for(hub, seen))

    def plan(situation: ItemSituation) -> Plan:
        return plan_item(situation, hub.public_url, hub.now())

    eta = hub.connections[claim.connection].manifest.eta
    wanted = item_fields(mappings, claim.connection, eta)
    want = Want(wanted.fields, wanted.timed, wanted.attachments, wanted.comments)
    await _pass(hub, claim, stored, lambda _: want, None, situate, plan)


async def _stored(hub: Hub, claim: Claim) -> StoredRecord | None:
    async with hub.db.read() as connection:
        return await records.load(connection, claim.key)


async def _pass(
    hub: Hub,
    claim: Claim,
    stored: StoredRecord,
    wants: Callable[[Observation | None], Want],
    active: ActiveMapping | None,
    situate: Callable[[Observation], Awaitable[S]],
    plan: Callable[[S], Plan],
) -> None:
    """Observe, plan, apply, until there is nothing more to decide; then record."""
    run = Run(hub, claim)
    started_at = hub.now()
    want = wants(stored.observation)
    seen = await observe(hub, stored, want)
    if seen.observation is not None and wants(seen.observation) != want:
        # It is not as it was known: more of it matters.
        want = wants(seen.observation)
        seen = await observe(hub, stored, want, force=True)
    faultpoints.reach("observe.read", stored.ref.kind.value)
    rounds, refreshed = 0, False
    while seen.observation is not None and seen.presence is Presence.PRESENT:
        rounds += 1
        situation = await situate(seen.observation)
        decided = plan(situation)
        if decided.read_self and not run.read_again:
            run.read_again = True
            seen = await observe(hub, stored, want, force=True)
            continue
        if decided.outdated and not refreshed:
            refreshed = True
            if await refresh_outdated(hub, decided.outdated):
                continue
        faultpoints.reach("plan.made", stored.ref.kind.value)
        if rounds > MAX_ROUNDS or not await _apply(run, decided):
            await phases.ask(hub, decided, claim.key)
            await record(run, stored, Pass(started_at, situation, decided, active))
            return
        seen = await _as_stored(hub, claim, seen)
    await unreadable(run, stored, seen)


async def _apply(run: Run, decided: Plan) -> bool:
    """Carry the plan out; True if what there is to decide has changed by it."""
    again = False
    revision: int | None = None
    guarded = SetTicketFields | SetItemFields | SetItemLinks | SayToCustomer
    deciding = LaunchItem | ProbeLaunch | SayToCustomer | FindSaid | ShowLetter
    for operation in decided.operations:
        if revision is not None and isinstance(operation, guarded):
            # Our own write a moment ago made this revision: it is not somebody else's.
            operation = replace(operation, revision=revision)
        outcome = await apply_operation(run, operation)
        seen = outcome.observation
        if seen is not None and str(seen.ref) == run.claim.key:
            # A launch shows the new item, whose revisions say nothing of the ticket's.
            revision = seen.revision
        again |= isinstance(operation, deciding)
    return again


async def _as_stored(hub: Hub, claim: Claim, seen: Seen) -> Seen:
    """The record as the operations' answers left it; nothing is read from the vendor."""
    stored = await _stored(hub, claim)
    if stored is None or stored.observation is None:
        return seen
    return Seen(stored.observation, stored.presence)
