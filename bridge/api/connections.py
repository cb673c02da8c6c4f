"""Connections: how each vendor account is doing, pausing it, checking it, what it has."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.access import Admin, HubHere, Viewer
from bridge.api.connection_shapes import (
    ConnectionList,
    ConnectionShape,
    SchemaShape,
    shape_of,
)
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Time, Word, printable
from bridge.core.likeness import nearest
from bridge.engine import checking, pausing
from bridge.engine.connection_health import look
from bridge.engine.hub import Hub
from bridge.ports.roles import Connection

router = APIRouter(prefix="/connections", tags=["connections"])

Name = Annotated[Word, Path(description="The connection's name.", examples=["boards"])]


class PauseRequest(BaseModel):
    """Why calls out are to stop."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1,
        max_length=500,
        description="People read it wherever the pause shows.",
        examples=["moving to the new portal tonight"],
        json_schema_extra={"pattern": r"^\s*[^\s\x00-\x1f]([^\x00-\x1f]*[^\s\x00-\x1f])?\s*$"},
    )


class CheckResultShape(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(title="CheckResult")

    what: str = Field(examples=["hubspot-success: show_on_ticket.eta"])
    ok: bool
    sentence: str = Field(examples=["Tickets have no field work_eta, where the hub shows it."])
    what_to_do: str = Field(
        description="The way out; beside an `ok` a hint, and often empty.",
        examples=["Make it in HubSpot, Settings > Properties, as a date."],
    )


class CheckShape(BaseModel):
    """What a check of a connection came to."""

    model_config = ConfigDict(title="ConnectionCheck")

    connection: str = Field(examples=["hubspot"])
    checked_at: Time
    ok: bool = Field(description="Whether nothing is wrong.")
    created: list[str] = Field(description="Fields on tickets that the check made.")
    results: list[CheckResultShape]


@router.get("", responses=for_callers())
async def list_connections(hub: HubHere, _actor: Viewer) -> ConnectionList:
    """How each connection is doing."""
    return ConnectionList(items=await _shapes(hub, sorted(hub.connections)), next_cursor=None)


@router.get("/{name}", responses=for_callers("not_found"))
async def get_connection(hub: HubHere, _actor: Viewer, name: Name) -> ConnectionShape:
    """How one connection is doing."""
    return await _one(hub, name)


@router.post("/{name}/pause", responses=for_callers("not_found", "connection_paused"))
async def pause_connection(
    hub: HubHere, actor: Admin, name: Name, wanted: PauseRequest
) -> ConnectionShape:
    """Let nothing go out to the vendor until it is resumed. Webhooks are taken all the while."""
    _port(hub, name)
    if not await pausing.pause(hub, name, reason=wanted.reason, by=actor.name):
        raise ApiProblem("connection_paused", (await _one(hub, name)).sentence)
    return await _one(hub, name)


@router.post("/{name}/resume", responses=for_callers("not_found", "not_paused"))
async def resume_connection(hub: HubHere, actor: Admin, name: Name) -> ConnectionShape:
    """End the pause, whoever made it; what has waited is looked at now."""
    _port(hub, name)
    if not await pausing.resume(hub, name, by=actor.name):
        raise ApiProblem("not_paused", f"{name} is not paused")
    return await _one(hub, name)


@router.post("/{name}/check", responses=for_callers("not_found"))
async def check_connection(
    hub: HubHere,
    actor: Admin,
    name: Name,
    create: Annotated[
        bool, Query(description="Make the fields on tickets that the hub owns and that lack.")
    ] = False,
) -> CheckShape:
    """Ask the vendor, live, whether everything is as the hub needs it, and say what is not.

    The mappings looked at are those in force. Nothing is changed, but for `create`.
    """
    _port(hub, name)
    checked = await checking.check_here(hub, name, create=create, by=actor.name)
    results = [
        CheckResultShape(
            what=each.what, ok=each.ok, sentence=each.sentence, what_to_do=each.what_to_do
        )
        for each in checked.results
    ]
    return CheckShape(
        connection=name,
        checked_at=hub.now(),
        ok=checked.ok,
        created=list(checked.created),
        results=results,
    )


@router.get(
    "/{name}/schema",
    responses=for_callers(
        "not_found",
        "connection_paused",
        "vendor_refused",
        "credential_problem",
        "vendor_unavailable",
    ),
)
async def get_connection_schema(hub: HubHere, _actor: Admin, name: Name) -> SchemaShape:
    """What the vendor has now, read live: statuses, fields with their values, types, pipelines."""
    _port(hub, name)
    return SchemaShape.of(name, await checking.schema_here(hub, name), hub.now())


def _port(hub: Hub, name: str) -> Connection:
    port = hub.connections.get(name)
    if port is None:
        near = nearest(name, hub.connections)
        hint = f'did you mean "{near}"?' if near else "GET /connections lists them"
        raise ApiProblem("not_found", f"There is no connection {name!r} in bridge.yaml; {hint}")
    return port


async def _one(hub: Hub, name: str) -> ConnectionShape:
    _port(hub, name)
    [found] = await _shapes(hub, [name])
    return found


async def _shapes(hub: Hub, names: list[str]) -> list[ConnectionShape]:
    now, known = hub.now(), await look(hub, names)
    return [shape_of(name, hub.connections[name], known[name], now) for name in names]
