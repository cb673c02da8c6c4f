"""A field's value in the shape that Jira wants it, by what the field holds. Pure.

What a field holds is said by the `schema` of its metadata:
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.domain.records import Value, parse_instant
from bridge.kit.richtext.cutting import NOWHERE, Whole, fit_line
from bridge.kit.richtext.model import storable
from connectors.jira.adf_writing import to_document
from connectors.jira.facts import CUSTOM, RICH_FIELDS
from connectors.jira.manifest import LONGEST_LINE, LONGEST_SUMMARY
from connectors.jira.payloads import FieldSchema

TAG = "ticketbridge"
"""The one visible label of what the hub launched."""

SYSTEM: Mapping[str, FieldSchema] = {
    name: FieldSchema(type=type, items=items, system=name)
    for name, type, items in (
        ("summary", "string", ""),
        ("description", "string", ""),
        ("environment", "string", ""),
        ("duedate", "date", ""),
        ("priority", "priority", ""),
        ("resolution", "resolution", ""),
        ("issuetype", "issuetype", ""),
        ("assignee", "user", ""),
        ("reporter", "user", ""),
        ("parent", "issuelink", ""),
        ("labels", "array", "string"),
        ("components", "array", "component"),
        ("fixVersions", "array", "version"),
        ("versions", "array", "version"),
    )
}
"""Fields that every site has, so that nobody need be asked what they hold."""

_TEXTAREA, _TEXTFIELD = ":textarea", ":textfield"
_ACCOUNT = re.compile(r".*<(?P<id>[^<>]+)>\s*", re.DOTALL)
_NAMED = frozenset({"priority", "resolution", "issuetype", "version", "component", "group"})
_BLANKS = re.compile(r"\s+")


def is_rich(name: str, shape: FieldSchema) -> bool:
    """Whether the field holds rich text."""
    return name in RICH_FIELDS or shape.custom.endswith(_TEXTAREA)


def unknown_fields(names: set[str], known: Mapping[str, FieldSchema]) -> set[str]:
    """Custom fields of which it must be asked what they hold."""
    return {each for each in names if each.startswith(CUSTOM) and each not in known}


def written(
    name: str, value: Value, known: Mapping[str, FieldSchema], whole: Whole = NOWHERE
) -> Any:
    """The value as it is sent; None and "" clear the field.

    A text that is too long is cut, with the way to the `whole` where there is room for it.
    """
    shape = known.get(name) or SYSTEM.get(name) or FieldSchema()
    if name == "labels":
        return _labels(value)
    if shape.type == "array":
        entries = value if isinstance(value, list) else _split(value)
        return [_single(shape.items, each) for each in entries]
    if value is None or value == "":
        return None
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    if name == "summary":
        return fit_line(storable(str(value)), LONGEST_SUMMARY)
    if is_rich(name, shape):
        return value if isinstance(value, dict) else to_document(str(value), whole)
    if shape.custom.endswith(_TEXTFIELD):
        return fit_line(storable(str(value)), LONGEST_LINE)
    return _single(shape.type, value)


def _split(value: Value) -> list[Value]:
    if value is None or value == "":
        return []
    return [each.strip() for each in value.split(";")] if isinstance(value, str) else [value]


def _single(type: str, value: Value) -> Any:
    if isinstance(value, dict) or value is None:
        return value
    text = str(value)
    if type in _NAMED:
        return {"name": text}
    if type == "option":
        return {"value": text}
    if type == "option-with-child":
        above, slash, below = text.partition(" / ")
        return {"value": above} | ({"child": {"value": below}} if slash else {})
    if type == "user":
        found = _ACCOUNT.fullmatch(text)
        return {"accountId": found["id"] if found else text}
    if type == "issuelink":
        return {"id" if text.isdecimal() else "key": text}
    if type == "datetime":
        return _stamp(text)
    if type == "number" and isinstance(value, str):
        return _number(value)
    return text if type == "string" else value


def _number(text: str) -> float | str:
    """The number of a text; a text that is none is left for the vendor to refuse."""
    try:
        return float(text)
    except ValueError:
        return text


def _stamp(text: str) -> str:
    at = parse_instant(text)
    return text if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _labels(value: Value) -> list[str]:
    """The labels with ours among them, each once; a label has no blanks."""
    given = value if isinstance(value, list) else _split(value)
    words = [_BLANKS.sub("_", str(each).strip()) for each in given]
    return list(dict.fromkeys([*(each for each in words if each), TAG]))
