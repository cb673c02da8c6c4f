"""Audits: what of Sentry stands in tickets already, by whomever it was put there."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Operator
from bridge.api.jobs import JobShape
from bridge.api.problems import ApiProblem, RequestMistake, for_callers
from bridge.api.shapes import Moment, Word
from bridge.engine import auditing
from bridge.engine.backfill import UnderWay
from bridge.ports.manifest import Role

router = APIRouter(tags=["jobs"])


class Audit(BaseModel):
    """What to look through."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"connection": "hubspot", "since": "2026-05-12T08:00:00Z"}]
        },
    )

    connection: Word | None = Field(
        None, description="Only this helpdesk; by default every one.", examples=["hubspot"]
    )
    since: Moment | None = Field(
        None,
        description="Only tickets, and issues in Sentry, with news since then. What hangs on "
        "them, and work items with hyperlinks to tickets, are looked at whatever their age.",
    )


@router.post(
    "/audits",
    status_code=202,
    responses=for_callers("job_running", "too_large", "not_configured"),
)
async def start_audit(hub: HubHere, actor: Operator, wanted: Audit) -> JobShape:
    """Begin an audit in the background; it reads, reports and changes nothing.

    Tickets with what was said on them, the work items on them, and what Sentry shows as linked
    are read page by page, behind all live work. The result names `connection` and `since` as they
    were asked for, counts `signals`, `tickets` and
    `items` read, and lists `entries`: each with `code`, `severity`, `ticket`, `item`, their
    addresses, `place` and `rule`, `sentence` and `what_to_do`. No entry quotes a text. `counts`
    holds how many there are of each code. The gravest thousand are listed; `unlisted` says how many
    more there are. `tied` is how many work items Sentry shows as linked.
    """
    helpdesks = hub.names(Role.HELPDESK)
    if not helpdesks:
        raise ApiProblem("not_configured", "There is no helpdesk in bridge.yaml to look through")
    if wanted.connection is not None and wanted.connection not in helpdesks:
        what = f"{wanted.connection!r} is no helpdesk in bridge.yaml"
        raise _mistaken("connection", what, ", ".join(helpdesks))
    if wanted.since is not None and wanted.since > hub.now():
        raise _mistaken("since", "it lies in the future", "a time before now, or none")
    try:
        job = await auditing.start(hub, wanted.connection, wanted.since, by=actor.name)
    except UnderWay as error:
        said = f"{error}; wait for it, or cancel it: POST /jobs/{error.job.id}/cancel"
        raise ApiProblem("job_running", said) from None
    return JobShape.of(job)


def _mistaken(where: str, what: str, right: str) -> ApiProblem:
    mistake = RequestMistake(where=f"body.{where}", what=what, right=right)
    return ApiProblem("invalid_request", f"{where}: {what}", errors=[mistake])
