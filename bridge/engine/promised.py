"""What a pass over a ticket found of its promises, kept in the transaction that records it."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.core.situation import Plan, TicketSituation
from bridge.domain.promises import PromiseState, Standing
from bridge.engine.hub import Hub
from bridge.engine.operation import Run
from bridge.store import history, promises
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim

CHANGE = "promise"
"""What the timeline calls a change of how a promise stands."""
TOLD_OF = (PromiseState.AT_RISK, PromiseState.BREACHED, PromiseState.KEPT)


async def keep(
    run: Run,
    connection: AsyncConnection,
    situation: TicketSituation,
    plan: Plan,
    *,
    listed: bool,
) -> bool:
    """Keep timeline and standings; whether anything worth a line in the ticket's history changed.

    A ticket whose mapping makes no promises costs nothing, unless it made some before. `listed`:
    the ticket's row in the lists shows one.
    """
    key, hub = run.claim.key, run.hub
    once = listed or _once_promised(hub, run.claim.connection)
    if not situation.mapping.promises and not once:
        return False
    if plan.timeline is not None and plan.timeline != situation.timeline:
        await promises.keep_timeline(hub.db, connection, key, plan.timeline)
    before = {each.promise: each for each in await promises.of_ticket(connection, key)}
    after = {each.promise: each for each in plan.promises}
    if before == after:
        return False
    await promises.replace_all(connection, key, plan.promises)
    return await _tell(run, connection, before, after)


async def drop(connection: AsyncConnection, claim: Claim) -> None:
    """A record is gone from its vendor: nothing is promised of it any more."""
    if claim.kind == "ticket":
        await promises.replace_all(connection, claim.key, ())


def _once_promised(hub: Hub, name: str) -> bool:
    active = hub.mappings.get(name)
    return active is not None and any(each.mapping.promises for each in active.earlier)


async def _tell(
    run: Run,
    connection: AsyncConnection,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
) -> bool:
    changed = False
    for name, now in after.items():
        was = before.get(name)
        again = was is not None and now.kept_before > was.kept_before
        if was is not None and was.state is now.state and not again:
            continue
        run.hub.metrics.promises_turned.labels(run.claim.connection, now.state.value).inc()
        if again or now.state in TOLD_OF:
            changed = True
            state = PromiseState.KEPT if again else now.state
            await history.add_transition(
                connection,
                run.claim.key,
                CHANGE,
                before=now.title,
                after=state.value,
                cause=run.claim.woken_by,
                now=run.hub.now(),
            )
    return changed
