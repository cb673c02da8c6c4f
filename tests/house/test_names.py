"""Words that are not names here: they say nothing, or (sync) hide who owns a field."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import python_files, tree

_MODULES = {"common", "handler", "handlers", "helper", "helpers", "manager", "util", "utils"}
_WORDS = {
    "sync", "syncs", "synced", "syncing", "syncer", "resync", "manager", "managers",
    "helper", "helpers", "util", "utils", "common",
}  # fmt: skip
_CODES = {"IN_SYNC"}
"""Reason codes are stable names in the API, older than this rule."""
_THEIRS = {"run_sync"}
"""A method of SQLAlchemy's connection, which ours takes the place of."""
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def _defined(node: ast.AST) -> Iterator[str]:
    """The names this node gives to something (uses of other people's names are free)."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.alias) and node.asname:
        yield node.asname


def banned_names(module: ast.Module) -> list[str]:
    """The names defined in a module that contain a banned word."""
    names = {name for node in ast.walk(module) for name in _defined(node)}
    return sorted(n for n in names if _WORDS & {part.lower() for part in _PART.findall(n)})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def sync_ticket(): ...", ["sync_ticket"]),
        ("class TicketSync: ...", ["TicketSync"]),
        ("class SyncJob: ...", ["SyncJob"]),
        ("def f(last_sync): self.manager = 1", ["last_sync", "manager"]),
        ("from x import y as utils", ["utils"]),
        ("async def f(): await connection.run_sync(g)", []),
        ("async_engine = AsyncEngine(); os.fsync(1)", []),
        ("@contextmanager\ndef synchronous(): ...", []),
    ],
)
def test_rule_on_sample_finds_defined_names_only(source: str, found: list[str]) -> None:
    assert banned_names(ast.parse(source)) == found


def test_no_name_contains_a_banned_word() -> None:
    found = {name: set(banned_names(tree(name))) - _CODES - _THEIRS for name in python_files()}
    assert {name: names for name, names in found.items() if names} == {}


def test_no_module_or_folder_is_named_after_nothing() -> None:
    parts = {
        name: {p.removeprefix("_") for p in re.split(r"[/.]", name)} for name in python_files()
    }
    assert [name for name, found in parts.items() if found & _MODULES] == []
