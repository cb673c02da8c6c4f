"""A field of a new work item that two facts of the ticket decide together (C16, O22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.checking_tickets import judge_tickets
from bridge.core.facts import Facts
from bridge.core.launch_fields import Prepared, needed_names, prepare
from bridge.core.routing import match
from bridge.core.wanted import ticket_want
from bridge.domain.mapping import Condition, LaunchSpec, Mapping
from bridge.domain.records import Company, FieldInfo, Reference
from tests.unit.core.examples import COMPANY, HELPDESK, TICKET, mapping, observation, ticket_facts
from tests.unit.core.test_checking import DESK, SAID, desk, options, wrong

BY_PLAN: dict[str, Any] = {
    "from": "severity",
    "by": "plan",
    "values": {"high": 1, "normal": {"Elite": 1, "Standard": 2}, "low": {"Elite": 2}},
}
BY_IMPACT = BY_PLAN | {"by": "property:impact"}


def spec(table: dict[str, Any]) -> LaunchSpec:
    return LaunchSpec.model_validate({"in": "boards", "type": "Bug", "fields": {"P": table}})


def facts_of(company: Company, **said: Any) -> Facts:
    return Facts(TICKET, observation(TICKET, ticket_facts(**said)), mapping(), HELPDESK, company)


def prepared(table: dict[str, Any], plan: str | None = "Elite", /, **said: Any) -> Prepared:
    company = replace(COMPANY, properties={"success_plan": plan})
    return prepare(spec(table), facts_of(company, **said), Reference())


@pytest.mark.parametrize(
    ("severity", "plan", "value"),
    [
        ("HIGH", "Elite", 1),
        ("HIGH", "Standard", 1),
        ("MEDIUM", "Elite", 1),
        ("MEDIUM", "Standard", 2),
        ("LOW", "Elite", 2),
    ],
)
def test_both_facts_decide(severity: str, plan: str, value: int) -> None:
    found = prepared(BY_PLAN, plan, hs_ticket_priority=severity)
    assert (found.fields, found.problems, found.missing) == ({"P": value}, (), ())


def test_plan_that_the_table_lacks_is_a_problem_that_names_it() -> None:
    found = prepared(BY_PLAN, "Premium", hs_ticket_priority="MEDIUM")
    assert found.fields == {}
    told = ("VALUE_UNMAPPED", "plan:Premium", {"field": "plan", "value": "Premium"})
    assert found.problems == (told,)


@pytest.mark.parametrize("name", ["Elite", "plan_elite"])
def test_plan_that_is_chosen_from_a_list_goes_by_its_title_or_its_value(name: str) -> None:
    chosen = replace(
        COMPANY, properties={"success_plan": "plan_elite"}, labels={"success_plan": "Elite"}
    )
    facts = facts_of(chosen, hs_ticket_priority="LOW")
    table = BY_PLAN | {"values": {"high": 1, "normal": 2, "low": {name: 2, "Standard": 3}}}
    fields = {"P": table, "Title": "{{ ticket.plan }}: {{ ticket.subject }}"}
    launch = LaunchSpec.model_validate({"in": "boards", "type": "Bug", "fields": fields})
    made = prepare(launch, facts, Reference())
    assert (made.problems, made.fields["P"]) == ((), 2)
    assert str(made.fields["Title"]).startswith("Elite: ")
    assert match(Condition.model_validate({"field": "plan", "is": name}), facts)


def test_severity_that_the_table_lacks_is_a_problem_too() -> None:
    table = BY_PLAN | {"values": {"high": {"Elite": 1}}}
    found = prepared(table, hs_ticket_priority="LOW")
    told = ("VALUE_UNMAPPED", "severity:low", {"field": "severity", "value": "low"})
    assert found.problems == (told,)


@pytest.mark.parametrize("severity", ["HIGH", "LOW"])
def test_missing_second_fact_is_waited_for(severity: str) -> None:
    found = prepared(BY_PLAN, None, hs_ticket_priority=severity)
    assert (found.fields, found.missing) == ({}, ("plan",))


def test_default_of_the_first_fact_counts_and_is_told() -> None:
    found = prepared(BY_PLAN, "Standard", hs_ticket_priority=None)
    assert (found.fields, found.defaulted) == ({"P": 2}, ("severity",))


def test_field_of_the_helpdesk_may_be_the_second_fact_and_is_read() -> None:
    table = BY_IMPACT | {"values": {"high": {"Whole shop": 1, "some": 2}, "normal": 3, "low": 4}}
    impact = FieldInfo("impact", "Impact", "choice", (("all", "Whole shop"), ("some", "Some")))
    seen = observation(TICKET, ticket_facts(impact="all"))
    reference = replace(HELPDESK, fields={"impact": impact})
    facts = Facts(TICKET, seen, mapping(), reference, COMPANY)
    assert prepare(spec(table), facts, Reference()).fields == {"P": 1}
    assert needed_names(spec(table)) == {"severity", "property:impact"}
    route = {"id": "bug", "when": {"field": "category", "is": "Bug"}}
    wants = mapping(routes=[route | {"launch": spec(table).model_dump(by_alias=True)}])
    assert "impact" in ticket_want(wants).fields


def checked(table: dict[str, Any]) -> Mapping:
    launch = {"in": "boards", "type": "Bug", "fields": {"Priority": table}}
    bug = {"id": "bug", "when": {"field": "category", "is": "Bug"}, "launch": launch}
    return Mapping.model_validate(SAID | {"routes": [SAID["routes"][0], bug]})


def test_check_tells_a_word_of_the_second_fact_that_no_ticket_says() -> None:
    table = {
        "from": "severity",
        "by": "property:impact",
        "values": {"high": {"all": 1, "smoe": 2}, "low": {"smoe": 3}},
    }
    schema = desk(impact=FieldInfo("impact", "Impact", "choice", options("all", "some")))
    [one] = wrong(judge_tickets(checked(table), schema, DESK))
    told = ('property:impact is never "smoe".', 'Did you mean "some"?')
    assert (one.sentence, one.what_to_do) == told


def test_check_tells_a_second_fact_that_tickets_do_not_have() -> None:
    table = {"from": "severity", "by": "property:impact", "values": {"high": {"all": 1}, "low": 2}}
    [one] = wrong(judge_tickets(checked(table), desk(), DESK))
    assert one.sentence == "Tickets have no field impact."


def test_check_tells_a_plan_that_customers_can_not_have() -> None:
    table = {
        "from": "severity",
        "by": "plan",
        "values": {"high": {"Elite": 1, "Elit": 2}, "low": 2},
    }
    tier = FieldInfo("tier", "Tier", "choice", (("plan_elite", "Elite"), ("basic", "Basic")))
    schema = desk()
    schema = replace(schema, company_fields={**(schema.company_fields or {}), "tier": tier})
    [one] = wrong(judge_tickets(checked(table), schema, DESK))
    assert (one.sentence, one.what_to_do) == ('plan is never "Elit".', 'Did you mean "Elite"?')
    assert wrong(judge_tickets(checked(table), desk(), DESK)) == []
