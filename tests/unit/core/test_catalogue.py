"""Reason codes and wanted fields: complete over the core and the mapping."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import bridge.core
from bridge.core.reasons import (
    REASONS,
    finding_detail,
    finding_sentence,
    sentence,
    severity,
    what_to_do,
)
from bridge.core.wanted import company_properties, item_fields, ticket_want
from bridge.domain.findings import Finding, Severity
from bridge.domain.links import LaunchState
from tests.unit.core.examples import BOARDS, mapping

CORE = Path(bridge.core.__file__).parent
PACKAGE = CORE.parent
TESTS = Path(__file__).resolve().parents[2]

NOT_PRODUCED: dict[str, str] = {}
"""Codes that nothing produces today, each with the reason."""


def codes_used() -> set[str]:
    """Every upper-case text constant of the core that has the shape of a code."""
    found = set()
    for file in CORE.glob("*.py"):
        if file.name.startswith("reason_texts"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)+|CONFLICT", text):
                found.add(text)
    return found | {f"LAUNCH_{each}" for each in ("REJECTED", "UNDECIDED") if LaunchState[each]}


def constants(package: Path) -> set[str]:
    """Every text constant of the package, but for the catalogue itself."""
    return {
        node.value
        for file in package.rglob("*.py")
        if not file.name.startswith("reason_texts")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_code_of_the_catalogue_is_produced_or_says_why_not() -> None:
    produced = constants(PACKAGE) | {f"LAUNCH_{each}" for each in ("REJECTED", "UNDECIDED")}
    assert set(REASONS) - produced == NOT_PRODUCED.keys()


def test_every_code_of_the_catalogue_is_shown_by_a_scenario() -> None:
    shown = constants(TESTS / "scenarios") | constants(TESTS / "api")
    said = {code for code in REASONS if any(code in each for each in shown)}
    assert set(REASONS) - said == set()


def test_every_code_of_a_finding_anywhere_is_in_the_catalogue() -> None:
    raised = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            given = node.args[0] if isinstance(node, ast.Call) and node.args else None
            if name in ("Finding", "Cause") and isinstance(given, ast.Constant):
                raised.add(given.value)
    assert {"PAUSED", "RUN_FAILED"} <= raised
    assert raised - set(REASONS) == set()


def test_every_code_used_by_the_core_is_in_the_catalogue() -> None:
    used = codes_used()
    assert {"IN_SYNC", "STATUS_UNMAPPED", "LAUNCH_LIMIT"} <= used
    assert used - set(REASONS) == set()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_code_can_be_said_without_data(code: str) -> None:
    finding = Finding(code, "hubspot")
    assert finding_sentence(finding).strip()
    assert finding_detail(finding).strip()
    assert REASONS[code].severity is Severity.INFO or what_to_do(code, {})
    names = {name for _, name, _, _ in string.Formatter().parse(REASONS[code].sentence) if name}
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_what_support_reads_names_no_command_and_no_path(code: str) -> None:
    for text in (REASONS[code].sentence, REASONS[code].what_to_do):
        assert not re.search(r"/held/|/api/|\bbridge [a-z]", text), text


def test_sentence_holds_the_data_and_a_gap_is_shown() -> None:
    said = sentence("VALUE_UNMAPPED", {"field": "priority", "value": "{URGENT}"})
    assert said == 'The value "{URGENT}" of priority is not known to the mapping.'
    assert "…" in sentence("VALUE_UNMAPPED", {})


def test_unknown_code_is_said_to_be_unknown() -> None:
    assert sentence("NO_SUCH", {})
    assert "NO_SUCH" in finding_detail(Finding("NO_SUCH", "x"))
    assert severity("NO_SUCH") is Severity.WARNING


def test_ticket_read_brings_every_field_the_mapping_names() -> None:
    when = {
        "all": [{"field": "property:region", "is": "EU"}, {"not": {"field": "plan", "is": "x"}}]
    }
    launch = {"in": "jira", "type": "Bug", "fields": {"f": {"from": "property:version"}}}
    want = ticket_want(mapping(routes=[{"id": "r", "when": when, "launch": launch}]))
    assert want.fields == {
        "hs_ticket_category", "hs_ticket_priority", "region", "version", "work_stage", "work_eta",
        "work_items", "root_cause",
    }  # fmt: skip
    assert want.timed == {"hs_ticket_category"}
    assert (want.attachments, want.comments) == (False, True)
    assert company_properties(mapping()) == {"name", "success_plan"}


def test_item_read_brings_pairs_and_dates_of_its_own_connection() -> None:
    pairs = [
        {"ticket": "a", "work_item": "X", "owner": "ticket", "connection": "jira"},
        {"ticket": "b", "work_item": "Y", "owner": "work_item"},
    ]
    want = item_fields([mapping(fields=pairs)], "boards", BOARDS.eta)
    assert want.fields == {"Y", "TargetDate", "DueDate"}
    assert (want.attachments, want.comments) == (True, True)
    assert item_fields([mapping()], "jira").attachments is False
