"""What a run keeps of its inputs: enough that the plan decides the same from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from bridge.core.fingerprints import after_refusal
from bridge.core.plan import plan_item, plan_ticket
from bridge.core.rerun import differences
from bridge.core.situation import ItemSituation, LinkedTicket, TicketSituation
from bridge.domain.closures import Closure, Standing
from bridge.domain.records import FieldInfo, Reference
from bridge.store.run_inputs import (
    InputsLacking,
    inputs_of,
    item_from_inputs,
    mappings_of,
    ticket_from_inputs,
)
from tests.unit.core.examples import (
    BOARDS,
    HELPDESK,
    NOW,
    TICKET,
    item,
    item_facts,
    linked,
    linked_ticket,
    mapping,
    ticket,
    ticket_facts,
)
from tests.unit.core.strategies import ordinary_items, ordinary_tickets


@given(ordinary_tickets())
def test_plan_made_from_what_was_kept_is_the_plan_that_was_made(s: TicketSituation) -> None:
    kept = json.loads(json.dumps(inputs_of(s)))
    assert plan_ticket(ticket_from_inputs(str(s.ref), kept, s.mapping), NOW) == plan_ticket(s, NOW)


@given(ordinary_items())
def test_plan_of_an_item_made_from_what_was_kept_is_the_plan_that_was_made(
    s: ItemSituation,
) -> None:
    rules = {e.link.ticket.connection: e.mapping for e in s.tickets if e.mapping is not None}
    kept = json.loads(json.dumps(inputs_of(s, dict.fromkeys(rules, "hash"))))
    assert mappings_of(kept) == dict.fromkeys(rules, "hash")
    again = item_from_inputs(str(s.ref), kept, rules)
    assert plan_item(again, "http://bridge.test", NOW) == plan_item(s, "http://bridge.test", NOW)


def test_refused_value_is_refused_again_by_what_was_kept() -> None:
    options = tuple((str(n), f"Stage {n}") for n in range(3))
    info = FieldInfo("work_stage", "Stage", "enumeration", options)
    pair = after_refusal("work_stage", None, "In development", info=info, reason="no", now=NOW)
    s = ticket(
        ticket_facts(),
        items=(linked("12", "Active"),),
        reference=Reference(HELPDESK.statuses, {"work_stage": info}),
        fingerprints={"work_stage": pair},
    )
    plan = plan_ticket(s, NOW)
    assert "FIELD_INVALID" in {each.verdict for each in plan.verdicts}
    kept = json.loads(json.dumps(inputs_of(s)))
    assert plan_ticket(ticket_from_inputs(str(s.ref), kept, s.mapping), NOW) == plan


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


def test_run_of_an_item_from_before_they_were_kept_whole_says_so() -> None:
    kept = {each: inputs_of(item())[each] for each in ("observation", "neighbours")}
    with pytest.raises(InputsLacking, match="not kept"):
        mappings_of(kept)


def test_differences_of_an_item_count_what_is_done() -> None:
    s = item(linked_ticket("1"))
    plan = plan_item(s, "http://bridge.test", NOW)
    done = [type(each).__name__ for each in plan.operations]
    decided = {
        "findings": [each.code for each in plan.findings],
        "operations": done,
        "verdicts": [
            {"field": each.field, "desired": each.desired, "verdict": each.verdict}
            for each in plan.verdicts
        ],
    }
    assert differences(decided, plan.verdict, plan, operations=True) == ()
    more = {**decided, "operations": [*done, "CopyAttachment"]}
    assert differences(more, plan.verdict, plan) == ()
    found = differences(more, plan.verdict, plan, operations=True)
    assert found == ("CopyAttachment was done 1 times, is 0 times",)


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


def _linked_before(ticket: LinkedTicket, at: datetime) -> LinkedTicket:
    return replace(ticket, link=replace(ticket.link, created_at=at))


def test_end_of_a_ticket_is_judged_again_by_what_was_kept() -> None:
    rules = mapping(closing={}, on_reply={"item": "reopen", "reopen_to": {"boards": "Active"}})
    ago = NOW - timedelta(days=9)
    closure = Closure(Standing.OPEN, ago, ago, "71", ago, ago, "m1")
    s = replace(ticket(items=(linked("12", "Closed"),), closure=closure), mapping=rules)
    plan = plan_ticket(s, NOW)
    assert "DONE_NOT_CLOSED" in {each.code for each in plan.findings}
    kept = json.loads(json.dumps(inputs_of(s)))
    assert plan_ticket(ticket_from_inputs(str(s.ref), kept, rules), NOW) == plan
    on_item = item(
        _linked_before(replace(linked_ticket(), mapping=rules), ago - timedelta(days=1)),
        facts=item_facts("99", "Closed"),
        closures={str(TICKET): closure},
        tracker=replace(BOARDS, status_field="System.State"),
    )
    kept = json.loads(json.dumps(inputs_of(on_item, {"hubspot": "hash"})))
    again = item_from_inputs(str(on_item.ref), kept, {"hubspot": rules})
    assert plan_item(again, None, NOW).operations == plan_item(on_item, None, NOW).operations
    assert len(plan_item(on_item, None, NOW).operations) >= 2
