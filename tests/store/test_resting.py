"""Which tickets on a work item its change leaves alone: the store decides as the pure rule does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import sqlalchemy as sa

from bridge.core.closing import CLOSED_BEFORE_FIXED
from bridge.core.resting import Remembered, Resting
from bridge.core.situation import DraftPlan
from bridge.domain.closures import Closure, Standing
from bridge.domain.findings import Finding
from bridge.domain.refs import TicketRef
from bridge.store import closures, drafts, history, queue, resting, views, work
from bridge.store.queue import ClaimClass
from bridge.store.tables import records
from tests.store.kit import ME, START, Store, item, seen, ticket
from tests.store.test_drafts import DRAFT, VIEW

CASES = [Remembered(*each) for each in product((None, False, True), (False, True), (1, 2))]
HERE = frozenset({"hubspot"})
RULES = [
    Resting(), Resting(all=HERE), Resting(done=HERE), Resting(undone=HERE), Resting(named=HERE),
    Resting(all=frozenset({"zendesk"})),
]  # fmt: skip


async def closed(store: Store, ref: TicketRef, kept: Remembered) -> None:
    """A closed ticket of which that is kept, at rest, and the first of its items is item 1."""
    await store.observe(seen(ref))
    done = START if kept.done else None
    async with store.db.write() as connection:
        for n in range(kept.items):
            await work.add_link(
                store.db, connection, ticket=ref, item=item(str(n + 1)), route=None, by="x",
                now=START,
            )  # fmt: skip
        await views.store(store.db, connection, replace(VIEW, ref=ref, closed=True), START)
        if kept.done is not None:
            memory = Closure(Standing.CLOSED, START, done)
            await closures.keep(store.db, connection, str(ref), memory)
        if kept.named:
            raised = Finding(CLOSED_BEFORE_FIXED, "hubspot", str(ref))
            await history.raise_findings(store.db, connection, [raised], START)


async def woken(store: Store, rests: Resting) -> set[str]:
    """Whom a change of item 1 wakes; afterwards everybody is at rest as before."""
    r = records.c
    before = await generations(store)
    async with store.db.write() as connection:
        await queue.mark_where(
            store.db, connection, work.TICKETS_ON, cause="item", claim_class=ClaimClass.FAN_OUT,
            given={"p_item": str(item()), **resting.given(rests)}, unless=resting.RESTS,
        )  # fmt: skip
    found = {key for key, now in (await generations(store)).items() if now > before[key]}
    async with store.db.write() as connection:
        back = sa.case(before, value=r.key)
        await connection.execute(sa.update(records).values(dirty_generation=back, due_at=None))
    return found


async def generations(store: Store) -> dict[str, int]:
    async with store.db.read() as connection:
        r = records.c
        found = await connection.execute(sa.select(r.key, r.dirty_generation))
        return {each.key: each.dirty_generation for each in found}


async def test_store_spares_whom_the_rule_spares_and_nobody_else(store: Store) -> None:
    for n in (1, 2):
        await store.observe(seen(item(str(n))))
    tickets = {f"hubspot:{n}": each for n, each in enumerate(CASES, 1)}
    for n, each in enumerate(CASES, 1):
        await closed(store, ticket(str(n)), each)
    for rests in RULES:
        wanted = {key for key, each in tickets.items() if not rests.holds("hubspot", each)}
        assert await woken(store, rests) == wanted, rests


async def test_ticket_that_is_open_looked_at_or_spoken_to_is_woken_all_the_same(
    store: Store,
) -> None:
    await store.observe(seen(item()))
    for n in range(1, 6):
        await closed(store, ticket(str(n)), Remembered(done=True))
    async with store.db.write() as connection:
        await views.store(store.db, connection, replace(VIEW, ref=ticket("1")), START)
        to_tell = replace(DRAFT, ticket="hubspot:2")
        await drafts.keep(connection, DraftPlan(new=(to_tell,)))
    rests = Resting(all=HERE)
    assert await woken(store, rests) == {"hubspot:1", "hubspot:2"}
    # One is in a pass that began before, one waits for a pass.
    await store.mark(ticket("3"))
    [_] = await store.claim(owner=ME)
    await store.mark(ticket("4"))
    assert await woken(store, rests) == {f"hubspot:{n}" for n in (1, 2, 3, 4)}
