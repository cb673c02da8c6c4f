"""The mappings: what is in force, both sides of it on one screen, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from bridge.config.mapping_files import LoadedMapping
from bridge.config.yaml_lines import read_yaml
from bridge.core.mapping_diff import Difference, DiffLine, differences, line_differences
from bridge.core.mapping_told import flows, routes_told
from bridge.core.rollup_examples import rollup_examples
from bridge.core.told_wording import wordings
from bridge.domain.mapping import Mapping
from bridge.engine import activation, mapping_life
from bridge.engine.activation import AlreadyActive, BrokenMapping, StaleDraft
from bridge.engine.hub import Hub
from bridge.engine.jobs import JobOver, steer
from bridge.engine.mapping_life import Standing, Trouble, Version
from bridge.store.jobs import JobState
from bridge.store.mappings import MappingVersion
from bridge.web.pressing import moved
from bridge.web.rendering import HEADERS, page
from bridge.web.visitor import Admin, HubHere, PageProblem, Shown, own_form, require_printable

router = APIRouter(include_in_schema=False, prefix="/mappings")

STEERING = {
    "pause": JobState.PAUSED,
    "resume": JobState.RUNNING,
    "cancel": JobState.CANCELLED,
}
_DONE = {
    "kept": "Your draft is kept. Nothing changes until it is activated.",
    "restored": "The earlier version is the newest draft now. Nothing changes until it is "
    "activated.",
    "activated": "It is in force. The tickets are gone over behind all live work.",
}
"""What has just been done, in words."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two versions laid side by side."""

    said: list[Difference]
    lines: list[DiffLine]


def sides(before: str, after: str) -> Sides:
    """What differs between the two texts."""
    return Sides(
        differences(read_yaml(before, "").mapping(), read_yaml(after, "").mapping()),
        line_differences(before, after),
    )


@router.get("")
async def list_page(hub: HubHere, visitor: Admin) -> Response:
    """Every mapping: what is in force, what waits, how far a change has come."""
    found = await mapping_life.standings(hub)
    return page(
        "mappings.html",
        visitor=visitor,
        now=hub.now(),
        mappings=[(each, await _health(hub, each)) for each in found],
    )


async def _health(hub: Hub, standing: Standing) -> list[Trouble]:
    return [] if standing.active is None else await mapping_life.troubles(hub, standing.helpdesk)


@router.get("/{name}")
async def mapping_page(
    hub: HubHere, visitor: Admin, name: Shown, version: Shown = "", done: Shown = ""
) -> Response:
    """One mapping, both sides on one screen: what is in force, or the version asked for."""
    standing = await standing_of(hub, name)
    chosen = _chosen(standing, version)
    text = await text_of(hub, name, chosen.hash)
    loaded = await activation.check_mapping(hub, name, text)
    mapping = loaded.mapping if isinstance(loaded, LoadedMapping) else None
    return page(
        "mapping.html",
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        chosen=chosen,
        problems=[] if isinstance(loaded, LoadedMapping) else loaded,
        troubles=await _health(hub, standing),
        done=_DONE.get(done, ""),
        mapping=mapping,
        **({} if mapping is None else await _told(hub, mapping)),
    )


async def _told(hub: Hub, mapping: Mapping) -> dict[str, object]:
    following = flows(mapping)
    return {
        "flows": following,
        "last": await mapping_life.last_seen(hub, following),
        "routes": routes_told(mapping),
        "words": wordings(mapping),
        "examples": rollup_examples(mapping),
        "statuses": {
            stage.id: [
                (tracker, status)
                for tracker, table in mapping.status.items()
                for status, to in table.items()
                if to == stage.id
            ]
            for stage in mapping.stages
        },
    }


@router.get("/{name}/history")
async def history_page(
    hub: HubHere, visitor: Admin, name: Shown, before: Shown = "", after: Shown = ""
) -> Response:
    """Every version, who wrote it and who put it in force; any two side by side."""
    standing = await standing_of(hub, name)
    first, second = _two(standing, before, after)
    compared = None
    if first is not None and second is not None:
        texts = [await text_of(hub, name, each.hash) for each in (first, second)]
        compared = sides(texts[0], texts[1])
    return page(
        "mapping_history.html",
        visitor=visitor,
        now=hub.now(),
        standing=standing,
        before=first,
        after=second,
        compared=compared,
    )


def _two(standing: Standing, before: str, after: str) -> tuple[Version | None, Version | None]:
    """The versions of these hashes; without any, what is in force and what came after it."""
    if before or after:
        return standing.version(before), standing.version(after)
    active, newest = standing.active, standing.versions[0]
    if active is not None and newest is not active:
        return active, newest
    behind = [each for each in standing.versions if each is not newest]
    return (behind[0], newest) if behind else (None, None)


@router.get("/{name}/versions/{digest}")
async def version_file(hub: HubHere, _visitor: Admin, name: Shown, digest: Shown) -> Response:
    """The file of a version, for keeping."""
    standing = await standing_of(hub, name)
    version = await _version(hub, standing, digest)
    headers = {
        **HEADERS,
        "Content-Disposition": f'attachment; filename="{standing.name}.yaml"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(version.source, media_type="application/yaml", headers=headers)


@router.post("/{name}/restore")
async def restore(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Make an earlier version the newest draft."""
    form = await own_form(request, visitor)
    standing = await standing_of(hub, name)
    version = await _version(hub, standing, form.get("version", ""))
    note = f"as of {version.hash[:8]}"
    try:
        await activation.save_draft(
            hub,
            name,
            version.source,
            by=visitor.actor.name,
            seen=frozenset({form.get("seen", "")}),
            note=note,
        )
    except AlreadyActive:
        raise PageProblem(
            409, "This version is in force", "There is nothing to restore: it is what counts now."
        ) from None
    except StaleDraft:
        raise PageProblem(
            409,
            "Somebody else was faster",
            f"{name} has a newer draft than the one you looked at. Nothing was changed: go back, "
            "reload, and look at it first.",
        ) from None
    except BrokenMapping as error:
        first = error.problems[0]
        raise PageProblem(
            409,
            "This version is not good any more",
            f"bridge.yaml or the hub has changed since. Line {first.line}: {first.message}. "
            "Download it, put it right, and upload it as a draft.",
        ) from None
    return moved(f"/mappings/{name}?done=restored")


@router.post("/{name}/campaign")
async def steer_campaign(request: Request, hub: HubHere, visitor: Admin, name: Shown) -> Response:
    """Pause, resume or cancel the campaign that goes over the mapping's tickets."""
    form = await own_form(request, visitor)
    standing = await standing_of(hub, name)
    to = STEERING.get(form.get("do", ""))
    over = PageProblem(
        409, "It is over", f"{name} is in no campaign any more; every ticket was gone over."
    )
    if to is None or standing.campaign is None or standing.campaign.id != form.get("job"):
        raise over
    try:
        await steer(hub, standing.campaign.id, to, by=visitor.actor.name)
    except JobOver:
        raise over from None
    return moved("/mappings" if form.get("back") == "list" else f"/mappings/{name}")


async def standing_of(hub: Hub, name: str) -> Standing:
    """The mapping of that name; PageProblem if there is none."""
    require_printable(name)
    found = await mapping_life.standings(hub, name)
    if not found:
        raise PageProblem(
            404,
            "There is no such mapping",
            f"The hub has no mapping {name}. The list of mappings has them all.",
        )
    return found[0]


async def text_of(hub: Hub, name: str, digest: str) -> str:
    """The text of a version that is there."""
    found = await mapping_life.stored(hub, name, digest)
    return "" if found is None else found.source


def version_named(versions: Sequence[Version], digest: str) -> Version | None:
    """The only version whose hash begins so."""
    found = [each for each in versions if digest and each.hash.startswith(digest)]
    return found[0] if len(found) == 1 else None


def _chosen(standing: Standing, digest: str) -> Version:
    """What is asked for; else what is in force; else the newest."""
    if not digest:
        return standing.active or standing.versions[0]
    found = version_named(standing.versions, digest)
    if found is None:
        raise _no_version(standing.name)
    return found


async def _version(hub: Hub, standing: Standing, digest: str) -> MappingVersion:
    found = await mapping_life.stored(hub, standing.name, _chosen(standing, digest or "-").hash)
    if found is None:
        raise _no_version(standing.name)
    return found


def _no_version(name: str) -> PageProblem:
    return PageProblem(
        404, "There is no such version", f"The history of {name} lists every version there is."
    )
