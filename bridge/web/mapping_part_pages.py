"""The forms for what the mapping promises and tells: each part of the file on a page of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.config.mapping_edits import CantEdit, said_after
from bridge.config.problems import Problem
from bridge.config.yaml_lines import Plain, read_yaml
from bridge.core.mapping_choices import Choice
from bridge.core.wording_examples import placeholders
from bridge.domain.mapping import Mapping as MappingData
from bridge.engine import activation, mapping_life
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.engine.references import stored_reference
from bridge.web.mapping_asking import asked_of, reworded
from bridge.web.mapping_blanks import Block, Group, given_by
from bridge.web.mapping_drafting import MOST, loaded_version
from bridge.web.mapping_keeping import Told, keep_or_look, version_seen
from bridge.web.mapping_kinds import Known
from bridge.web.mapping_pages import standing_of
from bridge.web.mapping_parts import PARTS
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import Admin, HubHere, Shown, Visitor, own_form

router = APIRouter(include_in_schema=False, prefix="/mappings")


@dataclass(frozen=True)
class PartSheet:
    """A form as somebody sees it: where it begins, what stands in it, and what is wrong."""

    standing: Standing
    part: str
    seen: str
    groups: list[Group]
    given: Mapping[str, str]
    wrong: Mapping[str, str]
    others: tuple[Problem, ...] = ()
    said: str = ""

    @property
    def address(self) -> str:
        """Where the form is sent to."""
        return f"/mappings/{self.standing.name}/edit/{self.part}"

    @property
    def matrix(self) -> list[tuple[str, list[str]]]:
        """Each promise with what each plan gets of it, on the page of the plans."""
        if self.part != "plans":
            return []
        gives = [
            {policy.title: policy.says for policy in block.gives} for block in self.groups[0].blocks
        ]
        titles = dict.fromkeys(title for each in gives for title in each)
        return [(title, [each.get(title, "") for each in gives]) for title in titles]

    @property
    def lists(self) -> dict[tuple[Choice, ...], str]:
        """What inputs offer, each list once, with its id."""
        offers = [
            blank.offers
            for group in self.groups
            for block in _blocks(group)
            for blank in block.blanks
            if blank.kind.shape == "line" and blank.offers
        ]
        return {each: f"list-{i}" for i, each in enumerate(dict.fromkeys(offers))}


async def known_for(hub: Hub, mapping: MappingData, raw: Plain) -> Known:
    """What the forms of this mapping know."""
    desk = mapping.helpdesk
    fields: tuple[Choice, ...] = ()
    if desk in hub.connections:
        reference = await stored_reference(hub, desk)
        named = sorted(reference.fields.values(), key=lambda each: each.label.casefold())
        fields = tuple(Choice(each.name, each.label) for each in named)
    return Known(raw, mapping, activation.context_of(hub), hub.now().date(), fields)


async def _show_part(hub: Hub, visitor: Visitor, name: str, part: str) -> Response:
    standing = await standing_of(hub, name)
    base = await mapping_life.to_edit(hub, name)
    loaded = None if base is None else await loaded_version(hub, name, base.hash)
    if base is None or loaded is None:
        # The file has to be put right first: its page says what is wrong.
        return moved(f"/mappings/{name}/edit")
    text, mapping = loaded
    raw = read_yaml(text, "mapping").mapping()
    groups = PARTS[part].groups(await known_for(hub, mapping, raw))
    sheet = PartSheet(standing, part, base.hash, groups, given_by(groups, raw), {})
    return _shown(hub, visitor, sheet, mapping)


async def _keep_part(
    request: Request, hub: Hub, visitor: Visitor, name: str, part: str
) -> Response:
    form = await own_form(request, visitor, MOST)
    standing = await standing_of(hub, name)
    seen = form.get("seen", "")
    text, mapping = await version_seen(hub, name, seen)
    raw = read_yaml(text, "mapping").mapping()
    known = await known_for(hub, mapping, raw)
    groups = PARTS[part].groups(known)
    asked = asked_of(raw, groups, form)
    sheet = PartSheet(standing, part, seen, _ahead(known, part, groups, form), form, asked.wrong)
    told = await keep_or_look(hub, visitor, standing, text, asked, form)
    if not isinstance(told, Told):
        return told
    sheet = replace(sheet, said=told.said, others=told.others)
    return _shown(hub, visitor, sheet, mapping, told.status)


def _ahead(known: Known, part: str, groups: list[Group], form: Mapping[str, str]) -> list[Group]:
    """The form with the sentences and pictures of what was typed, its blanks as they began."""
    try:
        ahead = said_after(known.raw, reworded(known.raw, groups, form))
    except CantEdit:
        return groups
    there = PARTS[part].groups(replace(known, raw=ahead, form=form))
    looked = {each.id: each for group in there for each in _blocks(group)}

    def with_look(block: Block) -> Block:
        found = looked.get(block.id, block)
        return replace(block, words=found.words, picture=found.picture)

    return [
        replace(
            group,
            blocks=tuple(with_look(each) for each in group.blocks),
            new=None if group.new is None else with_look(group.new),
        )
        for group in groups
    ]


def _blocks(group: Group) -> tuple[Block, ...]:
    return group.blocks if group.new is None else (*group.blocks, group.new)


def _shown(
    hub: Hub, visitor: Visitor, sheet: PartSheet, mapping: MappingData, status: int = 200
) -> Response:
    wording = sheet.part == "wording"
    return page(
        "mapping_form_part.html",
        status,
        visitor=visitor,
        now=hub.now(),
        sheet=sheet,
        title=PARTS[sheet.part].title,
        mapping=mapping,
        placeholders=placeholders(mapping, hub.now().date()) if wording else [],
    )


Answering = Callable[..., Awaitable[Response]]


def _pages(part: str) -> tuple[Answering, Answering]:
    """What shows the form of a part, and what keeps it."""

    async def show(hub: HubHere, visitor: Admin, name: Shown) -> Response:
        """The part of the newest draft, or of what is in force."""
        return await _show_part(hub, visitor, name, part)

    async def keep(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
        """Put what was typed into the file, and keep that as the newest draft; or only look."""
        return await _keep_part(request, hub, visitor, name, part)

    return show, keep


for _part in PARTS:
    _show, _keep = _pages(_part)
    router.add_api_route(f"/{{name}}/edit/{_part}", _show, methods=["GET"])
    router.add_api_route(f"/{{name}}/edit/{_part}", _keep, methods=["POST"])
