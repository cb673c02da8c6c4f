"""The form of a table over two facts: the first's values are its rows, the second's its columns."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from itertools import count, takewhile
from typing import Any

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.core.facts import Facts
from bridge.core.mapping_grids import (
    MOST_COLUMNS,
    MOST_ROWS,
    UNTABLED,
    Grid,
    crossings,
    further,
    grids,
    taking,
)
from bridge.core.mapping_rows import fact_choices, spelt
from bridge.domain.mapping import TICKET_SOURCES, Mapping, Scalar
from bridge.domain.records import Reference
from bridge.engine.hub import Hub
from bridge.engine.seen_tickets import seen_tickets
from bridge.web.mapping_forms import Asked, Form
from bridge.web.mapping_scalars import typed
from bridge.web.mapping_sheets import Entry, Section, Sheet, reference_of

DECIDING = tuple(each for each in TICKET_SOURCES if each not in UNTABLED)
"""Facts that a table may be over."""
EITHER = "either one value for the whole row, or one for each"
NO_FACT = "say which second fact the columns are"


def _grid(mapping: Mapping, at: str) -> Grid | None:
    return next((each for each in grids(mapping) if each.id == at), None)


def _title(mapping: Mapping, at: str) -> str | None:
    grid = _grid(mapping, at)
    return None if grid is None else grid.title


def _entries(mapping: Mapping) -> list[Entry]:
    found = [each for each in grids(mapping) if each.source.by is not None]
    return [Entry(e.id, e.title, f"{len(e.rows)} by {len(e.columns)}") for e in found]


def grid_given(mapping: Mapping, at: str) -> dict[str, str]:
    """What the form begins with."""
    grid = _grid(mapping, at)
    if grid is None:
        return {}
    given = {"by": grid.source.by or ""}
    given |= {f"col-{j}": each for j, each in enumerate(grid.columns)}
    for i, (key, row) in enumerate(grid.rows.items()):
        given[f"row-{i}"] = key
        if isinstance(row, dict):
            columns = enumerate(grid.columns)
            given |= {f"cell-{i}-{j}": spelt(row[each]) for j, each in columns if each in row}
        else:
            given[f"all-{i}"] = spelt(row)
    return given


def grid_asked(mapping: Mapping, at: str, form: Form) -> Asked:
    """Cells that change, rows and columns that come and go, and the second fact."""
    asked, grid = Asked(), _grid(mapping, at)
    if grid is None:
        return asked
    table: Path = (*grid.path, "values")
    by, was = form.get("by", grid.source.by or ""), grid.source.by or ""
    asked.places[render_path(table)] = "all-0"
    asked.places[render_path((*grid.path, "by"))] = "by"
    rows = _rows(asked, grid, form)
    two = any(isinstance(each, dict) for each in rows.values())
    if two and not by:
        asked.wrong["by"] = NO_FACT
    elif two and by != was:
        asked.set((*grid.path, "by"), by, "by")
    for key, value in rows.items():
        if value is not None:
            _change(asked, (*table, key), grid.rows.get(key), value)
    gone = [key for key in grid.rows if key in rows and rows[key] is None]
    if gone and len(gone) == len(grid.rows) and not any(rows.values()):
        asked.edits.append(Edit(table, GONE))
    else:
        asked.edits += [Edit((*table, key), GONE) for key in gone]
    if was and not two:
        # Where no row is told apart by it, the second fact decides nothing.
        asked.edits.append(Edit((*grid.path, "by"), GONE))
    return asked


def _rows(asked: Asked, grid: Grid, form: Form) -> dict[str, str | dict[str, str] | None]:
    """What stands in each row, by the value that the row is for; None where nothing does."""
    columns = _columns(asked, grid, form)
    found: dict[str, str | dict[str, str] | None] = {}
    for i in _numbers(form, "row"):
        key, value = _key(form[f"row-{i}"], grid.rows), _row(asked, i, columns, form)
        if not key:
            if value is not None:
                asked.wrong[f"row-{i}"] = "say which value this is for"
            continue
        if found.get(key) is not None and value is not None:
            asked.wrong[f"row-{i}"] = "there is a row of that value already"
        found[key] = value if value is not None else found.get(key)
        path: Path = (*grid.path, "values", key)
        asked.places[render_path(path)] = f"all-{i}"
        asked.places |= {render_path((*path, c)): f"cell-{i}-{j}" for j, c in columns.items()}
    return found


def _key(text: str, held: Collection[str]) -> str:
    """What somebody typed, or what stands in the file, be it with spaces around."""
    return text if text in held else text.strip()


def _numbers(form: Form, what: str) -> list[int]:
    return list(takewhile(lambda k: f"{what}-{k}" in form, count()))


def _columns(asked: Asked, grid: Grid, form: Form) -> dict[int, str]:
    found: dict[int, str] = {}
    for j in _numbers(form, "col"):
        name = _key(form[f"col-{j}"], grid.columns)
        if name and name in found.values():
            asked.wrong[f"col-{j}"] = "there is a column of that value already"
        found[j] = name
    return found


def _row(asked: Asked, i: int, columns: dict[int, str], form: Form) -> str | dict[str, str] | None:
    """What stands in the row: one value for all of it, or cells; None where nothing does."""
    whole = form.get(f"all-{i}", "").strip()
    cells: dict[str, str] = {}
    for j, column in columns.items():
        text = form.get(f"cell-{i}-{j}", "").strip()
        if text and not column:
            asked.wrong[f"col-{j}"] = "say which value the column is for"
        if text:
            cells[column] = text
    if whole and cells:
        asked.wrong[f"all-{i}"] = EITHER
    return whole or cells or None


def _change(
    asked: Asked, path: Path, was: Scalar | dict[str, Scalar] | None, now: Scalar | dict[str, str]
) -> None:
    """Only the cells that are others, where the row stays of its kind."""
    if isinstance(now, dict) and isinstance(was, dict):
        for column, text in now.items():
            if column not in was or spelt(was[column]).strip() != text:
                asked.edits.append(Edit((*path, column), typed(text)))
        gone = [each for each in was if each not in now]
        asked.edits += [Edit((*path, each), GONE) for each in gone]
    elif isinstance(now, dict):
        asked.edits.append(Edit(path, {key: typed(text) for key, text in now.items()}))
    elif was is None or isinstance(was, dict) or spelt(was).strip() != now:
        asked.edits.append(Edit(path, typed(str(now))))


def grid_turned(_mapping: Mapping, _at: str, form: Form) -> dict[str, str] | None:
    """The form with the columns of another second fact."""
    return dict(form) if form.get("do") == "look" else None


async def _shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    grid = _grid(sheet.mapping, sheet.at)
    assert grid is not None  # noqa: S101 - the form has a title
    seen = await seen_tickets(hub, sheet.mapping)
    desk = await reference_of(hub, sheet.mapping.helpdesk)
    there = Reference() if grid.route.launch is None else (
        await reference_of(hub, grid.route.launch.in_)
    )  # fmt: skip
    info = there.fields.get(grid.field)
    more = await asyncio.to_thread(_offered, grid, sheet, desk, seen.tickets)
    return {
        "grid": grid,
        "seen": seen,
        "facts": fact_choices(sheet.mapping, desk, DECIDING),
        "options": [] if info is None else [value for value, _ in info.options],
        **more,
    }


def _offered(grid: Grid, sheet: Sheet, desk: Reference, tickets: Sequence[Facts]) -> dict[str, Any]:
    """The rows and columns of the form, those that tickets have and the table lacks among them."""
    given, mapping = dict(sheet.given), sheet.mapping
    by, first = given.get("by", ""), grid.source.from_
    taken = taking(grid.route, tickets)
    met = crossings(grid, by, taken) if by else []
    labels: dict[str, str] = {}
    for what, fact, most in (("row", first, MOST_ROWS), ("col", by, MOST_COLUMNS)):
        held = [given[f"{what}-{k}"] for k in _numbers(given, what)]
        new = further(held, fact, mapping, desk, taken, most) if fact else []
        labels |= {f"{what}-{each.value}": each.label for each in new if each.label != each.value}
        begins = len(held)
        names = [each.value for each in new] + ([""] if (not held or held[-1]) and fact else [])
        given |= {f"{what}-{begins + k}": each for k, each in enumerate(names)}
    rows, columns = _numbers(given, "row"), _numbers(given, "col") if by else []
    lacking = [each for each in met if each.lacks]
    short = {each.row for each in lacking}
    counts = {(each.row, each.column): each for each in met}
    known = {*grid.rows, *(f"col-{each}" for each in grid.columns)}
    return {
        "given": given,
        "rows": sorted(rows, key=lambda i: (not given[f"row-{i}"], given[f"row-{i}"] not in short)),
        "columns": columns,
        "by": by,
        "lacking": lacking,
        "counts": counts,
        "labels": labels,
        "known": known,
        "taken": len(taken),
    }


GRID = Section("grid", _entries, grid_asked, grid_given, _shown, grid_turned, title=_title)
