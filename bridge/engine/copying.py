"""Copying comments and attachments: each at most once, by the ledger."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.errors import BridgeError, RecordMissing, Rejected, UnknownOutcome
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.operations import (
    AddItemComment,
    AddTicketNote,
    CopyAttachment,
    Outcome,
    OutcomeKind,
)
from bridge.engine.operation import Call, Run, carry_out
from bridge.store import work


async def _copy(
    run: Run,
    operation: AddTicketNote | AddItemComment | CopyAttachment,
    target: str,
    name: str,
    call: Call,
) -> Outcome:
    """A copy, entered in the ledger before and after it is made."""
    hub = run.hub
    entry = LedgerEntry(
        operation.source,
        operation.content,
        LedgerState.INTENDED,
        operation.marker,
        intended_at=hub.now(),
    )

    async def before(connection: AsyncConnection) -> None:
        await work.write_ledger(hub.db, connection, target, entry)

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        done = replace(entry, state=LedgerState.COPIED, target_id=outcome.target_id)
        await work.write_ledger(hub.db, connection, target, done)

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        if isinstance(error, Rejected):
            await work.write_ledger(
                hub.db, connection, target, replace(entry, state=LedgerState.REJECTED)
            )
        elif not isinstance(error, UnknownOutcome):
            await work.retract_ledger(connection, target, entry.source)

    outcome = await carry_out(run, operation, name, call, before=before, after=after, failed=failed)
    if outcome.kind is OutcomeKind.REJECTED:
        run.findings.append(
            Finding(
                "COPY_REJECTED",
                run.claim.connection,
                ref=run.claim.key,
                topic=operation.source,
                data={"file": operation.source, "reason": outcome.detail},
            )
        )
    return outcome


async def add_note(run: Run, operation: AddTicketNote) -> Outcome:
    """Copy a released comment to the ticket as an internal note."""
    name = operation.ticket.connection
    helpdesk = run.hub.helpdesk(name)

    async def call() -> Outcome:
        id = await helpdesk.add_note(operation.ticket.id, operation.html.value)
        return Outcome(OutcomeKind.DONE, target_id=id)

    return await _copy(run, operation, str(operation.ticket), name, call)


async def add_comment(run: Run, operation: AddItemComment) -> Outcome:
    """Copy a marked support comment to the work item."""
    name = operation.item.connection
    tracker = run.hub.tracker(name)

    async def call() -> Outcome:
        id = await tracker.add_comment(operation.item.id, operation.html)
        return Outcome(OutcomeKind.DONE, target_id=id)

    return await _copy(run, operation, str(operation.item), name, call)


async def copy_attachment(run: Run, operation: CopyAttachment) -> Outcome:
    """Stream a file from the ticket to the work item."""
    name = operation.item.connection
    tracker = run.hub.tracker(name)
    helpdesk = run.hub.helpdesk(operation.ticket.connection)
    attachment = operation.attachment

    async def call() -> Outcome:
        try:
            async with helpdesk.open_attachment(operation.ticket.id, attachment) as content:
                seen = await tracker.attach(
                    operation.item.id, attachment.name, content, attachment.size, operation.marker
                )
        except RecordMissing as error:
            raise Rejected("the file is no longer at the ticket") from error
        return Outcome(OutcomeKind.DONE, observation=seen)

    return await _copy(run, operation, str(operation.item), name, call)
