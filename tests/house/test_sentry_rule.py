"""The page of the Sentry rule: each way has a row, and the tests that it names are there."""

from __future__ import annotations

import ast
import re

import pytest

from bridge.core.reason_texts_audit import AUDIT
from tests.house.sources import files, text, tree

PAGE = "docs/sentry-rule.md"
_ROW = re.compile(r"^\| ([A-Z][0-9]?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
WAYS = [*"ABCDEFGHIJKLMNOPQ"]


def missing_tests(markdown: str) -> list[str]:
    """The tests that a page names and that are not there."""
    missing = []
    for name, test in _TEST.findall(markdown):
        there = (
            {
                node.name
                for node in ast.walk(tree(name))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            if name in files()
            else set()
        )
        if test not in there:
            missing.append(f"{name}::{test}")
    return missing


@pytest.mark.parametrize(
    ("markdown", "missing"),
    [
        ("`tests/house/test_sentry_rule.py::missing_tests`", []),
        ("`tests/house/test_docs.py::test_x`", ["tests/house/test_docs.py::test_x"]),
        ("`tests/house/test_gone.py::test_x`", ["tests/house/test_gone.py::test_x"]),
    ],
)
def test_rule_on_sample_finds_missing_tests(markdown: str, missing: list[str]) -> None:
    assert missing_tests(markdown) == missing


def test_every_way_has_a_row_with_a_test_that_shows_it() -> None:
    rows = {way: shown for way, _, _, shown in _ROW.findall(text(PAGE))}
    assert {way[0] for way in rows} == set(WAYS)
    assert [way for way, shown in rows.items() if not _TEST.search(shown)] == []


def test_every_test_that_the_page_names_is_there() -> None:
    assert missing_tests(text(PAGE)) == []


def test_every_code_of_an_audit_stands_in_the_page() -> None:
    assert set(re.findall(r"`(AUDIT_[A-Z_]+)`", text(PAGE))) == set(AUDIT)
