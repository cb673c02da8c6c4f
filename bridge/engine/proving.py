"""Reading which comments of a signal's items are copies of notes made at its source."""

from __future__ import annotations

import structlog

from bridge.domain.errors import BridgeError
from bridge.domain.refs import SignalRef
from bridge.engine.operation import Run
from bridge.store import proofs, queue, signals, work
from bridge.store.queue import ClaimClass

log = structlog.get_logger(__name__)


async def prove_copies(run: Run, ref: SignalRef) -> None:
    """Keep what the source says of its notes' copies; the tickets on its items look again.

    All comments of these items are held in any case, so nothing waits for a source that is silent.
    """
    hub = run.hub
    try:
        copies = await hub.signals(ref.connection).copied_comments(ref.id)
    except BridgeError as error:
        log.warning("copies not read", signal=str(ref), error=type(error).__name__)
        return
    if not copies:
        return
    async with hub.db.write(durable=False) as connection:
        await run.hold(connection)
        if not await proofs.keep(hub.db, connection, ref, copies, hub.now()):
            return
        for item in await signals.items_of(connection, ref):
            await queue.mark_where(
                hub.db,
                connection,
                work.tickets_on(str(item)),
                cause=f"comments of {item} are proven copies",
                claim_class=ClaimClass.FRESH,
                trace=run.claim.trace,
            )
