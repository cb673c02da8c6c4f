"""Deliveries: what came in, and having it read again. Payloads are for admins, and that is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.api.access import AccessRole, Admin, HubHere, Operator, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Moment, Ref, Time, Word
from bridge.engine import payloads
from bridge.engine.hub import Hub
from bridge.engine.internal_tasks import hidden_from
from bridge.engine.retrying import PayloadGone
from bridge.kit.clock import from_ms, rfc3339
from bridge.store import deliveries, replays, tokens
from bridge.store.database import Row
from bridge.store.replays import Span

KIND = "deliveries"
MOST = 5000
"""Deliveries read again at once: more would hold up for long what comes in meanwhile."""

router = APIRouter(tags=["inspector"])

State = Literal["received", "done", "ignored"]
DeliveryId = Annotated[
    Word, Path(description="A delivery's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])
]


class DeliveryQuery(Paging):
    """What the list is narrowed to."""

    connection: Word | None = Field(None, examples=["hubspot"])
    state: State | None = None


class DeliveryShape(BaseModel):
    """One verified inbound request."""

    model_config = ConfigDict(title="Delivery")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    connection: str = Field(examples=["hubspot"])
    received_at: Time
    content_type: str = Field(examples=["application/json"])
    size: int = Field(description="Bytes of its payload.", examples=[2048])
    state: State = Field(description="`received`: waits to be read.")
    reason: str | None = Field(
        description="Why it, or a part of it, was ignored; null for roles below operator.",
        examples=["it says nothing new"],
    )
    records: list[Ref] = Field(
        description="The records that it woke; below operator without signals and internal tasks."
    )


class DeliveryPage(Page[DeliveryShape]):
    """Deliveries, newest first."""


class DeliveryDetail(DeliveryShape):
    """One delivery; its payload is shown to admins only, and each showing is audited."""

    model_config = ConfigDict(title="DeliveryDetail")

    payload: str | None = Field(
        description="Null for other roles, or once it is not stored.", examples=['[{"eventId": 1}]']
    )
    payload_encoding: Literal["utf-8", "base64"] | None


class Replay(BaseModel):
    """The delivery will be read again."""

    delivery: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])


class WantedReplay(BaseModel):
    """Which deliveries to read again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "connection": "hubspot",
                    "since": "2026-05-12T08:00:00Z",
                    "until": "2026-05-12T09:00:00Z",
                    "state": "ignored",
                }
            ]
        },
    )

    connection: Word = Field(examples=["hubspot"])
    since: Moment = Field(description="Those that came from then on.")
    until: Moment = Field(description="Those that came before then.")
    state: State | None = Field(None, description="Only those in this state.")

    @model_validator(mode="after")
    def _forwards(self) -> WantedReplay:
        if self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class Replays(BaseModel):
    """How many deliveries are read again, or would be."""

    deliveries: int = Field(description="Those that have their payload.", examples=[412])
    payload_gone: int = Field(description="Those that can't be read any more.", examples=[0])
    dry_run: bool = Field(description="True: they were only counted.")


def _shape(row: Row, inside: bool, hidden: frozenset[str]) -> DeliveryShape:
    return DeliveryShape(
        id=row["id"],
        connection=row["connection"],
        received_at=from_ms(row["received_at"]),
        content_type=row["content_type"],
        size=row["size"],
        state=row["state"],
        reason=row["reason"] if inside else None,
        records=[Ref.of_key(each) for each in row["records"] or () if each not in hidden],
    )


@router.get("/deliveries", responses=for_callers("bad_cursor"))
async def list_deliveries(
    hub: HubHere, actor: Viewer, query: Annotated[DeliveryQuery, Query()]
) -> DeliveryPage:
    """What came in, newest first, without payloads."""
    async with hub.db.read(long=True) as connection:
        rows = await deliveries.page(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            name=query.connection,
            state=query.state,
        )
        kept, next_cursor = cut(rows, query.limit, KIND, "id")
        woken = [key for each in kept for key in each["records"] or ()]
        hidden = await hidden_from(actor.role, hub, connection, woken)
    inside = actor.role.covers(AccessRole.OPERATOR)
    items = [_shape(each, inside, hidden) for each in kept]
    return DeliveryPage(items=items, next_cursor=next_cursor)


@router.get("/deliveries/{id}", responses=for_callers("not_found"))
async def get_delivery(hub: HubHere, actor: Viewer, id: DeliveryId) -> DeliveryDetail:
    """One delivery; admins see its payload, and that they did is kept in the audit log."""
    async with hub.db.read() as connection:
        row = await deliveries.load(connection, id)
        if row is None:
            raise _unknown(id)
        hidden = await hidden_from(actor.role, hub, connection, row["records"] or ())
    shown = None
    if actor.role.covers(AccessRole.ADMIN):
        shown = await payloads.show(hub, row, by=actor.name)
    return DeliveryDetail(
        **_shape(row, actor.role.covers(AccessRole.OPERATOR), hidden).model_dump(),
        payload=None if shown is None else shown.text,
        payload_encoding=None if shown is None else shown.encoding,
    )


@router.post(
    "/deliveries/{id}/replay",
    status_code=202,
    responses=for_callers("not_found", "payload_gone"),
)
async def replay_delivery(hub: HubHere, actor: Operator, id: DeliveryId) -> Replay:
    """Have a stored delivery read again: it marks its records once more."""
    try:
        known = await payloads.read_again(hub, id, by=actor.name)
    except PayloadGone as gone:
        raise ApiProblem("payload_gone", str(gone)) from None
    if not known:
        raise _unknown(id)
    return Replay(delivery=id)


@router.post("/deliveries/replay", responses=for_callers("not_found", "too_large", "too_many"))
async def replay_deliveries(
    hub: HubHere,
    actor: Operator,
    wanted: WantedReplay,
    dry_run: Annotated[bool, Query(description="Only count them.")] = False,
) -> Replays:
    """Have many stored deliveries read again: each marks its records once more."""
    span = Span(wanted.connection, wanted.since, wanted.until, wanted.state)
    if wanted.connection not in hub.connections:
        known = ", ".join(sorted(hub.connections))
        raise ApiProblem(
            "not_found", f"There is no connection {wanted.connection!r}; there are: {known}"
        )
    if dry_run:
        async with hub.db.read() as connection:
            counted = await replays.count(connection, span)
        return Replays(deliveries=counted.readable, payload_gone=counted.gone, dry_run=True)
    replayed = await _replay(hub, span, actor.name)
    hub.intake_wake.set()
    return replayed


async def _replay(hub: Hub, span: Span, by: str) -> Replays:
    async with hub.db.write() as connection:
        counted = await replays.count(connection, span)
        if counted.readable > MOST:
            raise ApiProblem(
                "too_many",
                f"These are {counted.readable} deliveries; at most {MOST} are read again at "
                "once. Take a shorter time, one after the other",
            )
        if counted.readable:
            await replays.reopen(connection, span)
            await tokens.audit(
                connection,
                actor=by,
                action="deliveries.replayed",
                target=f"connection {span.connection}",
                detail={
                    "since": rfc3339(span.since),
                    "until": rfc3339(span.until),
                    "state": span.state,
                    "deliveries": counted.readable,
                },
                now=hub.now(),
            )
    return Replays(deliveries=counted.readable, payload_gone=counted.gone, dry_run=False)


@router.delete("/deliveries/{id}/payload", status_code=204, responses=for_callers("not_found"))
async def expunge_payload(hub: HubHere, actor: Admin, id: DeliveryId) -> None:
    """Remove a delivery's payload for good; what is known of the delivery else stays.

    It can't be read again after that. Where the payload is gone already, nothing happens.
    """
    if not await payloads.remove(hub, id, by=actor.name):
        raise _unknown(id)


def _unknown(id: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no delivery {id!r}; see GET /api/v1/deliveries")
