"""What the pages say is there: links, paths, settings, commands, targets, calls, codes, rules."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from typer.core import TyperGroup

from bridge.api.application import openapi_document
from bridge.api.errors_page import render_page
from bridge.cli import app
from bridge.config.bridge_yaml import BridgeFile, load_bridge_yaml
from bridge.config.settings import Settings
from bridge.core.reasons import REASONS
from connectors.registry import CONNECTORS
from tests.browser.screenshots import PICTURES
from tests.house.sources import PRODUCT, ROOT, files, python_files, text, tree

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\bBRIDGE_[A-Z_]*[A-Z]\b")
_RULE = re.compile(r"\b[CKODH][1-9][0-9]?\b")
_PATH = re.compile(r"(?:\.ci|bridge|connectors|docs|mappings|openapi|tests)/[\w./-]*")
_CALL = re.compile(r"`(GET|POST|PUT|DELETE) (/[^\s`]*)`")


def pages() -> list[str]:
    """Every page for people."""
    return [name for name in files() if name.endswith(".md")]


def described() -> list[str]:
    """The pages that describe what is there; decisions are left as they were made."""
    kept = ("README.md", "CONTRIBUTING.md", "docs/")
    return [n for n in pages() if n.startswith(kept) and not n.startswith("docs/adr/")]


def prose(markdown: str) -> str:
    """The page without its blocks of code."""
    return _FENCE.sub("", markdown)


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", prose(markdown), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", each.lower()) for each in headings)
    return {each.replace(" ", "-") for each in plain}


def dead_links(name: str, markdown: str) -> list[str]:
    """The links of a page that lead to no file of this checkout, or to no heading in one."""
    dead = []
    for target in _LINK.findall(prose(markdown)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        page = markdown if place == name else text(place) if place in files() else ""
        is_there = place == name or place in files() or (ROOT / place).is_dir()
        if not is_there or (anchor and anchor not in anchors(page)):
            dead.append(target)
    return dead


@pytest.mark.parametrize(
    ("markdown", "dead"),
    [
        ("[a](README.md) and [b](../tests)", ["../tests"]),
        ("[a](README.md#try-it)", []),
        ("[a](README.md#not-there)", ["README.md#not-there"]),
        ("# Why `A_B` is, so!\n[a](#why-a_b-is-so) [b](#why)", ["#why"]),
        ("![a](docs/images/nothing.svg) [b](https://example.com/x)", ["docs/images/nothing.svg"]),
        ("```\n[a](nowhere.md)\n```", []),
    ],
)
def test_rule_on_sample_finds_dead_links(markdown: str, dead: list[str]) -> None:
    assert dead_links("SAMPLE.md", markdown) == dead


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str) -> None:
    assert dead_links(name, text(name)) == []


@pytest.mark.parametrize("name", described())
def test_every_path_in_a_page_exists(name: str) -> None:
    named = (span for span in _SPAN.findall(prose(text(name))) if _PATH.fullmatch(span))
    assert [each for each in named if not (ROOT / each).exists()] == []


def _settings() -> set[str]:
    return {
        str(field.validation_alias or f"BRIDGE_{key.upper()}")
        for key, field in Settings.model_fields.items()
    }


def test_every_setting_stands_in_the_readme() -> None:
    assert _settings() - set(_VARIABLE.findall(text("README.md"))) == set()


def test_every_variable_of_the_environment_is_documented() -> None:
    documented = {each for name in described() for each in _VARIABLE.findall(text(name))}
    read = {
        variable
        for name in python_files("bridge/", "connectors/", "tests/")
        for variable in re.findall(r"[\"'](BRIDGE_[A-Z_]+)[\"']", text(name))
    }
    assert (read | _settings()) - documented == set()


def test_no_page_names_a_variable_that_nobody_reads() -> None:
    known = _settings() | {
        each
        for name in (*python_files(), "Makefile", ".env.example")
        for each in _VARIABLE.findall(text(name))
    }
    named = {each for name in pages() for each in _VARIABLE.findall(text(name))}
    assert named - known == set()


def _vendors() -> set[str]:
    """Those with a connector. Of a vendor without a manifest there is a simulator only, as yet."""
    return {
        name.split("/")[1] for name in files() if re.fullmatch(r"connectors/\w+/manifest.py", name)
    }


def test_every_connector_has_its_page_and_stands_in_the_registry() -> None:
    pages_wanted = {f"docs/connect-{each.replace('_', '-')}.md" for each in _vendors()}
    assert pages_wanted - set(files()) == set()
    assert set(CONNECTORS) == _vendors()


def _commands(markdown: str) -> Iterator[tuple[str, str]]:
    """The commands of `bridge` that a page names, in code, each with the word after it."""
    for code in [*_FENCE.findall(markdown), *_SPAN.findall(prose(markdown))]:
        yield from re.findall(
            r"(?:^|[`\s])bridge ([a-z]+(?:-[a-z]+)*)(?![\w.:])(?: ([a-z]+)(?![\w.:]))?",
            code,
            re.MULTILINE,
        )


def unknown_commands(markdown: str) -> list[str]:
    """The commands that a page names and that do not exist; groups have commands of their own."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group)
    unknown = []
    for name, word in _commands(markdown):
        command = group.get_command(context, name)
        below = command.list_commands(context) if isinstance(command, TyperGroup) else None
        if command is None or (word and below is not None and word not in below):
            unknown.append(f"{name} {word}".strip())
    return unknown


@pytest.mark.parametrize(
    ("markdown", "unknown"),
    [
        ("`bridge serve` and `bridge foretell`", ["foretell"]),
        ("```\nbridge foresee x\n```", ["foresee x"]),
        ("`bridge token create --name me`, `bridge token forget`", ["token forget"]),
        ("`bridge explain hubspot:812`, `bridge mappings`, `bridge demo`", []),
        ("over the bridge check nothing; `bridge.yaml`", []),
    ],
)
def test_rule_on_sample_finds_unknown_commands(markdown: str, unknown: list[str]) -> None:
    assert unknown_commands(markdown) == unknown


def _naming_commands() -> list[str]:
    others = ("CHANGELOG.md", ".env.example", "mappings/README.md")
    return [*described(), *others]


@pytest.mark.parametrize("name", _naming_commands())
def test_every_command_that_is_named_exists(name: str) -> None:
    assert unknown_commands(text(name)) == []


def test_every_command_and_every_folder_of_tests_stands_in_the_page_about_how_it_works() -> None:
    page = text("docs/architecture.md")
    named = {name for name, _ in _commands(page)}
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert set(group.list_commands(typer.Context(group))) - named == set()
    folders = {name.split("/")[1] for name in python_files("tests/") if name.count("/") > 1}
    assert folders - set(re.findall(r"`tests/(\w+)/`", page)) == set()


def test_every_command_in_the_words_of_a_reason_exists() -> None:
    # They are plain text: each is looked at as if all of it were code.
    words = [f"`{said}`" for each in REASONS.values() for said in (each.detail, each.what_to_do)]
    page = "\n".join(words)
    assert ("mappings", "activate") in list(_commands(page))
    assert unknown_commands(page) == []


def test_pages_name_commands_at_all() -> None:
    # Else the rule above would look at nothing.
    assert all(list(_commands(text(name))) for name in ("README.md", *_naming_commands()[-3:]))


def test_every_make_target_in_a_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    named = {
        target
        for name in pages()
        for code in [*_FENCE.findall(text(name)), *_SPAN.findall(prose(text(name)))]
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)\b", code, re.MULTILINE)
    }
    assert {"run", "test"} <= named
    assert named - targets == set()


def test_every_call_in_the_architecture_exists() -> None:
    paths = openapi_document()["paths"]
    known = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
    }
    named = set(_CALL.findall(text("docs/architecture.md")))
    assert named
    assert named - known == set()
    assert known - named == set()


def test_only_the_gate_makes_what_may_leave_for_a_ticket() -> None:
    makers = [
        name
        for name in python_files(*PRODUCT)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Releasable")
    ]
    assert set(makers) == {"bridge/core/guard.py"}


def test_page_of_codes_is_as_printed() -> None:
    printed = render_page()
    assert text("docs/errors.md") == printed, "python -m bridge.api.errors_page > docs/errors.md"


def _quoting() -> list[str]:
    mappings = [n for n in files() if n.startswith("mappings/") and n.endswith(".yaml")]
    return [*python_files(*PRODUCT, "tests/"), *mappings, "mappings/README.md", "README.md"]


def test_every_rule_that_is_quoted_stands_on_the_page_of_rules() -> None:
    listed = re.findall(r"^\| ([CKODH][0-9]+) \|", text("docs/rules.md"), re.MULTILINE)
    assert len(listed) == len(set(listed))
    quoted = {rule: name for name in _quoting() for rule in _RULE.findall(text(name))}
    assert "H5" in quoted
    assert {rule: name for rule, name in quoted.items() if rule not in listed} == {}


def test_rules_are_numbered_without_a_gap_and_each_says_how_it_is_served() -> None:
    rows = re.findall(r"^\| ([CKODH])([0-9]+) \| (.+) \| (.+) \|$", text("docs/rules.md"), re.M)
    numbers: dict[str, list[int]] = {}
    for letter, number, _rule, served in rows:
        numbers.setdefault(letter, []).append(int(number))
        assert served.startswith(("**yes**", "**partly**: ", "not yet", "—")), f"{letter}{number}"
    assert sorted(numbers) == sorted("CKODH")
    assert all(each == list(range(1, len(each) + 1)) for each in numbers.values())


def test_every_design_rule_that_is_quoted_stands_in_the_architecture() -> None:
    start = text("docs/architecture.md").index("### Rules that hold")
    listed = set(re.findall(r"^([0-9]+)\. ", text("docs/architecture.md")[start:], re.MULTILINE))
    quoted = {
        number
        for name in python_files(*PRODUCT)
        for number in re.findall(r"design rule ([0-9]+)", text(name))
    }
    assert quoted
    assert quoted - listed == set()


def test_every_decision_is_numbered_complete_and_listed() -> None:
    decisions = [n for n in pages() if n.startswith("docs/adr/")]
    assert len(decisions) >= 8
    for number, name in enumerate(decisions, 1):
        page = text(name)
        assert name.startswith(f"docs/adr/{number:04}-")
        assert page.startswith(f"# {number}. ")
        assert re.findall(r"^## (.+)$", page, re.M) == ["Context", "Decision", "Consequences"]
        assert f"](adr/{name.removeprefix('docs/adr/')})" in text("docs/architecture.md")


def test_bridge_yaml_of_the_readme_is_valid() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", text("README.md"), re.DOTALL)
    source = re.sub(r"^ {3}", "", block, flags=re.MULTILINE)
    names = re.findall(r"\$\{([A-Z_]+)\}", source)
    vendors = {vendor: each.settings_model for vendor, each in CONNECTORS.items()}
    environment = {name: f"secret-{name}" for name in names}
    # An address of which the settings ask more than that it is not empty.
    environment["TEAMS_INTERNAL_URL"] = "https://x.logic.azure.com/workflows/1?sig=secret"
    loaded = load_bridge_yaml(source, "README.md", vendors=vendors, environment=environment)
    assert isinstance(loaded, BridgeFile), loaded


IMAGES = [n for n in files() if n.startswith("docs/images/")]


def test_pictures_of_pages_are_those_that_are_taken_and_each_is_shown() -> None:
    taken = {f"docs/images/{each.name}.png" for each in PICTURES}
    assert taken == {n for n in IMAGES if n.endswith(".png")}
    shown = {
        (Path(page).parent / target).as_posix()
        for page in files()
        if page.endswith(".md")
        for target in re.findall(r"!\[[^\]]{10,}\]\(([^)]+\.png)\)", text(page))
    }
    assert {posixpath.normpath(each) for each in shown} == taken


@pytest.mark.parametrize("name", [n for n in IMAGES if n.endswith(".svg")])
def test_picture_says_what_it_shows_and_fits_light_and_dark(name: str) -> None:
    picture = ElementTree.fromstring(text(name))  # noqa: S314 - our own file
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert picture.get("role") == "img"
    assert picture.findtext("svg:title", namespaces=space)
    assert picture.findtext("svg:desc", namespaces=space)
    assert "prefers-color-scheme: dark" in (picture.findtext("svg:style", "", space))
    # Colours stand in the style only: an attribute would not turn with the theme.
    drawn = [e for e in picture.iter() if e.get("fill") or (e.get("stroke") or "").startswith("#")]
    assert drawn == []
