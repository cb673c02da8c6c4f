"""The vendor's description of its API: does a value fit a schema, is an address one of its own.

The description is tolerant: real answers carry more keys, and many values are null in practice.
"""

from __future__ import annotations

from typing import Any

Schemas = dict[str, dict[str, Any]]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def faults_of(schemas: Schemas, schema: dict[str, Any], value: Any, where: str = "$") -> list[str]:
    """What in a value contradicts a schema; null contradicts nothing."""
    if value is None:
        return []
    if "ref" in schema:
        return faults_of(schemas, schemas[schema["ref"]], value, where)
    if "allOf" in schema:
        parts = (faults_of(schemas, part, value, where) for part in schema["allOf"])
        return [fault for part in parts for fault in part]
    if "oneOf" in schema:
        tried = [faults_of(schemas, part, value, where) for part in schema["oneOf"]]
        return min(tried, key=len)
    wanted = schema.get("type")
    if wanted in _TYPES and not isinstance(value, _TYPES[wanted]):
        return [f"{where} is {value!r}, no {wanted}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, not one of {schema['enum']}"]
    if isinstance(value, list):
        parts = (
            faults_of(schemas, schema.get("items", {}), one, f"{where}[{n}]")
            for n, one in enumerate(value)
        )
        return [fault for part in parts for fault in part]
    if not isinstance(value, dict):
        return []
    missing = [
        f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value
    ]
    parts = (
        faults_of(schemas, rule, value[key], f"{where}.{key}")
        for key, rule in schema.get("properties", {}).items()
        if key in value
    )
    return missing + [fault for part in parts for fault in part]


def blank(path: str) -> str:
    """The address with its parameters left blank."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
