"""Deliveries: what came in, and having it read again. Payloads are for admins, and that is kept."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Operator, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, Word
from bridge.kit.clock import from_ms
from bridge.store import deliveries, tokens
from bridge.store.database import Row

KIND = "deliveries"

router = APIRouter(tags=["inspector"])

State = Literal["received", "done", "ignored"]
DeliveryId = Annotated[Word, Path(description="A delivery's id.")]


class DeliveryQuery(Paging):
    """What the list is narrowed to."""

    connection: Word | None = None
    state: State | None = None


class DeliveryShape(BaseModel):
    """One verified inbound request."""

    model_config = ConfigDict(title="Delivery")

    id: str
    connection: str = Field(examples=["hubspot"])
    received_at: Time
    content_type: str = Field(examples=["application/json"])
    size: int = Field(description="Bytes of its payload.", examples=[2048])
    state: State = Field(description="`received`: waits to be read.")
    reason: str | None = Field(description="Why it, or a part of it, was ignored.")
    records: list[Ref] = Field(description="The records that it woke.")


class DeliveryPage(Page[DeliveryShape]):
    """Deliveries, newest first."""


class DeliveryDetail(DeliveryShape):
    """One delivery; its payload is shown to admins only, and each showing is audited."""

    model_config = ConfigDict(title="DeliveryDetail")

    payload: str | None = Field(description="Null for other roles, or once it is not stored.")
    payload_encoding: Literal["utf-8", "base64"] | None


class Replay(BaseModel):
    """The delivery will be read again."""

    delivery: str


def _shape(row: Row) -> DeliveryShape:
    return DeliveryShape(
        id=row["id"],
        connection=row["connection"],
        received_at=from_ms(row["received_at"]),
        content_type=row["content_type"],
        size=row["size"],
        state=row["state"],
        reason=row["reason"],
        records=[Ref.of_key(each) for each in row["records"] or ()],
    )


@router.get("/deliveries", responses=for_callers("bad_cursor"))
async def list_deliveries(
    hub: HubHere, _actor: Viewer, query: Annotated[DeliveryQuery, Query()]
) -> DeliveryPage:
    """What came in, newest first, without payloads."""
    async with hub.db.read() as connection:
        rows = await deliveries.page(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            name=query.connection,
            state=query.state,
        )
    kept, next_cursor = cut(rows, query.limit, KIND, "id")
    return DeliveryPage(items=[_shape(each) for each in kept], next_cursor=next_cursor)


@router.get("/deliveries/{id}", responses=for_callers("not_found"))
async def get_delivery(hub: HubHere, actor: Viewer, id: DeliveryId) -> DeliveryDetail:
    """One delivery; admins see its payload, and that they did is kept in the audit log."""
    async with hub.db.read() as connection:
        row = await deliveries.load(connection, id)
    if row is None:
        raise _unknown(id)
    payload, encoding = None, None
    if row["body"] is not None and actor.role.covers(AccessRole.ADMIN):
        # First the entry, then the payload: no showing goes unrecorded.
        async with hub.db.write() as connection:
            await tokens.audit(
                connection,
                actor=actor.name,
                action="delivery.payload_read",
                target=f"delivery {id}",
                detail={"connection": row["connection"]},
                now=hub.now(),
            )
        payload, encoding = _as_text(row["body"])
    return DeliveryDetail(**_shape(row).model_dump(), payload=payload, payload_encoding=encoding)


def _as_text(body: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


@router.post(
    "/deliveries/{id}/replay",
    status_code=202,
    responses=for_callers("not_found", "payload_gone"),
)
async def replay_delivery(hub: HubHere, actor: Operator, id: DeliveryId) -> Replay:
    """Have a stored delivery read again: it marks its records once more."""
    async with hub.db.write() as connection:
        if not await deliveries.reopen(connection, id):
            if await deliveries.load(connection, id) is None:
                raise _unknown(id)
            raise ApiProblem(
                "payload_gone",
                "Its retention time is over; check the record itself instead: "
                "POST /api/v1/tickets/{connection}/{id}/check",
            )
        await tokens.audit(
            connection,
            actor=actor.name,
            action="delivery.replayed",
            target=f"delivery {id}",
            detail={},
            now=hub.now(),
        )
    hub.intake_wake.set()
    return Replay(delivery=id)


def _unknown(id: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no delivery {id!r}; see GET /api/v1/deliveries")
