"""What no file may hold, and what every module must say."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.sources import files, python_files, text, tree

# Put together here, so that this file does not hold what it looks for.
_HOMES = "|".join(("root", "home", "work", "Users"))
_MACHINE_PATH = re.compile(rf"(?<![\w.\-/}}>~*])/(?:{_HOMES})/\w")
_REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs"),
            ("registry", "yarnpkg"),
            ("proxy", "golang"),
        ]
    )
    + "|--(?:extra-)?index[-]url|--find[-]links"
)
_LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("open('/" + "root/x')", True),
        ("path: /" + "home/me/x", True),
        ("https://example.com/home/x", False),
        ("~/" + "work/x and tests/" + "work/x", False),
        ("/api/v1/work-items/7", False),
    ],
)
def test_rule_on_sample_knows_a_machine_path(line: str, found: bool) -> None:
    assert bool(_MACHINE_PATH.search(line)) is found


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name in files()
        for number, line in enumerate(text(name).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_holds_a_path_of_some_machine() -> None:
    assert _lines_with(_MACHINE_PATH) == []


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    assert _lines_with(_REGISTRIES) == []


@pytest.mark.parametrize("lock", _LOCKS)
def test_lock_pins_by_hash_and_names_no_address(lock: str) -> None:
    content = text(lock)
    assert "://" not in content
    entries = re.split(r"\n(?=\S)", content.strip())
    assert entries
    assert [e.splitlines()[0] for e in entries if "==" not in e or "--hash=sha256:" not in e] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name in python_files() if ast.get_docstring(tree(name)) is None]
    allowed = re.compile(r"tests/(?:.*/)?__init__\.py")
    assert [name for name in silent if not allowed.fullmatch(name)] == []


def test_every_variable_that_is_read_stands_in_the_example_environment() -> None:
    read = {
        variable
        for name in python_files("bridge/", "connectors/")
        for variable in re.findall(r"[\"']((?:BRIDGE|OTEL)_[A-Z_]*[A-Z])[\"']", text(name))
    }
    shown = set(re.findall(r"(?:BRIDGE|OTEL)_[A-Z_]+", text(".env.example")))
    # Some are read by the SDK of OpenTelemetry alone.
    spoken = set(re.findall(r"\bOTEL_[A-Z_]*[A-Z]", text("docs/observe.md")))
    assert (read | spoken) - shown == set()
