"""Copying comments and attachments: each at most once, by the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from tempfile import SpooledTemporaryFile

from bridge.domain.errors import BridgeError, RecordMissing, Rejected, UnknownOutcome
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.operations import (
    AddItemComment,
    AddSubtask,
    AddTicketNote,
    CopyAttachment,
    Outcome,
    OutcomeKind,
)
from bridge.engine import egress
from bridge.engine.launching import CLOCK_SLACK
from bridge.engine.operation import Call, Run, carry_out, require_open
from bridge.ports.roles import Subtask
from bridge.store import work
from bridge.store.connection import AsyncConnection

IN_MEMORY = 1_000_000
"""Bytes of a file that are held in memory; a larger one goes through the disk."""
CHUNK = 65_536


async def _copy(
    run: Run,
    operation: AddTicketNote | AddItemComment | AddSubtask | CopyAttachment,
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

    async def call() -> Outcome:
        id = await egress.add_note(run.hub, operation.ticket, operation.html)
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


async def add_subtask(run: Run, operation: AddSubtask) -> Outcome:
    """Create a task below the item; one that may be there already is looked for first."""
    name = operation.item.connection
    tracker = run.hub.phased(name)

    async def call() -> Outcome:
        if operation.look_since is not None:
            since = operation.look_since - CLOCK_SLACK
            found = await tracker.find_marked(operation.marker, since)
            own = sorted(each.id for each in found if each.own)
            if own:
                return Outcome(OutcomeKind.DONE, "found again", target_id=own[0])
        subtask = Subtask(operation.title, operation.html, operation.marker, operation.template)
        id = await tracker.add_subtask(operation.item.id, subtask)
        return Outcome(OutcomeKind.DONE, target_id=id)

    return await _copy(run, operation, str(operation.item), name, call)


async def copy_attachment(run: Run, operation: CopyAttachment) -> Outcome:
    """Copy a file from the ticket to the work item."""
    name = operation.item.connection
    tracker = run.hub.tracker(name)
    attachment = operation.attachment

    async def call() -> Outcome:
        # Fetched whole before it is sent: each side's failures stay its own.
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            size = await _fetch_file(run, operation, file)
            seen = await tracker.attach(
                operation.item.id, attachment.name, _chunks(file), size, operation.marker
            )
        return Outcome(OutcomeKind.DONE, observation=seen)

    return await _copy(run, operation, str(operation.item), name, call)


async def _fetch_file(
    run: Run, operation: CopyAttachment, file: SpooledTemporaryFile[bytes]
) -> int:
    """Read the file from the helpdesk; its size in bytes."""
    source = operation.ticket.connection
    async with run.hub.db.read() as connection:
        await require_open(run, connection, source)
    async with run.hub.calling(source):
        try:
            helpdesk = run.hub.helpdesk(source)
            opened = helpdesk.open_attachment(operation.ticket.id, operation.attachment)
            async with opened as content:
                async for chunk in content:
                    file.write(chunk)
        except RecordMissing:
            gone = True
        else:
            gone = False
    if gone:
        raise Rejected("the file is no longer at the ticket")
    size = file.tell()
    file.seek(0)
    return size


async def _chunks(file: SpooledTemporaryFile[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
