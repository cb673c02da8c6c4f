"""Lists: filters `member.op=value`, sorting, and pages whose tokens live for fifteen minutes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from connectors.rocketlane.simulator.dials import Dials
from connectors.rocketlane.simulator.problems import bad_request

Row = TypeVar("Row")
Getters = Mapping[str, Callable[[Any], Any]]

TOKEN_LIFE = timedelta(minutes=15)
_DEFAULT_PAGE = 100
_NOT_FILTERS = {
    "pageSize", "pageToken", "includeFields", "includeAllFields", "sortBy", "sortOrder", "match",
    "projectId", "sourceType",
}  # fmt: skip


def fitting(
    rows: list[Row], query: Mapping[str, str], getters: Getters, ignored: frozenset[str]
) -> list[Row]:
    """The rows that fit the filters of the query, all of them or any."""
    tests: list[Callable[[Row], bool]] = []
    for name, given in query.items():
        if name in _NOT_FILTERS or name in ignored:
            continue
        member, _, op = name.rpartition(".")
        if member not in getters:
            raise bad_request(f"Unknown filter {name}", name)
        tests.append(_test(getters[member], op, given, name))
    if not tests:
        return rows
    joined = any if query.get("match") == "any" else all
    return [row for row in rows if joined(test(row) for test in tests)]


def _test(get: Callable[[Any], Any], op: str, given: str, name: str) -> Callable[[Any], bool]:
    def typed(value: Any, text: str) -> Any:
        if isinstance(value, bool):
            return text.casefold() == "true"
        if isinstance(value, int):
            if not text.lstrip("-").isdecimal():
                raise bad_request("Invalid value", name)
            return int(text)
        return text

    compared: dict[str, Callable[[Any], bool]] = {
        "eq": lambda value: bool(value == typed(value, given)),
        "cn": lambda value: given.casefold() in str(value or "").casefold(),
        "nc": lambda value: given.casefold() not in str(value or "").casefold(),
        "gt": lambda value: value is not None and bool(value > typed(value, given)),
        "ge": lambda value: value is not None and bool(value >= typed(value, given)),
        "lt": lambda value: value is not None and bool(value < typed(value, given)),
        "le": lambda value: value is not None and bool(value <= typed(value, given)),
        "oneOf": lambda value: str(value) in given.split(","),
        "noneOf": lambda value: str(value) not in given.split(","),
    }
    if op not in compared:
        raise bad_request(f"Unknown filter {name}", name)
    return lambda row: compared[op](get(row))


def ordered(rows: list[Row], query: Mapping[str, str], sortable: Getters) -> list[Row]:
    """The rows in the order asked for; newest first where none is."""
    by = query.get("sortBy")
    descending = query.get("sortOrder", "DESC") == "DESC"
    if by is None:
        return list(reversed(rows)) if descending else rows
    if by not in sortable:
        raise bad_request("Invalid value", "sortBy")
    return sorted(rows, key=lambda row: sortable[by](row) or "", reverse=descending)


def page(
    rows: list[Row],
    query: Mapping[str, str],
    url: Callable[[str], str],
    dials: Dials,
    now: datetime,
) -> tuple[list[Row], dict[str, Any]]:
    """One page of rows, and what is told of the pages."""
    size = query.get("pageSize", str(_DEFAULT_PAGE))
    if not size.isdecimal():
        raise bad_request("Invalid value", "pageSize")
    wanted = min(int(size) or _DEFAULT_PAGE, dials.page_cap)
    start = _start(query.get("pageToken"), now)
    shown, more = rows[start : start + wanted], len(rows) > start + wanted
    told: dict[str, Any] = {
        "pageSize": wanted,
        "hasMore": more,
        "totalRecordCount": len(rows),
    }
    if more:
        token = _token(start + wanted, now)
        told |= {"nextPage": url(token), "nextPageToken": token}
    return shown, told


def _token(start: int, now: datetime) -> str:
    said = json.dumps([start, now.timestamp()]).encode()
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def _start(token: str | None, now: datetime) -> int:
    if not token:
        return 0
    try:
        start, made = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        fresh = now.timestamp() - float(made) <= TOKEN_LIFE.total_seconds()
    except (ValueError, TypeError):
        raise bad_request("Invalid page token", "pageToken") from None
    if not fresh:
        raise bad_request("The page token has expired", "pageToken")
    return int(start)
