"""Edits of a mapping's file: what was asked is done, and all else stays as it is."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config.mapping_edits import GONE, CantEdit, Edit, Moved, edited, put_in
from bridge.config.mapping_rebase import edited_on_top
from bridge.config.problems import Path as Place
from bridge.config.yaml_lines import Plain, read_yaml
from tests.shipped import SHIPPED
from tests.unit.config.samples import GOOD

FOLDER = Path(__file__).resolve().parents[3] / "mappings"
READY_MADE = sorted(p for p in FOLDER.rglob("*.yaml") if not p.name.endswith(".bridge.yaml"))


def plain(text: str) -> dict[str, Any]:
    return dict(read_yaml(text, "x").mapping())


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [each for each in lines if each[:1] in "+-" and each[:3] not in ("+++", "---")]


def comments(text: str) -> list[str]:
    return sorted(each.partition("#")[2] for each in text.splitlines() if " #" in f" {each}")


def test_one_label_changes_one_line_of_the_shipped_file() -> None:
    after = edited(SHIPPED, [Edit(("stages", 0, "label"), "With our engineers")])
    assert changed_lines(SHIPPED, after) == [
        "-  - {id: reported, label: Reported to engineering}",
        "+  - {id: reported, label: With our engineers}",
    ]


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: path.stem)
def test_ready_made_file_keeps_every_comment_and_its_order(path: Path) -> None:
    text = path.read_text()
    after = edited(
        text,
        [
            Edit(("stages", 0, "label"), "Reworded"),
            Edit(("stages", 99), {"id": "later", "label": "Later"}),
            Edit(("comments", "to_ticket"), "none"),
            Edit(("stages", len(plain(text)["stages"])), GONE),
        ],
    )
    assert comments(after) == comments(text)
    assert list(plain(after)) == list(plain(text))
    assert plain(after)["stages"][0]["label"] == "Reworded"
    assert len(plain(after)["stages"]) == len(plain(text)["stages"])


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("yes", "label: yes}"),
        ("true", 'label: "true"}'),
        ("12", 'label: "12"}'),
        ("null", 'label: "null"}'),
        ("a: b", "label: 'a: b'}"),
        ("# no comment", "label: '# no comment'}"),
        ("{{ ticket.subject }}", 'label: "{{ ticket.subject }}"}'),
        ("<b>&</b>", "label: <b>&</b>}"),
        ("0012", "label: 0012}"),
        ("2026-11-22", "label: 2026-11-22}"),
    ],
)
def test_text_is_written_so_that_it_is_read_as_text(value: str, line: str) -> None:
    after = edited(GOOD, [Edit(("stages", 0, "label"), value)])
    assert plain(after)["stages"][0]["label"] == value
    assert line in after


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_any_label_is_what_is_read_afterwards_or_nothing_is_changed(label: str) -> None:
    try:
        after = edited(GOOD, [Edit(("stages", 1, "label"), label)])
    except CantEdit:
        return
    expected = plain(GOOD)
    expected["stages"][1]["label"] = label
    assert plain(after) == expected


def test_numbers_and_words_of_the_file_stay_what_they_are() -> None:
    text = GOOD.replace("{high: 1, low: 2}", "{high: 0012, low: 1.10}")
    after = edited(text, [Edit(("stages", 0, "label"), "Reworded")])
    assert "{high: 0012, low: 1.10}" in after


def test_entry_that_goes_takes_its_lines_and_no_comment_behind_them() -> None:
    after = edited(SHIPPED, [Edit(("stages", 5), GONE)])
    assert changed_lines(SHIPPED, after) == [
        "-  - {id: declined, label: Not planned, side: true, tell: draft}"
    ]
    assert "# The first route that matches wins." in after


def test_entry_within_a_line_goes_alone() -> None:
    after = edited(SHIPPED, [Edit(("ticket", "severity", "values", "URGENT"), GONE)])
    assert "values: {HIGH: high, MEDIUM: normal, LOW: low}" in after
    assert len(changed_lines(SHIPPED, after)) == 2


@pytest.mark.parametrize(("at", "to"), [(0, 2), (2, 0), (5, 1), (0, 5), (4, 5)])
def test_entry_that_moves_takes_its_line_along(at: int, to: int) -> None:
    after = edited(SHIPPED, [Edit(("stages", at), Moved(to))])
    wanted = plain(SHIPPED)["stages"]
    wanted.insert(to, wanted.pop(at))
    assert plain(after) == {**plain(SHIPPED), "stages": wanted}
    assert sorted(after.splitlines()) == sorted(SHIPPED.splitlines())
    assert after.index("least_advanced") == SHIPPED.index("least_advanced")


def test_entry_that_moves_takes_the_comment_above_it_along() -> None:
    after = edited(SHIPPED, [Edit(("routes", 3), Moved(0))])
    assert after.index("# H14, H20") < after.index("- id: implementation")
    assert after.index("- id: implementation") < after.index("- {id: customer-success")
    assert comments(after) == comments(SHIPPED)
    with pytest.raises(CantEdit, match="lines of its own"):
        edited("a: [{b: 1}, {c: 2}]\n", [Edit(("a", 1), Moved(0))])


def test_new_entry_is_put_in_before_another() -> None:
    new: dict[str, Plain] = {"id": "waiting", "label": "Waiting", "side": True}
    after = edited(SHIPPED, [Edit(("stages", 1), new, before=True)])
    assert changed_lines(SHIPPED, after) == ["+  - {id: waiting, label: Waiting, side: true}"]
    assert [each["id"] for each in plain(after)["stages"]][:3] == [
        "reported", "waiting", "scheduled",
    ]  # fmt: skip


def test_what_is_missing_on_the_way_is_made() -> None:
    text = GOOD.replace("comments: {to_ticket: marked}\n", "")
    after = edited(text, [Edit(("comments", "to_work_item"), "marked")])
    assert plain(after)["comments"] == {"to_work_item": "marked"}


def test_edits_that_change_nothing_leave_the_very_text() -> None:
    text = GOOD.replace("{id: reported, label: Reported}", "{id:   reported, label: 'Reported'}")
    assert edited(text, [Edit(("stages", 0, "label"), "Reported")]) == text
    assert edited(text, [Edit(("roles",), GONE)]) == text


def test_edit_that_would_change_another_place_too_is_refused() -> None:
    shared = "values: &v {HIGH: high, LOW: low}"
    text = GOOD.replace("values: {HIGH: high, LOW: low}", shared) + "more: *v\n"
    with pytest.raises(CantEdit, match="without changing another"):
        edited(text, [Edit(("ticket", "severity", "values", "HIGH"), "top")])


def test_comment_that_can_not_be_kept_is_named_and_nothing_is_changed() -> None:
    text = GOOD.replace("{New: reported,", "{New: reported, # since May\n    ")
    with pytest.raises(CantEdit, match="since May"):
        edited(text, [Edit(("status", "boards"), {"New": "reported"})])
    elsewhere = edited(text, [Edit(("rollup",), "primary")])
    assert elsewhere == text.replace("least_advanced", "primary")


_NOT_BROUGHT_BACK = (
    GOOD
    + """\
severities: # the writer's round trip joins two lines of this
  - {id: high, criteria: It is down.} # worst
  - id: low
    criteria: "The rest"
    when: {field: category, is: Bug}
"""
)


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        (("severities", 1, "criteria"), "All: else", '"The rest"', "'All: else'"),
        (("severities", 0, "label"), "High", "It is down.}", "It is down., label: High}"),
        (("severities", 1, "when"), {"field": "plan", "in": ["A" * 60, "B" * 60]},
         "{field: category, is: Bug}", f"{{field: plan, in: [{'A' * 60}, {'B' * 60}]}}"),
        (("severities", 1, "label"), "Low", "is: Bug}\n", "is: Bug}\n    label: Low\n"),
        (("severities", 1, "when"), {"field": "plan", "in": ["A", "B"]},
         "{field: category, is: Bug}", "{field: plan, in: [A, B]}"),
        (("severities", 2), {"id": "none", "criteria": "No"}, "is: Bug}\n",
         "is: Bug}\n  - {id: none, criteria: No}\n"),
    ],
)  # fmt: skip
def test_file_that_a_round_trip_would_spoil_is_changed_where_it_stands(
    path: Place, value: Plain, before: str, after: str
) -> None:
    made = edited(_NOT_BROUGHT_BACK, [Edit(path, value)])
    head, _, tail = _NOT_BROUGHT_BACK.rpartition(before)
    assert made == head + after + tail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n", "\r\n"),
        ("mapping: small", "---\nmapping: small"),
        ("\nroutes:", "\n\n# one\n\n# two\nroutes:"),
        ('"{{ ticket.subject }}"', "|-\n          {{ ticket.subject }}\n          and more"),
        ("label: Reported}", "label: 'It''s with us'}"),
        ("{New: reported", '{"New": reported, 1: reported, yes: reported, ~: reported'),
    ],
    ids=["ends of lines", "begin", "blank lines", "block text", "quotes", "keys"],
)
def test_way_in_which_a_file_is_written_stays(before: str, after: str) -> None:
    text = GOOD.replace(before, after)
    made = edited(text, [Edit(("rollup",), "primary")])
    assert made == text.replace("\r\n", "\n").replace("least_advanced", "primary")


def test_edits_are_put_on_top_of_what_somebody_else_changed() -> None:
    edits = [Edit(("stages", 0, "label"), "Mine")]
    theirs = GOOD.replace("label: Available", "label: Theirs")
    both = theirs.replace("label: Reported", "label: Mine")
    assert edited_on_top(GOOD, theirs, edits) == both
    moved = GOOD.replace("stages:\n", "stages:\n  - {id: first, label: First}\n")
    assert edited_on_top(GOOD, moved, edits) is None


@pytest.mark.parametrize(
    ("theirs", "edits"),
    [
        (("Reported}", "Theirs}"), [Edit(("stages", 0, "label"), "Mine")]),
        (("Reported}", "Theirs}"), [Edit(("stages", 0), GONE)]),
        (("Reported}", "Theirs}"), [Edit(("stages", 1), GONE), Edit(("stages", 0), GONE)]),
        (("Reported}", "Theirs}"), [Edit(("stages", 0), Moved(1)), Edit(("stages", 1), GONE)]),
        (("Reported}", "Reported, side: true}"), [Edit(("stages", 0, "side"), "false")]),
        (("{to_ticket: marked}", "{to_ticket: none}"), [Edit(("comments",), GONE)]),
        (("comments: {to_ticket: marked}\n", ""), [Edit(("comments", "as"), "public")]),
        (("\nroutes:", "\n  - {id: last, label: Theirs}\nroutes:"),
         [Edit(("stages", len(plain(GOOD)["stages"])), {"id": "last", "label": "Mine"})]),
    ],
)  # fmt: skip
def test_edit_of_what_somebody_else_changed_is_not_put_on_top_of_theirs(
    theirs: tuple[str, str], edits: list[Edit]
) -> None:
    changed = GOOD.replace(*theirs)
    assert changed != GOOD
    assert edited_on_top(GOOD, changed, edits) is None


def test_edit_that_both_made_is_no_reason_to_look_again() -> None:
    same, mine = Edit(("stages", 0, "label"), "Ours"), Edit(("rollup",), "primary")
    theirs = edited(GOOD, [same])
    assert edited_on_top(GOOD, theirs, [same, mine]) == edited(theirs, [mine])


def test_edit_through_something_that_is_no_table_is_refused() -> None:
    with pytest.raises(CantEdit, match="no table or list"):
        edited(GOOD, [Edit(("rollup", "deeper", "still"), "x")])


def test_edit_in_a_list_that_somebody_else_changed_is_not_put_on_top_of_theirs() -> None:
    two = SHIPPED.replace("in: [Post Implementation, Additional Scope]", "in: [One, Two]")
    edit = Edit(("routes", 3, "when", "in", 1), "Three")
    words = Edit(("stages", 0, "label"), "Reworded")
    theirs = two.replace("[One, Two]", "[Two]")
    assert edited_on_top(two, theirs, [edit]) is None
    on_top = edited_on_top(two, theirs, [words])
    assert on_top == edited(theirs, [words])
    elsewhere = two.replace("label: Reported to engineering", "label: Theirs")
    assert edited_on_top(two, elsewhere, [edit]) == edited(elsewhere, [edit])


def test_what_comes_in_and_is_long_stands_on_lines_of_its_own() -> None:
    launch: dict[str, Plain] = {"in": "boards", "type": "Bug", "fields": {"A": "b" * 60}}
    made = put_in(
        ("routes", 1),
        {"id": "new"},
        [
            Edit(("routes", 1, "when"), {"field": "category", "is": "Late"}),
            Edit(("routes", 1, "launch"), launch),
        ],
    )
    after = edited(SHIPPED, [made])
    assert plain(after)["routes"][1] == {
        "id": "new", "when": {"field": "category", "is": "Late"}, "launch": launch,
    }  # fmt: skip
    assert changed_lines(SHIPPED, after)[:3] == [
        "+  - id: new", "+    when: {field: category, is: Late}", "+    launch:",
    ]  # fmt: skip
