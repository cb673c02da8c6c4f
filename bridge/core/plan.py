"""One pass over one record: what it shall become, as operations, findings and verdicts.

Pure and total: any observation has a plan. Applying a plan, looking again and planning again
gives no operation.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core.closing import ClosingStep, plan_closing
from bridge.core.comment_drafts import joined, plan_comment_drafts
from bridge.core.comments import notes_to_ticket
from bridge.core.drafting import drop_drafts, plan_drafts
from bridge.core.ends import watched_until
from bridge.core.escalating import plan_escalations
from bridge.core.eta import gone_at, slip_of, told_of
from bridge.core.facts import Facts
from bridge.core.guide import plan_guide, told_findings
from bridge.core.instants import earliest, later, read_instant
from bridge.core.launching import LaunchStep, plan_launches, plan_probes
from bridge.core.mirror import mirror
from bridge.core.notices import drop_notices, plan_notices
from bridge.core.owned import Weighed, weigh
from bridge.core.plan_item import plan_item
from bridge.core.promised import with_promises
from bridge.core.releases import in_release, next_day, stray_findings
from bridge.core.replies import plan_owner
from bridge.core.rewording import to_readers
from bridge.core.routing import RouteChoice, choose_route
from bridge.core.situation import NoticePlan, Plan, TicketSituation
from bridge.core.speaking import SpeakStep, plan_speaking
from bridge.domain.findings import Finding
from bridge.domain.links import LaunchState, LinkState
from bridge.domain.notices import Notice
from bridge.domain.operations import Operation, SetTicketFields, TicketField
from bridge.domain.records import CHANGED_AT, MERGED_AWAY, STATUS, Presence
from bridge.domain.refs import WorkItemRef

__all__ = ["is_ticket_open", "plan_item", "plan_ticket"]

ABSENCE_SPAN = timedelta(minutes=10)
QUIET = frozenset({"IN_SYNC", "UPDATE_DUE"})


def plan_ticket(s: TicketSituation, now: datetime) -> Plan:
    """What one pass does about a ticket: launches and probes, one write of fields, notes."""
    standing = _standing(s, now)
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    if standing is not None:
        return with_promises(s, facts, standing, now)
    return with_promises(s, facts, _open(s, facts, now), now)


def _open(s: TicketSituation, facts: Facts, now: datetime) -> Plan:
    choice = choose_route(facts)
    launching = plan_launches(s, facts, choice, now)
    telling = plan_notices(s, facts, choice, launching, now)
    guide, asked = plan_guide(s, now), plan_escalations(s, facts, now)
    found = (*_choice_findings(s, choice), *launching.findings, *telling.findings, *asked.findings)
    base = Plan(
        operations=(*launching.operations, *guide.operations),
        findings=_once((*facts.unmapped(), *found, *guide.findings, *stray_findings(s, now))),
        ledger=guide.ledger,
        read_self=guide.read_self,
        wake_at=earliest(launching.wake_at, telling.wake_at, guide.wake_at),
        route=choice.route.id if choice.route is not None else None,
        look_up=launching.look_up,
        outdated=launching.outdated,
        notices=_with_alarm(_joined(telling.plan, asked.notices), guide.notices),
        escalations=asked.new,
    )
    unseen = tuple(
        each.link.work_item
        for each in s.items
        if each.observation is None and each.link.state is LinkState.ACTIVE
    )
    if unseen:
        waiting = {"item": str(unseen[0]), "ref": str(unseen[0])}
        plan = replace(base, look_first=unseen, verdict="WAITING_ITEM_READ", verdict_data=waiting)
    else:
        plan = _with_mirror(s, base, choice, launching, now)
    # What this very pass takes back is not said by it.
    over = frozenset(id for id, _ in plan.drafts.over)
    return _speaking(plan, plan_speaking(s, now, closed=False, over=over))


def _speaking(plan: Plan, step: SpeakStep) -> Plan:
    """The plan, and after it what is said: the ticket shows by then what the message speaks of."""
    return replace(
        plan,
        operations=(*plan.operations, *step.operations),
        findings=(*plan.findings, *step.findings),
        wake_at=earliest(plan.wake_at, step.wake_at),
        unsaid=step.unsaid,
        drafts=replace(plan.drafts, back=step.back),
    )


def _with_alarm(plan: NoticePlan, alarm: tuple[Notice, ...]) -> NoticePlan:
    return replace(plan, new=(*plan.new, *alarm)) if alarm else plan


def _joined(one: NoticePlan, other: NoticePlan) -> NoticePlan:
    return replace(
        one,
        new=(*one.new, *other.new),
        drop=(*one.drop, *other.drop),
        again=(*one.again, *other.again),
    )


def is_ticket_open(s: TicketSituation) -> bool:
    """Whether the ticket can still change; a status nobody knows counts as open."""
    info = s.reference.statuses.get(s.observation.text(STATUS))
    return info is None or not info.closed


def _with_mirror(
    s: TicketSituation, base: Plan, choice: RouteChoice, launching: LaunchStep, now: datetime
) -> Plan:
    mirrored = mirror(s, now)
    weighed = weigh(mirrored.wishes, s.observation, s.fingerprints, now, s.reference.fields)
    notes = notes_to_ticket(s, now)
    drafting = plan_drafts(s, mirrored.stage, mirrored.eta.day, now)
    marked = plan_comment_drafts(s, now)
    closing = plan_closing(s, now)
    owner = plan_owner(s, closing.closure)
    own = (*closing.fields, *owner.fields)
    found = (
        *mirrored.findings,
        *weighed.findings,
        *notes.findings,
        *drafting.findings,
        *marked.held.findings,
        *closing.findings,
        *owner.findings,
    )
    code, data = _verdict(s, choice, launching, weighed, mirrored.why)
    said = told_of(s, now)
    told = None if said is None else said.day
    return replace(
        base,
        operations=(*base.operations, *_writes(s, weighed, own), *notes.operations),
        findings=_once((*base.findings, *found)),
        verdicts=weighed.verdicts,
        verdict=code,
        verdict_data=data,
        fingerprints=weighed.fingerprints,
        ledger=(*base.ledger, *notes.ledger),
        held=(*mirrored.held, *notes.held, *marked.held.held),
        read_self=base.read_self or notes.read_self,
        wake_at=earliest(
            base.wake_at,
            weighed.wake_at,
            notes.wake_at,
            closing.wake_at,
            next_day(s, now),
            gone_at(s, told, now),
        ),
        closure=closing.closure,
        stage=mirrored.stage,
        eta=mirrored.eta.day,
        keys=mirrored.keys,
        drafts=joined(
            to_readers(s, drafting.plan, mirrored.stage, mirrored.eta.day, now), marked.plan
        ),
        reached=drafting.reached,
        told=told,
        slip=slip_of(s, told, mirrored.eta, now),
        in_release=in_release(s, now),
    )


def _standing(s: TicketSituation, now: datetime) -> Plan | None:
    """The plan of a ticket about which nothing can be done; None for one that is there and open."""
    presence = s.observation.presence
    if presence is Presence.MERGED:
        return Plan(verdict="TICKET_MERGED")
    if presence is Presence.ABSENT:
        # Once not found proves nothing: look once more, later.
        due = later(s.observation.seen_at, ABSENCE_SPAN)
        return Plan(verdict="RECORD_ABSENT", read_self=due <= now, wake_at=max(due, now))
    if presence is Presence.MISSING:
        finding = Finding("RECORD_MISSING", s.ref.connection, str(s.ref), "", {"ref": str(s.ref)})
        return Plan((), (finding,), verdict="RECORD_MISSING", verdict_data=finding.data)
    if presence is Presence.DELETED:
        return Plan(verdict="RECORD_MISSING", verdict_data={"ref": str(s.ref)})
    return None if is_ticket_open(s) else _closed(s, now)


def _closed(s: TicketSituation, now: datetime) -> Plan:
    """A closed ticket: no field is written, but what it shows can still be said.

    What was approved is still told to the customer, if need be in a ticket that continues it. A
    create whose answer never came is still looked for: its item must not be left without link.
    The one field that may be written is the status, where the mapping has a reply reopen it.
    """
    shown = mirror(s, now) if all(each.observation is not None for each in s.items) else None
    info = s.reference.statuses.get(s.observation.text(STATUS))
    probes, merged, told = plan_probes(s, now), _merged_away(s), told_findings(s)
    closing = ClosingStep(s.closure) if shown is None or merged else plan_closing(s, now)
    due = later(read_instant(s.observation.text(CHANGED_AT)) or now, ABSENCE_SPAN)
    # The event that names the other ticket may be on its way still.
    gone = merged if due <= now else ()
    plan = Plan(
        operations=(*probes.operations, *_set(s, closing.fields)),
        findings=(*gone, *told.findings, *closing.findings, *stray_findings(s, now)),
        wake_at=earliest(
            probes.wake_at,
            closing.wake_at,
            due if merged and due > now else None,
            watched_until(s, now),
        ),
        closure=closing.closure,
        notices=_with_alarm(drop_notices(s), told.notices),
        drafts=drop_drafts(s),
        held=(),
        verdict="TICKET_CLOSED",
        verdict_data={"status": info.label if info is not None else ""},
    )
    over = frozenset(id for id, _ in plan.drafts.over)
    plan = _speaking(plan, plan_speaking(s, now, closed=True, over=over))
    if shown is None:
        return plan
    return replace(plan, stage=shown.stage, eta=shown.eta.day, keys=shown.keys)


def _merged_away(s: TicketSituation) -> tuple[Finding, ...]:
    """That work hangs on a ticket which lives on in another, and nothing told in which."""
    linked = [each.link.work_item for each in s.items if each.link.state is LinkState.ACTIVE]
    if not linked or not s.observation.value(MERGED_AWAY):
        return ()
    data = {"ref": str(s.ref), "items": ", ".join(str(each) for each in linked)}
    return (Finding("MERGE_UNSEEN", s.ref.connection, str(s.ref), "", data),)


def _choice_findings(s: TicketSituation, choice: RouteChoice) -> tuple[Finding, ...]:
    known = {each.id for each in s.mapping.routes} | {each.route for each in s.launches}
    if choice.verdict != "NEEDS_DECISION" or s.launch_by_hand & known:
        # Asked for by hand, it is decided, whatever the category says.
        return ()
    return (Finding("NEEDS_DECISION", s.ref.connection, str(s.ref), "", choice.data),)


def _writes(
    s: TicketSituation, weighed: Weighed, own: tuple[TicketField, ...]
) -> tuple[Operation, ...]:
    fields = tuple(
        TicketField(wish.field, wish.release, restore)
        for wish, restore in weighed.writes
        if wish.release is not None
    )
    return _set(s, (*fields, *own))


def _set(s: TicketSituation, fields: tuple[TicketField, ...]) -> tuple[Operation, ...]:
    return (SetTicketFields(s.ref, fields, s.observation.revision),) if fields else ()


def _verdict(
    s: TicketSituation,
    choice: RouteChoice,
    launching: LaunchStep,
    weighed: Weighed,
    why: Table[str, str],
) -> tuple[str, Table[str, str]]:
    """The first thing in the way; what this plan itself writes is not in the way."""
    blocked = next((each for each in weighed.verdicts if each.verdict not in QUIET), None)
    if s.items:
        if blocked is not None:
            return blocked.verdict, blocked.data
        unmade = launching.verdict and not _is_launched(s)
        if unmade:
            return launching.verdict, launching.data
        shown = any(e.purpose == "stage" and e.verdict == "IN_SYNC" for e in weighed.verdicts)
        return "IN_SYNC", why if shown else {}
    if launching.verdict:
        return launching.verdict, launching.data
    if choice.verdict:
        return choice.verdict, choice.data
    return "NO_LINK", {}


def _is_launched(s: TicketSituation) -> bool:
    """Whether an item that the hub launched for the ticket is linked to it."""
    linked = {each.link.work_item for each in s.items}
    return any(
        each.state is LaunchState.CREATED
        and WorkItemRef(each.connection, each.work_item_id or "") in linked
        for each in s.launches
    )


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One finding for each cause, the first that named it."""
    found: dict[tuple[str, str | None, str], Finding] = {}
    for each in findings:
        found.setdefault((each.code, each.ref, each.topic), each)
    return tuple(found.values())
