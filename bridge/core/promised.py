"""Promises as a part of a ticket's plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core.facts import Facts
from bridge.core.instants import earliest
from bridge.core.promise_notices import plan_promise_notices
from bridge.core.promises import reckon
from bridge.core.situation import Plan, TicketSituation
from bridge.core.timelines import is_closed
from bridge.domain.records import Presence


def with_promises(s: TicketSituation, facts: Facts, plan: Plan, now: datetime) -> Plan:
    """The plan, with how the ticket's promises stand and whom they tell.

    A mapping that makes none adds nothing; of a ticket that is not there nothing is reckoned.
    """
    if not s.mapping.promises:
        return plan
    if s.observation.presence is not Presence.PRESENT:
        return replace(plan, timeline=s.timeline)
    found = reckon(s, facts, stage=plan.stage, eta=plan.eta, now=now)
    telling = plan_promise_notices(s, facts, () if is_closed(s) else found.standings, now)
    return replace(
        plan,
        timeline=found.timeline,
        promises=found.standings,
        findings=(*plan.findings, *(() if is_closed(s) else found.findings), *telling.findings),
        notices=replace(
            plan.notices,
            new=(*plan.notices.new, *telling.plan.new),
            drop=tuple(dict.fromkeys((*plan.notices.drop, *telling.plan.drop))),
            again=(*plan.notices.again, *telling.plan.again),
        ),
        wake_at=earliest(plan.wake_at, found.wake_at, telling.wake_at),
        told_later=telling.waits,
        read_self=plan.read_self or (found.read_self and not is_closed(s)),
    )
