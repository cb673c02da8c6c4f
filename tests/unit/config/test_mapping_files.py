"""Loading mapping files: their hash, their folder, and that nothing makes the loader raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.mapping_files import (
    LoadedMapping,
    MappingContext,
    content_hash,
    load_folder,
    load_mapping,
)
from bridge.config.yaml_lines import read_yaml
from bridge.domain.mapping import Mapping
from bridge.ports.manifest import ConnectionSettings, Manifest, Role
from tests.unit.config.samples import FILE, GOOD, KNOWN, good

READY_MADE = Path(__file__).resolve().parents[3] / "mappings"

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def _check_answer(text: str | bytes) -> None:
    """The answer is a mapping that reads back, or problems that can be printed."""
    loaded = load_mapping(text, FILE, known=KNOWN)
    if isinstance(loaded, LoadedMapping):
        dumped = loaded.mapping.model_dump(mode="json", by_alias=True)
        assert Mapping.model_validate(dumped) == loaded.mapping
        return
    assert loaded
    lines = text.count("\n" if isinstance(text, str) else b"\n") + 1  # type: ignore[arg-type]  # each with its own kind
    for each in loaded:
        assert each.message
        assert 1 <= each.line <= lines + 1
        assert str(each).startswith(f"{FILE}:{each.line}: ")


@given(st.text() | st.binary())
def test_any_text_or_bytes_is_answered(source: str | bytes) -> None:
    _check_answer(source)


@given(st.text(alphabet="{}[]:,-#&*!|>'\"%@`? \t\nab1~<\\"))
def test_any_heap_of_yaml_signs_is_answered(source: str) -> None:
    _check_answer(source)


@given(st.data())
def test_any_edit_of_lines_is_answered(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        edit = data.draw(st.sampled_from(["drop", "repeat", "swap", "indent", "cut", "type"]))
        line = lines[at]
        place = data.draw(st.integers(0, len(line)))
        lines[at : at + 1] = {
            "drop": [],
            "repeat": [line, line],
            "swap": [lines[(at + 1) % len(lines)]],
            "indent": [f" {line}"],
            "cut": [line[:place]],
            "type": [line[:place] + data.draw(st.text(max_size=3)) + line[place:]],
        }[edit]
        lines = lines or [""]
    _check_answer("\n".join(lines))


@given(st.data())
def test_any_value_at_any_place_is_answered(data: st.DataObject) -> None:
    tree: Any = read_yaml(GOOD, FILE).mapping()
    at: Any = tree
    while True:
        key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(_json)
    _check_answer(json.dumps(tree))


def test_hash_stays_with_layout_comments_and_written_defaults() -> None:
    data = read_yaml(GOOD, FILE).mapping()
    data["rollup"] = "least_advanced"
    moved = load_mapping("# moved\n" + json.dumps(data), FILE, known=KNOWN)
    plain = load_mapping(GOOD.replace("rollup: least_advanced\n", ""), FILE, known=KNOWN)
    assert isinstance(moved, LoadedMapping)
    assert isinstance(plain, LoadedMapping)
    assert moved.hash == plain.hash == good().hash


@pytest.mark.parametrize(
    ("old", "new"),
    [("high: 1", "high: 2"), ("Easy", "easy"), ("is: Easy", "is: true"), ("high: 1", 'high: "1"')],
)
def test_hash_changes_with_meaning(old: str, new: str) -> None:
    changed = load_mapping(GOOD.replace(old, new), FILE, known=KNOWN)
    assert isinstance(changed, LoadedMapping)
    assert changed.hash != good().hash


def test_hash_of_a_stored_mapping_is_that_of_its_file() -> None:
    loaded = good()
    stored = loaded.mapping.model_dump_json(by_alias=True)
    assert content_hash(Mapping.model_validate_json(stored)) == loaded.hash


def test_order_of_routes_changes_the_hash() -> None:
    loaded = good().mapping
    turned = loaded.model_copy(update={"routes": loaded.routes[::-1]})
    assert content_hash(turned) != content_hash(loaded)


def test_folder_gives_good_files_and_the_problems_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "b.yaml").write_text(GOOD.replace("small", "second"), encoding="utf-8")
    (folder / "c.yaml").write_text("mapping: [", encoding="utf-8")
    (folder / "notes.txt").write_text("not a mapping", encoding="utf-8")
    found = load_folder(folder, known=KNOWN)
    assert [each.file for each in found.mappings] == ["mappings/a.yaml"]
    taken, broken = (str(each) for each in found.problems)
    assert taken == (
        'mappings/b.yaml:2: helpdesk: "hubspot" has a mapping already, in mappings/a.yaml; '
        "one file per helpdesk"
    )
    assert broken == "mappings/c.yaml:1: a value is missing here"


def test_context_of_connections_knows_what_each_is_for() -> None:
    manifest = Manifest(
        vendor="desk",
        title="Desk",
        roles=frozenset({Role.HELPDESK}),
        complete_webhooks=False,
        comment_webhooks=False,
    )
    context = MappingContext.of({"front": ConnectionSettings(vendor="desk")}, [manifest])
    assert context.having(Role.HELPDESK) == ("front",)
    assert context.having(Role.TRACKER) == ()


def test_ready_made_mapping_follows_the_process() -> None:
    found = load_folder(READY_MADE, known=KNOWN)
    assert found.problems == ()
    mapping = next(each.mapping for each in found.mappings if each.file.endswith("success.yaml"))
    launches = {route.id: route.launch for route in mapping.routes}
    story, bug = launches["development-request"], launches["bug"]
    assert story is not None
    assert story.type == "User Story"
    assert bug is not None
    assert bug.type == "Bug"
    assert launches["customer-success"] is None
    assert launches["implementation"] is None
    assert mapping.ticket.severity is not None
    assert mapping.ticket.severity.default == "normal"
    assert set(mapping.status["boards"]) == {"New", "Active", "Resolved", "Closed", "Removed"}
    assert [(pair.work_item, pair.owner) for pair in mapping.fields] == [
        ("Microsoft.VSTS.Common.Priority", "work_item")
    ]
