"""Drafts that a person has approved, and what became of them: for scenarios about telling."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bridge.core.values import sha256
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.refs import TicketRef, split_ref
from bridge.kit.clock import SteeredClock, SystemClock
from bridge.kit.ids import new_id
from bridge.store import drafts, queue
from bridge.store.queue import ClaimClass, Mark
from tests.scenarios.world import World

WORDS = "We have found the cause and work on it"
BY = "kim@acme.example"


async def approve(world: World, ticket: str, html: str = f"<p>{WORDS}.</p>", **more: Any) -> str:
    """A draft for the ticket, let go by a person; its id."""
    hub, id = world.hub, new_id()
    draft = Draft(
        id, ticket, "by_hand", html, sha256(html), DraftState.OPEN, hub.now(),
        **{"stage": "in_development", "eta": date(2027, 5, 14), **more},
    )  # fmt: skip
    async with hub.db.write() as connection:
        await drafts.add(connection, draft)
        await drafts.approve(connection, id, digest=draft.digest, by=BY, now=hub.now())
        mark = Mark(TicketRef(*split_ref(ticket)), "draft approved", ClaimClass.PERSON)
        await queue.mark(hub.db, connection, [mark])
    hub.work_wake.set()
    return id


async def state_of(world: World, id: str) -> Draft:
    """The draft as it is now."""
    async with world.hub.db.read() as connection:
        found = await drafts.load(connection, id)
    assert found is not None
    return found


async def later(world: World, **span: float) -> None:
    """Let that much time pass for the hub, and whatever it does then."""
    clock = SteeredClock(SystemClock())
    clock.agree(world.hub.now() + timedelta(**span))
    world.hub.db.clock = clock
    await world.settle()


async def shape(world: World, path: str) -> dict[str, Any]:
    """What the API says there."""
    answer = await world.client.get(f"/api/v1/tickets/{path}", headers=world.admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
