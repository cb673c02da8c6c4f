"""The forms for what admins change on a Tuesday: stages, tables of values, pairs, switches."""

from __future__ import annotations

import asyncio
from typing import Any

from bridge.core.mapping_choices import (
    audience_choices,
    item_fields,
    owner_choices,
    ticket_fields,
)
from bridge.core.mapping_grids import Grid, taking
from bridge.core.mapping_matches import values_of
from bridge.core.mapping_tables import ValueTable, right_options, table_rows, value_tables
from bridge.core.rollup_examples import rollups_compared
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import Reference
from bridge.engine.hub import Hub
from bridge.engine.seen_tickets import seen_tickets
from bridge.store.seen_values import seen_values
from bridge.web.mapping_forms import (
    Asked,
    Form,
    pairs_asked,
    pairs_given,
    stages_asked,
    stages_given,
    switches_asked,
    switches_given,
    table_asked,
    why_stage_stays,
)
from bridge.web.mapping_sheets import Entry, Section, Sheet, reference_of, shared_fields

ROOM = 3
"""Empty rows at the end of a table of values."""


def _table(mapping: MappingData, at: str) -> ValueTable:
    return next(each for each in value_tables(mapping) if each.id == at)


def _tables(mapping: MappingData) -> list[Entry]:
    return [
        Entry(each.id, each.title, "no table" if each.entries is None else str(len(each.entries)))
        for each in value_tables(mapping)
    ]


def _values_asked(mapping: MappingData, at: str, form: Form) -> Asked:
    return table_asked(_table(mapping, at), form)


async def _stages_shown(_hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping = sheet.mapping
    return {
        "stays": {each.id: why_stage_stays(mapping, each.id) for each in mapping.stages},
        "compared": rollups_compared(mapping),
    }


async def _values_shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    table = _table(sheet.mapping, sheet.at)
    seen: dict[str, int] = {}
    reference = Reference()
    if table.left.connection and not table.left.is_words:
        async with hub.db.read(long=True) as connection:
            seen = await seen_values(connection, table.left.connection, table.left.field)
        reference = await reference_of(hub, table.left.connection)
    elif table.grid is not None:
        seen = await _words_seen(hub, sheet.mapping, table, table.grid)
    words = table.right.is_words
    right = Reference() if words else await reference_of(hub, table.right.connection)
    rows = table_rows(table, seen, reference)
    given = dict(sheet.given)
    if "left-0" not in given:
        for k, row in enumerate(rows):
            right_now = "" if row.right is None else _text(row.right)
            given |= {f"left-{k}": row.left, f"right-{k}": right_now}
        given |= {f"left-{len(rows) + k}": "" for k in range(ROOM)}
    told = {row.left: row for row in rows}
    numbers = [k for k in range(len(given)) if f"left-{k}" in given]
    return {
        "table": table,
        "rows": [(k, told.get(given[f"left-{k}"])) for k in numbers],
        "given": given,
        "options": right_options(table, sheet.mapping, right),
        "labels": {each.id: each.label for each in sheet.mapping.stages} if table.stages else {},
        "lacking": sum(row.lacks for row in rows),
    }


async def _words_seen(
    hub: Hub, mapping: MappingData, table: ValueTable, grid: Grid
) -> dict[str, int]:
    """The words that tickets of the route have, each by the name that the table has for it."""
    found, held = await seen_tickets(hub, mapping), table.entries or {}
    desk = await reference_of(hub, mapping.helpdesk)

    def counted() -> dict[str, int]:
        tickets = taking(grid.route, found.tickets)
        values = values_of(grid.source.from_, mapping, desk, tickets)
        return {e.label if e.label in held else e.value: e.tickets for e in values if e.tickets}

    return await asyncio.to_thread(counted)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


async def _pairs_shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping, shared = sheet.mapping, shared_fields(hub)
    desk = await reference_of(hub, mapping.helpdesk)
    trackers = {name: await reference_of(hub, name) for name in mapping.trackers()}
    return {
        "owners": [owner_choices(each) for each in mapping.fields],
        "audiences": [audience_choices(each) for each in mapping.fields],
        "new_audiences": audience_choices(None),
        "ticket_fields": ticket_fields(mapping, desk, shared.get(mapping.helpdesk, frozenset())),
        "item_fields": {
            name: item_fields(mapping, name, known, shared.get(name, frozenset()))
            for name, known in trackers.items()
        },
    }


STAGES = Section(
    "stages",
    lambda mapping: [Entry("", "Stages and wording", str(len(mapping.stages)))],
    lambda mapping, _at, form: stages_asked(mapping, form),
    lambda mapping, _at: stages_given(mapping),
    _stages_shown,
)
VALUES = Section("values", _tables, _values_asked, shown=_values_shown)
PAIRS = Section(
    "fields",
    lambda mapping: [Entry("", "Field pairs", str(len(mapping.fields)))],
    lambda mapping, _at, form: pairs_asked(mapping, form),
    lambda mapping, _at: pairs_given(mapping),
    _pairs_shown,
)
SWITCHES = Section(
    "switches",
    lambda _mapping: [Entry("", "Switches")],
    lambda mapping, _at, form: switches_asked(mapping, form),
    lambda mapping, _at: switches_given(mapping),
)
