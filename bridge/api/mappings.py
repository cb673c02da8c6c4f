"""Mappings: what is in force, drafts, and putting one in force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.access import Admin, HubHere, Viewer
from bridge.api.jobs import StateName
from bridge.api.mapping_texts import ANY_BODY, BODY, NotJson, mapping_text, mistake_of
from bridge.api.problems import ApiProblem, MappingMistake, for_callers
from bridge.api.shapes import PRINTABLE, Time, Word, printable, time_of
from bridge.config.problems import Problem
from bridge.engine import activation, mapping_life
from bridge.engine.activation import AlreadyActive, BrokenMapping, NoSuchVersion, StaleDraft
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.kit.clock import from_ms
from bridge.store import mappings
from bridge.store.database import Row

router = APIRouter(tags=["mappings"])

Name = Annotated[Word, Path(description="The mapping's name.", examples=["hubspot-success"])]
_HASH = "7d1f0c52a9be4d6ea8c9f1b2d3e4f5061728394a5b6c7d8e9f00112233445566"


class ActiveVersion(BaseModel):
    """The version in force."""

    hash: str = Field(description="SHA-256 of what it says.", examples=[_HASH])
    activated_at: Time | None


class WaitingDraft(BaseModel):
    """A version that somebody wrote and nobody activated."""

    hash: str = Field(examples=[_HASH])
    created_at: Time
    created_by: str = Field(examples=["file mappings/hubspot-success.yaml"])


class Campaign(BaseModel):
    """The records of the helpdesk, gone over once more because the mapping changed."""

    job: str = Field(description="Its job.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    total: int = Field(description="Records when it began.", examples=[4711])
    marked: int = Field(description="Those marked so far.", examples=[1200])
    state: StateName


class MappingShape(BaseModel):
    """A mapping: what is in force, and what waits."""

    model_config = ConfigDict(title="Mapping")

    name: str = Field(examples=["hubspot-success"])
    helpdesk: str = Field(examples=["hubspot"])
    active: ActiveVersion | None
    drafts: list[WaitingDraft] = Field(description="Newest first.")
    campaign: Campaign | None = Field(description="As long as one is not over.")


class MappingList(BaseModel):
    """Every mapping, by name."""

    items: list[MappingShape]
    next_cursor: None


class Version(BaseModel):
    """One version of a mapping."""

    model_config = ConfigDict(title="MappingVersion")

    hash: str = Field(examples=[_HASH])
    helpdesk: str = Field(examples=["hubspot"])
    state: Literal["draft", "active", "retired"]
    created_at: Time
    created_by: str
    activated_at: Time | None


class VersionList(BaseModel):
    """Every version of a mapping, newest first."""

    items: list[Version]
    next_cursor: None


class Draft(WaitingDraft):
    """A draft with its text."""

    model_config = ConfigDict(title="MappingDraft")

    name: str = Field(examples=["hubspot-success"])
    helpdesk: str = Field(examples=["hubspot"])
    text: str = Field(description="YAML, as it was written.")


class Checked(BaseModel):
    """What is wrong with a mapping; nothing if it may be activated."""

    problems: list[MappingMistake]


_HASH = r"^[0-9a-f]{8,64}$"


def _hash(text: str) -> str:
    """The text, if it may be the hash of a version or its beginning; ValueError otherwise."""
    if re.fullmatch(_HASH, text) is None:
        raise ValueError("a version is named by its hash, or the first 8 or more digits of it")
    return text


class Activation(BaseModel):
    """What to put in force."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, AfterValidator(_hash)] | None = Field(
        None,
        json_schema_extra={
            "anyOf": [{"type": "string", "pattern": _HASH}, {"type": "null"}],
        },
        description="A version's hash, or how it begins; without it the newest draft. A retired "
        "version comes back into force.",
    )
    note: Annotated[str, AfterValidator(printable)] = Field(
        "",
        max_length=500,
        description="Why: it stands in the mapping's history.",
        examples=["clearer words for customers"],
        json_schema_extra={"pattern": PRINTABLE},
    )


@router.get("/mappings", responses=for_callers())
async def list_mappings(hub: HubHere, _actor: Viewer) -> MappingList:
    """What is in force, which drafts wait, and how far a campaign is."""
    return MappingList(items=await _listed(hub, None), next_cursor=None)


@router.get("/mappings/{name}/versions", responses=for_callers("not_found"))
async def list_mapping_versions(hub: HubHere, _actor: Viewer, name: Name) -> VersionList:
    """Every version there ever was of a mapping, newest first."""
    async with hub.db.read() as connection:
        found = await mappings.versions(connection, name)
    if not found:
        raise _unknown(name)
    items = [
        Version(
            hash=each["hash"],
            helpdesk=each["helpdesk"],
            state=each["state"],
            created_at=from_ms(each["created_at"]),
            created_by=each["created_by"],
            activated_at=time_of(each["activated_at"]),
        )
        for each in found
    ]
    return VersionList(items=items, next_cursor=None)


@router.get("/mappings/{name}/draft", responses=for_callers("not_found"))
async def get_mapping_draft(hub: HubHere, _actor: Viewer, name: Name, response: Response) -> Draft:
    """The newest draft of a mapping; its hash is the `ETag` too."""
    async with hub.db.read() as connection:
        found = await mappings.newest_draft(connection, name)
    if found is None:
        raise ApiProblem("not_found", f"The mapping {name!r} has no draft")
    response.headers["ETag"] = f'"{found["hash"]}"'
    return Draft(
        **_waiting(found).model_dump(),
        name=found["name"],
        helpdesk=found["helpdesk"],
        text=found["source"],
    )


@router.post(
    "/mappings/{name}/validate", responses=for_callers("too_large"), openapi_extra=ANY_BODY
)
async def validate_mapping(hub: HubHere, _actor: Viewer, name: Name, request: Request) -> Checked:
    """Say everything that is wrong with a mapping; changes nothing.

    Lines of a JSON body are those of the document written out with an indent of two.
    """
    try:
        loaded = await activation.check_mapping(hub, name, await mapping_text(request))
    except NotJson as error:
        return Checked(problems=[error.mistake])
    wrong = loaded if isinstance(loaded, list) else []
    return Checked(problems=[mistake_of(each) for each in wrong])


@router.put(
    "/mappings/{name}/draft",
    responses=for_callers("already_active", "stale_draft", "too_large", "mapping_invalid"),
    openapi_extra=BODY,
)
async def save_mapping_draft(
    hub: HubHere,
    actor: Admin,
    name: Name,
    request: Request,
    response: Response,
    if_match: Annotated[
        str | None,
        Header(
            description="The hash that the editor saw: of the newest draft, else of the active "
            "version. Left out only for a mapping that is new; `*` overwrites whatever is there."
        ),
    ] = None,
) -> WaitingDraft:
    """Keep a mapping as its newest draft. It takes effect when it is activated."""
    seen = _seen(if_match)
    try:
        text = await mapping_text(request)
        kept = await activation.save_draft(hub, name, text, by=actor.name, seen=seen)
    except NotJson as error:
        raise invalid([error.mistake]) from None
    except BrokenMapping as error:
        raise broken(error.problems) from None
    except StaleDraft as error:
        raise ApiProblem("stale_draft", _moved_on(name, error.current)) from None
    except AlreadyActive:
        raise ApiProblem(
            "already_active", f"This is what is in force as {name}; there is nothing to keep"
        ) from None
    async with hub.db.read() as connection:
        found = await mappings.versions(connection, name)
    response.headers["ETag"] = f'"{kept}"'
    return next(_waiting(each) for each in found if each["hash"] == kept)


@router.post(
    "/mappings/{name}/activate",
    responses=for_callers(
        "not_found", "already_active", "stale_draft", "too_large", "mapping_invalid"
    ),
)
async def activate_mapping(
    hub: HubHere,
    actor: Admin,
    name: Name,
    wanted: Activation | None = None,
    if_match: Annotated[
        str | None,
        Header(
            description="The hash of the version that was looked at. If another one would be put "
            "in force, somebody has kept a newer draft meanwhile: nothing is."
        ),
    ] = None,
) -> MappingShape:
    """Put a version in force; the tickets concerned are gone over behind all live work.

    What is active for the same helpdesk under another name is replaced.
    """
    version, note = (None, "") if wanted is None else (wanted.version, wanted.note)
    try:
        await activation.activate(hub, name, version, actor.name, seen=_seen(if_match), note=note)
    except StaleDraft as error:
        raise ApiProblem("stale_draft", _moved_on(name, error.current)) from None
    except NoSuchVersion:
        which = "no draft" if version is None else f"no version {version}"
        raise ApiProblem("not_found", f"The mapping {name!r} has {which}") from None
    except AlreadyActive:
        raise ApiProblem("already_active", f"{name} is in force as {version}") from None
    except BrokenMapping as error:
        raise broken(error.problems) from None
    [found] = await _listed(hub, name)
    return found


def _seen(if_match: str | None) -> frozenset[str]:
    """The hashes that a caller looked at."""
    return frozenset(each.strip().strip('"') for each in (if_match or "").split(",")) - {""}


async def _listed(hub: Hub, name: str | None) -> list[MappingShape]:
    return [_shape(each) for each in await mapping_life.standings(hub, name)]


def _shape(found: Standing) -> MappingShape:
    active, campaign = found.active, found.campaign
    return MappingShape(
        name=found.name,
        helpdesk=found.helpdesk,
        active=None
        if active is None
        else ActiveVersion(hash=active.hash, activated_at=active.activated_at),
        drafts=[
            WaitingDraft(hash=each.hash, created_at=each.created_at, created_by=each.created_by)
            for each in found.drafts
        ],
        campaign=None
        if campaign is None
        else Campaign(
            job=campaign.id,
            total=campaign.total or 0,
            marked=campaign.done,
            state=campaign.state.value,
        ),
    )


def _waiting(row: Row) -> WaitingDraft:
    return WaitingDraft(
        hash=row["hash"], created_at=from_ms(row["created_at"]), created_by=row["created_by"]
    )


def _unknown(name: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no mapping {name!r}")


def broken(problems: Sequence[Problem]) -> ApiProblem:
    """The refusal of a mapping that has these mistakes."""
    return invalid([mistake_of(each) for each in problems])


def invalid(mistakes: Sequence[MappingMistake]) -> ApiProblem:
    """The same, with the mistakes as callers see them."""
    first = mistakes[0]
    where = f"{first.path}: " if first.path else ""
    more = f", and {len(mistakes) - 1} more" if len(mistakes) > 1 else ""
    detail = f"line {first.line}: {where}{first.message}{more}"
    return ApiProblem("mapping_invalid", detail, problems=mistakes)


def _moved_on(name: str, current: str | None) -> str:
    if current is None:
        return f"There is no mapping {name!r} any more to change; send it without If-Match"
    return (
        f"{name} stands at {current}. Look at it, and send its hash as If-Match, "
        "or * to overwrite it"
    )
