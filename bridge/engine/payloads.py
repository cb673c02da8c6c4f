"""A delivery's payload in people's hands: shown, read again or removed, and that is audited.

Headers are never stored, so there are none to show.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

from bridge.engine.hub import Hub
from bridge.engine.retrying import PayloadGone
from bridge.store import deliveries, replays, tokens
from bridge.store.database import Row


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload as text; what is no UTF-8 is in base64."""

    text: str
    encoding: Literal["utf-8", "base64"]


async def show(hub: Hub, delivery: Row, *, by: str) -> Payload | None:
    """The payload of a delivery loaded with its body; None where it is not stored any more."""
    body: bytes | None = delivery["body"]
    if body is None:
        return None
    # First the entry, then the payload: no showing goes unrecorded.
    detail = {"connection": delivery["connection"]}
    await _audit(hub, delivery["id"], "delivery.payload_read", by, detail)
    try:
        return Payload(body.decode(), "utf-8")
    except UnicodeDecodeError:
        return Payload(base64.b64encode(body).decode(), "base64")


async def read_again(hub: Hub, id: str, *, by: str) -> bool:
    """Have a stored delivery read again: it marks its records once more; False if there is none.

    PayloadGone where it can't be read any more.
    """
    async with hub.db.write() as connection:
        if not await deliveries.reopen(connection, id):
            if await deliveries.load(connection, id) is None:
                return False
            raise PayloadGone(
                "Its retention time is over, or somebody removed it; check the record itself "
                "instead: POST /api/v1/tickets/{connection}/{id}/check"
            )
        await tokens.audit(
            connection,
            actor=by,
            action="delivery.replayed",
            target=f"delivery {id}",
            detail={},
            now=hub.now(),
        )
    hub.intake_wake.set()
    return True


async def remove(hub: Hub, id: str, *, by: str) -> bool:
    """Remove a payload for good, if it is still there; False if there is no such delivery."""
    async with hub.db.write() as connection:
        row = await deliveries.load(connection, id)
        if row is None:
            return False
        if await replays.expunge(connection, id, f"its payload was removed by {by}"):
            await tokens.audit(
                connection,
                actor=by,
                action="delivery.payload_removed",
                target=f"delivery {id}",
                detail={"connection": row["connection"]},
                now=hub.now(),
            )
    return True


async def _audit(hub: Hub, id: str, action: str, by: str, detail: dict[str, str]) -> None:
    async with hub.db.write() as connection:
        await tokens.audit(
            connection,
            actor=by,
            action=action,
            target=f"delivery {id}",
            detail=detail,
            now=hub.now(),
        )
