"""The frame of every operation: write the intent down, call, write down what came of it.

Two short transactions per operation, each under the lease; none is open during the call. What
the call may have done without our hearing of it stays written as intended, and only a probe or
a look at the target goes on from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bridge.domain import records as facts
from bridge.domain.errors import BridgeError, Paused, Rejected, Throttled, UnknownOutcome
from bridge.domain.findings import Finding
from bridge.domain.operations import (
    CopyAttachment,
    Operation,
    Outcome,
    OutcomeKind,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
)
from bridge.domain.records import Observation
from bridge.engine import faultpoints
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.taking_in import take_in
from bridge.engine.traces import operating, run_id
from bridge.kit.context import only_while
from bridge.store import connections, history, leases, queue, records, work
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim


@dataclass(slots=True)
class Run:
    """One pass over one record, while it applies its plan."""

    hub: Hub
    claim: Claim
    id: str = field(default_factory=run_id)
    findings: list[Finding] = field(default_factory=list)
    outcomes: list[tuple[Operation, Outcome]] = field(default_factory=list)
    read_again: bool = False
    """The plan asked for a fresh look once; it does not get a second one in this pass."""
    begun: bool = False
    """The run's row is written: with its first operation."""
    held_until: float = 0.0
    """Until when (monotonic) the lease lasts that was proven last."""

    async def hold(
        self, connection: AsyncConnection, *, waking: bool = False, finishing: bool = False
    ) -> None:
        """Prove the lease, inside the transaction that relies on it (`waking` the neighbours).

        `finishing`: the transaction ends with the lease's finish, which proves it too.
        """
        if finishing and self.hub.db.is_sqlite:
            # No other process writes between the two, so that one proof does.
            return
        neighbours = work.neighbours(self.claim.key) if waking else None
        left_ms = await leases.hold(
            self.hub.db, connection, self.claim, self.hub.worker_id, neighbours=neighbours
        )
        self.held_until = self.hub.db.clock.monotonic() + left_ms / 1000

    async def still_held(self) -> None:
        """Prove the lease once more if it may have passed since; LeaseLost if it has.

        Asked right before a call: a process that was frozen in between, or waited long for its
        turn at the vendor's rate, does not know it.
        """
        if self.hub.db.clock.monotonic() > self.held_until:
            async with self.hub.db.write(durable=False) as connection:
                await self.hold(connection)


Call = Callable[[], Awaitable[Outcome]]
Step = Callable[[AsyncConnection], Awaitable[None]]


async def carry_out(
    run: Run,
    operation: Operation,
    name: str,
    call: Call,
    *,
    before: Step | None = None,
    after: Callable[[AsyncConnection, Outcome], Awaitable[None]] | None = None,
    failed: Callable[[AsyncConnection, BridgeError], Awaitable[None]] | None = None,
    waking: bool = False,
) -> Outcome:
    """Intent, call, outcome: the frame of every operation. `waking`: `after` wakes neighbours."""
    hub = run.hub
    kind = type(operation).__name__
    id = await _intend(run, operation, name, before)
    faultpoints.reach("apply.intended", kind)
    await run.still_held()
    error: BridgeError | None = None
    try:
        with only_while(run.still_held):
            outcome = await operating(kind, name, call)
    except Rejected as rejected:
        outcome = Outcome(OutcomeKind.REJECTED, str(rejected))
        error = rejected
    except CallFailed as elsewhere:
        # The other side of a copy failed: it is charged to that connection.
        name, error = elsewhere.connection, elsewhere.cause
        outcome = Outcome(OutcomeKind.DEFERRED, str(error))
    except BridgeError as failure:
        state = OutcomeKind.UNKNOWN if isinstance(failure, UnknownOutcome) else OutcomeKind.DEFERRED
        outcome = Outcome(state, str(failure))
        error = failure
    faultpoints.reach("apply.called", kind)
    async with hub.db.write(durable=False) as connection:
        if error is None or not isinstance(error, UnknownOutcome):
            await run.hold(connection, waking=waking)
        await history.end_operation(connection, id, outcome, hub.now())
        if outcome.observation is not None:
            await _take_in(run, connection, operation, outcome.observation)
        if error is None and after is not None:
            await after(connection, outcome)
        if error is not None and failed is not None:
            await failed(connection, error)
    if error is None:
        hub.last_writes[name] = hub.now()
    faultpoints.reach("apply.stored", kind)
    hub.metrics.operations.labels(name, kind, outcome.kind.value).inc()
    if error is not None and not isinstance(error, Rejected):
        raise CallFailed(name, error) from error
    return outcome


WRITTEN: Mapping[type, frozenset[str]] = {
    SetItemLinks: frozenset({facts.HYPERLINKS}),
    CopyAttachment: frozenset({facts.ATTACHMENTS}),
}
"""Facts that an operation changes besides the fields it names."""


async def _take_in(
    run: Run, connection: AsyncConnection, operation: Operation, seen: Observation
) -> None:
    """Keep what the answer showed. Somebody's change among it was not in the plan: look again.

    Its webhook will say nothing new, so nobody else would.
    """
    observed = await take_in(run.hub, connection, seen)
    ours = WRITTEN.get(type(operation), frozenset())
    if isinstance(operation, SetTicketFields | SetItemFields):
        ours |= {each.field for each in operation.fields}
    if observed.changed - records.BOOKKEEPING - ours:
        mark = queue.Mark(seen.ref, "an answer showed somebody's change", trace=run.claim.trace)
        await queue.mark(run.hub.db, connection, [mark])


async def require_open(run: Run, connection: AsyncConnection, name: str) -> None:
    """Raise if nothing may go out to this connection now: paused, or its limit reached.

    The record's own connection was looked at by the claim; a launch or a copy touches another.
    """
    if name == run.claim.connection:
        return
    state = await connections.load(connection, name)
    if state is None:
        return
    if state.paused_by is not None:
        raise CallFailed(name, Paused(f"{name} is paused"))
    if state.throttled_until is not None and state.throttled_until > run.hub.now():
        raise CallFailed(name, Throttled(f"{name} is at its limit", until=state.throttled_until))


async def _intend(run: Run, operation: Operation, name: str, before: Step | None) -> str:
    """Write down what is about to be sent, for good where it must not be sent twice; its id."""
    hub = run.hub
    async with hub.db.write(durable=before is not None) as connection:
        await run.hold(connection)
        await require_open(run, connection, name)
        if not run.begun:
            await history.begin_run(
                hub.db,
                connection,
                id=run.id,
                record_key=run.claim.key,
                woken_by=run.claim.woken_by,
                trace=run.claim.trace,
                started_at=hub.now(),
            )
        id = await history.begin_operation(
            connection,
            run_id=run.id,
            record_key=run.claim.key,
            name=name,
            kind=type(operation).__name__,
            request=_summary(operation),
            now=hub.now(),
        )
        if before is not None:
            await before(connection)
    run.begun = True
    return id


def _summary(operation: Operation) -> dict[str, Any]:
    """What is kept of a request: names and markers, with values cut short."""

    def short(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(k): short(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [short(v) for v in value]
        if isinstance(value, str):
            return value if len(value) <= 200 else value[:197] + "..."
        return value if isinstance(value, int | float | bool | None) else str(value)

    kept = short(asdict(operation))
    return kept if isinstance(kept, dict) else {}
