"""What a run keeps of its inputs: enough that the plan decides the same from it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from bridge.core.plan import plan_ticket
from bridge.core.rerun import differences
from bridge.core.situation import TicketSituation
from bridge.domain.records import FieldInfo, Reference
from bridge.store.run_inputs import InputsLacking, inputs_of, ticket_from_inputs
from tests.unit.core.examples import HELPDESK, NOW, TICKET, item, linked, ticket, ticket_facts
from tests.unit.core.strategies import ordinary_tickets


@given(ordinary_tickets())
def test_plan_made_from_what_was_kept_is_the_plan_that_was_made(s: TicketSituation) -> None:
    kept = json.loads(json.dumps(inputs_of(s)))
    assert plan_ticket(ticket_from_inputs(str(s.ref), kept, s.mapping), NOW) == plan_ticket(s, NOW)


def test_options_that_the_ticket_does_not_use_are_not_kept() -> None:
    options = tuple((str(n), f"Category {n}") for n in range(500))
    field = FieldInfo("hs_ticket_category", "Category", "enumeration", (*options, ("Bug", "Bug")))
    reference = Reference(HELPDESK.statuses, {field.name: field})
    s = ticket(ticket_facts(), reference=reference)
    kept = inputs_of(s)
    assert len(json.dumps(kept)) < 8000
    again = ticket_from_inputs(str(TICKET), kept, s.mapping)
    assert again.reference.fields["hs_ticket_category"].options == (("Bug", "Bug"),)


@pytest.mark.parametrize(
    "kept", [None, {}, {"observation": {}}, {"situation": {}}, {"situation": 7}]
)
def test_inputs_that_are_gone_or_of_another_form_are_said_to_be(kept: object) -> None:
    with pytest.raises(InputsLacking, match="kept"):
        ticket_from_inputs(str(TICKET), kept, ticket().mapping)


def test_pass_over_an_item_keeps_what_was_seen_around_it() -> None:
    assert set(inputs_of(item())) == {"observation", "neighbours"}


def test_differences_name_what_was_and_what_is() -> None:
    s = ticket(ticket_facts(), items=(linked("12", "Active"),))
    plan = plan_ticket(s, NOW)
    decided = {
        "stage": "in_testing",
        "eta": None,
        "findings": ["CONFLICT"],
        "verdicts": [
            {"field": each.field, "desired": each.desired, "verdict": each.verdict}
            for each in plan.verdicts
            if each.field != "work_items"
        ],
    }
    found = differences(decided, plan.verdict, plan)
    assert found == (
        'the stage was "in_testing", is "in_development"',
        'work_items was nothing, is "the hub\'s"',
    )
    parked = plan_ticket(replace(s, items=(linked("12", "Parked"),)), NOW)
    assert "the finding STATUS_UNMAPPED is new" in differences(decided, plan.verdict, parked)
