"""Modules and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

from tests.house.sources import PRODUCT, python_files, text, tree

_MODULE_LINES = 400
_TEST_MODULE_LINES = 600
_FUNCTION_LINES = 60
_MIGRATIONS = "bridge/store/migrations/versions/"


def too_long_functions(module: ast.Module, limit: int = _FUNCTION_LINES) -> list[str]:
    """The functions of more lines than the limit, decorators not counted."""
    functions = (
        n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lines = [(f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions]
    return [f"{name}: {count}" for name, count in lines if count > limit]


def test_rule_on_sample_counts_the_lines_of_a_function() -> None:
    sample = ast.parse("@a\n@b\ndef short():\n    x\n\nasync def long():\n    x\n    y\n")
    assert too_long_functions(sample, limit=2) == ["long: 3"]


def test_no_module_is_too_long() -> None:
    names = [name for name in python_files() if not name.startswith(_MIGRATIONS)]
    lines = {name: len(text(name).splitlines()) for name in names}
    limits = {n: _MODULE_LINES if n.startswith(PRODUCT) else _TEST_MODULE_LINES for n in lines}
    assert {name: count for name, count in lines.items() if count > limits[name]} == {}


def test_no_function_is_too_long() -> None:
    # A migration is a list of what changed; cutting it up would only hide it.
    names = [name for name in python_files() if not name.startswith(_MIGRATIONS)]
    found = {name: too_long_functions(tree(name)) for name in names}
    assert {name: functions for name, functions in found.items() if functions} == {}
