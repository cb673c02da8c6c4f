"""What a pass over a ticket found of its promises, kept in the transaction that records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.core.situation import Plan, TicketSituation
from bridge.domain.promises import PromiseState, Standing
from bridge.engine.hub import Hub
from bridge.engine.operation import Run
from bridge.kit.clock import to_ms
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
    after = {e.promise: with_count(before.get(e.promise), e) for e in plan.promises}
    if before == after:
        return False
    await promises.replace_all(connection, key, [*after.values()])
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
        for state, times in turns(was, now):
            run.hub.metrics.promises_turned.labels(run.claim.connection, state.value).inc(times)
        told = to_tell(was, now)
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


def turns(was: Standing | None, now: Standing) -> list[tuple[PromiseState, int]]:
    """What it turned to since the last look, each as often as it did.

    What the first look finds of the past is where counting begins.
    """
    counted = [(PromiseState.BREACHED, _missed(was, now)), (PromiseState.KEPT, _kept(was, now))]
    found = [(state, times) for state, times in counted if times > 0]
    turned = was is None or was.state is not now.state
    if was is not None and was.broken and now.silent and not _is_anew(was, now):
        # A calendar that was edited took it back for a while: it is the same breach.
        turned = False
    if turned and now.state not in {state for state, _ in found}:
        found.append((now.state, 1))
    return found


def _kept(was: Standing | None, now: Standing) -> int:
    """How often it was kept since the last look: each time begins the clock anew.

    A greater number on the same clock comes of a mapping that reckons the past another way.
    """
    if was is None or not _is_anew(was, now):
        return 0
    return now.kept_before - was.kept_before


def _missed(was: Standing | None, now: Standing) -> int:
    """How often it was missed since the last look: in this silence, or in one that is over."""
    if was is None or not was.counted:
        return 0
    if _is_anew(was, now):
        return now.missed - was.missed
    if now.state is not PromiseState.BREACHED or _is_reckoned_anew(was, now):
        return 0
    return now.silent - was.broken


def with_count(was: Standing | None, now: Standing) -> Standing:
    """The standing, with how often its being broken was counted on this clock."""
    before = 0 if was is None or _is_anew(was, now) else was.broken
    return replace(now, broken=max(before, now.silent))


def _is_reckoned_anew(was: Standing, now: Standing) -> bool:
    """Whether a clock that was over by one calendar is over by another."""
    return was.broken > 0 and was.due_at is not None and _due(was) != _due(now)


def _due(standing: Standing) -> int | None:
    return None if standing.due_at is None else to_ms(standing.due_at)


def _is_anew(was: Standing, now: Standing) -> bool:
    """Whether the clock began anew; what is kept of it has milliseconds."""
    return to_ms(now.started_at) > to_ms(was.started_at)


def to_tell(was: Standing | None, now: Standing) -> list[PromiseState]:
    """What is worth a line of the ticket's history: one silence is one, however much it missed."""
    found = []
    if _kept(was, now) > 0:
        found.append(PromiseState.KEPT)
    seen = was is not None and was.state is PromiseState.BREACHED
    if not seen and now.state is not PromiseState.BREACHED and _missed(was, now) > 0:
        # Made good before the hub saw that it was broken.
        found.append(PromiseState.BREACHED)
    if now.state in TOLD_OF and (was is None or was.state is not now.state):
        found.append(now.state)
    return found
