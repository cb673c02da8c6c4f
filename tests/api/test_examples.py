"""Whoever reads the OpenAPI document sees at each place what a value looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.api.application import openapi_document

DOCUMENT = openapi_document()
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]

CALLS = [
    ("get", "/tickets"),
    ("get", "/tickets/{connection}/{id}"),
    ("get", "/tickets/{connection}/{id}/timeline"),
    ("post", "/tickets/{connection}/{id}/launch"),
    ("post", "/tickets/{connection}/{id}/escalate"),
    ("get", "/escalations"),
    ("post", "/escalations/{id}/accept"),
    ("post", "/escalations/{id}/decline"),
    ("get", "/links"),
    ("post", "/links"),
    ("delete", "/links/{id}"),
    ("get", "/findings"),
    ("get", "/findings/{id}"),
    ("post", "/findings/{id}/retry"),
    ("post", "/findings/{id}/resolve"),
    ("post", "/findings/{id}/ignore"),
    ("get", "/held"),
    ("get", "/held/{id}"),
    ("post", "/held/{id}/release"),
    ("post", "/held/{id}/rewrite"),
    ("post", "/held/{id}/reject"),
    ("get", "/releases"),
    ("get", "/releases/{id}"),
    ("post", "/releases/{id}/reached"),
    ("get", "/deliveries"),
    ("get", "/deliveries/{id}"),
    ("post", "/deliveries/{id}/replay"),
    ("post", "/deliveries/replay"),
    ("delete", "/deliveries/{id}/payload"),
    ("get", "/tokens"),
    ("post", "/tokens"),
    ("delete", "/tokens/{id}"),
]


def _speaks(schema: dict[str, Any]) -> bool:
    """Whether the schema, or a part of it, says what a value looks like."""
    if any(key in schema for key in ("examples", "enum", "const", "default", "$ref")):
        return True
    if schema.get("type") in ("boolean", "null"):
        return True
    parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return any(_speaks(each) for each in parts if each.get("type") != "null")


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[-1]
            else:
                yield from _refs(value)
    elif isinstance(node, list):
        for each in node:
            yield from _refs(each)


def _reached(node: Any) -> set[str]:
    """The schemas that the node leads to, through each other."""
    found: set[str] = set()
    new = set(_refs(node))
    while new:
        found |= new
        new = {each for name in new for each in _refs(SCHEMAS[name])} - found
    return found


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_value_of_the_call_has_an_example(method: str, path: str) -> None:
    operation = DOCUMENT["paths"][f"/api/v1{path}"][method]
    answers = [each for status, each in operation["responses"].items() if status.startswith("2")]
    parts = [answers, operation.get("requestBody", {})]
    mute = [
        each["name"]
        for each in operation.get("parameters", ())
        if not _speaks(each["schema"]) and "examples" not in each
    ]
    for name in sorted(_reached(parts)):
        schema = SCHEMAS[name]
        if "examples" in schema:
            continue
        mute += [
            f"{name}.{field}"
            for field, value in schema.get("properties", {}).items()
            if not _speaks(value)
        ]
    assert mute == []
