"""Each mistake in a mapping file: its line, its place, what is wrong and what would be right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.config.samples import KNOWN, good, spoilt

_BLOCKS = (
    Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").rstrip().split("\n\n")[1:]
)


NO_NAME = "must be a short name of lower-case letters, digits, - and _"
TAKEN = "routes[0], routes[1] match the same tickets first"
NO_SOURCE = 'the ticket has no "descripton" here; did you mean "description"?'


@pytest.mark.parametrize("block", _BLOCKS, ids=lambda block: block.splitlines()[0][3:])
def test_mistake_is_told_with_its_line_and_remedy(block: str) -> None:
    lines = block.splitlines()[1:]
    right = "\n".join(line[2:] for line in lines if line.startswith("-|"))
    wrong = "\n".join(line[2:] for line in lines if line.startswith("+|"))
    told = [line for line in lines if line[:2] not in ("-|", "+|")]
    assert told
    assert spoilt((right, wrong)) == told


def test_good_file_has_no_problem() -> None:
    assert good().mapping.trackers() == ("boards",)


def test_many_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    told = spoilt(
        ("helpdesk: hubspot", "helpdesk: hubspto"),
        ("id: available", "id: Available"),
        ("is: Easy", "iss: Easy"),
        ("in: boards", "in: board"),
        ("from: description", "from: descripton"),
        ("Closed: available", "Closed: nowhere"),
        ("rollup: least_advanced", "rollup: first"),
    )
    assert told == [
        'mappings/x.yaml:2: helpdesk: no connection "hubspto"; did you mean "hubspot"?',
        f"mappings/x.yaml:8: stages[1].id: {NO_NAME}",
        'mappings/x.yaml:10: routes[0].when.iss: unknown key; did you mean "is"?',
        'mappings/x.yaml:14: routes[1].launch.in: no connection "board"; did you mean "boards"?',
        f"mappings/x.yaml:18: routes[1].launch.fields.Steps.from: {NO_SOURCE}",
        'mappings/x.yaml:21: status.boards.Closed: no stage "nowhere"; known: reported, Available',
        'mappings/x.yaml:27: rollup: "first" is not one of least_advanced, most_advanced, primary',
    ]


def test_two_trackers_without_connection_of_a_pair_asks_for_it() -> None:
    second = (
        "  - {id: story, when: {field: category, is: Wish}, "
        "launch: {in: jira, type: Story}}\nstatus:\n  jira: {Done: available}\n"
    )
    (told,) = spoilt(("status:\n", second))
    assert told == (
        "mappings/x.yaml:27: fields[0].connection: is missing: routes launch into boards, jira; "
        "say which of them this pair is for"
    )


def test_same_field_of_two_trackers_is_not_a_clash() -> None:
    second = (
        "  - {id: story, when: {field: category, is: Wish}, "
        "launch: {in: jira, type: Story}}\nstatus:\n  jira: {Done: available}\n"
    )
    pairs = (
        "owner: work_item, connection: boards}\n"
        "  - {ticket: other, work_item: Priority, owner: ticket, connection: jira}\n"
    )
    assert spoilt(("status:\n", second), ("owner: work_item}\n", pairs)) == []


def test_mistake_in_a_template_stands_at_its_field() -> None:
    told = spoilt(("{{ ticket.subject }}", "{{ ticket.subjekt }}"))
    assert told
    assert all(
        each.startswith('mappings/x.yaml:17: routes[1].launch.fields["System.Title"]: ')
        for each in told
    )


def test_number_and_truth_in_conditions_are_different_values() -> None:
    one, true = ("is: Easy", "is: 1"), ("in: [Bug, Crash]", "is: true")
    assert spoilt(one, true) == []


def test_values_that_several_routes_have_taken_leave_nothing_for_a_third() -> None:
    third = "  - {id: rest, when: {field: category, in: [Easy, Crash]}, stay: true}\nstatus:\n"
    assert spoilt(("status:\n", third)) == [
        f"mappings/x.yaml:20: routes[2].when: the route is never reached: {TAKEN}"
    ]
    some_new = third.replace("Easy", "Wish")
    assert spoilt(("status:\n", some_new)) == []


def test_quoted_value_breaks_neither_the_line_nor_the_terminal() -> None:
    (told,) = spoilt(("in: boards", f'in: "a\\n\\e[31m{"x" * 5000}"'))
    assert told.isprintable()
    assert len(told) < 1000


NAMED = "names error tracking, which nobody outside engineering reads of"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        # A letter of another script is read as the one that it looks like.
        ([("label: Reported", 'label: "In \u0405\u0435ntry"')], "stages[0].label"),
        (
            [
                ("id: reported", "id: in-sentry"),
                ("New: reported", "New: in-sentry"),
                ("property: work_stage", "property: work_stage, show: id"),
            ],
            "stages[0].id",
        ),
        ([("in: boards", "in: boards\n      project: Sentry bugs")], "routes[1].launch.project"),
        (
            [("id: bug", "id: sentry-bug\n    notify: [{via: internal}]")],
            "routes[1].id",
        ),
    ],
)
def test_what_people_outside_engineering_read_names_no_error_tracking(
    changes: list[tuple[str, str]], place: str
) -> None:
    [told] = spoilt(*changes)
    assert f": {place}: " in told
    assert NAMED in told


def test_a_tracker_whose_own_project_is_named_so_takes_no_launch_of_a_ticket() -> None:
    into = [("in: boards", "in: jira"), ("  boards: {", "  jira: {")]
    known = replace(KNOWN, first_projects={"jira": "SENTRY"})
    [told] = spoilt(*into, known=known)
    assert told == (
        f'mappings/x.yaml:14: routes[1].launch.in: the project "SENTRY" {NAMED}, and its items\' '
        "keys stand on tickets; launch tickets into a project of another name; signals may stay "
        "in that one"
    )
    # The shape of a key gives nothing away, and the ids that nobody is shown are free.
    assert spoilt(*into, known=replace(KNOWN, first_projects={"jira": "WEB"})) == []
    assert spoilt(("id: bug", "id: sentry-bug")) == []
