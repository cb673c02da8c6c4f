"""Conditions as rows of a form, and back: nothing deeper is flattened, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mapping_matches import SeenValue
from bridge.core.mapping_picks import picks_of
from bridge.core.mapping_rows import IS, Row, condition_said, fact_choices, rows_of, values_taken
from bridge.domain.mapping import Condition
from bridge.domain.records import Reference
from tests.unit.core.examples import mapping

NAMES = st.sampled_from(("category", "severity", "plan", "property:x"))
WORDS = st.sampled_from(("Bug", "a b", "3", "true", "Ünï, codé"))
TESTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"field": NAMES, "is": WORDS}),
    st.fixed_dictionaries(
        {"field": NAMES, "in": st.lists(WORDS, min_size=2, max_size=3, unique=True)}
    ),
    st.fixed_dictionaries({"field": NAMES, "contains": WORDS}),
    st.fixed_dictionaries({"field": NAMES, "present": st.booleans()}),
)
ROWS = st.one_of(
    TESTS,
    TESTS.filter(lambda each: "present" not in each).map(lambda each: {"not": each}),
)
SHALLOW = st.one_of(
    ROWS,
    st.lists(ROWS, min_size=2, max_size=4).map(lambda rows: {"all": rows}),
    st.lists(ROWS, min_size=2, max_size=4).map(lambda rows: {"any": rows}),
)


@given(SHALLOW)
def test_what_a_form_shows_is_said_as_the_file_says_it(said: dict[str, Any]) -> None:
    rows = rows_of(Condition.model_validate(said))
    assert rows is not None
    assert condition_said(rows.mode, rows.rows) == said


@pytest.mark.parametrize(
    "said",
    [
        {"all": [{"any": [{"field": "plan", "is": "Elite"}]}]},
        {"not": {"all": [{"field": "plan", "is": "Elite"}]}},
        {"not": {"not": {"field": "plan", "is": "Elite"}}},
        {"not": {"field": "plan", "present": True}},
        {"all": []},
        {"field": "subject", "contains": "two\nlines"},
        {"field": "plan", "in": ["Elite", "Elite"]},
        {"any": [{"field": "plan", "is": "Elite"}] * 41},
    ],
)
def test_what_is_deeper_or_would_come_back_otherwise_is_left_to_the_file(said: Any) -> None:
    assert rows_of(Condition.model_validate(said)) is None


def test_value_that_a_route_above_takes_says_so_and_is_greyed() -> None:
    routes = [
        {"id": "first", "when": {"field": "category", "in": ["Bug", "Crash"]}, "stay": True},
        {"id": "some", "when": {"not": {"field": "category", "is": "Wish"}}, "stay": True},
        {"id": "last", "when": {"field": "category", "is": "Wish"}, "stay": True},
    ]
    taken = values_taken(mapping(routes=routes), 2, "category")
    assert taken == {"Bug": "first", "Crash": "first"}
    seen = [SeenValue("Bug", "Bug", 7), SeenValue("c", "Crash", 2), SeenValue("Wish", "Wish", 1)]
    shown = picks_of(Row("category", IS, ("Bug",)), seen, taken)
    assert [(each.value, each.tickets, each.chosen, bool(each.why_not)) for each in shown] == [
        ("Bug", 7, True, True), ("Wish", 1, False, False), ("c", 2, False, True),
    ]  # fmt: skip
    assert shown[2].why_not == "its tickets go to first, which stands above"
    other = picks_of(Row("category", "is_not", ()), seen, taken, ["Bug"])
    assert [each.why_not for each in other] == [
        "", "the file's own list does not have it", "the file's own list does not have it",
    ]  # fmt: skip


def test_fact_that_the_file_does_not_say_where_it_stands_is_greyed() -> None:
    ticket = {"category": {"property": "kind"}}
    found = {each.value: each.why_not for each in fact_choices(mapping(ticket=ticket), Reference())}
    assert {name for name, why_not in found.items() if why_not} == {"severity", "customer", "plan"}
