"""Conditions as rows that a form can show: one level of all or any, of tests of one fact. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from typing import Any, Literal

from bridge.domain.mapping import CONDITION_FIELDS, Condition, Mapping, Scalar
from bridge.domain.records import Reference

Mode = Literal["all", "any"]
IS, IS_NOT, CONTAINS, CONTAINS_NOT, SET, EMPTY = "is", "is_not", "has", "has_not", "set", "empty"
TESTS = {
    IS: "is",
    IS_NOT: "is not",
    CONTAINS: "contains",
    CONTAINS_NOT: "does not contain",
    SET: "has a value",
    EMPTY: "is empty",
}
"""What a row can ask for, in words."""
MOST_ROWS = 40
"""Rows that a form shows of one condition."""
_NEGATED = {IS: IS_NOT, CONTAINS: CONTAINS_NOT}


@dataclass(frozen=True, slots=True)
class Row:
    """A test of one fact: several values with `is` mean that one of them is enough."""

    field: str
    test: str
    values: tuple[str, ...] = ()
    listed: bool = with_default(default=False, compare=False)
    """The file has a list of values, be it of one."""
    scalars: tuple[Scalar, ...] = with_default(default=(), compare=False)
    """The values as the file has them: 5 is a number, "5" is text. None: they are text."""

    @property
    def wants_values(self) -> bool:
        """Whether the test means nothing without a value."""
        return self.test not in (SET, EMPTY)

    @property
    def is_negated(self) -> bool:
        """Whether it is a `not` of the other."""
        return self.test in _NEGATED.values()


@dataclass(frozen=True, slots=True)
class Rows:
    """A condition in the shape of a form."""

    mode: Mode
    rows: tuple[Row, ...]
    listed: bool = False
    """The file has a list, be it of one test."""


def rows_of(condition: Condition | None) -> Rows | None:
    """The condition as rows; None where it is deeper than a form shows. No condition: no rows."""
    if condition is None:
        return Rows("all", ())
    parts = condition.all if condition.all is not None else condition.any
    if parts is None:
        row = _row(condition)
        return None if row is None else Rows("all", (row,))
    rows = [_row(each) for each in parts]
    mode: Mode = "all" if condition.all is not None else "any"
    found = tuple(each for each in rows if each is not None)
    fits = found and len(found) == len(rows) <= MOST_ROWS
    return Rows(mode, found, listed=True) if fits else None


def _row(condition: Condition) -> Row | None:
    if condition.not_ is not None:
        row = _row(condition.not_)
        negated = None if row is None else _NEGATED.get(row.test)
        if row is None or negated is None:
            return None
        return replace(row, test=negated)
    if not condition.field or not _fits_a_line(condition.field):
        return None
    if condition.present is not None:
        return Row(condition.field, SET if condition.present else EMPTY)
    if condition.contains is not None:
        contained = Row(condition.field, CONTAINS, (condition.contains,))
        return contained if _fits_a_line(condition.contains) else None
    values = condition.in_ if condition.in_ is not None else [condition.is_]
    scalars = tuple(each for each in values if each is not None)
    texts = tuple(map(spelt, scalars))
    fits = bool(texts) and all(map(_fits_a_line, texts)) and len(set(texts)) == len(texts)
    listed = condition.in_ is not None
    return Row(condition.field, IS, texts, listed, scalars) if fits else None


def _fits_a_line(text: str) -> bool:
    """Whether a browser sends it back as it is."""
    return text.isprintable()


def spelt(value: Scalar) -> str:
    """A value as a form shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def condition_said(mode: Mode, rows: Sequence[Row]) -> dict[str, Any]:
    """The condition as the file would say it."""
    if len(rows) == 1:
        return row_said(rows[0])
    return {mode: [row_said(each) for each in rows]}


def row_said(row: Row) -> dict[str, Any]:
    """One row as the file would say it."""
    said: dict[str, Any] = {"field": row.field}
    if row.test in (SET, EMPTY):
        said["present"] = row.test == SET
    elif row.test in (CONTAINS, CONTAINS_NOT):
        said["contains"] = row.values[0]
    else:
        values = list(row.scalars or row.values)
        said |= {"is": values[0]} if len(values) == 1 else {"in": values}
    return {"not": said} if row.is_negated else said


def values_taken(mapping: Mapping, before: int, field: str) -> dict[str, str]:
    """The values of the fact whose tickets all go to a route above, each with that route."""
    taken: dict[str, str] = {}
    for route in mapping.routes[:before]:
        if route.when.field == field:
            row = _row(route.when)
            for value in row.values if row is not None and row.test == IS else ():
                taken.setdefault(value, route.id)
    return taken


@dataclass(frozen=True, slots=True)
class FactChoice:
    """A fact that may be tested or taken, or the reason why not."""

    value: str
    label: str
    why_not: str = ""


def fact_choices(
    mapping: Mapping, reference: Reference, names: Sequence[str] = CONDITION_FIELDS
) -> list[FactChoice]:
    """The facts of a ticket by name: those of the mapping first, then the helpdesk's fields."""
    lacking = _lacking(mapping)
    found = [FactChoice(each, each, lacking.get(each, "")) for each in names]
    fields = sorted(reference.fields.values(), key=lambda each: each.label.casefold())
    for each in fields:
        label = each.label if each.label == each.name else f"{each.label} ({each.name})"
        found.append(FactChoice(f"property:{each.name}", label))
    return found


def _lacking(mapping: Mapping) -> dict[str, str]:
    facts, lacking = mapping.ticket, {}
    if facts.severity is None:
        lacking["severity"] = "the file does not say where it stands"
    if facts.customer is None:
        lacking["customer"] = "the file does not say where it stands"
    if facts.customer is None or facts.customer.plan is None:
        lacking["plan"] = "the file does not say where it stands"
    return lacking
