"""docs/mapping.md explains every key, and its examples work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.config.shapes import keys_of, models_in
from bridge.config.yaml_lines import read_yaml
from bridge.core.wording import FILTERS, NAMES
from bridge.domain.mapping import CONDITION_FIELDS, TICKET_SOURCES, Mapping
from tests.unit.config.samples import KNOWN

_ROOT = Path(__file__).resolve().parents[3]
_PAGE = (_ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
_WHOLE = (_ROOT / "mappings" / "hubspot-success.yaml").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for info in keys_of(model).values():
        for below in models_in(info.annotation):
            yield from _models(below, seen)


_KEYS = sorted(
    {(model.__name__, key) for model in _models(Mapping, set()) for key in keys_of(model)}
)


@pytest.mark.parametrize(("model", "key"), _KEYS)
def test_key_is_explained(model: str, key: str) -> None:
    assert f"`{key}`" in _PAGE, f"{key} of {model}"
    assert any(re.search(rf"\b{key}:", example) for example in _EXAMPLES), f"{key} of {model}"


def test_page_explains_only_keys_that_exist() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", _PAGE, re.MULTILINE))
    assert explained <= {key for _, key in _KEYS}


_ALLOWED = [*CONDITION_FIELDS, *TICKET_SOURCES, *FILTERS, *(f"ticket.{name}" for name in NAMES)]


@pytest.mark.parametrize("name", dict.fromkeys(_ALLOWED))
def test_allowed_name_is_listed(name: str) -> None:
    assert f"`{name}`" in _PAGE


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda each: each.split("\n")[0][:40])
def test_example_loads(example: str) -> None:
    document = read_yaml(example, "example")
    assert document.problems == []
    said = document.mapping()
    whole = said if "mapping" in said else read_yaml(_WHOLE, "base").mapping() | said
    loaded = load_mapping(json.dumps(whole), "example", known=KNOWN)
    assert isinstance(loaded, LoadedMapping), [str(each) for each in loaded]
