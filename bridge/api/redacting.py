"""Blotting out what a customer can read of error tracking, by a person who says so outright."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Operator
from bridge.api.findings import FindingId, FindingShape, finding_of
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Word
from bridge.engine.redacting import NothingToRedact, redact
from bridge.engine.retrying import FindingResolved

router = APIRouter(tags=["inspector"])


class Redaction(BaseModel):
    """What is needed to blot something out: that it is meant, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"confirm": True, "reason": "An address of Sentry in our reply"}]
        },
    )

    confirm: Literal[True] = Field(description="It can't be undone, and the e-mail has left.")
    reason: Word = Field(description="Kept in the audit log, with who did it.")


@router.post(
    "/findings/{id}/redact",
    responses=for_callers(
        "not_found",
        "finding_resolved",
        "nothing_to_redact",
        "connection_paused",
        "record_missing",
        "too_large",
        "vendor_refused",
        "credential_problem",
        "vendor_unavailable",
    ),
)
async def redact_finding(
    hub: HubHere, actor: Operator, id: FindingId, wanted: Redaction
) -> FindingShape:
    """Blot out the message that names error tracking to a customer, for good.

    For findings `SENTRY_TOLD`, where the helpdesk's API can do it. The whole message goes, in the
    helpdesk; what was sent by e-mail has been read, and files attached to it stay. The
    finding closes once the ticket was read anew.
    """
    try:
        row = await redact(hub, id, by=actor.name, reason=wanted.reason)
    except FindingResolved as error:
        raise ApiProblem("finding_resolved", str(error)) from None
    except NothingToRedact as error:
        raise ApiProblem("nothing_to_redact", str(error)) from None
    if row is None:
        raise ApiProblem(
            "not_found", f"There is no finding {id!r}; GET /api/v1/findings lists them"
        )
    return finding_of(row)
