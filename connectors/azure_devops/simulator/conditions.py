"""Single conditions of a query: how a field of an item is compared with a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Item, Revision, split_tags

Test = Callable[[Item, Revision], bool]


def always(_item: Item, _revision: Revision) -> bool:
    """The test of a query without conditions."""
    return True


def value_of(item: Item, revision: Revision, column: Field) -> Any:
    """What the index holds of an item for a field."""
    name = column.reference_name
    if name == "System.Id":
        return float(item.id)
    if name == "System.Rev":
        return float(revision.rev)
    if name == "System.HyperLinkCount":
        return float(sum(1 for each in item.relations if each.rel == "Hyperlink"))
    value = revision.fields.get(name)
    if isinstance(value, Identity):
        return value.label
    if column.type == "dateTime" and value:
        return moments.parse(str(value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def comparison(column: Field, operator: str, wanted: Any, *, exact_time: bool) -> Test:
    """One condition; tags are matched whole, times by day unless the query asks for more."""

    def test(item: Item, revision: Revision) -> bool:
        actual = value_of(item, revision, column)
        if column.reference_name == "System.Tags" and operator in ("contains", "="):
            return str(wanted).casefold() in (t.casefold() for t in split_tags(actual))
        if operator == "contains":
            return str(wanted).casefold() in str(actual or "").casefold()
        if operator == "under":
            path, root = str(actual or "").casefold(), str(wanted).casefold()
            return path == root or path.startswith(root + "\\")
        return _ordered(actual, operator, wanted, by_day=not exact_time)

    return test


def _ordered(actual: Any, operator: str, wanted: Any, *, by_day: bool) -> bool:
    if isinstance(wanted, datetime) and isinstance(actual, datetime) and by_day:
        actual, wanted = actual.date(), wanted.date()
    if isinstance(wanted, str):
        actual, wanted = _plain(actual), _plain(wanted)
    if operator in ("=", "<>"):
        return bool(actual == wanted) is (operator == "=")
    if actual is None or actual == "":
        return False
    answers = {
        "<": actual < wanted,
        ">": actual > wanted,
        "<=": actual <= wanted,
        ">=": actual >= wanted,
    }
    return bool(answers[operator])


def _plain(value: Any) -> str:
    return str(value or "").casefold()


def membership(column: Field, values: list[Any]) -> Test:
    """Whether a field has one of the values."""

    def test(item: Item, revision: Revision) -> bool:
        actual = value_of(item, revision, column)
        return any(_ordered(actual, "=", wanted, by_day=True) for wanted in values)

    return test
