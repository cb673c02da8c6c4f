"""Which existing tickets a backfill launches, and why the others stay as they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bridge.core.facts import Facts
from bridge.core.routing import choose_route
from bridge.domain.mapping import Condition, Mapping
from bridge.domain.records import STATUS, Presence

GONE = "GONE"
CLOSED = "CLOSED"
LINKED = "LINKED"
LAUNCHED = "LAUNCHED"
OTHER_ROUTE = "OTHER_ROUTE"
"""Why a ticket is left alone, besides the verdicts of routing (`NOT_ROUTED`, `NO_CATEGORY`, …)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The route to launch for a ticket, or (`route` None) why there is none."""

    route: str | None
    reason: str = ""


def judge(
    facts: Facts, *, linked: bool, launched: Collection[str], only: str | None = None
) -> Judgement:
    """What a backfill does about a ticket.

    `linked`: a work item hangs on it already. `launched` are the routes that were launched, or
    asked for, before: once is for ever. `only` narrows the backfill to one route.
    """
    seen = facts.observation
    status = facts.reference.statuses.get(seen.text(STATUS))
    if seen.presence is not Presence.PRESENT:
        return Judgement(None, GONE)
    if status is not None and status.closed:
        return Judgement(None, CLOSED)
    choice = choose_route(facts)
    if choice.route is None or choice.route.launch is None:
        return Judgement(None, choice.verdict)
    if only is not None and choice.route.id != only:
        return Judgement(None, OTHER_ROUTE)
    if launched:
        return Judgement(None, LAUNCHED)
    return Judgement(None, LINKED) if linked else Judgement(choice.route.id)


def reads_customer(mapping: Mapping) -> bool:
    """Whether a route asks who the customer is, which no list of tickets says."""
    return any(_reads(each.when, ("customer", "plan")) for each in mapping.routes)


def _reads(condition: Condition, fields: Collection[str]) -> bool:
    parts = [*(condition.all or []), *(condition.any or [])]
    parts += [condition.not_] if condition.not_ is not None else []
    return condition.field in fields or any(_reads(each, fields) for each in parts)
