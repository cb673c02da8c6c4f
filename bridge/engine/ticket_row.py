"""What a ticket's row in the lists says after a pass."""

from __future__ import annotations

from bridge.core.facts import Facts
from bridge.core.recipients import owner_of
from bridge.core.situation import Plan, TicketSituation
from bridge.domain import records as facts
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
        release_id=None if plan.in_release is None else plan.in_release.id,
        release_name=None if plan.in_release is None else plan.in_release.name,
        rollout_group=None if plan.in_release is None else plan.in_release.group,
        eta_told=None if plan.told is None else plan.told.isoformat(),
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
    }
)
"""Codes that put a ticket on the tab *Needs decision*."""


def _needs(situation: TicketSituation, plan: Plan) -> tuple[str, ...]:
    """The tabs that the ticket stands in."""
    needs = ["to_tell"] if plan.slip is not None else []
    if DECISIONS & {each.code for each in plan.findings}:
        needs.append("needs_decision")
    if situation.items:
        needs.append("with_engineering")
    return tuple(dict.fromkeys(needs))
