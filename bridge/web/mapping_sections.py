"""The forms of the mapping editor: each is registered here, shown, and kept as the newest draft."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.config.mapping_edits import CantEdit, edited
from bridge.domain.mapping import Mapping as MappingData
from bridge.engine import mapping_life
from bridge.engine.activation import AlreadyActive, BrokenMapping
from bridge.engine.hub import Hub
from bridge.web.mapping_drafting import (
    MOST,
    NOTHING_TO_KEEP,
    Typed,
    kept,
    loaded_version,
    said_note,
)
from bridge.web.mapping_pages import moved, standing_of
from bridge.web.mapping_registry import SECTIONS
from bridge.web.mapping_sheets import Section, Sheet
from bridge.web.rendering import page
from bridge.web.visitor import Admin, HubHere, PageProblem, Shown, Visitor, own_form

router = APIRouter(include_in_schema=False, prefix="/mappings")


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
    mapping = loaded[1]
    form, title = _form(mapping, section, at)
    given = form.given(mapping, at)
    return await _show(
        hub, visitor, form, Sheet(standing, section, at, title, base.hash, mapping, given, {})
    )


@router.post("/{name}/edit/{section}")
async def keep_section(
    request: Request, hub: HubHere, visitor: Admin, name: Shown, section: Shown, at: Shown = ""
) -> Response:
    """Put what was typed into the file, and keep that as the newest draft."""
    sent = await own_form(request, visitor, MOST)
    standing = await standing_of(hub, name)
    seen = sent.get("seen", "")
    loaded = await loaded_version(hub, name, seen)
    if loaded is None:
        raise PageProblem(
            409,
            "This version can't be changed by a form",
            "It is not there any more, or not good any more. Go back, copy what you typed, and "
            "open the mapping again.",
        )
    text, mapping = loaded
    form, title = _form(mapping, section, at)
    sheet = Sheet(standing, section, at, title, seen, mapping, sent, {})
    turned = form.turned(mapping, at, sent)
    if turned is not None:
        return await _show(hub, visitor, form, sheet.having(given=turned))
    asked = form.asked(mapping, at, sent)
    sheet = sheet.having(wrong=asked.wrong)
    if asked.wrong:
        return await _show(hub, visitor, form, sheet, 422)
    if not asked.edits:
        return await _show(hub, visitor, form, sheet.having(said="Nothing was changed."))
    try:
        changed = await asyncio.to_thread(edited, text, asked.edits)
        said_now = Typed(changed, seen, said_note(sent))
        return await kept(hub, visitor, standing, said_now, asked.edits)
    except CantEdit as error:
        said = f"This can't be done by a form: {error}. Change it in the file."
        return await _show(hub, visitor, form, sheet.having(said=said), 422)
    except BrokenMapping as error:
        others = tuple(asked.assign(error.problems))
        return await _show(hub, visitor, form, sheet.having(others=others), 422)
    except AlreadyActive:
        return await _show(hub, visitor, form, sheet.having(said=NOTHING_TO_KEEP), 409)


def _form(mapping: MappingData, section: str, at: str) -> tuple[Section, str]:
    """The form that is meant and what it is called; PageProblem where the address names none."""
    form = next((each for each in SECTIONS if each.name == section), None)
    title = None if form is None else form.title_of(mapping, at)
    if form is None or title is None:
        raise PageProblem(
            404,
            "There is no such form",
            "The page of the draft lists what can be changed by a form.",
        )
    return form, title


async def _show(
    hub: Hub, visitor: Visitor, form: Section, sheet: Sheet, status: int = 200
) -> Response:
    more = await form.shown(hub, sheet)
    return page(
        f"mapping_form_{form.name}.html",
        status,
        visitor=visitor,
        now=hub.now(),
        standing=sheet.standing,
        sheet=sheet,
        title=sheet.title,
        mapping=sheet.mapping,
        **more,
    )
