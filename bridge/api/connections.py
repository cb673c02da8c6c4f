"""Connections: how each vendor account is doing, in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.problems import for_callers
from bridge.api.shapes import Time
from bridge.ports.roles import Connection
from bridge.store import connections
from bridge.store.connections import ConnectionState

router = APIRouter(tags=["connections"])

Health = Literal["healthy", "delayed", "needs_you", "paused"]


class Pause(BaseModel):
    """Calls out are paused; webhooks are still taken."""

    by: Literal["credential", "person"]
    reason: str | None
    at: Time | None


class ConnectionShape(BaseModel):
    """One configured account of a vendor."""

    model_config = ConfigDict(title="Connection")

    name: str = Field(examples=["boards"])
    vendor: str = Field(examples=["azure_devops"])
    title: str = Field(examples=["Azure DevOps Boards"])
    roles: list[Literal["helpdesk", "tracker", "signals", "notifier"]]
    health: Health
    sentence: str = Field(examples=["Healthy: nothing is in the way."])
    receives_webhooks: bool
    last_delivery_at: Time | None
    last_write_at: Time | None
    swept_at: Time | None
    start_mark: Time | None = Field(description="Older tickets launch nothing by themselves.")
    throttled_until: Time | None
    paused: Pause | None
    repairs: int = Field(description="Changes that no webhook told and a sweep found.")


class ConnectionList(BaseModel):
    """Every connection of bridge.yaml, by name."""

    items: list[ConnectionShape]
    next_cursor: None


@router.get("/connections", responses=for_callers())
async def list_connections(hub: HubHere, _actor: Viewer) -> ConnectionList:
    """How each connection is doing."""
    async with hub.db.read() as connection:
        states = await connections.load_all(connection)
    now = hub.now()
    found = sorted(hub.connections.items())
    return ConnectionList(
        items=[_shape(name, port, states.get(name), now) for name, port in found],
        next_cursor=None,
    )


def health_of(state: ConnectionState | None, now: datetime) -> tuple[Health, str]:
    """The word for a connection's health, and the sentence that says who acts next."""
    if state is None:
        return "delayed", "Delayed: the hub has not started with this connection yet."
    if state.paused_by == "credential":
        return "needs_you", (
            f"Needs you: {state.paused_reason or 'the vendor refuses the credential'}. "
            "Put it right in bridge.yaml or at the vendor; the hub looks again by itself."
        )
    if state.paused_by is not None:
        return "paused", "Paused by a person: webhooks are taken, nothing is read or written."
    if state.down_since is not None:
        return "delayed", "Delayed: the vendor does not answer; the hub keeps trying."
    if state.throttled_until is not None and state.throttled_until > now:
        return "delayed", "Delayed: the vendor's rate limit is reached; the hub waits for its end."
    return "healthy", "Healthy: nothing is in the way."


def _shape(
    name: str, port: Connection, state: ConnectionState | None, now: datetime
) -> ConnectionShape:
    health, sentence = health_of(state, now)
    paused = None
    if state is not None and state.paused_by is not None:
        by: Literal["credential", "person"] = (
            "credential" if state.paused_by == "credential" else "person"
        )
        paused = Pause(by=by, reason=state.paused_reason, at=state.paused_at)
    waits = None if state is None else state.throttled_until
    return ConnectionShape(
        name=name,
        vendor=port.manifest.vendor,
        title=port.manifest.title,
        roles=sorted(each.value for each in port.manifest.roles),
        health=health,
        sentence=sentence,
        receives_webhooks=port.receiver is not None,
        last_delivery_at=None if state is None else state.last_delivery_at,
        last_write_at=None if state is None else state.last_write_at,
        swept_at=None if state is None else state.swept_at,
        start_mark=None if state is None else state.start_mark,
        throttled_until=waits if waits is not None and waits > now else None,
        paused=paused,
        repairs=0 if state is None else state.repairs,
    )
