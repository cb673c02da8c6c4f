"""The part of a form that holds a condition: rows of fact, test and values.

Its inputs begin with a prefix, so that a form may hold several. A condition that is deeper than
rows has no inputs, and is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.core.facts import Facts
from bridge.core.mapping_matches import matching, prescribed, values_of
from bridge.core.mapping_picks import Pick, picks_of
from bridge.core.mapping_rows import (
    CONTAINS,
    CONTAINS_NOT,
    IS,
    IS_NOT,
    MOST_ROWS,
    TESTS,
    FactChoice,
    Mode,
    Row,
    Rows,
    condition_said,
    fact_choices,
    row_said,
    rows_of,
    values_taken,
)
from bridge.core.mapping_told import condition_told
from bridge.domain.mapping import Condition, Mapping
from bridge.domain.records import Reference
from bridge.web.mapping_forms import Asked, Form
from bridge.web.mapping_scalars import kept as kept_of

MODES = {"all": "each of these holds", "any": "one of these is enough"}


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A row as somebody typed it; `at` is its number in the form."""

    at: int
    row: Row
    gone: bool = False

    @property
    def stays(self) -> bool:
        """Whether it is part of the condition."""
        return bool(self.row.field) and not self.gone


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the form, with the values that may be ticked."""

    at: int
    row: Row
    picks: tuple[Pick, ...] = ()
    more: str = ""
    gone: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ShownCondition:
    """The whole part. `rows` None: the condition is deeper than a form shows."""

    prefix: str
    told: str
    mode: str
    rows: tuple[ShownRow, ...] | None
    facts: tuple[FactChoice, ...]
    tests: dict[str, str]
    modes: dict[str, str]
    matches: int | None
    """How many of the tickets match what stands in the form; None if that says nothing whole."""


def condition_given(prefix: str, condition: Condition | None) -> dict[str, str]:
    """What the part begins with."""
    rows = rows_of(condition)
    if rows is None:
        return {}
    given = {f"{prefix}-mode": str(rows.mode)}
    for k, row in enumerate(rows.rows):
        given |= {f"{prefix}-field-{k}": row.field, f"{prefix}-test-{k}": row.test}
        if row.test in (IS, IS_NOT):
            given |= {f"{prefix}-pick-{k}-{j}": each for j, each in enumerate(row.values)}
        elif row.wants_values:
            given[f"{prefix}-more-{k}"] = row.values[0]
    return given


def typed_rows(prefix: str, form: Form) -> list[TypedRow]:
    """The rows as they stand in the form, those that go and empty ones included."""
    found = []
    for k in range(MOST_ROWS + 1):
        field = form.get(f"{prefix}-field-{k}")
        if field is None:
            break
        test = form.get(f"{prefix}-test-{k}", IS)
        more = form.get(f"{prefix}-more-{k}", "")
        values = [more] if more else []
        if test not in (CONTAINS, CONTAINS_NOT):
            values = [more.strip()] if more.strip() else []
            ticked = f"{prefix}-pick-{k}-"
            numbers = [n.removeprefix(ticked) for n in form if n.startswith(ticked)]
            order = sorted(int(each) for each in numbers if each.isdecimal())
            values = list(dict.fromkeys([*(form[f"{ticked}{j}"] for j in order), *values]))
        row = Row(field, test, tuple(values))
        row = row if row.wants_values else Row(row.field, test)
        found.append(TypedRow(k, row, bool(form.get(f"{prefix}-gone-{k}"))))
    return found


def condition_asked(
    asked: Asked,
    path: Path,
    condition: Condition | None,
    form: Form,
    prefix: str,
    *,
    needed: str = "",
) -> None:
    """The edits of a condition at that path. `needed`: why it can't do without one, if so."""
    before = rows_of(condition)
    if before is None or f"{prefix}-mode" not in form:
        return
    typed = typed_rows(prefix, form)
    kept = [_filed(each, before.rows) for each in typed if each.stays]
    for each in kept:
        _check(asked, prefix, each)
    mode: Mode = "any" if form[f"{prefix}-mode"] == "any" else "all"
    if not kept:
        if needed:
            asked.wrong[f"{prefix}-field-0"] = needed
        elif before.rows:
            asked.edits.append(Edit(path, GONE))
        return
    _place(asked, path, prefix, before, mode, kept)
    if asked.wrong or ([e.row for e in kept] == list(before.rows) and _same_mode(before, mode)):
        return
    if before.listed and mode == before.mode:
        _edit_list(asked, (*path, mode), before.rows, kept)
    elif not before.listed and len(before.rows) == len(kept) == 1:
        _edit_row(asked, path, before.rows[0], kept[0].row)
    else:
        asked.edits.append(Edit(path, condition_said(mode, [each.row for each in kept])))


def _filed(typed: TypedRow, before: Sequence[Row]) -> TypedRow:
    """The row with its values as the file would have them; those that it has stay what they are."""
    row = typed.row
    if row.test not in (IS, IS_NOT):
        return typed
    was = before[typed.at] if typed.at < len(before) else None
    there = was.scalars if was is not None and was.field == row.field else ()
    return replace(typed, row=replace(row, scalars=(*kept_of(row.field, row.values, there),)))


def _same_mode(before: Rows, mode: Mode) -> bool:
    return before.mode == mode or not before.listed


def _check(asked: Asked, prefix: str, each: TypedRow) -> None:
    if each.row.test not in TESTS:
        asked.wrong[f"{prefix}-test-{each.at}"] = f'"{each.row.test}" is no test'
    elif each.row.wants_values and not each.row.values:
        asked.wrong[f"{prefix}-more-{each.at}"] = "say which value"


def _place(
    asked: Asked, path: Path, prefix: str, before: Rows, mode: Mode, kept: Sequence[TypedRow]
) -> None:
    """Where each row stands in the file in the end: problems go beside its fact."""
    asked.places[render_path(path)] = f"{prefix}-field-{kept[0].at}"
    if len(kept) == 1 and not (before.listed and before.mode == mode):
        return
    for place, each in enumerate(kept):
        asked.places[render_path((*path, mode, place))] = f"{prefix}-field-{each.at}"


def _edit_list(asked: Asked, path: Path, before: Sequence[Row], kept: Sequence[TypedRow]) -> None:
    there = {each.at: each.row for each in kept}
    for i, row in enumerate(before):
        if i in there:
            _edit_row(asked, (*path, i), row, there[i])
    new = [row for i, row in there.items() if i >= len(before)]
    for j, row in enumerate(new):
        asked.edits.append(Edit((*path, len(before) + j), row_said(row), before=True))
    gone = [i for i in range(len(before)) if i not in there]
    asked.edits += [Edit((*path, i), GONE) for i in reversed(gone)]


def _edit_row(asked: Asked, path: Path, before: Row, after: Row) -> None:
    """Only what is another in the row, where its test stays."""
    if before == after:
        return
    if before.test != after.test or (len(after.values) > 1 and not before.listed):
        asked.edits.append(Edit(path, row_said(after)))
        return
    at = (*path, "not") if before.is_negated else path
    if before.field != after.field:
        asked.edits.append(Edit((*at, "field"), after.field))
    if before.values == after.values:
        return
    if not before.listed:
        said = row_said(after)
        inner = said["not"] if after.is_negated else said
        key = next(each for each in inner if each != "field")
        asked.edits.append(Edit((*at, key), inner[key]))
        return
    kept = [each for each in before.values if each in after.values]
    if list(after.values[: len(kept)]) != kept:
        asked.edits.append(Edit((*at, "in"), list(after.scalars)))
        return
    for j, value in enumerate(after.scalars[len(kept) :]):
        asked.edits.append(Edit((*at, "in", len(before.values) + j), value))
    gone = [i for i, each in enumerate(before.values) if each not in after.values]
    asked.edits += [Edit((*at, "in", i), GONE) for i in reversed(gone)]


def condition_typed(prefix: str, form: Form, before: Sequence[Row] = ()) -> dict[str, Any]:
    """What stands in the part, as the file would say it; empty where nothing does."""
    kept = [_filed(each, before).row for each in typed_rows(prefix, form) if each.stays]
    if not kept or any(each.wants_values and not each.values for each in kept):
        return {}
    return condition_said("any" if form.get(f"{prefix}-mode") == "any" else "all", kept)


def condition_shown(
    prefix: str,
    condition: Condition | None,
    form: Form,
    mapping: Mapping,
    reference: Reference,
    tickets: Sequence[Facts],
    *,
    before: int = 0,
) -> ShownCondition:
    """The part as it stands in the form. `before`: how many routes stand above."""
    told = "" if condition is None else condition_told(condition)
    facts = tuple(fact_choices(mapping, reference))
    rows: tuple[ShownRow, ...] | None = None
    asked_for = condition
    held = rows_of(condition)
    if held is not None:
        typed = typed_rows(prefix, form)
        rows = tuple(
            _shown_row(prefix, each, form, mapping, reference, tickets, before) for each in typed
        )
        if not typed or typed[-1].row.field:
            rows += (ShownRow(len(typed), Row("", IS), is_new=True),)
        asked_for = _condition(prefix, form, held.rows)
    return ShownCondition(
        prefix,
        told,
        form.get(f"{prefix}-mode", "all"),
        rows,
        facts,
        TESTS,
        MODES,
        None if asked_for is None else matching(asked_for, tickets),
    )


def _shown_row(
    prefix: str,
    typed: TypedRow,
    form: Form,
    mapping: Mapping,
    reference: Reference,
    tickets: Sequence[Facts],
    before: int,
) -> ShownRow:
    row, more = typed.row, form.get(f"{prefix}-more-{typed.at}", "")
    picks: list[Pick] = []
    if row.field and row.test in (IS, IS_NOT):
        seen = values_of(row.field, mapping, reference, tickets)
        words = [value for value, _ in prescribed(row.field, mapping)]
        picks = picks_of(row, seen, values_taken(mapping, before, row.field), words)
        more = ""
    return ShownRow(typed.at, row, tuple(picks), more, typed.gone, is_new=not row.field)


def _condition(prefix: str, form: Form, before: Sequence[Row]) -> Condition | None:
    """What stands in the form, if it says something whole."""
    said = condition_typed(prefix, form, before)
    try:
        return Condition.model_validate(said) if said else None
    except ValidationError:
        return None
