"""YAML: what values become, where they stand, and what is said of files that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.problems import Complaint
from bridge.config.yaml_lines import MAX_BYTES, read_yaml


def _told(source: str | bytes) -> list[str]:
    return [str(each) for each in read_yaml(source, "f.yaml").problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("2026-11-22", "2026-11-22"),
        ("12:30", "12:30"),
        ("0012", "0012"),
        ("0", 0),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-2.", -2.0),
        ("E0", "E0"),
        (".", "."),
        ("1.2.3", "1.2.3"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 30, "9" * 30),
        ("1_000", "1_000"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_value_is_what_people_expect(written: str, value: object) -> None:
    found = read_yaml(f"a: {written}\n", "f.yaml").mapping()["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text() -> None:
    document = read_yaml("{1: a, true: b, on: c, null: d}", "f.yaml")
    assert list(document.mapping()) == ["1", "true", "on", "null"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", ["f.yaml:1: the file is empty"]),
        ("# nothing\n", ["f.yaml:1: the file is empty"]),
        ("- a\n", ["f.yaml:1: must be a mapping (key: value)"]),
        ("a:\n\tb: 1\n", ["f.yaml:2: a tab stands where spaces are needed; indent with spaces"]),
        (
            "a: b: c\n",
            ['f.yaml:1: a ":" is not expected here; check the indentation, or'],
        ),
        ("a: 'b\nc: 1\n", ["f.yaml:3: the quote opened at line 1 is not closed"]),
        ("a:\n  - b\n c: 1\n", ["f.yaml:3: the indentation does not fit the lines above"]),
        ("a: @b\n", ["f.yaml:1: a value can't begin with @; put the text in quotes"]),
        ("a: 1\nb: {a: 1,\n    a: 2}\n", ["f.yaml:3: b.a: the key is already there, at line 2"]),
        ("a: 1\n---\nb: 1\n", ["f.yaml:2: a second document begins here; remove the ---"]),
        ("a: *b\n", ["f.yaml:1: nothing above is named &b"]),
        ("a: &a [*a]\n", ["f.yaml:1: *a stands inside itself"]),
        ("a: !!python/name:os.system\n", ["f.yaml:1: a: tags such as"]),
        ("a: &a {b: 1}\nc:\n  <<: *a\n", ['f.yaml:3: c["<<"]: merge keys are not YAML 1.2']),
        ("a: {b: 1}: c\n", ['f.yaml:1: a ":" is not expected here']),
        ("? [a]\n: b\n", ["f.yaml:1: a key must be plain text"]),
        ("a: " + "[" * 3000, ["f.yaml:1: nested more than 40 deep"]),
        ('a: "\\ud800"\n', ["f.yaml:1: an escape is half of a character"]),
        ('a: "\\U00119999"\n', ["f.yaml:1: this is not YAML"]),
        ("a: 1\nb: \x07\n", ["f.yaml:2: a control character is not allowed here"]),
        (b"a: 1\nb: \xff\n", ["f.yaml:2: the file is not UTF-8 text; save it as UTF-8"]),
        ("a: " + "x" * MAX_BYTES, ["f.yaml:1: the file is larger than 1 MB"]),
    ],
)
def test_file_that_is_no_yaml_is_explained(source: str | bytes, lines: list[str]) -> None:
    told = _told(source)
    assert len(told) == len(lines)
    for each, start in zip(told, lines, strict=True):
        assert each.startswith(start)


def test_aliases_that_unfold_to_billions_are_refused() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    assert _told(text) == ["f.yaml:5: the file unfolds to more than 20000 values"]


def test_chain_of_aliases_that_nests_too_deep_is_refused() -> None:
    text = "a0: &a0 [[x]]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60))
    assert _told(text) == ["f.yaml:38: nested more than 40 deep"]


def test_alias_is_the_value_it_names() -> None:
    document = read_yaml("a: &x {k: [1]}\nb: *x\n", "f.yaml")
    assert document.mapping() == {"a": {"k": [1]}, "b": {"k": [1]}}


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("a",), 2, 1),
        (("a", "b"), 3, 3),
        (("a", "b", 1), 5, 5),
        (("a", "b", 1, "c"), 5, 6),
        (("a", "gone"), 2, 1),
        (("gone", 3), 2, 1),
    ],
)
def test_path_has_the_line_of_its_key(path: tuple[str | int, ...], line: int, column: int) -> None:
    document = read_yaml("# first\na:\n  b:\n  - x\n  - {c: 1}\n", "f.yaml")
    problem = document.problem(Complaint(path, "wrong"))
    assert (problem.line, problem.column) == (line, column)


# "<" only because "<<" as a key is refused.
_texts = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="<"), max_size=6)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e90, max_value=1e90)
    | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_texts, _values, max_size=4))
def test_json_means_the_same_as_yaml(data: dict[str, Any]) -> None:
    document = read_yaml(json.dumps(data), "f.yaml")
    assert document.problems == []
    assert document.mapping() == data
