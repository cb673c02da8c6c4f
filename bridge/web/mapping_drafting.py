"""Writing a draft of a mapping: the whole file, or section by section."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from bridge.config.mapping_edits import Edit
from bridge.config.mapping_rebase import edited_on_top
from bridge.config.problems import Problem
from bridge.config.yaml_lines import read_yaml
from bridge.domain.mapping import Mapping as MappingData
from bridge.engine import activation, mapping_life
from bridge.engine.activation import AlreadyActive, BrokenMapping, StaleDraft
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.web.mapping_pages import sides, standing_of
from bridge.web.mapping_registry import forms_of
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import (
    Admin,
    HubHere,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_own,
)

router = APIRouter(include_in_schema=False, prefix="/mappings")

MOST = 1024 * 1024
"""Bytes of a form that holds a mapping."""
LONGEST_NOTE = 500
NEW = "@new"
"""In an address: a mapping that there is none of yet. No mapping can be called so."""

NOTHING_TO_KEEP = "This is what is in force; there is nothing to keep."


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody wrote. `seen` is the hash of the version that they began with."""

    text: str
    seen: str
    note: str = ""

    @property
    def seen_set(self) -> frozenset[str]:
        """The hash as those ask for it who keep drafts."""
        return frozenset({self.seen} if self.seen else ())


def typed(form: dict[str, str]) -> Typed:
    """What the form holds; browsers end lines their own way."""
    text = form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    return Typed(text, form.get("seen", ""), said_note(form))


def said_note(form: dict[str, str]) -> str:
    """Why, in one line."""
    return " ".join(form.get("note", "").split())[:LONGEST_NOTE]


@router.get("/{name}/edit")
async def edit_page(hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """The sections of the newest draft (or of what is in force), and its whole text."""
    standing = await standing_of(hub, name)
    base = await mapping_life.to_edit(hub, name)
    begun = Typed("", "") if base is None else Typed(base.source, base.hash)
    return await _edit(hub, visitor, standing, begun)


@router.post("/{name}/edit")
async def keep_text(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Check the text, or keep it as the newest draft."""
    form = await own_form(request, visitor, MOST)
    standing = await standing_of(hub, name)
    said = typed(form)
    if form.get("do") == "check":
        loaded = await activation.check_mapping(hub, name, said.text)
        wrong = loaded if isinstance(loaded, list) else []
        fine = "" if wrong else "Nothing is wrong with it. It is not kept yet."
        return await _edit(hub, visitor, standing, said, wrong, fine)
    try:
        return await kept(hub, visitor, standing, said)
    except BrokenMapping as error:
        return await _edit(hub, visitor, standing, said, error.problems)
    except AlreadyActive:
        return await _edit(hub, visitor, standing, said, status=409, fine=NOTHING_TO_KEEP)


@router.post("/{name}/upload")
async def upload(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Put a file in the place of the text; it is checked, and kept only by another press."""
    content, seen = await _upload(request, visitor)
    standing = await standing_of(hub, name)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    loaded = await activation.check_mapping(hub, name, content)
    wrong = loaded if isinstance(loaded, list) else []
    fine = "" if wrong else "Nothing is wrong with the file. It is not kept yet."
    return await _edit(hub, visitor, standing, Typed(text, seen), wrong, fine)


async def kept(
    hub: Hub, visitor: Visitor, standing: Standing, said: Typed, edits: Sequence[Edit] = ()
) -> Response:
    """On to what the draft would change, once it is kept; or the conflict with what others kept.

    BrokenMapping or AlreadyActive if there is nothing to keep. `edits` are what the text came
    from, if a form asked for them.
    """
    try:
        await activation.save_draft(
            hub,
            standing.name,
            said.text,
            by=visitor.actor.name,
            seen=said.seen_set,
            note=said.note,
        )
    except StaleDraft:
        return await conflict(hub, visitor, standing.name, said, edits)
    return moved(f"/mappings/{standing.name}/preview?done=kept")


async def conflict(
    hub: Hub, visitor: Visitor, name: str, said: Typed, edits: Sequence[Edit]
) -> Response:
    """Somebody else was faster: what they changed, and one's own text, of which nothing is lost.

    What a form asked for is put on top of theirs, where its places are still the same.
    """
    standing = await standing_of(hub, name)
    seen = await mapping_life.stored(hub, name, said.seen) if said.seen else None
    theirs = await mapping_life.to_edit(hub, name)
    current = standing.versions[0] if theirs is None else standing.version(theirs.hash)
    there = "" if theirs is None else theirs.source
    both = None
    if edits and seen is not None:
        both = await asyncio.to_thread(edited_on_top, seen.source, there, edits)
    text = said.text if both is None else both
    return page(
        "mapping_conflict.html",
        409,
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        said=replace(said, text=text, seen="" if theirs is None else theirs.hash),
        both=both is not None,
        current=current,
        changed=None if seen is None else sides(seen.source, there),
        mine=sides(there, text),
    )


async def _edit(
    hub: Hub,
    visitor: Visitor,
    standing: Standing,
    said: Typed,
    problems: Sequence[Problem] = (),
    fine: str = "",
    status: int = 200,
) -> Response:
    loaded = await activation.check_mapping(hub, standing.name, said.text)
    mapping = None if isinstance(loaded, list) else loaded.mapping
    return page(
        "mapping_edit.html",
        422 if problems else status,
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        said=said,
        problems=[(each, _line(said.text, each.line)) for each in problems],
        fine=fine,
        forms=[] if mapping is None else forms_of(mapping),
        # Forms change what is stored, so they begin with that alone.
        untouched=standing.version(said.seen) is not None and not problems,
    )


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1][:200] if 0 < number <= len(lines) else ""


async def _upload(request: Request, visitor: Visitor) -> tuple[bytes, str]:
    """The file and the hash that its sender began with; PageProblem where it is not our form."""

    async def bounded() -> AsyncGenerator[bytes, None]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > MOST:
                raise PageProblem(413, "That is too much", "A mapping may have 1 MB.")
            yield part

    try:
        form = await MultiPartParser(
            request.headers, bounded(), max_files=1, max_fields=5, max_part_size=MOST
        ).parse()
    except (MultiPartException, KeyError):
        raise PageProblem(
            422, "No file came", "Choose a file first, or paste its text into the field."
        ) from None
    try:
        token, seen, file = form.get("form_token"), form.get("seen"), form.get("file")
        require_own(token if isinstance(token, str) else "", visitor)
        if not isinstance(file, UploadFile) or not file.filename:
            raise PageProblem(422, "No file came", "Choose a file first, then press Upload.")
        return await file.read(), seen if isinstance(seen, str) else ""
    finally:
        await form.close()


@router.get("/@new")
async def new_page(visitor: Admin) -> Response:
    """Where a mapping is written that there is none of yet."""
    return _new(visitor, Typed("", ""), ())


@router.post("/@new")
async def keep_new(request: Request, hub: HubHere, visitor: Admin) -> Response:
    """Keep the first draft of a mapping."""
    said = typed(await own_form(request, visitor, MOST))
    name = read_yaml(said.text, "mapping").mapping().get("mapping")
    try:
        await activation.save_draft(
            hub,
            name if isinstance(name, str) else NEW,
            said.text,
            by=visitor.actor.name,
            seen=frozenset(),
            note=said.note,
        )
    except BrokenMapping as error:
        return _new(visitor, said, error.problems)
    except (StaleDraft, AlreadyActive):
        there = f"There is a mapping {name} already. Open it, and put this text into its file."
        return _new(visitor, said, (), there)
    return moved(f"/mappings/{name}/preview?done=kept")


def _new(visitor: Visitor, said: Typed, problems: Sequence[Problem], there: str = "") -> Response:
    return page(
        "mapping_new.html",
        422 if problems or there else 200,
        visitor=visitor,
        said=said,
        problems=[(each, _line(said.text, each.line)) for each in problems],
        there=there,
    )


async def loaded_version(hub: Hub, name: str, digest: str) -> tuple[str, MappingData] | None:
    """The text of a version and what it says; None where it is not there, or not good now."""
    found = await mapping_life.stored(hub, name, digest)
    loaded = None if found is None else await activation.check_mapping(hub, name, found.source)
    if found is None or loaded is None or isinstance(loaded, list):
        return None
    return found.source, loaded.mapping
