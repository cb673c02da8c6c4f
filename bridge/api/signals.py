"""Signals: launched as work items of their own, and related to a ticket's work item."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Operator
from bridge.api.launches import refused_launch
from bridge.api.links import Address, ItemNamed
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Word
from bridge.core import reasons
from bridge.domain.refs import WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.linking import NotATracker
from bridge.engine.right_way import SignalNeverOnTicket
from bridge.engine.signal_wishes import LaunchedSignal, launch_signal
from bridge.engine.wishes import LaunchRefused
from bridge.ports.manifest import Role
from bridge.store import views

router = APIRouter(prefix="/signals", tags=["signals"])


class WantedItem(BaseModel):
    """What the signal's work item is to be related to: a ticket's own work item."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"related_to": {"connection": "boards", "id": "991"}}]},
    )

    related_to: ItemNamed | None = None


class SignalItemShape(BaseModel):
    """A signal's work item. Nothing here is a word of the signal's."""

    model_config = ConfigDict(title="SignalItem")

    signal: Ref
    work_item: Ref
    related_to: Ref | None


class SignalWaiting(BaseModel):
    """The wish is kept, and not met yet. It goes on by itself; asking again helps."""

    signal: Ref
    verdict: str = Field(description="What it waits for.", examples=["WAITING_ITEM_CREATE"])
    sentence: str = Field(examples=["The work item is being created."])


@router.post(
    "/{connection}/{id}/launch",
    status_code=201,
    response_model=SignalItemShape,
    responses={
        200: {"model": SignalItemShape, "description": "It was launched before: the item of then"},
        202: {"model": SignalWaiting, "description": "Kept, but not made within `wait`"},
        **for_callers(
            "record_missing",
            "launch_undecided",
            "launch_limit",
            "connection_paused",
            "too_large",
            "sentry_never_on_ticket",
            "not_configured",
            "vendor_refused",
            "credential_problem",
            "vendor_unavailable",
        ),
    },
)
async def launch(
    hub: HubHere,
    actor: Operator,
    connection: Annotated[Word, Path(description="The signals' connection.", examples=["sentry"])],
    id: Annotated[
        Address, Path(description="The signal's id or short id.", examples=["4509876543"])
    ],
    wanted: WantedItem,
    response: Response,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for the item.")
    ] = 20.0,
) -> SignalItemShape | Response:
    """Find or create the work item of a signal, and relate it to a ticket's own work item.

    Once for ever: asked again, the answer is the item of the first time. Where Sentry's own button
    has tied the signal to an item on which a ticket hangs, another one is made.
    """
    port = hub.connections.get(connection)
    if port is None or port.signals is None:
        raise ApiProblem("not_configured", _no_source(hub, connection))
    other = wanted.related_to
    try:
        launched = await launch_signal(
            hub,
            connection,
            id,
            related_to=None if other is None else (other.connection, other.text),
            by=actor.name,
            wait_s=wait,
        )
    except SignalNeverOnTicket as error:
        raise ApiProblem("sentry_never_on_ticket", str(error)) from None
    except NotATracker as error:
        raise ApiProblem("not_configured", str(error)) from None
    except LaunchRefused as error:
        raise refused_launch(error) from None
    if launched.item is None:
        return Response(_waiting(launched).model_dump_json(), 202, media_type="application/json")
    response.status_code = 201 if launched.first else 200
    return await _shape(hub, launched, launched.item)


def _waiting(launched: LaunchedSignal) -> SignalWaiting:
    return SignalWaiting(
        signal=Ref.of_key(str(launched.signal)),
        verdict=launched.verdict,
        sentence=reasons.sentence(launched.verdict, {}),
    )


async def _shape(hub: Hub, launched: LaunchedSignal, item: WorkItemRef) -> SignalItemShape:
    other = launched.related_to
    keys = {str(launched.signal), str(item), *([str(other)] if other else [])}
    async with hub.db.read() as store:
        seen = await views.observations(store, keys)
    return SignalItemShape(
        signal=Ref.of_key(str(launched.signal), seen.get(str(launched.signal))),
        work_item=Ref.of_key(str(item), seen.get(str(item))),
        related_to=None if other is None else Ref.of_key(str(other), seen.get(str(other))),
    )


def _no_source(hub: Hub, name: str) -> str:
    known = ", ".join(hub.names(Role.SIGNALS)) or "none"
    said = f"{name!r} is no source of signals; there are: {known}"
    if name in hub.names(Role.HELPDESK):
        said += f". For a ticket name its route: POST /api/v1/tickets/{name}/…/launch, or --route"
    return said
