"""Writing fields and hyperlinks: idempotent, so an unclear answer is simply tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.core.fingerprints import Observed, after_refusal, after_write
from bridge.core.owned import observed_field
from bridge.domain.errors import BridgeError, Rejected
from bridge.domain.findings import Finding
from bridge.domain.operations import (
    Outcome,
    OutcomeKind,
    SetItemFields,
    SetItemLinks,
    SetTicketFields,
)
from bridge.domain.records import Observation, Value
from bridge.engine import egress
from bridge.engine.operation import Run, carry_out
from bridge.store import queue, work
from bridge.store.connection import AsyncConnection


async def set_ticket_fields(run: Run, operation: SetTicketFields) -> Outcome:
    """Write the ticket's fields in one call; alone each where the vendor refuses one."""
    name = operation.ticket.connection
    released = {each.field: each.value for each in operation.fields}
    values = {each.field: each.value.value for each in operation.fields}

    async def call() -> Outcome:
        seen = await egress.set_fields(run.hub, operation.ticket, released, operation.revision)
        return Outcome(OutcomeKind.DONE, observation=seen)

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        fields = [(each.field, each.value.value, each.restore) for each in operation.fields]
        await _pairs(run, connection, str(operation.ticket), fields, outcome.observation)

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        await _refused(run, connection, str(operation.ticket), values, error)

    return await _field_by_field(
        run,
        operation,
        await carry_out(run, operation, name, call, after=after, failed=failed),
        [replace(operation, fields=(each,)) for each in operation.fields],
    )


async def set_item_fields(run: Run, operation: SetItemFields) -> Outcome:
    """Write the item's fields in one call; alone each where the vendor refuses one."""
    name = operation.item.connection
    tracker = run.hub.tracker(name)

    async def call() -> Outcome:
        seen = await tracker.set_fields(operation.item.id, operation.fields, operation.revision)
        return Outcome(OutcomeKind.DONE, observation=seen)

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        fields = [(each.field, each.value, each.restore) for each in operation.fields]
        await _pairs(run, connection, str(operation.item), fields, outcome.observation)
        beside = [pair for each in operation.fields for pair in each.beside]
        await work.write_fingerprints(run.hub.db, connection, str(operation.item), beside)

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        values = {each.field: each.value for each in operation.fields}
        await _refused(run, connection, str(operation.item), values, error)

    return await _field_by_field(
        run,
        operation,
        await carry_out(run, operation, name, call, after=after, failed=failed),
        [replace(operation, fields=(each,)) for each in operation.fields],
    )


async def _field_by_field(
    run: Run,
    operation: SetTicketFields | SetItemFields,
    outcome: Outcome,
    singles: list[SetTicketFields] | list[SetItemFields],
) -> Outcome:
    """One refused field must not hold the others back: apply the good ones, name the bad one."""
    if outcome.kind is not OutcomeKind.REJECTED:
        return outcome
    if len(singles) > 1:
        for each in singles:
            if isinstance(each, SetTicketFields):
                await set_ticket_fields(run, each)
            else:
                await set_item_fields(run, each)
        return outcome
    status_field = run.hub.connections[run.claim.connection].manifest.status_field
    is_transition = operation.fields[0].field == status_field
    run.findings.append(
        Finding(
            "TRANSITION_BLOCKED" if is_transition else "FIELD_INVALID",
            run.claim.connection,
            ref=run.claim.key,
            topic=operation.fields[0].field,
            data={"field": operation.fields[0].field, "reason": outcome.detail},
        )
    )
    return outcome


async def _refused(
    run: Run,
    connection: AsyncConnection,
    key: str,
    values: Mapping[str, Value],
    error: BridgeError,
) -> None:
    """Remember the value that a field refused alone, so that it is not sent at every pass.

    A status is left out: whether it may be set depends on the one that the record has now.
    """
    name = run.claim.connection
    [field, *others] = values
    status_field = run.hub.connections[name].manifest.status_field
    if others or not isinstance(error, Rejected) or field == status_field:
        return
    held = (await work.fingerprints_of(connection, key)).get(field)
    known = run.hub.references.get(name)
    pair = after_refusal(
        field,
        held,
        values[field],
        info=None if known is None else known[0].fields.get(field),
        reason=str(error),
        now=run.hub.now(),
    )
    await work.write_fingerprints(run.hub.db, connection, key, [pair])


async def _pairs(
    run: Run,
    connection: AsyncConnection,
    key: str,
    fields: Sequence[tuple[str, Value, bool]],
    answer: Observation | None,
) -> None:
    """Remember what was sent with what came back: vendors rewrite what they store."""
    held = await work.fingerprints_of(connection, key)
    now = run.hub.now()
    pairs = [
        after_write(
            name,
            held.get(name),
            value,
            Observed() if answer is None else observed_field(answer, name),
            now=now,
            restore=restore,
        )
        for name, value, restore in fields
    ]
    await work.write_fingerprints(run.hub.db, connection, key, pairs)


async def set_item_links(run: Run, operation: SetItemLinks) -> Outcome:
    """Add and remove the hub's own hyperlinks."""
    name = operation.item.connection
    tracker = run.hub.tracker(name)

    async def call() -> Outcome:
        seen = await tracker.set_links(
            operation.item.id, operation.add, operation.remove, operation.revision
        )
        return Outcome(OutcomeKind.DONE, observation=seen)

    async def after(connection: AsyncConnection, _outcome: Outcome) -> None:
        key = str(operation.item)
        await work.write_fingerprints(run.hub.db, connection, key, operation.beside)

    async def failed(connection: AsyncConnection, _error: BridgeError) -> None:
        # Where each link is a call of its own, some are made by now: they are not made again.
        await queue.require_read(run.hub.db, connection, str(operation.item))

    return await carry_out(run, operation, name, call, after=after, failed=failed)
