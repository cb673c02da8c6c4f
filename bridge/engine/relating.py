"""Relating two items of one tracker: idempotent, so an unclear answer is simply tried again."""

from __future__ import annotations

from bridge.domain.errors import BridgeError, Rejected
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.operations import Outcome, OutcomeKind, RelateItem
from bridge.engine.operation import Run, carry_out
from bridge.store import work
from bridge.store.connection import AsyncConnection


async def relate(run: Run, operation: RelateItem) -> Outcome:
    """Have the tracker relate the two, and remember that it has."""
    hub, name = run.hub, operation.item.connection
    tracker = hub.relating(name)

    async def call() -> Outcome:
        await tracker.relate(operation.item.id, operation.other.id)
        return Outcome(OutcomeKind.DONE, target_id=operation.other.id)

    async def keep(connection: AsyncConnection, state: LedgerState) -> None:
        entry = LedgerEntry(operation.source, operation.content, state, operation.content)
        await work.write_ledger(hub.db, connection, str(operation.item), entry)

    async def after(connection: AsyncConnection, _outcome: Outcome) -> None:
        await keep(connection, LedgerState.COPIED)

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        if isinstance(error, Rejected):
            await keep(connection, LedgerState.REJECTED)

    outcome = await carry_out(run, operation, name, call, after=after, failed=failed)
    if outcome.kind is OutcomeKind.REJECTED:
        data = {
            "connection": name,
            "item": str(operation.item),
            "other": str(operation.other),
            "reason": outcome.detail,
        }
        run.findings.append(
            Finding("RELATION_REJECTED", name, run.claim.key, operation.source, data)
        )
    return outcome
