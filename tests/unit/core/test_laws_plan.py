"""Laws of planning: a fixpoint, total, never blanking, every status answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.fingerprints import Observed, after_write
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.reasons import REASONS, finding_detail, finding_sentence
from bridge.core.situation import ItemSituation, Plan, TicketSituation
from bridge.domain.operations import AddTicketNote, SetTicketFields
from tests.unit.core.examples import NOW, linked, mapping, ticket, ticket_facts
from tests.unit.core.model import REWRITES, Vendor
from tests.unit.core.strategies import (
    STATUSES,
    ordinary_items,
    ordinary_tickets,
    rollups,
    wild_items,
    wild_tickets,
)

STEP = timedelta(minutes=1)
vendors = st.builds(
    Vendor,
    rewrite=st.sampled_from(sorted(REWRITES)).map(REWRITES.__getitem__),
    shows=st.booleans(),
    answers_creates=st.booleans(),
)


def said(plan: Plan) -> None:
    """Every code of the plan is in the catalogue and can be said."""
    codes = {plan.verdict, *(each.verdict for each in plan.verdicts)}
    assert codes <= set(REASONS)
    for finding in plan.findings:
        assert finding.code in REASONS
        assert finding_sentence(finding)
        assert finding_detail(finding)


@given(ordinary_tickets(), vendors)
def test_ticket_comes_to_rest_whatever_the_vendor_makes_of_texts(
    s: TicketSituation, vendor: Vendor
) -> None:
    now = NOW
    for _ in range(4):
        plan = plan_ticket(s, now)
        s = vendor.ticket(s, plan, now)
        now += STEP
        if all(isinstance(each, SetTicketFields | AddTicketNote) for each in plan.operations):
            # What was only written and copied is at rest at once; a created item is new news.
            assert plan_ticket(s, now).operations == ()
    assert plan_ticket(s, now).operations == ()


@given(ordinary_items(), vendors)
def test_work_item_comes_to_rest_after_one_pass(s: ItemSituation, vendor: Vendor) -> None:
    s = vendor.item(s, plan_item(s, "https://hub.test", NOW), NOW)
    assert plan_item(s, "https://hub.test", NOW + STEP).operations == ()


@settings(max_examples=300)
@given(wild_tickets())
def test_every_ticket_has_a_plan(s: TicketSituation) -> None:
    said(plan_ticket(s, NOW))


@settings(max_examples=300)
@given(wild_items())
def test_every_work_item_has_a_plan(s: ItemSituation) -> None:
    said(plan_item(s, "https://hub.test", NOW))


@given(ordinary_tickets(), st.sampled_from(["Parked", "Unheard of", ""]))
def test_status_nobody_mapped_never_changes_the_stage(s: TicketSituation, status: str) -> None:
    pair = after_write("work_stage", None, "In testing", Observed("In testing", True), now=NOW)
    items = (linked("9", status), *s.items)
    s = replace(s, items=items, fingerprints={"work_stage": pair})
    for rollup in ("least_advanced", "most_advanced", "primary"):
        plan = plan_ticket(replace(s, mapping=mapping(rollup=rollup)), NOW)
        written = [
            field.field
            for each in plan.operations
            if isinstance(each, SetTicketFields)
            for field in each.fields
        ]
        assert "work_stage" not in written
        assert plan.stage is None


@given(
    st.dictionaries(st.sampled_from(STATUSES), st.sampled_from(["reported", "declined"])),
    st.sampled_from(STATUSES),
    rollups,
)
def test_every_status_has_a_stage_or_a_finding(
    table: dict[str, str], status: str, rollup: str
) -> None:
    made = mapping(status={"boards": table}, rollup=rollup)
    facts = ticket_facts(hs_ticket_category="Success")
    plan = plan_ticket(ticket(facts, items=(linked("1", status),), mapping=made), NOW)
    if plan.stage is None:
        # A status that was not read yet is nobody's mistake.
        expected = ["STATUS_UNMAPPED"] if status else []
        assert [each.code for each in plan.findings] == expected
    else:
        assert plan.stage == table[status]
        assert plan.findings == ()


@pytest.mark.parametrize("name", sorted(REWRITES))
def test_rewriting_vendor_is_written_to_once(name: str) -> None:
    s = ticket(ticket_facts(hs_ticket_category="Success"), items=(linked("1"),))
    vendor = Vendor(REWRITES[name])
    plan = plan_ticket(s, NOW)
    assert len(plan.operations) == 1
    s = vendor.ticket(s, plan, NOW)
    assert plan_ticket(s, NOW + STEP).operations == ()
