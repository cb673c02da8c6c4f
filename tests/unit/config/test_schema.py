"""The published schema is the exported one, and editors get help from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bridge.config.schema import render_schema, schema
from bridge.config.yaml_lines import read_yaml
from tests.unit.config.samples import FILE, GOOD

_MAPPINGS = Path(__file__).resolve().parents[3] / "mappings"


def test_published_schema_is_the_exported_one() -> None:
    published = (_MAPPINGS / "schema.json").read_text(encoding="utf-8")
    assert published == render_schema(), (
        "run: python -m bridge.config.schema > mappings/schema.json"
    )


def test_schema_is_draft_2020_12() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", sorted(_MAPPINGS.glob("*.yaml")), ids=lambda path: path.name)
def test_ready_made_file_fits_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    Draft202012Validator(schema()).validate(read_yaml(text, path.name).mapping())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rollup:", "rolup:"),
        ("least_advanced", "least"),
        ("type: Bug", "type: [Bug]"),
        ("type: Bug", "settle: soon"),
        ("id: bug", "id: Bug!"),
    ],
)
def test_mistake_does_not_fit_the_schema(old: str, new: str) -> None:
    data = read_yaml(GOOD.replace(old, new), FILE).mapping()
    assert list(Draft202012Validator(schema()).iter_errors(data))


def _properties(part: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every property of the schema, at whatever depth."""
    if isinstance(part, list):
        return [found for each in part for found in _properties(each)]
    if not isinstance(part, dict):
        return []
    own = list(part["properties"].items()) if isinstance(part.get("properties"), dict) else []
    return own + [found for each in part.values() for found in _properties(each)]


def test_every_key_is_described() -> None:
    properties = _properties(schema())
    assert len(properties) > 40
    assert [name for name, said in properties if not said.get("description")] == []
