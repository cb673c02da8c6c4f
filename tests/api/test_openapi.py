"""The OpenAPI document: the exported file is it, and it tells of every refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bridge.api.application import openapi_document
from bridge.api.problems import CODES
from bridge.api.releases import SetApart
from tests.api.doors import Doors

FILE = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_exported_document_is_that_of_the_code() -> None:
    # bridge openapi --output openapi/openapi.json
    assert json.loads(FILE.read_text(encoding="utf-8")) == openapi_document()


async def test_served_document_is_the_exported_one(quiet: Doors) -> None:
    answer = await quiet.client.get("/openapi.json")
    assert answer.json() == openapi_document()


def test_every_operation_has_a_name_of_its_own_a_tag_and_words() -> None:
    found = dict(_operations())
    names = [each["operationId"] for each in found.values()]
    assert len(set(names)) == len(names)
    known = {tag["name"] for tag in openapi_document()["tags"]}
    for name, operation in found.items():
        assert set(operation["tags"]) <= known, name
        assert operation["summary"], name
        assert operation["description"], name


def test_every_api_operation_needs_a_token_and_documents_its_refusals() -> None:
    for name, operation in _operations():
        if " /api/" not in name:
            continue
        assert operation["security"] == [{"token": []}], name
        for status in ("401", "403", "422", "500"):
            content = operation["responses"][status]["content"]
            assert set(content) == {"application/problem+json"}, name


def test_every_documented_refusal_is_a_known_code_at_its_status() -> None:
    seen = set()
    for name, operation in _operations():
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/problem+json", {})
            for code in content.get("examples", {}):
                assert str(CODES[code][0]) == status, name
                seen.add(code)
    assert seen == CODES.keys() - {"method_not_allowed"}


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = openapi_document()
    schemas = document["components"]["schemas"]

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for each in node:
                yield from references(each)

    missing = {r for r in references(document) if r.rsplit("/", 1)[-1] not in schemas}
    assert missing == set()


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ({}, False),
        ({"reason": " "}, False),
        ({"was": None}, False),
        ({"was": "Beta"}, True),
        ({"reason": "an audit"}, True),
        ({"apart": False}, True),
    ],
)
def test_document_says_as_the_code_does_when_a_customer_set_apart_needs_a_reason(
    said: dict[str, Any], taken: bool
) -> None:
    body = {"helpdesk": "zendesk", "customer": "Acme", **said}
    document = openapi_document()
    schema = {**document["components"]["schemas"]["SetApart"], "components": document["components"]}
    assert Draft202012Validator(schema).is_valid(body) is taken
    try:
        SetApart.model_validate(body)
    except ValidationError:
        assert not taken
    else:
        assert taken
