"""Which route a ticket takes."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.facts import Facts
from bridge.core.routing import RouteChoice, choose_route, match
from bridge.domain.mapping import Condition
from bridge.domain.records import FieldInfo, Reference, Value
from tests.unit.core.examples import COMPANY, TICKET, mapping, observation, ticket_facts


def facts(reference: Reference | None = None, changes: Any = None, **values: Value) -> Facts:
    seen = observation(TICKET, ticket_facts(**values))
    return Facts(TICKET, seen, mapping(**(changes or {})), reference or Reference(), COMPANY)


def chosen(read: Facts) -> RouteChoice:
    return choose_route(read)


def holds(condition: dict[str, Any], read: Facts) -> bool:
    return match(Condition.model_validate(condition), read)


def test_category_that_fits_takes_the_route() -> None:
    choice = chosen(facts())
    assert choice.route is not None
    assert (choice.route.id, choice.verdict) == ("bug", "")


def test_first_of_two_fitting_routes_wins() -> None:
    routes = [
        {"id": "first", "when": {"field": "severity", "is": "high"}, "stay": True},
        {"id": "second", "when": {"field": "category", "is": "Bug"}, "stay": True},
    ]
    choice = chosen(facts(changes={"routes": routes}))
    assert choice.route is not None
    assert choice.route.id == "first"


def test_stay_route_says_not_routed() -> None:
    choice = chosen(facts(hs_ticket_category="Success"))
    assert choice.verdict == "NOT_ROUTED"
    assert choice.data["category"] == "Success"


@pytest.mark.parametrize("value", [["Bug", "Feature"], "Other", ["Bug", "Other"]])
def test_several_or_unknown_categories_need_a_decision(value: Value) -> None:
    choice = chosen(facts(hs_ticket_category=value))
    assert (choice.route, choice.verdict) == (None, "NEEDS_DECISION")


@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_empty_category_is_no_category(value: Value) -> None:
    assert chosen(facts(hs_ticket_category=value)).verdict == "NO_CATEGORY"


def test_vendors_joined_values_are_several_when_they_are_options() -> None:
    info = FieldInfo("hs_ticket_category", "Category", "enumeration", (("Bug", "B"), ("X", "Y")))
    reference = Reference(fields={"hs_ticket_category": info})
    assert chosen(facts(reference, hs_ticket_category="Bug;X")).verdict == "NEEDS_DECISION"


def test_label_of_an_option_matches_like_its_value() -> None:
    info = FieldInfo("hs_ticket_category", "Category", "enumeration", (("cat_1", "Bug"),))
    choice = chosen(facts(Reference(fields={info.name: info}), hs_ticket_category="cat_1"))
    assert choice.route is not None
    assert choice.route.id == "bug"


def test_contains_reads_several_categories_on_purpose() -> None:
    when = {"field": "category", "contains": "bug"}
    changes = {"routes": [{"id": "any-bug", "when": when, "stay": True}]}
    choice = chosen(facts(changes=changes, hs_ticket_category=["Bug", "Feature"]))
    assert choice.verdict == "NOT_ROUTED"


def test_default_is_a_word_but_not_a_set_value() -> None:
    read = facts(hs_ticket_priority=None)
    assert holds({"field": "severity", "is": "normal"}, read)
    assert not holds({"field": "severity", "present": True}, read)
    assert holds({"field": "severity", "present": False}, read)


def test_value_outside_the_table_is_a_finding_and_no_value() -> None:
    read = facts(hs_ticket_priority="URGENT")
    assert not holds({"field": "severity", "is": "normal"}, read)
    assert not holds({"field": "severity", "is": "URGENT"}, read)
    (finding,) = read.unmapped()
    assert finding.code == "VALUE_UNMAPPED"
    assert finding.topic == "hs_ticket_priority:URGENT"


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ({"is": "a"}, "a", True),
        ({"is": "a"}, "A", False),
        ({"is": "a"}, ["a", "b"], False),
        ({"in": ["a", "b"]}, "b", True),
        ({"in": ["a", "b"]}, ["a", "b"], False),
        ({"contains": "RT"}, "export", True),
        ({"contains": "x"}, ["a", "xy"], True),
        ({"is": True}, True, True),
        ({"is": 3}, "3.0", True),
        ({"is": 3}, "three", False),
        ({"is": "a"}, {"a": "a"}, False),
    ],
)
def test_condition_on_a_property_holds_as_stated(
    condition: dict[str, Any], value: Value, expected: bool
) -> None:
    assert holds({"field": "property:x", **condition}, facts(x=value)) is expected


def test_conditions_combine() -> None:
    bug, high = {"field": "category", "is": "Bug"}, {"field": "severity", "is": "high"}
    read = facts()
    assert holds({"all": [bug, high]}, read)
    assert holds({"any": [{"not": bug}, high]}, read)
    assert not holds({"not": {"any": [bug, high]}}, read)
    assert holds({"field": "customer", "is": "Initech"}, read)
    assert holds({"field": "plan", "in": ["Elite"]}, read)
