"""What a ticket's row in the lists says after a pass."""

from __future__ import annotations

from bridge.core.drafting import open_drafts
from bridge.core.facts import Facts
from bridge.core.known_to_customer import eta_told, last_told_at, messages_of
from bridge.core.recipients import owner_of
from bridge.core.situation import Plan, TicketSituation
from bridge.core.timelines import is_waiting
from bridge.domain import records as facts
from bridge.domain.promises import PromiseState, next_of
from bridge.store.views import TicketView


def is_closed(situation: TicketSituation) -> bool:
    """Whether the helpdesk calls the ticket's status closed."""
    status = situation.reference.statuses.get(situation.observation.text(facts.STATUS))
    return status is not None and status.closed


def ticket_view(situation: TicketSituation, plan: Plan) -> TicketView:
    """The row."""
    seen, mapping = situation.observation, situation.mapping
    said = Facts(situation.ref, seen, mapping, situation.reference, situation.company)
    read = said.read
    stage = None if plan.stage is None else mapping.stage(plan.stage)
    closed = is_closed(situation)
    told = messages_of(seen, situation.said)
    day = plan.told or eta_told(told)
    return TicketView(
        ref=situation.ref,
        key=seen.text(facts.KEY) or None,
        url=seen.text(facts.URL) or None,
        subject=seen.text(facts.SUBJECT),
        customer=", ".join(read("customer").labels) or None,
        plan=", ".join(read("plan").labels) or None,
        category=", ".join(read("category").labels) or None,
        severity=", ".join(read("severity").words) or None,
        stage_id=None if stage is None else stage.id,
        stage_label=None if stage is None else stage.label,
        eta=None if plan.eta is None else plan.eta.isoformat(),
        route=plan.route,
        verdict=plan.verdict,
        needs=() if closed else _needs(situation, plan),
        closed=closed,
        keys=plan.keys,
        owner=owner_of(said),
        promise=None if closed else next_of(plan.promises),
        eta_told=None if day is None else day.isoformat(),
        last_told_at=last_told_at(told),
        reached=plan.reached or situation.reached,
        release_id=None if plan.in_release is None else plan.in_release.id,
        release_name=None if plan.in_release is None else plan.in_release.name,
        rollout_group=None if plan.in_release is None else plan.in_release.group,
        slip=None if plan.slip is None else plan.slip.told.isoformat(),
    )


DECISIONS = frozenset(
    {
        "NEEDS_DECISION",
        "RECATEGORISED",
        "STATUS_UNMAPPED",
        "LINK_BROKEN",
        "LAUNCH_UNDECIDED",
        "LAUNCH_REJECTED",
        "INTAKE_INCOMPLETE",
        "CUSTOMER_UNREADABLE",
        "CONFLICT",
        "MESSAGE_REFUSED",
        "MESSAGE_UNDECIDED",
        "ESCALATION_ASKED",
    }
)
"""Codes that put a ticket on the tab *Needs decision*."""


TO_TELL = frozenset({"WORDING_INCOMPLETE"})
"""Codes that say that a customer must be told and no draft could be made."""


def _needs(situation: TicketSituation, plan: Plan) -> tuple[str, ...]:
    """The tabs that the ticket stands in."""
    needs = []
    waits = open_drafts(situation, plan.drafts) or TO_TELL & {each.code for each in plan.findings}
    if waits or plan.slip is not None:
        needs.append("to_tell")
    if DECISIONS & {each.code for each in plan.findings}:
        needs.append("needs_decision")
    if any(each.is_pressing for each in plan.promises):
        needs.append("promise_at_risk")
    rests = any(each.state is PromiseState.PAUSED for each in plan.promises)
    if rests or is_waiting(situation):
        needs.append("waiting_on_customer")
    if situation.items:
        needs.append("with_engineering")
    return tuple(dict.fromkeys(needs))
