"""Jobs: long work in the background, its progress and what it came to."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bridge.api.access import AccessRole, Actor, HubHere, Operator, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Time, Word
from bridge.engine import auditing, campaigns, erasing
from bridge.engine.hub import Hub
from bridge.engine.jobs import JobOver, steer
from bridge.store import jobs
from bridge.store.jobs import Job, JobState

KIND = "jobs"
ADMINS_ONLY = frozenset({campaigns.KIND, erasing.KIND})
"""Kinds of jobs that only an admin may pause, resume or cancel."""

router = APIRouter(prefix="/jobs", tags=["jobs"])

Id = Annotated[Word, Path(description="A job's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])]
StateName = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]


class JobSummary(BaseModel):
    """A job: how far it is."""

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    kind: str = Field(description="What it does.", examples=["backfill"])
    target: str = Field(description="What it is about.", examples=["hubspot"])
    state: StateName = Field(
        description="`waiting` for its first step, `paused` by a person; the last three are final."
    )
    done: int = Field(description="How many are dealt with.", examples=[1200])
    total: int | None = Field(
        description="How many there are; null as long as nobody has counted.", examples=[4711]
    )
    error: str | None = Field(description="Why it failed, or was cancelled by the hub.")
    created_at: Time
    created_by: str = Field(examples=["token ada"])
    updated_at: Time
    finished_at: Time | None

    @classmethod
    def of(cls, job: Job) -> JobSummary:
        """The job without its result."""
        return cls(
            id=job.id,
            kind=job.kind,
            target=job.target,
            state=job.state.value,
            done=job.done,
            total=job.total,
            error=job.error,
            created_at=job.created_at,
            created_by=job.created_by,
            updated_at=job.updated_at,
            finished_at=job.finished_at,
        )


class JobShape(JobSummary):
    """A job with what it came to, or has come to so far."""

    model_config = ConfigDict(title="Job")

    result: JsonValue = Field(
        description="What it came to; its shape is that of the call that started the job."
    )

    @classmethod
    def of(cls, job: Job) -> JobShape:
        """The whole job."""
        return cls(**JobSummary.of(job).__dict__, result=job.result)


class JobQuery(Paging):
    """What the list is narrowed to."""

    kind: Word | None = Field(None, examples=["campaign"])
    target: Word | None = Field(None, examples=["hubspot"])
    state: StateName | None = None


class JobPage(Page[JobSummary]):
    """Jobs, newest first."""


@router.get("", responses=for_callers("bad_cursor"))
async def list_jobs(hub: HubHere, _actor: Viewer, query: Annotated[JobQuery, Query()]) -> JobPage:
    """Jobs, newest first, without their results."""
    after = query.after(KIND)
    async with hub.db.read() as connection:
        rows = await jobs.page(
            connection,
            cursor=after,
            limit=query.limit + 1,
            kind=query.kind,
            target=query.target,
            state=query.state,
        )
    kept, next_cursor = cut(rows, query.limit, KIND, "id")
    items = [JobSummary.of(jobs.job_of(each)) for each in kept]
    return JobPage(items=items, next_cursor=next_cursor)


@router.get("/{id}", responses=for_callers("not_found"))
async def get_job(hub: HubHere, _actor: Viewer, id: Id) -> JobShape:
    """One job: how far it is, and what it has come to."""
    job = await _job(hub, id)
    if job.kind == auditing.KIND:
        job = replace(job, result=await auditing.result_of(hub, job))
    return JobShape.of(job)


@router.post("/{id}/pause", responses=for_callers("not_found", "job_over"))
async def pause_job(hub: HubHere, actor: Operator, id: Id) -> JobShape:
    """Let the job rest before its next step, until somebody resumes it."""
    return await _steered(hub, actor, id, JobState.PAUSED)


@router.post("/{id}/resume", responses=for_callers("not_found", "job_over"))
async def resume_job(hub: HubHere, actor: Operator, id: Id) -> JobShape:
    """Let a paused job go on where it was."""
    return await _steered(hub, actor, id, JobState.RUNNING)


@router.post("/{id}/cancel", responses=for_callers("not_found", "job_over"))
async def cancel_job(hub: HubHere, actor: Operator, id: Id) -> JobShape:
    """End the job before its next step. What it has done stays done."""
    return await _steered(hub, actor, id, JobState.CANCELLED)


async def _steered(hub: Hub, actor: Actor, id: str, to: JobState) -> JobShape:
    job = await _job(hub, id)
    if job.kind in ADMINS_ONLY and not actor.role.covers(AccessRole.ADMIN):
        raise ApiProblem(
            "forbidden",
            f"A {job.kind} is an admin's to change; the token has the role {actor.role.value}",
        )
    return await steered(hub, actor, id, to)


async def steered(hub: Hub, actor: Actor, id: str, to: JobState) -> JobShape:
    """The job, paused, resumed or cancelled; ApiProblem where that can't be."""
    try:
        job = await steer(hub, id, to, by=actor.name)
    except JobOver as error:
        said = f"Job {id} is {error.job.state.value}; it can't be changed any more"
        raise ApiProblem("job_over", said) from None
    if job is None:
        raise _unknown(id)
    return JobShape.of(job)


async def _job(hub: Hub, id: str) -> Job:
    async with hub.db.read() as connection:
        found = await jobs.load(connection, id)
    if found is None:
        raise _unknown(id)
    return found


def _unknown(id: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no job {id!r}; GET /jobs lists them")
