"""Launches: once for ever, only when everything is there, probed when unclear."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from bridge.core.launching import launch_marker
from bridge.core.plan import plan_ticket
from bridge.core.reasons import finding_what_to_do
from bridge.core.situation import Plan, TicketSituation
from bridge.domain.links import Launch, LaunchState, LinkState
from bridge.domain.operations import LaunchItem, ProbeLaunch
from bridge.domain.records import CREATED_AT, STATUS, SUBJECT, Presence
from bridge.domain.refs import TicketRef
from tests.unit.core.examples import (
    CREATED,
    NOW,
    START,
    TICKET,
    linked,
    mapping,
    observation,
    present,
    ticket,
    ticket_facts,
)


def launch(route: str = "bug", state: LaunchState = LaunchState.INTENDED, **more: Any) -> Launch:
    marker = launch_marker(TICKET, route)
    settings: dict[str, Any] = {"intended_at": NOW - timedelta(seconds=5), **more}
    return Launch(TICKET, route, "boards", marker, state, **settings)


def launches(plan: Plan) -> list[LaunchItem]:
    return [each for each in plan.operations if isinstance(each, LaunchItem)]


def codes(plan: Plan) -> list[str]:
    return [each.code for each in plan.findings]


def test_bug_ticket_launches_its_item_with_rendered_fields() -> None:
    (operation,) = launches(plan_ticket(ticket(), NOW))
    assert operation.fields == {
        "System.Title": "[Initech] Export <fails>",
        "Microsoft.VSTS.TCM.ReproSteps": "<p>It fails.</p>",
        "Priority": 1,
    }
    assert (operation.type, operation.route, operation.connection) == ("Bug", "bug", "boards")
    assert operation.back_link == "https://app.hubspot.test/812"


def test_marker_is_the_same_for_ever_and_differs_by_ticket_and_route() -> None:
    marker = launch_marker(TICKET, "bug")
    assert marker == launch_marker(TicketRef("hubspot", "812"), "bug")
    assert marker.startswith("tb-")
    assert len(marker) == 23
    others = {launch_marker(TICKET, "feature"), launch_marker(TicketRef("hubspot", "81"), "bug")}
    assert marker not in others


@pytest.mark.parametrize("state", list(LaunchState))
def test_launch_that_ever_was_is_never_repeated(state: LaunchState) -> None:
    s = ticket(launches=(launch(state=state),), launch_by_hand=frozenset({"bug"}))
    assert launches(plan_ticket(s, NOW + timedelta(days=9))) == []


def test_closed_ticket_launches_nothing() -> None:
    plan = plan_ticket(ticket(ticket_facts(**{STATUS: "4"})), NOW)
    assert (plan.operations, plan.findings, plan.verdict) == ((), (), "TICKET_CLOSED")


@pytest.mark.parametrize(
    ("presence", "verdict"),
    [
        (Presence.MERGED, "TICKET_MERGED"),
        (Presence.MISSING, "RECORD_MISSING"),
        (Presence.DELETED, "RECORD_MISSING"),
        (Presence.ABSENT, "RECORD_ABSENT"),
    ],
)
def test_ticket_that_is_not_there_plans_to_nothing(presence: Presence, verdict: str) -> None:
    s = ticket()
    plan = plan_ticket(replace(s, observation=present(s.observation, presence)), NOW)
    assert (plan.operations, plan.verdict) == ((), verdict)


def test_unknown_status_counts_as_open() -> None:
    assert launches(plan_ticket(ticket(ticket_facts(**{STATUS: "new one"})), NOW))


def old_ticket(categorised: bool, **changes: Any) -> TicketSituation:
    facts = ticket_facts(**{CREATED_AT: (START - timedelta(days=9)).isoformat()})
    seen = observation(TICKET, facts, at=CREATED if categorised else START - timedelta(days=9))
    return replace(ticket(**changes), observation=seen)


def test_ticket_older_than_the_start_mark_launches_nothing() -> None:
    plan = plan_ticket(old_ticket(False), NOW)
    assert (launches(plan), plan.verdict) == ([], "BEFORE_START")


def test_old_ticket_categorised_after_the_start_mark_launches() -> None:
    assert launches(plan_ticket(old_ticket(True), NOW))


def test_old_ticket_launches_by_hand() -> None:
    s = old_ticket(False, launch_by_hand=frozenset({"feature"}))
    assert [each.route for each in launches(plan_ticket(s, NOW))] == ["feature"]


def test_without_a_start_mark_nothing_launches_by_itself() -> None:
    assert plan_ticket(ticket(start_mark=None), NOW).verdict == "BEFORE_START"


def test_limit_pauses_launching_with_a_finding() -> None:
    plan = plan_ticket(ticket(launches_last_hour=200), NOW)
    assert (launches(plan), codes(plan)) == ([], ["LAUNCH_LIMIT"])
    assert plan.wake_at == NOW + timedelta(minutes=10)


def test_missing_value_waits_to_settle_then_becomes_a_finding_and_launches_when_it_comes() -> None:
    facts = ticket_facts(**{SUBJECT: None, CREATED_AT: NOW.isoformat()})
    s = replace(ticket(), observation=observation(TICKET, facts, at=NOW))
    waiting = plan_ticket(s, NOW + timedelta(seconds=5))
    assert (waiting.operations, waiting.findings) == ((), ())
    assert waiting.wake_at == NOW + timedelta(seconds=20)
    late = plan_ticket(s, NOW + timedelta(seconds=20))
    assert (launches(late), codes(late)) == ([], ["INTAKE_INCOMPLETE"])
    assert late.findings[0].data["missing"] == "subject"
    there = observation(TICKET, {**facts, SUBJECT: "x"}, at=NOW)
    assert launches(plan_ticket(replace(s, observation=there), NOW + timedelta(days=1)))


def test_default_stands_in_only_after_the_real_value_had_its_time() -> None:
    facts = ticket_facts(hs_ticket_priority=None, **{CREATED_AT: NOW.isoformat()})
    s = replace(ticket(), observation=observation(TICKET, facts, at=NOW))
    assert launches(plan_ticket(s, NOW)) == []
    (operation,) = launches(plan_ticket(s, NOW + timedelta(seconds=20)))
    assert operation.fields["Priority"] == 2


def test_value_outside_a_table_is_a_finding_and_no_launch() -> None:
    plan = plan_ticket(ticket(ticket_facts(hs_ticket_priority="URGENT")), NOW)
    assert (launches(plan), set(codes(plan))) == ([], {"VALUE_UNMAPPED"})


def test_changed_category_launches_nothing_while_an_item_is_linked() -> None:
    made = launch(state=LaunchState.CREATED, work_item_id="7")
    facts = ticket_facts(hs_ticket_category="Feature")
    plan = plan_ticket(ticket(facts, launches=(made,), items=(linked("7"),)), NOW)
    assert (launches(plan), codes(plan)) == ([], ["RECATEGORISED"])
    assert plan.findings[0].data["to"] == "feature"
    by_hand = ticket(
        facts, launches=(made,), items=(linked("7"),), launch_by_hand=frozenset({"feature"})
    )
    assert [each.route for each in launches(plan_ticket(by_hand, NOW))] == ["feature"]


def test_item_launched_by_hand_beside_the_own_route_is_no_changed_category() -> None:
    made = launch(state=LaunchState.CREATED, work_item_id="7")
    facts = ticket_facts(hs_ticket_category="Success")
    s = ticket(facts, launches=(made,), items=(linked("7"),))
    [finding] = plan_ticket(s, NOW).findings
    assert finding.code == "RECATEGORISED"
    by_hand = replace(s, launch_by_hand=frozenset({"bug"}))
    assert codes(plan_ticket(by_hand, NOW)) == []


def test_changed_category_is_told_with_what_a_retry_can_do() -> None:
    made = launch(state=LaunchState.CREATED, work_item_id="7")

    def advice(category: str) -> str:
        facts = ticket_facts(hs_ticket_category=category)
        s = ticket(facts, launches=(made,), items=(linked("7"),))
        [finding] = plan_ticket(s, NOW).findings
        assert (finding.data["item"], finding.data["ref"]) == ("#7", "boards:7")
        return finding_what_to_do(finding)

    assert advice("Feature") == (
        "Retry launches feature and ends the old link. Ignore keeps things as they are."
    )
    assert advice("Success") == (
        "Tickets of stays stay with support: end the link to #7 if nothing is to be done there "
        "any more. Ignore keeps things as they are."
    )


def test_changed_category_launches_once_the_old_item_is_unlinked() -> None:
    made = launch(state=LaunchState.CREATED, work_item_id="7")
    facts = ticket_facts(hs_ticket_category="Feature")
    (operation,) = launches(plan_ticket(ticket(facts, launches=(made,)), NOW))
    assert operation.route == "feature"


def test_category_changed_during_a_launch_waits_for_its_end() -> None:
    facts = ticket_facts(hs_ticket_category="Feature")
    plan = plan_ticket(ticket(facts, launches=(launch(),)), NOW)
    assert (launches(plan), plan.verdict) == ([], "WAITING_ITEM_CREATE")


def test_unclear_launch_is_probed_after_the_grace_and_ever_more_rarely() -> None:
    first = launch(intended_at=NOW)
    early = plan_ticket(ticket(launches=(first,)), NOW + timedelta(seconds=19))
    assert (early.operations, early.wake_at) == ((), NOW + timedelta(seconds=20))
    (probe,) = plan_ticket(ticket(launches=(first,)), NOW + timedelta(seconds=20)).operations
    assert isinstance(probe, ProbeLaunch)
    waits = []
    for probes in range(1, 9):
        s = ticket(launches=(replace(first, probes=probes),))
        woken = plan_ticket(s, NOW + timedelta(seconds=20)).wake_at
        assert woken is not None
        waits.append(woken)
    steps = [b - a for a, b in pairwise(waits)]
    assert steps[0] == timedelta(seconds=40)
    assert steps[-1] == timedelta(minutes=10)


@pytest.mark.parametrize("state", [LaunchState.REJECTED, LaunchState.UNDECIDED])
def test_refused_or_undecided_launch_is_a_finding_that_stays(state: LaunchState) -> None:
    plan = plan_ticket(ticket(launches=(launch(state=state, reason="why"),)), NOW)
    assert codes(plan) == [f"LAUNCH_{state.name}"]
    assert plan.findings[0].data["reason"] == "why"


def test_tracker_that_is_not_configured_is_a_finding() -> None:
    plan = plan_ticket(ticket(trackers={}), NOW)
    assert (launches(plan), codes(plan)) == ([], ["NO_CONNECTION"])


def test_several_categories_are_a_finding() -> None:
    plan = plan_ticket(ticket(ticket_facts(hs_ticket_category=["Bug", "Feature"])), NOW)
    assert (plan.operations, codes(plan)) == ((), ["NEEDS_DECISION"])


def test_html_field_takes_escaped_wording_and_a_title_one_line() -> None:
    routes = [
        {
            "id": "bug",
            "when": {"field": "category", "is": "Bug"},
            "launch": {
                "in": "boards",
                "type": "Bug",
                "fields": {
                    "System.Description": "{{ ticket.subject }}",
                    "System.Title": {"from": "subject"},
                    "Plain": {"from": "description"},
                },
            },
        }
    ]
    facts = ticket_facts(**{SUBJECT: "a\n<b>" + "x" * 300})
    s = ticket(facts, mapping=mapping(routes=routes, fields=[]))
    (operation,) = launches(plan_ticket(s, NOW))
    assert "&lt;b&gt;" in str(operation.fields["System.Description"])
    title = str(operation.fields["System.Title"])
    assert title.startswith("a <b>")
    assert len(title) == 255
    assert operation.fields["Plain"] == "It fails."


def test_broken_link_still_counts_as_linked_for_a_changed_category() -> None:
    made = launch(state=LaunchState.CREATED, work_item_id="7")
    facts = ticket_facts(hs_ticket_category="Feature")
    broken = linked("7", state=LinkState.BROKEN)
    plan = plan_ticket(ticket(facts, launches=(made,), items=(broken,)), NOW)
    assert "RECATEGORISED" in codes(plan)
