"""The forms of the mapping editor: each is registered here, shown, and kept as the newest draft."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.domain.mapping import Mapping as MappingData
from bridge.engine import mapping_life
from bridge.engine.hub import Hub
from bridge.web.mapping_drafting import MOST, loaded_version
from bridge.web.mapping_keeping import Told, keep_or_look, version_seen
from bridge.web.mapping_pages import standing_of
from bridge.web.mapping_registry import SECTIONS
from bridge.web.mapping_sheets import Section, Sheet
from bridge.web.pressing import moved
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
    text, mapping = await version_seen(hub, name, seen)
    form, title = _form(mapping, section, at)
    sheet = Sheet(standing, section, at, title, seen, mapping, sent, {})
    turned = form.turned(mapping, at, sent)
    if turned is not None:
        return await _show(hub, visitor, form, sheet.having(given=turned))
    asked = form.asked(mapping, at, sent)
    sheet = sheet.having(wrong=asked.wrong)
    told = await keep_or_look(hub, visitor, standing, text, asked, sent)
    if not isinstance(told, Told):
        return told
    return await _show(
        hub, visitor, form, sheet.having(said=told.said, others=told.others), told.status
    )


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
