"""The vendor's Swagger 2.0 definitions as JSON schemas."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

_TYPES = {"integer", "string", "boolean", "number", "array"}


class Definitions:
    """The definitions of one Swagger file; checks answers and refuses unknown properties.

    Swagger says `object` where the service may send any value, and writes byte values as strings.
    """

    def __init__(self, path: Path) -> None:
        self._all: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))["definitions"]

    def _schema(self, node: Any) -> Any:
        if "$ref" in node:
            return {"$ref": node["$ref"]}
        if node.get("type") == "array":
            return {"type": "array", "items": self._schema(node.get("items", {}))}
        if node.get("properties") or node.get("allOf"):
            return self._object(node)
        if node.get("type") == "object":
            more = node.get("additionalProperties")
            if not isinstance(more, dict):
                return {}
            return {"type": "object", "additionalProperties": self._schema(more)}
        kept = {"type": node["type"]} if node.get("type") in _TYPES else {}
        return kept | ({"enum": node["enum"]} if "enum" in node else {})

    def _properties(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for base in node.get("allOf", []):
            name = base.get("$ref", "").rsplit("/", 1)[-1]
            found |= self._properties(self._all[name] if name else base)
        own: dict[str, Any] = node.get("properties", {})
        return found | own

    def _object(self, node: Any) -> dict[str, Any]:
        properties = {k: self._schema(v) for k, v in self._properties(node).items()}
        if "_links" in properties:
            properties["_links"] = {"type": "object"}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    @cache  # noqa: B019 - lives as long as the test session
    def _document(self) -> dict[str, Any]:
        return {name: self._schema(node) for name, node in self._all.items()}

    def problems(self, name: str, value: Any, *, also: tuple[str, ...] = ()) -> list[str]:
        """What is wrong with a value; `also` names properties seen live that the file lacks."""
        known = {k: v for k, v in value.items() if k not in also}
        schema = {"$ref": f"#/definitions/{name}", "definitions": self._document()}
        return [
            f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
            for e in Draft7Validator(schema).iter_errors(known)
        ]
