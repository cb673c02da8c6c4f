"""A mapping in words, what differs between two, and what may be chosen."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.mapping_choices import NOT_FOR_CUSTOMERS, audience_choices, ticket_fields
from bridge.core.mapping_diff import Difference, differences, line_differences
from bridge.core.mapping_tables import right_options, table_rows, value_tables
from bridge.core.mapping_told import condition_told, flows, routes_told
from bridge.core.rollup_examples import ROLL_UPS, rollup_examples, rollups_compared
from bridge.domain.mapping import Condition, Mapping
from bridge.domain.records import FieldInfo, Reference, StatusInfo
from tests.unit.config.samples import good


def changed(**changes: Any) -> Mapping:
    said = good().mapping.model_dump(by_alias=True, exclude_defaults=True)
    return Mapping.model_validate({**said, **changes}, by_alias=True, by_name=False)


def test_every_flow_says_its_way_owner_time_and_readers() -> None:
    told = {each.ticket: each for each in flows(good().mapping)}
    stage, pair, comment = (
        told[each] for each in ("work_stage", "engineering_priority", "internal note")
    )
    assert (stage.arrow, stage.owner, stage.audience) == ("←", "work item", "customer")
    assert stage.when == "always, put back once"
    assert (pair.arrow, pair.item, pair.when, pair.audience) == (
        "←", "Priority", "always", "support",
    )  # fmt: skip
    assert (comment.arrow, comment.audience) == ("←", "support")


def test_pair_that_the_ticket_owns_goes_to_the_work_item_and_is_read_by_engineering() -> None:
    pair = {"ticket": "effort", "work_item": "Effort", "owner": "ticket", "values": {"s": 1}}
    [told] = [each for each in flows(changed(fields=[pair])) if each.ticket == "effort"]
    assert (told.arrow, told.direction, told.audience) == ("→", "to the work item", "engineering")
    assert told.table == (("s", "1"),)


def test_routes_say_which_tickets_and_what_becomes_of_them() -> None:
    easy, bug = routes_told(good().mapping)
    assert (easy.when, easy.then) == ("category is Easy", "stays in the helpdesk")
    assert (bug.when, bug.then) == ("category is Bug or Crash", "becomes work: Bug in boards")
    assert ("high", "1") in bug.flows[-1].table


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"field": "subject", "contains": "outage"}, "subject contains outage"),
        ({"field": "property:x", "present": False}, "x is empty"),
        ({"not": {"field": "plan", "is": "Elite"}}, "plan is not Elite"),
        ({"not": {"field": "subject", "contains": "odd"}}, "subject does not contain odd"),
        ({"not": {"field": "plan", "present": True}}, "not (plan has a value)"),
        (
            {
                "all": [
                    {"field": "plan", "is": 1},
                    {"any": [{"field": "plan", "is": True}, {"field": "plan", "present": True}]},
                ]
            },
            "plan is 1 and (plan is true or plan has a value)",
        ),
    ],
)
def test_condition_is_a_clause(condition: dict[str, Any], told: str) -> None:
    read = Condition.model_validate(condition, by_alias=True, by_name=False)
    assert condition_told(read) == told


def test_rollup_examples_follow_the_rule_that_the_mapping_names() -> None:
    stages = [
        {"id": "reported", "label": "Reported"},
        {"id": "available", "label": "Available"},
        {"id": "declined", "label": "Declined", "side": True},
    ]
    shown = {}
    for rollup in ROLL_UPS:
        examples = rollup_examples(changed(stages=stages, rollup=rollup))
        shown[rollup] = {each.items: each.shown for each in examples}
    pair = ("Available", "Reported")
    assert [shown[each][pair] for each in ROLL_UPS] == ["Reported", "Available", "Available"]
    assert shown["least_advanced"]["Available", "Declined"] == "Available"
    assert shown["least_advanced"]["Available", "a status without a stage"] == ""
    assert dict(rollups_compared(changed(stages=stages)))[pair] == [
        "Reported", "Available", "Available",
    ]  # fmt: skip


def test_differences_name_stages_by_their_id_and_see_their_order() -> None:
    before = {"stages": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}], "rollup": "x"}
    after = {
        "stages": [{"id": "b", "label": "B"}, {"id": "a", "label": "A!"}, {"id": "c"}],
        "comments": {"as": "internal_note"},
    }
    assert differences(before, after) == [
        Difference("stages / a / label", "A", "A!"),
        Difference("stages / c", None, "id: c"),
        Difference("stages: order", "a, b", "b, a"),
        Difference("rollup", "x", None),
        Difference("comments", None, "as: internal_note"),
    ]


def test_differences_tell_a_number_from_its_text_and_cut_what_is_long() -> None:
    assert differences({"a": True}, {"a": 1}) == [Difference("a", "true", "1")]
    [long] = differences({}, {"a": "x" * 5000})
    assert long.after is not None
    assert len(long.after) == 400
    assert long.after.endswith("…")


def test_line_differences_see_comments() -> None:
    lines = line_differences("a: 1\nb: 2\n", "a: 1 # why\nb: 2\n")
    assert [(each.sign, each.text) for each in lines][1:] == [
        ("-", "a: 1"), ("+", "a: 1 # why"), (" ", "b: 2"),
    ]  # fmt: skip
    assert line_differences("a: 1\n", "a: 1\n") == []


def test_values_that_records_have_and_the_table_lacks_stand_first() -> None:
    mapping = good().mapping
    table = value_tables(mapping)[0]
    reference = Reference(
        statuses={
            "new": StatusInfo("new", "New"),
            "triaged": StatusInfo("triaged", "Triaged"),
            "held": StatusInfo("held", "On hold"),
            "10041": StatusInfo("10041", "Triaged"),
        }
    )
    rows = table_rows(table, {"new": 5, "triaged": 2, "10041": 1, "odd": 1}, reference)
    # Statuses of one name are one, and the file calls them by it.
    assert [(each.left, each.right, each.seen, each.lacks) for each in rows] == [
        ("Triaged", None, 3, True),
        ("odd", None, 1, True),
        ("New", "reported", 5, False),
        ("Closed", "available", 0, False),
        ("On hold", None, 0, False),
    ]
    assert right_options(table, mapping, Reference()) == ["reported", "available"]


def test_every_table_that_a_form_can_change_has_an_address_of_its_own() -> None:
    assert [each.id for each in value_tables(good().mapping)] == [
        "status.boards",
        "ticket.category.values",
        "ticket.severity.values",
        "fields.0.values",
        "routes.1.launch.fields.Priority.values",
    ]


def test_free_words_of_engineering_can_not_be_chosen_for_customers() -> None:
    pair = good().mapping.fields[0]
    [customer] = [each for each in audience_choices(pair) if each.value == "customer"]
    assert customer.why_not == NOT_FOR_CUSTOMERS
    tabled = pair.model_copy(update={"values": {"1": "Now"}})
    assert [each.why_not for each in audience_choices(tabled)] == ["", "", ""]


def test_field_that_the_hub_writes_can_not_be_chosen_and_says_why() -> None:
    names = ("work_stage", "engineering_priority", "kind", "tags", "free")
    reference = Reference(fields={each: FieldInfo(each, each, "text") for each in names})
    told = {each.value: each for each in ticket_fields(good().mapping, reference, {"tags"})}
    assert told["work_stage"].why_not == "the hub writes the stage there"
    assert told["engineering_priority"].why_not == "is written by another pair already"
    assert told["tags"].why_not == "holds what people add; a write would replace it"
    assert (told["free"].why_not, told["kind"].why_not) == ("", "")
    assert "ticket.category is read from it" in told["kind"].label
