"""Every action that the hub writes down has a sentence, and a kind to look for it by."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bridge
from bridge.core.deeds import KINDS, deed, is_told
from bridge.domain.held import HeldState
from bridge.store.mappings import ACTIVATED, DRAFTED

PACKAGE = Path(bridge.__file__).parent
_NAMED = {ACTIVATED, DRAFTED, "finding.resolved", "finding.ignored"}
MADE_UP = (
    _NAMED
    | {"job.paused", "job.running", "job.cancelled"}
    | {
        f"held.{each.value}"
        for each in (HeldState.RELEASED, HeldState.REWRITTEN, HeldState.REJECTED)
    }
)
"""Actions whose names are put together."""


def _written() -> set[str]:
    """Every constant that some code gives to the audit log as an action."""
    found = set(MADE_UP)
    for file in (*PACKAGE.glob("engine/*.py"), *PACKAGE.glob("api/*.py")):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.keyword) and node.arg == "action":
                found |= _constants(node.value)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_audit":
                found |= {c for each in node.args for c in _constants(each) if "." in c}
    return found


def _constants(node: ast.AST) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_actions_are_found_in_the_source() -> None:
    assert {"link", "token.created", "finding.redacted", "mapping.activated"} <= _written()


def test_every_action_has_a_sentence_and_a_kind() -> None:
    assert [each for each in sorted(_written()) if not is_told(each)] == []
    kinds = [begin for _, begins in KINDS.values() for begin in begins]
    for action in _written():
        matching = [e for e in kinds if action == e or (e.endswith(".") and action.startswith(e))]
        assert matching, action


@pytest.mark.parametrize(
    ("action", "target", "detail", "said", "record"),
    [
        ("unlink", "hubspot:1", {"from": "boards:2"},
         "unlinked hubspot:1 from boards:2", "hubspot:1"),
        ("launch", "hubspot:1", {"route": "bug", "instead of": "boards:2"},
         "asked for the work item of hubspot:1 by route bug in place of boards:2", "hubspot:1"),
        ("mapping.activated", "mapping small", {"version": "0123abcd" * 8},
         "put the mapping small in force, version 0123abcd", ""),
        ("notice.acknowledged", "ticket hubspot:1", {"name": "Bo", "route": "bug"},
         "acknowledged the notice of hubspot:1 as Bo", "hubspot:1"),
        ("connection.fields_created", "hubspot", {"fields": ["a", "b"]},
         "made fields on tickets in hubspot: a, b", ""),
        ("erase", "hubspot:1, hubspot:2", {"address": "5a17:0b5c"},
         "had hubspot:1, hubspot:2 erased", ""),
        ("promise.kept", "hubspot:1", {"secret": "x"}, "promise kept: hubspot:1", "hubspot:1"),
        ("held.released", "held 1", {"ticket": "hubspot:1", "reason": None},
         "released a held text of hubspot:1", "hubspot:1"),
    ],
)  # fmt: skip
def test_deed_is_told_with_what_its_sentence_names_and_no_more(
    action: str, target: str, detail: dict[str, object], said: str, record: str
) -> None:
    done = deed(action, target, detail)
    assert (done.sentence, done.record) == (said, record)
