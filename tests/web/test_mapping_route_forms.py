"""Forms of routes and what hangs on them, as edits: what was not touched is not asked for."""

from __future__ import annotations

from collections.abc import Mapping as Inputs
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings

from bridge.config.mapping_edits import edited
from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.config.yaml_lines import read_yaml
from bridge.core.mapping_rows import spelt
from bridge.domain.mapping import Mapping
from bridge.web.mapping_forms import Asked
from bridge.web.mapping_registry import SECTIONS
from bridge.web.mapping_sheets import Section
from tests.unit.config.samples import GOOD, KNOWN
from tests.unit.config.test_mapping_edits import FOLDER, READY_MADE, changed_lines, plain
from tests.unit.core.test_mapping_rows import SHALLOW
from tests.web.routed import ROUTED

Typed: TypeAlias = Inputs[str, str | None]
"""What was typed; None: a box that was ticked and is not any more."""
EFFORT = "routes.1.launch.fields.Effort"
PEOPLE = ROUTED.replace("leads", "development_leads").replace("duty", "on_call")


def section(name: str) -> Section:
    return next(each for each in SECTIONS if each.name == name)


def mapping_of(text: str) -> Mapping:
    loaded = load_mapping(text, "x.yaml", known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded.mapping


def asked_of(name: str, at: str, typed: Typed, text: str = PEOPLE) -> Asked:
    """What the form asks for when it is sent with these inputs as they were typed."""
    mapping = mapping_of(text)
    form: dict[str, Any] = section(name).given(mapping, at) | dict(typed)
    said = {key: value for key, value in form.items() if value is not None}
    return section(name).asked(mapping, at, said)


def lines(name: str, at: str, typed: Typed, text: str = PEOPLE) -> list[str]:
    """The lines that the form changes; what comes out must be good."""
    asked = asked_of(name, at, typed, text)
    assert not asked.wrong
    after = edited(text, asked.edits)
    mapping_of(after)
    return changed_lines(text, after)


def forms(mapping: Mapping) -> list[tuple[Section, str]]:
    """Every form that the mapping has: those of the editor's page, and those of each route."""
    found = [(each, entry.at) for each in SECTIONS for entry in each.entries(mapping)]
    routes = [
        (section(name), route.id) for route in mapping.routes for name in ("route", "notices")
    ]
    return [*found, *routes]


@pytest.mark.parametrize("text", [ROUTED, *(path.read_text() for path in READY_MADE)])
def test_form_that_is_sent_back_as_it_is_asks_for_nothing(text: str) -> None:
    mapping = Mapping.model_validate(plain(text))
    for each, at in forms(mapping):
        assert each.title_of(mapping, at)
        asked = each.asked(mapping, at, each.given(mapping, at))
        assert (each.name, at, asked.edits, asked.wrong) == (each.name, at, [], {})


@settings(max_examples=15)
@given(SHALLOW, SHALLOW)
def test_any_condition_becomes_any_other_and_nothing_else_changes(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    text = GOOD.replace("{field: category, in: [Bug, Crash]}", _flow(before))
    said, wanted = plain(text), plain(text)
    wanted["routes"][1]["when"] = after
    form = section("route").given(Mapping.model_validate(said), "bug")
    typed = section("route").given(Mapping.model_validate(wanted), "bug")
    form = {key: value for key, value in form.items() if not key.startswith("when")}
    form |= {key: value for key, value in typed.items() if key.startswith("when")}
    asked = section("route").asked(Mapping.model_validate(said), "bug", form)
    assert not asked.wrong
    assert _meant(plain(edited(text, asked.edits))) == _meant(wanted)


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        ("{any: [{field: 'property:n', is: 5}, {field: 'property:n', in: [true, false]}]}",
         {"when-gone-1": "yes", "when-mode": "all"}, "{field: 'property:n', is: 5}"),
        ("{field: 'property:n', is: 5}", {"when-field-1": "plan", "when-pick-1-0": "3"},
         '{all: [{field: "property:n", is: 5}, {field: plan, is: "3"}]}'),
        ("{field: plan, is: 5}", {"when-test-0": "is_not"},
         "{not: {field: plan, is: 5}}"),
        ('{field: "property:n", is: "5"}', {"when-more-0": "7"},
         '{field: "property:n", in: ["5", 7]}'),
        ("{field: 'property:n', in: [true, 5]}", {"when-pick-0-0": "5", "when-pick-0-1": "true"},
         "{field: 'property:n', in: [5, true]}"),
    ],
)  # fmt: skip
def test_values_of_a_condition_stay_numbers_or_text(before: str, typed: Typed, after: str) -> None:
    text = PEOPLE.replace("{field: category, in: [Bug, Crash]}", before)
    said = plain(edited(text, asked_of("route", "bug", typed, text).edits))
    assert repr(said["routes"][1]["when"]) == repr(read_yaml(f"a: {after}", "x").mapping()["a"])


def _flow(value: Any) -> str:
    """As YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _meant(value: Any) -> Any:
    """A list of one says what its entry says; a number says what it reads as."""
    if isinstance(value, list):
        return [_meant(each) for each in value]
    if not isinstance(value, dict):
        return spelt(value)
    if isinstance(value.get("in"), list) and len(value["in"]) == 1:
        return {"field": value["field"], "is": spelt(value["in"][0])}
    for mode in ("all", "any"):
        if isinstance(value.get(mode), list) and len(value[mode]) == 1:
            return _meant(value[mode][0])
    return {key: _meant(each) for key, each in value.items()}


BUGS = "{field: category, in: [Bug, Crash]}"
WHEN = f"    when: {BUGS}"
MADE = "{in: boards, type: Bug, fields: {System.Title: {from: subject}}}"


@pytest.mark.parametrize(
    ("at", "typed", "changed"),
    [
        (
            "bug", {"when-pick-0-0": None, "when-more-0": "Fault"},
            [f"-{WHEN}", "+    when: {field: category, in: [Crash, Fault]}"],
        ),
        (
            "bug", {"when-test-0": "is_not"},
            [f"-{WHEN}", "+    when: {not: {field: category, in: [Bug, Crash]}}"],
        ),
        (
            "bug", {"when-field-1": "severity", "when-test-1": "is", "when-more-1": "high"},
            [f"-{WHEN}", f"+    when: {{all: [{BUGS}, {{field: severity, is: high}}]}}"],
        ),
        (
            "large", {"when-pick-0-0": None, "when-more-0": "Idea"},
            ["-        - {field: category, is: Wish}", "+        - {field: category, is: Idea}"],
        ),
        (
            "large", {"when-gone-0": "yes"}, ["-        - {field: category, is: Wish}"],
        ),
        (
            "large", {"when-pick-1-1": "Basic"},
            ["-        - not: {field: plan, in: [Standard]} # they pay for it",
             "+        - not: {field: plan, in: [Standard, Basic]} # they pay for it"],
        ),
        (
            "large", {"when-field-3": "severity", "when-more-3": "low"},
            ["+        - {field: severity, is: low}"],
        ),
        ("bug", {"type": "Defect"}, ["-      type: Bug", "+      type: Defect"]),
        ("bug", {"project": "Site"}, ["-      project: Platform", "+      project: Site"]),
        ("bug", {"project-by": "none", "project": ""}, ["-      project: Platform"]),
        ("bug", {"settle": "1m"}, ["+      settle: 1m"]),
        (
            "bug", {"value-0": "[{{ ticket.customer }}] {{ ticket.subject }}"},
            ['-        System.Title: "{{ ticket.subject }}" # one line',
             '+        System.Title: "[{{ ticket.customer }}] {{ ticket.subject }}" # one line'],
        ),
        ("bug", {"field-gone-1": "yes"}, ["-        Steps: {from: description}"]),
        (
            "bug", {"from-1": "subject"},
            ["-        Steps: {from: description}", "+        Steps: {from: subject}"],
        ),
        (
            "easy", {"then": "boards", "type": "Bug", "new-field-0": "System.Title",
                     "new-from-0": "subject"},
            ["-  - {id: easy, when: {field: category, is: Easy}, stay: true}",
             f"+  - {{id: easy, when: {{field: category, is: Easy}}, launch: {MADE}}}"],
        ),
    ],
)  # fmt: skip
def test_route_changes_only_what_was_touched(
    at: str, typed: dict[str, str | None], changed: list[str]
) -> None:
    assert lines("route", at, typed) == changed


def test_new_field_of_a_launch_stands_behind_the_others() -> None:
    typed = {
        "new-field-0": "Area",
        "new-value-0": "Shop",
        "new-field-1": "Rank",
        "new-value-1": "1",
    }
    assert lines("route", "bug", typed) == ["+        Area: Shop", "+        Rank: 1"]


def test_new_route_stands_where_it_was_put_and_a_copy_says_all_that_the_other_says() -> None:
    new = {"id": "late", "after": "0", "when-field-0": "category", "when-more-0": "Late"}
    assert lines("route", "@new", new) == [
        "+  - {id: late, when: {field: category, is: Late}, stay: true}"
    ]
    made = asked_of("route", "@like-bug", {
        "id": "fault", "after": "1",
        "when-pick-0-0": None, "when-pick-0-1": None, "when-more-0": "Fault", "type": "Defect",
    })  # fmt: skip
    after = edited(PEOPLE, made.edits)
    routes = plain(after)["routes"]
    assert [each["id"] for each in routes] == ["easy", "bug", "fault", "large", "odd"]
    assert mapping_of(after).routes[2].model_dump() == mapping_of(PEOPLE).routes[1].model_copy(
        update={"id": "fault"}
    ).model_dump() | {
        "when": mapping_of(after).routes[2].when.model_dump(),
        "launch": mapping_of(PEOPLE).routes[1].model_dump()["launch"] | {"type": "Defect"},
    }
    assert all(each.startswith("+") for each in changed_lines(PEOPLE, after))
    assert max(len(each) for each in changed_lines(PEOPLE, after)) < 110


def test_routes_move_by_buttons_and_those_that_go_take_their_comments_along() -> None:
    form = {"order": "0,1,2,3", "do": "up-3"}
    mapping = mapping_of(PEOPLE)
    turned = section("routes").turned(mapping, "", form)
    assert turned is not None
    assert turned["order"] == "0,1,3,2"
    assert section("routes").turned(mapping, "", {**turned, "do": "up-0"}) is not None
    asked = section("routes").asked(mapping, "", {"order": "0,1,3,2", "gone-0": "yes"})
    after = edited(PEOPLE, asked.edits)
    assert [each["id"] for each in plain(after)["routes"]] == ["bug", "odd", "large"]
    assert sorted(after.splitlines()) == sorted(
        each for each in PEOPLE.splitlines() if "id: easy" not in each
    )
    for order in ("0,1", "0,0,1,2", "x", ""):
        assert section("routes").asked(mapping, "", {"order": order}).wrong


def test_nested_condition_is_left_as_it_is_whatever_is_sent() -> None:
    typed = {"when-mode": "all", "when-field-0": "plan", "when-more-0": "Elite", "then": "stay"}
    assert asked_of("route", "odd", typed).edits == []


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ({"cell-1-1": "2"}, ["-            low: {Elite: 3, Standard: 1}",
                             "+            low: {Elite: 3, Standard: 2}"]),
        ({"cell-1-1": ""}, ["-            low: {Elite: 3, Standard: 1}",
                            "+            low: {Elite: 3}"]),
        ({"col-2": "Premium", "cell-1-2": "5"},
         ["-            low: {Elite: 3, Standard: 1}",
          "+            low: {Elite: 3, Standard: 1, Premium: 5}"]),
        ({"all-0": "5"}, ["-            high: 8 # whatever the plan",
                          "+            high: 5 # whatever the plan"]),
        ({"cell-1-0": "", "cell-1-1": "", "all-1": "2"},
         ["-          by: plan", "-            low: {Elite: 3, Standard: 1}",
          "+            low: 2"]),
    ],
)  # fmt: skip
def test_grid_changes_only_the_cells_that_were_touched(
    typed: dict[str, str | None], changed: list[str]
) -> None:
    assert lines("grid", EFFORT, typed) == changed


def test_second_fact_comes_into_a_table_over_one() -> None:
    text = PEOPLE.replace("high: 1, low: 2", "high: 1, low: 2 ")
    priority = EFFORT.replace("Effort", "Priority")
    typed = {"by": "plan", "col-0": "Elite", "all-1": "", "cell-1-0": "1"}
    after = edited(text, asked_of("grid", priority, typed, text).edits)
    field = plain(after)["routes"][1]["launch"]["fields"]["Priority"]
    assert field == {"from": "severity", "values": {"high": 1, "low": {"Elite": 1}}, "by": "plan"}
    wrong = asked_of("grid", priority, {**typed, "by": ""}).wrong
    assert wrong == {"by": "say which second fact the columns are"}
    both = asked_of("grid", EFFORT, {"all-1": "2"}).wrong
    assert both == {"all-1": "either one value for the whole row, or one for each"}


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ({"to-0": "on_call"}, ["to: development_leads", "to: on_call"]),
        ({"to-1": "development_leads"}, ["[development_leads, on_call]", "to: development_leads"]),
        ({"via-0-mail": None}, ["via: [internal, mail]", "via: [internal]"]),
        ({"until-0": "yes"}, ["with: [link]}", "with: [link], until_acknowledged: true}"]),
        ({"resend-1": "10m"}, ["resend: 5m", "resend: 10m"]),
        ({"when-0-gone-0": "yes"}, ["{when: {field: severity, is: high}, to:", "{to:"]),
    ],
)
def test_notice_changes_only_what_was_touched(
    typed: dict[str, str | None], changed: list[str]
) -> None:
    before, after = lines("notices", "bug", typed)
    assert changed[0] in before
    assert changed[1] in after
    assert (before[0], after[0]) == ("-", "+")


def test_notices_come_and_go() -> None:
    new = {
        "to-new": "on_call", "via-new-mail": "yes", "when-new-field-0": "severity",
        "when-new-test-0": "is", "when-new-more-0": "low",
    }  # fmt: skip
    assert [each[:46] for each in lines("notices", "bug", {**new, "gone-0": "yes"})] == [
        "-      - {when: {field: severity, is: high}, t",
        "+      - {when: {field: severity, is: low}, to",
    ]
    assert asked_of("notices", "bug", {"to-new": "on_call"}).wrong == {
        "via-new": "say by which way it goes"
    }
    assert "notify:" not in edited(
        PEOPLE, asked_of("notices", "bug", {"gone-0": "yes", "gone-1": "yes"}).edits
    )
    first = lines("notices", "easy", new)
    assert first[1].startswith("+  - {id: easy, ")


def test_subtasks_and_the_place_in_a_customers_project_are_changed_by_form() -> None:
    text = (FOLDER / "more" / "customer-success-rocketlane.yaml").read_text()
    route = next(each for each in mapping_of(text).routes if each.launch and each.launch.subtasks)
    assert route.launch is not None
    title, held = route.launch.subtasks[0].title, len(route.launch.subtasks)
    typed = {
        "sub-title-0": f"{title} now", "sub-template-0": "77", "phase-create": "yes",
        f"sub-title-{held}": "Call them", f"sub-questions-{held}": "When?\r\n Who? \r\n",
        "project-by": "company", "project": "project_id",
    }  # fmt: skip
    after = edited(text, asked_of("route", route.id, typed, text).edits)
    launch = next(each for each in mapping_of(after).routes if each.id == route.id).launch
    assert launch is not None
    assert (launch.subtasks[0].title, launch.subtasks[0].template) == (f"{title} now", 77)
    assert launch.subtasks[-1].model_dump(exclude_unset=True) == {
        "title": "Call them", "questions": ["When?", "Who?"],
    }  # fmt: skip
    assert launch.wanted_phase is not None
    assert launch.wanted_phase.create
    assert plain(after)["routes"][[r.id for r in mapping_of(after).routes].index(route.id)][
        "launch"
    ]["project"] == {"association": "company", "property": "project_id"}
    gone = asked_of("route", route.id, {f"sub-gone-{k}": "yes" for k in range(held)}, text)
    without = next(e for e in mapping_of(edited(text, gone.edits)).routes if e.id == route.id)
    assert without.launch is not None
    assert without.launch.subtasks == []
    wrong = asked_of("route", route.id, {"sub-template-0": "x", "sub-title-0": ""}, text).wrong
    assert wrong.keys() == {"sub-template-0", "sub-title-0"}


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        (
            {"category": "topic"},
            ["-  category: {property: kind}", "+  category: {property: topic}"],
        ),
        (
            {"severity-default": ""},
            [", default: low}", "values: {HIGH: high, LOW: low}}"],
        ),
        ({"plan": "tier"}, ["plan: success_plan}", "plan: tier}"]),
    ],
)
def test_where_things_stand_changes_only_what_was_touched(
    typed: dict[str, str | None], changed: list[str]
) -> None:
    before, after = lines("stands", "", typed)
    assert changed[0] in before
    assert changed[1] in after


def test_shown_fields_and_roles_come_and_go() -> None:
    new = {
        "show-stage": "work_stage", "show-keys": "work_items", "role-new": "csm",
        "role-new-kind": "company-property", "role-new-field": "csm_email",
    }  # fmt: skip
    there = edited(PEOPLE, asked_of("stands", "", new).edits)
    mapping = mapping_of(there)
    assert mapping.show_on_ticket.stage is not None
    assert mapping.show_on_ticket.stage.property == "work_stage"
    assert plain(there)["roles"] == {"csm": [{"association": "company", "property": "csm_email"}]}
    second = {"role-new": "csm", "role-new-kind": "owner", "role-new-field": "owner_id"}
    two = edited(there, asked_of("stands", "", second, there).edits)
    assert plain(two)["roles"]["csm"][1] == {"owner": "owner_id"}
    first_gone = edited(two, asked_of("stands", "", {"role-gone-0": "yes"}, two).edits)
    assert plain(first_gone)["roles"] == {"csm": [{"owner": "owner_id"}]}
    gone = {"role-gone-0": "yes", "show-stage": "", "show-keys": ""}
    assert edited(there, asked_of("stands", "", gone, there).edits) == PEOPLE
    wrong = asked_of("stands", "", {"category": "", "role-new": "x", "customer": ""}).wrong
    assert wrong.keys() == {"category", "role-new-field", "customer"}
