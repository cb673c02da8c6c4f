"""The pure rooms decide from values: no clock, no randomness, no I/O.

import-linter sees what is imported, ruff sees banned calls by their full name; this rule needs
neither and also knows calls by their shape.
"""

from __future__ import annotations

import ast

import pytest

from tests.house.sources import python_files, tree

_PURE = ("bridge/core/", "bridge/domain/")
_MODULES = {"asyncio", "httpx", "logging", "os", "random", "secrets", "socket", "time"}
_NAMES = {("uuid", "uuid1"), ("uuid", "uuid4")}
_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4"}
_BUILT_IN = {"input", "open", "print"}


def _impurity(node: ast.AST) -> str | None:
    if isinstance(node, ast.Import):
        found = [a.name for a in node.names if a.name.split(".")[0] in _MODULES]
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        from_pure = module.split(".")[0] not in _MODULES
        found = [a.name for a in node.names if not from_pure or (module, a.name) in _NAMES]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        on_class = isinstance(owner, ast.Name | ast.Attribute)
        found = [node.func.attr] if on_class and node.func.attr in _CALLS else []
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        found = [node.func.id] if node.func.id in _BUILT_IN else []
    else:
        return None
    return f"line {node.lineno}: {found[0]}" if found else None


def impurities(module: ast.Module) -> list[str]:
    """Where a module asks the clock, chance or the world."""
    return [found for node in ast.walk(module) if (found := _impurity(node))]


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "uuid.uuid4()",
        "from uuid import uuid4",
        "import time",
        "from time import monotonic",
        "import os.path",
        "import random as r",
        "open('x')",
    ],
)
def test_rule_on_sample_finds_the_impurity(source: str) -> None:
    assert len(impurities(ast.parse(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime, time",
        "from uuid import UUID, uuid5",
        "later = now + timedelta(minutes=5)",
        "situation.now",
        "from bridge.kit.timespans import parse",
    ],
)
def test_rule_on_sample_lets_values_pass(source: str) -> None:
    assert impurities(ast.parse(source)) == []


def test_core_and_domain_are_pure() -> None:
    found = {name: impurities(tree(name)) for name in python_files(*_PURE)}
    assert {name: lines for name, lines in found.items() if lines} == {}
