"""Launching the work item of a signal: the same single create, its words fetched as it is sent."""

from __future__ import annotations

from bridge.core.signals import item_words
from bridge.domain.errors import Rejected
from bridge.domain.links import LaunchState, SignalLaunch
from bridge.domain.operations import (
    LaunchSignal,
    Outcome,
    OutcomeKind,
    ProbeSignal,
    SignalItem,
)
from bridge.domain.records import KEY, Value
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.engine.hub import Hub
from bridge.engine.launching import (
    FOUND_AGAIN,
    Creation,
    forgotten_item,
    look_for,
    send_once,
)
from bridge.engine.operation import Run
from bridge.ports.manifest import Manifest
from bridge.ports.signals import SignalWords
from bridge.store import history, queue, records, signals, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark


async def launch(run: Run, operation: LaunchSignal) -> Outcome:
    """Create the item, with the intent committed before the call."""
    hub, name = run.hub, operation.connection
    # Fetched before the intent is written: a signal that can't be read leaves no trace of one.
    async with hub.calling(operation.signal.connection):
        item = await _rendered(hub, operation)
    intent = SignalLaunch(operation.signal, name, operation.marker, LaunchState.INTENDED, hub.now())

    async def intend(connection: AsyncConnection) -> bool:
        return await signals.intend(hub.db, connection, intent)

    async def create() -> Outcome:
        tracker = hub.tracker(name)
        if hub.restored is not None:
            since = hub.restored.known_until
            forgotten = await forgotten_item(tracker, [operation.marker], since)
            if forgotten is not None:
                return Outcome(OutcomeKind.DONE, FOUND_AGAIN, target_id=forgotten)
        made = await tracker.create_item(item)
        return Outcome(OutcomeKind.DONE, target_id=made.ref.id, observation=made)

    async def created(connection: AsyncConnection, item_id: str) -> None:
        await _launched(run, connection, operation, item_id)

    async def undecided(connection: AsyncConnection, ids: list[str]) -> None:
        await _several(run, connection, operation, ids)

    return await send_once(
        run, operation, Creation(name, operation.marker, intend, create, created, undecided)
    )


async def probe(run: Run, operation: ProbeSignal) -> Outcome:
    """Find the item of a launch whose answer never came, by its marker."""

    async def created(connection: AsyncConnection, item_id: str) -> None:
        await _launched(run, connection, operation, item_id)

    async def undecided(connection: AsyncConnection, ids: list[str]) -> None:
        await _several(run, connection, operation, ids)

    return await look_for(run, operation, created, undecided)


async def _several(
    run: Run, connection: AsyncConnection, operation: LaunchSignal | ProbeSignal, ids: list[str]
) -> None:
    """Whichever of them a person keeps, none may ever hang on a ticket."""
    items = [WorkItemRef(operation.connection, each) for each in ids]
    cause = f"may be launched for {operation.signal}"
    marks = [Mark(item, cause, read=True, trace=run.claim.trace) for item in items]
    await queue.mark(run.hub.db, connection, marks)
    for item in items:
        await born(run, connection, operation.signal, item, by="found by its marker")


async def born(
    run: Run, connection: AsyncConnection, signal: SignalRef, item: WorkItemRef, *, by: str
) -> bool:
    """The item is born of the signal; False if that was known.

    The tickets that hang on it look again: from now on all its texts are held.
    """
    db = run.hub.db
    if not await signals.add_origin(db, connection, signal, item, by=by, now=run.hub.now()):
        return False
    await queue.mark_where(
        db,
        connection,
        work.tickets_on(str(item)),
        cause=f"{item} is born of a signal",
        claim_class=ClaimClass.FRESH,
        trace=run.claim.trace,
    )
    return True


async def _rendered(hub: Hub, operation: LaunchSignal) -> SignalItem:
    """The item with its words; they live in this value alone, and go with it."""
    manifest = hub.connections[operation.connection].manifest
    if not manifest.subject_field:
        raise Rejected(f"{manifest.title} takes no items of signals")
    words = await hub.signals(operation.signal.connection).fetch_words(operation.signal.id)
    fields = await _worded(hub, operation.signal, words, manifest)
    return SignalItem(operation.marker, operation.project, operation.type, fields, words.url)


async def rendered(hub: Hub, signal: SignalRef, manifest: Manifest) -> dict[str, Value]:
    """The fields that tell of the signal in an item of that tracker; never to be stored."""
    words = await hub.signals(signal.connection).fetch_words(signal.id)
    return await _worded(hub, signal, words, manifest)


async def _worded(
    hub: Hub, signal: SignalRef, words: SignalWords, manifest: Manifest
) -> dict[str, Value]:
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(signal))
    seen = None if stored is None else stored.observation
    return item_words(
        words.title,
        signal.id if seen is None else seen.text(KEY) or signal.id,
        words.url,
        subject_field=manifest.subject_field,
        body_field=manifest.body_field,
        longest=manifest.longest_subject,
    )


async def _launched(
    run: Run, connection: AsyncConnection, operation: LaunchSignal | ProbeSignal, item_id: str
) -> None:
    """The item is born of the signal: all its texts are held from its first moment on."""
    hub, item = run.hub, WorkItemRef(operation.connection, item_id)
    await work.settle_launch(
        connection, item.connection, operation.marker, LaunchState.CREATED, item_id=item_id
    )
    mark = Mark(item, f"launched for {operation.signal}", ClaimClass.FRESH, trace=run.claim.trace)
    await queue.mark(hub.db, connection, [mark])
    if await born(run, connection, operation.signal, item, by="launch"):
        await history.add_transition(
            connection, str(operation.signal), "launched",
            before=None, after=str(item), cause=run.claim.woken_by, now=hub.now(),
        )  # fmt: skip
