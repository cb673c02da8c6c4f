"""The forms for what admins change on a Tuesday: stages, tables of values, pairs, switches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.config.mapping_edits import CantEdit, edited
from bridge.config.problems import Problem
from bridge.core.mapping_choices import (
    audience_choices,
    item_fields,
    owner_choices,
    ticket_fields,
)
from bridge.core.mapping_tables import ValueTable, right_options, table_rows, value_tables
from bridge.core.rollup_examples import rollups_compared
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import Reference
from bridge.engine import mapping_life
from bridge.engine.activation import AlreadyActive, BrokenMapping
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.engine.references import stored_reference
from bridge.store.seen_values import seen_values
from bridge.web.mapping_drafting import (
    MOST,
    NOTHING_TO_KEEP,
    Typed,
    kept,
    loaded_version,
    said_note,
)
from bridge.web.mapping_forms import (
    Asked,
    pairs_asked,
    pairs_given,
    stages_asked,
    stages_given,
    switches_asked,
    switches_given,
    table_asked,
    why_stage_stays,
)
from bridge.web.mapping_pages import moved, standing_of
from bridge.web.rendering import page
from bridge.web.visitor import Admin, HubHere, PageProblem, Shown, Visitor, own_form

router = APIRouter(include_in_schema=False, prefix="/mappings")

SECTIONS = {
    "stages": "Stages and wording",
    "values": "Values",
    "fields": "Field pairs",
    "switches": "Switches",
}
ROOM = 3
"""Empty rows at the end of a table of values."""


@dataclass(frozen=True)
class Sheet:
    """A form as somebody sees it: where it begins, what stands in it, and what is wrong."""

    standing: Standing
    section: str
    seen: str
    mapping: MappingData
    given: Mapping[str, str]
    wrong: Mapping[str, str]
    others: tuple[Problem, ...] = ()
    said: str = ""
    table: ValueTable | None = None

    @property
    def address(self) -> str:
        """Where the form is sent to."""
        at = "" if self.table is None else f"?at={self.table.id}"
        return f"/mappings/{self.standing.name}/edit/{self.section}{at}"


@router.get("/{name}/edit/{section}")
async def section_page(
    hub: HubHere, visitor: Admin, name: Shown, section: Shown, at: Shown = ""
) -> Response:
    """One section of the newest draft, or of what is in force."""
    standing = await standing_of(hub, name)
    base = await mapping_life.to_edit(hub, name)
    loaded = None if base is None else await loaded_version(hub, name, base.hash)
    if base is None or loaded is None:
        # The file has to be put right first: its page says what is wrong.
        return moved(f"/mappings/{name}/edit")
    table = _table(loaded[1], section, at)
    given = _given(section, loaded[1])
    return await _show(
        hub, visitor, Sheet(standing, section, base.hash, loaded[1], given, {}, table=table)
    )


@router.post("/{name}/edit/{section}")
async def keep_section(
    request: Request, hub: HubHere, visitor: Admin, name: Shown, section: Shown, at: Shown = ""
) -> Response:
    """Put what was typed into the file, and keep that as the newest draft."""
    form = await own_form(request, visitor, MOST)
    standing = await standing_of(hub, name)
    seen = form.get("seen", "")
    loaded = await loaded_version(hub, name, seen)
    if loaded is None:
        raise PageProblem(
            409,
            "This version can't be changed by a form",
            "It is not there any more, or not good any more. Go back, copy what you typed, and "
            "open the mapping again.",
        )
    text, mapping = loaded
    table = _table(mapping, section, at)
    asked = _asked(section, mapping, table, form)
    sheet = Sheet(standing, section, seen, mapping, form, asked.wrong, table=table)
    if asked.wrong:
        return await _show(hub, visitor, sheet, 422)
    if not asked.edits:
        return await _show(hub, visitor, _with(sheet, said="Nothing was changed."))
    try:
        changed = await asyncio.to_thread(edited, text, asked.edits)
        said_now = Typed(changed, seen, said_note(form))
        return await kept(hub, visitor, standing, said_now, asked.edits)
    except CantEdit as error:
        said = f"This can't be done by a form: {error}. Change it in the file."
        return await _show(hub, visitor, _with(sheet, said=said), 422)
    except BrokenMapping as error:
        others = tuple(asked.assign(error.problems))
        return await _show(hub, visitor, _with(sheet, others=others), 422)
    except AlreadyActive:
        return await _show(hub, visitor, _with(sheet, said=NOTHING_TO_KEEP), 409)


def _with(sheet: Sheet, **changes: Any) -> Sheet:
    return Sheet(**{**sheet.__dict__, **changes})


def _given(section: str, mapping: MappingData) -> dict[str, str]:
    begins = {"stages": stages_given, "fields": pairs_given, "switches": switches_given}
    return begins[section](mapping) if section in begins else {}


def _asked(
    section: str, mapping: MappingData, table: ValueTable | None, form: dict[str, str]
) -> Asked:
    if table is not None:
        return table_asked(table, form)
    asks = {"stages": stages_asked, "fields": pairs_asked, "switches": switches_asked}
    return asks[section](mapping, form)


def _table(mapping: MappingData, section: str, at: str) -> ValueTable | None:
    """The table that is meant; PageProblem where the address names no form."""
    nothing = PageProblem(
        404, "There is no such form", "The page of the draft lists what can be changed by a form."
    )
    if section not in SECTIONS:
        raise nothing
    if section != "values":
        return None
    found = next((each for each in value_tables(mapping) if each.id == at), None)
    if found is None:
        raise nothing
    return found


async def _show(hub: Hub, visitor: Visitor, sheet: Sheet, status: int = 200) -> Response:
    shows = {
        "stages": _stages_shown,
        "values": _values_shown,
        "fields": _pairs_shown,
        "switches": _nothing_more,
    }
    more = await shows[sheet.section](hub, sheet)
    return page(
        f"mapping_form_{sheet.section}.html",
        status,
        visitor=visitor,
        now=hub.now(),
        standing=sheet.standing,
        sheet=sheet,
        title=SECTIONS[sheet.section] if sheet.table is None else sheet.table.title,
        mapping=sheet.mapping,
        **more,
    )


async def _stages_shown(_hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping = sheet.mapping
    return {
        "stays": {each.id: why_stage_stays(mapping, each.id) for each in mapping.stages},
        "compared": rollups_compared(mapping),
    }


async def _values_shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    table = sheet.table
    assert table is not None  # noqa: S101 - `_table` has found it
    seen: dict[str, int] = {}
    reference = Reference()
    if table.left.connection and not table.left.is_words:
        async with hub.db.read(long=True) as connection:
            seen = await seen_values(connection, table.left.connection, table.left.field)
        reference = await _reference(hub, table.left.connection)
    right = Reference() if table.right.is_words else await _reference(hub, table.right.connection)
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
        "rows": [(k, told.get(given[f"left-{k}"])) for k in numbers],
        "given": given,
        "options": right_options(table, sheet.mapping, right),
        "labels": {each.id: each.label for each in sheet.mapping.stages} if table.stages else {},
        "lacking": sum(row.lacks for row in rows),
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


async def _pairs_shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping, shared = sheet.mapping, _shared(hub)
    desk = await _reference(hub, mapping.helpdesk)
    trackers = {name: await _reference(hub, name) for name in mapping.trackers()}
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


async def _nothing_more(_hub: Hub, _sheet: Sheet) -> dict[str, Any]:
    return {}


async def _reference(hub: Hub, name: str) -> Reference:
    """What the connection has, as last read from its vendor."""
    return await stored_reference(hub, name) if name in hub.connections else Reference()


def _shared(hub: Hub) -> dict[str, frozenset[str]]:
    return {name: each.manifest.shared_fields for name, each in hub.connections.items()}
