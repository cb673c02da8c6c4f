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
        for state, times in _turns(was, now):
            run.hub.metrics.promises_turned.labels(run.claim.connection, state.value).inc(times)
        told = _to_tell(was, now)
        changed = changed or bool(told)
        for state in told:
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


def _turns(was: Standing | None, now: Standing) -> list[tuple[PromiseState, int]]:
    """What it turned to since the last look, each as often as it did."""
    missed = now.missed - (was.missed if was is not None else 0)
    kept = now.kept_before - (was.kept_before if was is not None else 0)
    counted = [(PromiseState.BREACHED, missed), (PromiseState.KEPT, kept)]
    found = [(state, times) for state, times in counted if times > 0]
    turned = was is None or was.state is not now.state
    if turned and now.state not in {state for state, _ in found}:
        found.append((now.state, 1))
    return found


def _to_tell(was: Standing | None, now: Standing) -> list[PromiseState]:
    """What is worth a line of the ticket's history: one silence is one, however much it missed."""
    found = []
    if was is not None and now.kept_before > was.kept_before:
        found.append(PromiseState.KEPT)
    if was is not None and now.state is not PromiseState.BREACHED and now.missed > was.missed:
        # Made good before the hub saw that it was broken, or seen broken already.
        found += [] if was.state is PromiseState.BREACHED else [PromiseState.BREACHED]
    if now.state in TOLD_OF and (was is None or was.state is not now.state):
        found.append(now.state)
    return found
