"""Backfill: work items for tickets from before the hub's time, and links that exist already."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from bridge.api.access import HubHere, Operator
from bridge.api.jobs import JobShape
from bridge.api.problems import ApiProblem, RequestMistake, for_callers
from bridge.api.shapes import Moment, Word
from bridge.core.likeness import meant
from bridge.domain.errors import ConfigProblem
from bridge.engine import backfill
from bridge.engine.activation import load_active
from bridge.engine.backfill import ADOPTION, KIND, UnderWay, mapping_of
from bridge.engine.hub import Hub
from bridge.engine.references import stored_reference
from bridge.ports.manifest import Role

router = APIRouter(tags=["jobs"])


class Backfill(BaseModel):
    """Which tickets to go over, and what to do about them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"connection": "hubspot", "route": "bug", "dry_run": True}],
            "anyOf": [
                {"properties": {"adopt": {"const": False}, "property": {"type": "null"}}},
                {
                    "properties": {"adopt": {"const": True}, "route": {"type": "null"}},
                    "required": ["adopt"],
                },
            ],
        },
    )

    connection: Word | None = Field(
        None, description="The helpdesk; may be left out where there is but one."
    )
    route: Word | None = Field(None, description="Only tickets of this route of the mapping.")
    since: Moment | None = Field(None, description="Only tickets that changed since then.")
    dry_run: StrictBool = Field(False, description="Count, and change nothing.")
    adopt: StrictBool = Field(
        False,
        description="Launch nothing; link tickets to the work items that they name already.",
    )
    property: Word | None = Field(
        None,
        description="With `adopt`: the ticket's field that holds keys or addresses of work items; "
        "by default the one in which the mapping shows keys.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Backfill:
        if self.adopt and self.route is not None:
            raise ValueError("route goes with launching; an adoption launches nothing")
        if self.property is not None and not self.adopt:
            raise ValueError("property goes with adopt: true")
        return self


@router.post(
    "/backfill",
    status_code=202,
    responses=for_callers("job_running", "too_large", "not_configured"),
)
async def start_backfill(hub: HubHere, actor: Operator, wanted: Backfill) -> JobShape:
    """Begin a backfill in the background: existing tickets are counted, then launched.

    A ticket is launched once for ever; at most half of `launch_limit` is used in an hour, and the
    job goes on by itself. Its result counts `tickets` seen, `routes` that would launch, those
    `launched`, and the `skipped` by reason.
    """
    name = wanted.connection or _only_helpdesk(hub)
    params: dict[str, Any] = {"since": backfill.since_of(wanted.since), "dry_run": wanted.dry_run}
    try:
        if name not in hub.mappings:
            # Another process may have activated one since this one last looked.
            await load_active(hub)
        mapping = mapping_of(hub, name)
    except ConfigProblem as error:
        raise ApiProblem("not_configured", f"There is nothing to go by: {error}") from None
    if wanted.since is not None and wanted.since > hub.now():
        raise _mistaken("since", "it lies in the future", "a time before now, or none")
    if wanted.adopt:
        await _require_field(hub, name, wanted.property)
        keys = mapping.show_on_ticket.keys
        params["property"] = wanted.property or (None if keys is None else keys.property)
    elif wanted.route is not None:
        launching = [each.id for each in mapping.routes if each.launch is not None]
        if wanted.route not in launching:
            what = f"{wanted.route!r} is no route of {mapping.mapping} that launches"
            raise _mistaken("route", what, ", ".join(launching))
        params["route"] = wanted.route
    kind = ADOPTION if wanted.adopt else KIND
    try:
        job = await backfill.start(hub, name, kind=kind, params=params, by=actor.name)
    except UnderWay as error:
        said = f"{error}; wait for it, or cancel it: POST /jobs/{error.job.id}/cancel"
        raise ApiProblem("job_running", said) from None
    return JobShape.of(job)


async def _require_field(hub: Hub, name: str, field: str | None) -> None:
    """Refuse a field that tickets are known not to have: it would find nothing, silently."""
    known = (await stored_reference(hub, name)).fields
    if field is not None and known and field not in known:
        hint = meant(field, known) or "a field of tickets, by the helpdesk's name for it"
        raise _mistaken("property", f"tickets of {name} have no field {field!r}", hint)


def _mistaken(where: str, what: str, right: str) -> ApiProblem:
    mistake = RequestMistake(where=f"body.{where}", what=what, right=right)
    return ApiProblem("invalid_request", f"{where}: {what}", errors=[mistake])


def _only_helpdesk(hub: Hub) -> str:
    names = hub.names(Role.HELPDESK)
    if len(names) == 1:
        return names[0]
    what = "connection: which helpdesk?"
    mistake = RequestMistake(where="body.connection", what=what, right=", ".join(names))
    raise ApiProblem("invalid_request", what, errors=[mistake])
