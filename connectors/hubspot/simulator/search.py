"""The search index: what it holds, what it finds, and what it refuses.

It trails behind the records; a search therefore never proves that something was not written.
https://developers.hubspot.com/docs/api/crm/search
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.hubspot.simulator.problems import invalid
from connectors.hubspot.simulator.records import Record
from connectors.hubspot.simulator.schema import PropertyDefinition, Schema
from connectors.hubspot.simulator.stamps import millis, parse_instant

PAGE_LIMIT, WINDOW = 200, 10_000
_GROUPS, _FILTERS_PER_GROUP, _FILTERS, _BODY_CHARS = 5, 6, 18, 3_000
_SIGNED = ("EQ", "IN", "HAS_PROPERTY", "CONTAINS_TOKEN")
_OPERATORS = frozenset((*_SIGNED, "LT", "LTE", "GT", "GTE", "BETWEEN", "NEQ")) | {
    f"NOT_{operator}" for operator in _SIGNED[1:]
}
_Key = tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A record as the index knows it, which may be older than the record itself."""

    record: Record
    values: Mapping[str, str | None]


def search(
    shelf: Mapping[str, Record],
    schema: Schema,
    body: dict[str, Any],
    now: datetime,
    lag: timedelta,
) -> list[Hit]:
    """Every hit of a search in its order; the caller cuts the page."""
    groups = _checked_groups(body, schema)
    seen_at = now - lag
    hits = [_hit(record, seen_at, lag) for record in shelf.values() if _indexed(record, seen_at)]
    if groups:
        hits = [hit for hit in hits if any(_in_group(hit, group, schema) for group in groups)]
    query = str(body.get("query") or "").casefold()
    if query:
        hits = [hit for hit in hits if query in _text_of(hit)]
    return _sorted(hits, body.get("sorts") or [], schema)


def page_bounds(body: dict[str, Any]) -> tuple[int, int]:
    """Start and length of the page asked for; 400 beyond the vendor's limits."""
    limit, after = int(body.get("limit") or 10), str(body.get("after") or "0")
    if not after.isdigit():
        raise invalid(f"after {after} is not a paging cursor")
    if not 0 < limit <= PAGE_LIMIT:
        raise invalid(f"limit must be between 1 and {PAGE_LIMIT}")
    if int(after) + limit > WINDOW:
        raise invalid(f"Only the first {WINDOW} results of a search can be paged through")
    return int(after), limit


def _indexed(record: Record, seen_at: datetime) -> bool:
    if record.archived or record.merged_into is not None:
        return False
    versions = record.history.get("hs_object_id", [])
    return bool(versions) and versions[0].at <= seen_at


def _hit(record: Record, seen_at: datetime, lag: timedelta) -> Hit:
    if not lag:
        return Hit(record, record.properties)
    return Hit(record, {name: record.value_at(name, seen_at) for name in record.properties})


def _checked_groups(body: dict[str, Any], schema: Schema) -> list[list[dict[str, Any]]]:
    groups = [list(group.get("filters") or []) for group in body.get("filterGroups") or []]
    total = sum(len(group) for group in groups)
    if len(json.dumps(body, ensure_ascii=False, separators=(",", ":"))) > _BODY_CHARS:
        raise invalid(f"The request body is longer than {_BODY_CHARS} characters")
    if len(groups) > _GROUPS or total > _FILTERS:
        raise invalid(f"At most {_GROUPS} filter groups with {_FILTERS} filters are allowed")
    if any(len(group) > _FILTERS_PER_GROUP for group in groups):
        raise invalid(f"A filter group takes at most {_FILTERS_PER_GROUP} filters")
    if len(body.get("sorts") or []) > 1:
        raise invalid("Only one sort is allowed")
    for group in groups:
        for one in group:
            if one.get("operator") not in _OPERATORS:
                raise invalid(f"{one.get('operator')} is not a search operator")
            if schema.find(str(one.get("propertyName"))) is None:
                raise invalid(f"Property {one.get('propertyName')} does not exist")
    return groups


def _in_group(hit: Hit, group: list[dict[str, Any]], schema: Schema) -> bool:
    return all(_matches(hit, one, schema) for one in group)


def _matches(hit: Hit, one: dict[str, Any], schema: Schema) -> bool:
    name, operator = str(one["propertyName"]), str(one["operator"])
    definition = schema.find(name)
    value = hit.values.get(name)
    if operator == "HAS_PROPERTY" or operator == "NOT_HAS_PROPERTY":
        return (value is not None) == (operator == "HAS_PROPERTY")
    if operator.startswith("NOT_"):
        return value is None or not _positive(value, operator[4:], one, definition)
    if operator == "NEQ":
        return value is None or not _positive(value, "EQ", one, definition)
    return value is not None and _positive(value, operator, one, definition)


def _positive(
    value: str, operator: str, one: dict[str, Any], definition: PropertyDefinition | None
) -> bool:
    if operator == "IN":
        return _is_in(value, [str(v) for v in one.get("values") or []], definition)
    if operator == "CONTAINS_TOKEN":
        return _has_token(value, str(one.get("value") or ""))
    mine, wanted = _key(value, definition), _key(str(one.get("value")), definition)
    if operator == "BETWEEN":
        return wanted <= mine <= _key(str(one.get("highValue")), definition)
    compare: dict[str, Callable[[_Key, _Key], bool]] = {
        "EQ": lambda a, b: a == b,
        "LT": lambda a, b: a < b,
        "LTE": lambda a, b: a <= b,
        "GT": lambda a, b: a > b,
        "GTE": lambda a, b: a >= b,
    }
    return compare[operator](mine, wanted)


def _is_in(value: str, wanted: list[str], definition: PropertyDefinition | None) -> bool:
    """Strings are kept in lower case here, and the values asked for are taken as they are."""
    kind = definition.type if definition is not None else "string"
    if kind == "string":
        return value.lower() in wanted
    parts = value.split(";") if kind == "enumeration" else [value]
    return any(_key(part, definition) == _key(w, definition) for part in parts for w in wanted)


def _has_token(value: str, token: str) -> bool:
    words = value.casefold().replace(";", " ").split()
    return any(fnmatch.fnmatchcase(word, token.casefold()) for word in words)


def _key(value: str, definition: PropertyDefinition | None) -> _Key:
    kind = definition.type if definition is not None else "string"
    if kind in ("date", "datetime"):
        instant = parse_instant(value)
        return (0, 0.0, value) if instant is None else (1, float(millis(instant)), "")
    if kind == "number":
        try:
            return (1, float(value), "")
        except ValueError:
            return (0, 0.0, value)
    return (0, 0.0, value.casefold())


def _sorted(hits: list[Hit], sorts: list[Any], schema: Schema) -> list[Hit]:
    order = sorts[0] if sorts else {}
    if isinstance(order, str):
        order = {"propertyName": order.lstrip("-"), "direction": _direction(order)}
    name = str(order.get("propertyName") or "hs_object_id")
    definition = schema.find(name)
    hits.sort(
        key=lambda hit: _key(hit.values.get(name) or "", definition),
        reverse=order.get("direction") == "DESCENDING",
    )
    return hits


def _direction(order: str) -> str:
    return "DESCENDING" if order.startswith("-") else "ASCENDING"


def _text_of(hit: Hit) -> str:
    return " ".join(value for value in hit.values.values() if value).casefold()
