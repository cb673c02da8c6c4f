"""The self-test of the Sentry rule, on a ticket that is there for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import Admin, HubHere
from bridge.api.jobs import JobShape
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.tickets import Connection, TicketId
from bridge.domain.mapping_base import Span
from bridge.domain.refs import TicketRef
from bridge.engine import canary
from bridge.engine.backfill import UnderWay
from bridge.ports.manifest import Role

router = APIRouter(prefix="/tickets", tags=["jobs"])

LONGEST = timedelta(days=1)


class Canary(BaseModel):
    """How long to wait for the text to be planted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"wait": "15m"}]})

    wait: Annotated[Span, Field(gt=timedelta(0), le=LONGEST)] = Field(
        timedelta(minutes=15), description="For so long the hub looks for the planted text."
    )


@router.post(
    "/{connection}/{id}/canary",
    status_code=202,
    responses=for_callers("job_running", "too_large", "not_configured"),
)
async def start_canary(
    hub: HubHere, actor: Admin, connection: Connection, id: TicketId, wanted: Canary
) -> JobShape:
    """Try the Sentry rule with a planted text, on a ticket that is there for tests.

    The job's result holds `text`: a person, not the hub's own account, writes it as a comment on
    `item`. Once the hub has read it there it lets the ticket's pass happen and looks for the
    `token` on the ticket and in what it stores of it. `state` is `planting`, `seen`, and in the
    end `held` (the rule holds), `leaked` (`places` says where), `unseen` (nothing was planted in
    time) or `passed_over` (it was not written as it was given).
    """
    if connection not in hub.names(Role.HELPDESK):
        raise ApiProblem("not_configured", f"{connection!r} is no helpdesk connection")
    try:
        job = await canary.start(hub, TicketRef(connection, id), wanted.wait, by=actor.name)
    except canary.NotTestable as why:
        raise ApiProblem("not_configured", f"It can't be tried there: {why}") from None
    except UnderWay as error:
        said = f"{error}; wait for it, or cancel it: POST /jobs/{error.job.id}/cancel"
        raise ApiProblem("job_running", said) from None
    return JobShape.of(job)
