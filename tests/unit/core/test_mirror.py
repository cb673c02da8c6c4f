"""What a ticket shows of its work items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.fingerprints import Observed, after_write
from bridge.core.plan import plan_ticket
from bridge.core.situation import FieldVerdict, LinkedItem, Plan, TicketSituation
from bridge.domain.links import LinkState
from bridge.domain.operations import SetTicketFields
from bridge.domain.records import KEY, Presence, Reference
from bridge.domain.texts import Audience
from tests.unit.core.examples import (
    BOARDS,
    NOW,
    linked,
    mapping,
    present,
    ticket,
    ticket_facts,
)


def situation(*items: LinkedItem, **changes: Any) -> TicketSituation:
    return ticket(ticket_facts(hs_ticket_category="Success"), items=items, **changes)


def written(plan: Plan) -> dict[str, str]:
    return {
        field.field: field.value.value
        for each in plan.operations
        if isinstance(each, SetTicketFields)
        for field in each.fields
    }


def verdict(plan: Plan, purpose: str) -> FieldVerdict:
    return next(each for each in plan.verdicts if each.purpose == purpose)


def test_one_item_shows_stage_eta_and_key_in_one_write() -> None:
    plan = plan_ticket(situation(linked("7", TargetDate="2026-04-01T00:00:00Z")), NOW)
    assert len(plan.operations) == 1
    assert written(plan) == {
        "work_stage": "In development",
        "work_eta": "2026-04-01",
        "work_items": "#7",
    }
    assert (plan.stage, str(plan.eta), plan.keys) == ("in_development", "2026-04-01", "#7")
    assert plan.verdict == "IN_SYNC"


def test_item_whose_status_is_not_read_yet_holds_the_stage_without_a_finding() -> None:
    plan = plan_ticket(situation(linked("7", ""), linked("8", "Active")), NOW)
    assert (plan.findings, plan.stage) == ((), None)
    assert "work_stage" not in written(plan)
    assert (plan.verdict, plan.verdict_data["item"]) == ("WAITING_ITEM_READ", "#7")


def test_of_an_item_that_is_tied_to_error_tracking_or_named_so_stage_and_date_are_shown_alone() -> (
    None
):
    tied = replace(linked("7", TargetDate="2026-04-01T00:00:00Z"), has_origin=True)
    plan = plan_ticket(situation(tied), NOW)
    assert written(plan) == {"work_stage": "In development", "work_eta": "2026-04-01"}
    both = plan_ticket(situation(tied, linked("8"), linked("9", **{KEY: "S\u0435ntry-9"})), NOW)
    assert (written(both)["work_items"], both.keys) == ("#8", "#8")
    # What stood there before it was tied is taken away.
    pair = after_write("work_items", None, "#7", Observed("#7", True), now=NOW)
    facts = ticket_facts(hs_ticket_category="Success", work_items="#7")
    later = plan_ticket(ticket(facts, items=(tied,), fingerprints={"work_items": pair}), NOW)
    assert written(later)["work_items"] == ""


@pytest.mark.parametrize("revision", [None, 1795338941])
def test_write_is_guarded_by_the_revision_that_was_planned_on(revision: int | None) -> None:
    held = situation(linked("7"))
    seen = replace(held.observation, revision=revision)
    [write] = plan_ticket(replace(held, observation=seen), NOW).operations
    assert isinstance(write, SetTicketFields)
    assert write.revision == revision


def test_stage_can_be_shown_by_its_id() -> None:
    show = {"stage": {"property": "work_stage", "show": "id"}}
    plan = plan_ticket(situation(linked("7"), mapping=mapping(show_on_ticket=show)), NOW)
    assert written(plan) == {"work_stage": "in_development"}


def test_status_is_found_by_its_label_whatever_the_case() -> None:
    status = {"boards": {"aCTIVE": "in_testing"}}
    plan = plan_ticket(situation(linked("7"), mapping=mapping(status=status)), NOW)
    assert plan.stage == "in_testing"


@pytest.mark.parametrize(
    ("rollup", "statuses", "stage"),
    [
        ("least_advanced", ("Closed", "Active", "Resolved"), "in_development"),
        ("most_advanced", ("New", "Closed", "Active"), "available"),
        ("primary", ("Resolved", "New"), "in_testing"),
        ("least_advanced", ("Removed", "Closed"), "available"),
        ("most_advanced", ("Removed", "New"), "reported"),
        ("primary", ("Removed", "New"), "reported"),
        ("least_advanced", ("Removed", "Removed"), "declined"),
        ("primary", ("Removed",), "declined"),
    ],
)
def test_several_items_roll_up(rollup: str, statuses: tuple[str, ...], stage: str) -> None:
    items = [linked(str(n), status) for n, status in enumerate(statuses)]
    assert plan_ticket(situation(*items, mapping=mapping(rollup=rollup)), NOW).stage == stage


def test_roll_up_that_waits_names_the_item_it_waits_for() -> None:
    plan = plan_ticket(situation(linked("1", "Closed"), linked("2", "Active")), NOW)
    assert plan.verdict == "ROLLUP_HOLDS"
    assert (plan.verdict_data["item"], plan.verdict_data["ahead"]) == ("#2", "1")


@pytest.mark.parametrize("rollup", ["least_advanced", "most_advanced"])
def test_status_without_stage_holds_the_ticket_and_is_a_finding(rollup: str) -> None:
    items = (linked("1", "Closed"), linked("2", "Parked"), linked("3", "Parked"))
    plan = plan_ticket(situation(*items, mapping=mapping(rollup=rollup)), NOW)
    assert "work_stage" not in written(plan)
    assert (plan.stage, plan.verdict) == (None, "STATUS_UNMAPPED")
    (finding,) = plan.findings
    assert (finding.code, finding.topic) == ("STATUS_UNMAPPED", "boards:Parked")
    assert finding.data["count"] == "2"
    assert verdict(plan, "stage").data["item"] == "#2"


@pytest.mark.parametrize("presence", [Presence.MISSING, Presence.DELETED, Presence.PRESENT])
def test_broken_link_holds_stage_and_eta_and_is_a_finding(presence: Presence) -> None:
    lost = linked("2", state=LinkState.BROKEN)
    assert lost.observation is not None
    lost = replace(lost, observation=present(lost.observation, presence))
    plan = plan_ticket(situation(linked("1", "Closed"), lost), NOW)
    assert written(plan) == {"work_items": "#1, #2"}
    assert [each.code for each in plan.findings] == ["LINK_BROKEN"]


def test_item_deleted_by_the_vendors_word_is_broken_at_once() -> None:
    gone = linked("2")
    assert gone.observation is not None
    gone = replace(gone, observation=present(gone.observation, Presence.DELETED))
    assert plan_ticket(situation(gone), NOW).verdict == "LINK_BROKEN"


def test_item_not_found_once_still_counts() -> None:
    absent = linked("2")
    assert absent.observation is not None
    absent = replace(absent, observation=present(absent.observation, Presence.ABSENT))
    assert plan_ticket(situation(absent), NOW).stage == "in_development"


def test_item_never_seen_is_looked_at_first() -> None:
    unseen = replace(linked("7"), observation=None)
    plan = plan_ticket(situation(linked("6"), unseen), NOW)
    assert plan.look_first == (unseen.link.work_item,)
    assert plan.operations == ()


def test_eta_is_the_latest_of_the_open_items_by_the_first_source() -> None:
    items = (
        linked("1", TargetDate="2026-04-01", DueDate="2026-09-09"),
        linked("2", DueDate="2026-05-01"),
        linked("3", **{"@iteration": "Platform\\S1"}),
        linked("4", "Closed", TargetDate="2027-01-01"),
    )
    assert str(plan_ticket(situation(*items), NOW).eta) == "2026-05-29"


def test_eta_that_went_away_is_cleared_but_one_not_seen_is_kept() -> None:
    pair = after_write("work_eta", None, "2026-04-01", Observed("2026-04-01", True), now=NOW)
    facts = ticket_facts(hs_ticket_category="Success", work_eta="2026-04-01")
    none = ticket(facts, items=(linked("1"),), fingerprints={"work_eta": pair})
    assert written(plan_ticket(none, NOW))["work_eta"] == ""
    thin = linked("1")
    assert thin.observation is not None
    facts_only = {"@status": thin.observation.facts["@status"]}
    thin = replace(thin, observation=replace(thin.observation, facts=facts_only, whole=False))
    unseen = ticket(facts, items=(thin,), fingerprints={"work_eta": pair})
    assert "work_eta" not in written(plan_ticket(unseen, NOW))


def test_iterations_never_read_are_not_taken_for_iterations_without_an_end() -> None:
    pair = after_write("work_eta", None, "2026-05-29", Observed("2026-05-29", True), now=NOW)
    facts = ticket_facts(hs_ticket_category="Success", work_eta="2026-05-29")
    planned = linked("1", **{"@iteration": "Platform\\S9"})
    blind = replace(planned, tracker=replace(BOARDS, reference=Reference()))
    held, known = (
        plan_ticket(ticket(facts, items=(each,), fingerprints={"work_eta": pair}), NOW)
        for each in (blind, planned)
    )
    assert "work_eta" not in written(held)
    assert written(known)["work_eta"] == ""


def test_pair_shows_what_all_items_agree_on() -> None:
    plan = plan_ticket(situation(linked("1", RootCause="x"), linked("2", RootCause="x")), NOW)
    assert written(plan)["root_cause"] == "x"


def test_pair_on_which_items_disagree_is_a_conflict_and_not_written() -> None:
    plan = plan_ticket(situation(linked("1", RootCause="x"), linked("2", RootCause="y")), NOW)
    assert "root_cause" not in written(plan)
    assert [each.code for each in plan.findings] == ["CONFLICT"]


def test_withheld_value_stands_in_no_finding_and_no_input_of_an_explanation() -> None:
    secret = "see https://a.sentry.io/issues/1/"
    pair = {"ticket": "rc", "work_item": "RootCause", "owner": "work_item"}
    for more in ({}, {"values": {"a": "b"}}, {"audience": "engineering"}):
        made = mapping(fields=[{**pair, **more}])
        for values in ((secret,), (secret, "y")):
            items = [linked(str(n), RootCause=each) for n, each in enumerate(values)]
            plan = plan_ticket(situation(*items, mapping=made), NOW)
            assert "rc" not in written(plan)
            assert plan.findings
            assert secret not in str(plan)


def test_pair_value_outside_its_table_is_left_as_it_is() -> None:
    pair = {"ticket": "rc", "work_item": "RootCause", "owner": "work_item", "values": {"a": "b"}}
    made = mapping(fields=[pair])
    assert written(plan_ticket(situation(linked("1", RootCause="a"), mapping=made), NOW))["rc"] == (
        "b"
    )
    plan = plan_ticket(situation(linked("1", RootCause="z"), mapping=made), NOW)
    assert "rc" not in written(plan)
    assert plan.findings[0].code == "VALUE_UNMAPPED"


def test_pair_holding_error_tracking_or_engineerings_own_is_withheld() -> None:
    leak = plan_ticket(situation(linked("1", RootCause="see https://a.sentry.io/issues/1/")), NOW)
    assert "root_cause" not in written(leak)
    assert [each.code for each in leak.findings] == ["LEAK_SUSPECT"]
    pair = {
        "ticket": "rc",
        "work_item": "RootCause",
        "owner": "work_item",
        "audience": "engineering",
    }
    blocked = situation(linked("1", RootCause="x"), mapping=mapping(fields=[pair]))
    assert "rc" not in written(plan_ticket(blocked, NOW))


def test_pair_that_is_not_plain_is_not_written() -> None:
    plan = plan_ticket(situation(linked("1", RootCause={"id": "x"})), NOW)
    assert "root_cause" not in written(plan)
    assert [each.code for each in plan.findings] == ["FIELD_INVALID"]


def test_values_leave_for_the_readers_they_are_meant_for() -> None:
    plan = plan_ticket(situation(linked("7")), NOW)
    audiences = {
        field.field: field.value.audience
        for each in plan.operations
        if isinstance(each, SetTicketFields)
        for field in each.fields
    }
    assert audiences == {"work_stage": Audience.CUSTOMER, "work_items": Audience.SUPPORT}


def test_after_the_last_link_ended_our_values_are_taken_back_once() -> None:
    pair = after_write("work_stage", None, "In testing", Observed("In testing", True), now=NOW)
    facts = ticket_facts(hs_ticket_category="Success", work_stage="In testing", work_items="by me")
    plan = plan_ticket(ticket(facts, fingerprints={"work_stage": pair}), NOW)
    assert written(plan) == {"work_stage": ""}
    blank = after_write("work_stage", pair, "", Observed("", True), now=NOW)
    later = plan_ticket(ticket(facts, fingerprints={"work_stage": blank}), NOW)
    assert (later.operations, later.verdict) == ((), "NOT_ROUTED")


def test_explained_field_says_which_facts_were_used() -> None:
    shown = verdict(plan_ticket(situation(linked("7")), NOW), "stage")
    assert (shown.desired, shown.observed, shown.verdict) == ("In development", "", "UPDATE_DUE")
    assert shown.inputs[0].startswith("boards:7 @status=Active (2026-03-02")
