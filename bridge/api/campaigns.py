"""The campaign of a mapping: how far an activation has come, and stopping it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from bridge.api.access import Actor, Admin, HubHere, Viewer
from bridge.api.jobs import JobShape, steered
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Word
from bridge.engine import campaigns
from bridge.engine.hub import Hub
from bridge.store import jobs, mappings
from bridge.store.jobs import Job, JobState

router = APIRouter(prefix="/mappings/{name}/campaign", tags=["mappings"])

Name = Annotated[Word, Path(description="The mapping's name.", examples=["hubspot-success"])]


@router.get("", responses=for_callers("not_found"))
async def get_mapping_campaign(hub: HubHere, _actor: Viewer, name: Name) -> JobShape:
    """The newest campaign over the tickets of the mapping's helpdesk, over or not."""
    return JobShape.of(await _campaign(hub, name))


@router.post("/pause", responses=for_callers("not_found", "job_over"))
async def pause_mapping_campaign(hub: HubHere, actor: Admin, name: Name) -> JobShape:
    """Let the campaign rest: no more tickets are gone over until it is resumed."""
    return await _steered(hub, actor, name, JobState.PAUSED)


@router.post("/resume", responses=for_callers("not_found", "job_over"))
async def resume_mapping_campaign(hub: HubHere, actor: Admin, name: Name) -> JobShape:
    """Let the campaign go on where it was."""
    return await _steered(hub, actor, name, JobState.RUNNING)


@router.post("/cancel", responses=for_callers("not_found", "job_over"))
async def cancel_mapping_campaign(hub: HubHere, actor: Admin, name: Name) -> JobShape:
    """End the campaign. The mapping stays in force: other tickets follow when they change."""
    return await _steered(hub, actor, name, JobState.CANCELLED)


async def _steered(hub: Hub, actor: Actor, name: str, to: JobState) -> JobShape:
    return await steered(hub, actor, (await _campaign(hub, name)).id, to)


async def _campaign(hub: Hub, name: str) -> Job:
    async with hub.db.read() as connection:
        held = await mappings.versions(connection, name)
        active = next((each for each in held if each["state"] == "active"), None)
        if not held:
            raise ApiProblem("not_found", f"There is no mapping {name!r}")
        helpdesk = (active or held[0])["helpdesk"]
        job = await jobs.newest(connection, campaigns.KIND, helpdesk)
    if active is None or job is None:
        raise ApiProblem("not_found", f"The mapping {name!r} is in no campaign")
    return job
