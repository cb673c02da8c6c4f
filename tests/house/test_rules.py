"""Each rule that is said to be served has a scenario that shows it; the others are a known list.

A scenario names the rules it shows in its docstring ("H4, H5: nothing is created for it"), or its
module's names them for all of it. Rules served in part may instead stand in the list of
docs/rules.md that says where they are shown, one line for each; those in which the hub has no part
stand in the one that says why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pytest

from tests.house.sources import python_files, text, tree

PAGE = "docs/rules.md"
SCENARIOS = "tests/scenarios/test_"
_ROW = re.compile(r"^\| ([CKODH][1-9][0-9]?) \| .+ \| (.+) \|$", re.MULTILINE)
_RULE = re.compile(r"\b[CKODH][1-9][0-9]?\b")
_LISTED = re.compile(r"^- ([CKODH][1-9][0-9]?): (.+)$", re.MULTILINE)
_SECTION = "\n## Served in part, shown elsewhere\n"
_OUT = "\n## Out of scope, and why\n"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Rules:
    """The page: how each rule is served, and the known list of those without a scenario."""

    served: Mapping[str, str]
    listed: Mapping[str, str]
    out: Mapping[str, str]
    """Why the hub has no part in a rule."""

    def says(self, word: str) -> set[str]:
        """The rules of which the page says so: yes, partly, not yet, or a dash."""
        return {rule for rule, said in self.served.items() if said.startswith(word)}


def read(page: str) -> Rules:
    """The page's rules."""
    rest, _, out = page.partition(_OUT)
    table, _, section = rest.partition(_SECTION)
    return Rules(
        dict(_ROW.findall(table)), dict(_LISTED.findall(section)), dict(_LISTED.findall(out))
    )


def gaps(rules: Rules) -> list[str]:
    """The numbers that are missing among each letter's."""
    found = []
    for letter in "CKODH":
        numbers = {int(each[1:]) for each in rules.served if each[0] == letter}
        found += [f"{letter}{n}" for n in range(1, max(numbers, default=0)) if n not in numbers]
    return found


def named_in(module: ast.Module) -> set[str]:
    """The rules that a module's docstring names, or that of one of its scenarios."""
    docs = [ast.get_docstring(module)]
    docs += [
        ast.get_docstring(node)
        for node in ast.walk(module)
        if isinstance(node, Function) and node.name.startswith("test_")
    ]
    return {rule for doc in docs for rule in _RULE.findall(doc or "")}


def complaints(rules: Rules, shown: Iterable[str]) -> list[str]:
    """What does not fit together, each with what would mend it."""
    named, listed = set(shown), set(rules.listed)
    found = [
        f"{rule} is served, and no scenario names it: name it in the docstring of one"
        for rule in sorted(rules.says("**yes**") - named)
    ]
    found += [
        f"{rule} is served in part: name it in a scenario's docstring, or list it: - {rule}: where"
        for rule in sorted(rules.says("**partly**") - named - listed)
    ]
    unserved = rules.says("\N{EM DASH}") | rules.says("not yet")
    found += [
        f"{rule} is not served, and nothing says why: list it: - {rule}: why"
        for rule in sorted(unserved - set(rules.out))
    ]
    found += [
        f"{rule} is served now: take its line out of what is out of scope"
        for rule in sorted(set(rules.out) - unserved)
    ]
    found += [
        f"{rule} has a scenario now: take its line out of the list"
        for rule in sorted(listed & named)
    ]
    found += [
        f"{rule} is not served in part: take its line out of the list"
        for rule in sorted(listed - rules.says("**partly**") - named)
    ]
    return found


SAMPLE = f"""
| H1 | a | — |
| H2 | b | **yes**: route |
| H3 | c | **partly**: half |
| H4 | d | not yet |
{_SECTION}
- H3: a unit test
{_OUT}
- H1: people's work
- H4: not yet
"""


@pytest.mark.parametrize(
    ("page", "shown", "wrong"),
    [
        (SAMPLE, ["H2"], []),
        (SAMPLE, ["H2", "H4"], []),
        (SAMPLE, [], ["H2 is served, and"]),
        (SAMPLE, ["H2", "H3"], ["H3 has a scenario now"]),
        (SAMPLE.replace("- H3: a unit test", ""), ["H2"], ["H3 is served in part"]),
        (SAMPLE.replace("- H3", "- H4: later\n- H3"), ["H2"], ["H4 is not served in part"]),
        (SAMPLE.replace("- H4: not yet", "- H2: no"), ["H2"],
         ["H4 is not served, and", "H2 is served now"]),
        (SAMPLE.replace("**partly**: half", "**yes**"), ["H2"],
         ["H3 is served, and", "H3 is not served in part"]),
    ],
)  # fmt: skip
def test_rule_on_sample_finds_what_does_not_fit(
    page: str, shown: list[str], wrong: list[str]
) -> None:
    found = complaints(read(page), shown)
    assert len(found) == len(wrong)
    assert all(said.startswith(part) for said, part in zip(found, wrong, strict=True))


def test_rules_on_sample_are_named_by_docstrings_alone() -> None:
    source = '"""All of it (H1)."""\n\n# H2\ndef test_x():\n    """H3: x."""\n    assert "H4"\n'
    source += 'def other():\n    """H5."""\n'
    assert named_in(ast.parse(source)) == {"H1", "H3"}


def test_every_rule_that_is_served_has_a_scenario_or_stands_in_the_known_list() -> None:
    shown = {rule for name in python_files(SCENARIOS) for rule in named_in(tree(name))}
    assert "H5" in shown
    assert gaps(read(text(PAGE))) == []
    assert complaints(read(text(PAGE)), shown) == []
