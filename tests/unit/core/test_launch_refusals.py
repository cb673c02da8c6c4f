"""Whether a person's wish to launch can be met: the same rules as any launch, told beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.facts import Facts
from bridge.core.launching import launch_refusal
from bridge.core.plan import plan_ticket
from bridge.core.situation import TicketSituation
from bridge.domain.operations import LaunchItem
from bridge.domain.records import CREATED_AT, SUBJECT
from tests.unit.core.examples import NOW, START, TICKET, observation, ticket, ticket_facts


def refusal(s: TicketSituation, route_id: str = "bug") -> str | None:
    route = next(each for each in s.mapping.routes if each.id == route_id)
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company)
    found = launch_refusal(s, facts, route, NOW)
    return None if found is None else found[0]


def without_subject(age: timedelta) -> TicketSituation:
    facts = ticket_facts(**{SUBJECT: None, CREATED_AT: (NOW - age).isoformat()})
    return replace(ticket(), observation=observation(TICKET, facts, at=NOW - age))


def test_ticket_of_any_age_and_category_can_be_launched() -> None:
    assert refusal(ticket(start_mark=None)) is None
    assert refusal(ticket(start_mark=NOW + timedelta(days=1)), "feature") is None


def test_limit_and_missing_tracker_refuse_it() -> None:
    assert refusal(ticket(launches_last_hour=200)) == "LAUNCH_LIMIT"
    assert refusal(ticket(trackers={})) == "NO_CONNECTION"


def test_value_that_is_missing_refuses_it_only_once_it_had_time_to_come() -> None:
    assert refusal(without_subject(timedelta(seconds=1))) is None
    assert refusal(without_subject(timedelta(minutes=5))) == "INTAKE_INCOMPLETE"


@pytest.mark.parametrize("route", ["bug", "feature"])
@pytest.mark.parametrize("launched", [0, 199, 200])
@pytest.mark.parametrize("age", [timedelta(seconds=1), timedelta(minutes=5)])
def test_wish_that_is_not_refused_is_planned_and_one_that_is_refused_is_not(
    route: str, launched: int, age: timedelta
) -> None:
    for s in (ticket(launches_last_hour=launched), without_subject(age)):
        wished = replace(s, launch_by_hand=frozenset({route}), start_mark=START)
        planned = [
            each
            for each in plan_ticket(wished, NOW).operations
            if isinstance(each, LaunchItem) and each.route == route
        ]
        if planned:
            assert refusal(s, route) is None
        if refusal(s, route) is not None:
            assert planned == []


def test_category_that_fits_no_route_is_decided_by_a_launch_by_hand() -> None:
    unclear = ticket(ticket_facts(hs_ticket_category=["BUG", "FEATURE"]))
    asked = replace(unclear, launch_by_hand=frozenset({"gone"}))
    decided = replace(unclear, launch_by_hand=frozenset({"bug"}))

    def codes(s: TicketSituation) -> set[str]:
        return {each.code for each in plan_ticket(s, NOW).findings}

    assert "NEEDS_DECISION" in codes(unclear)
    assert "NEEDS_DECISION" in codes(asked)
    assert "NEEDS_DECISION" not in codes(decided)
