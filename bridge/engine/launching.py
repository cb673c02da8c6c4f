"""Launching: the one effect that is not idempotent. Sent once, then only looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
)
from bridge.domain.links import Launch, LaunchState
from bridge.domain.operations import (
    LaunchItem,
    LaunchSignal,
    Outcome,
    OutcomeKind,
    ProbeLaunch,
    ProbeSignal,
)
from bridge.domain.refs import TicketRef, WorkItemRef, split_ref
from bridge.engine.operation import Run, carry_out
from bridge.ports.roles import Found, Tracker
from bridge.store import connections, history, phases, queue, wishes, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark

PROBES_BEFORE_RESEND = 2
"""Negative probes, each after the vendor's index lag, before a create may be sent again."""

CLOCK_SLACK = timedelta(minutes=5)
"""How far a vendor's clock may be off ours when a creation is held against an intent."""

LIMIT_SPAN = timedelta(hours=1)

FOUND_AGAIN = "found again after a restore"

NOTHING_HAPPENED = (Unavailable, Throttled, CredentialProblem)
"""After these a create is known not to have happened: its intent is taken back."""


class _Several(Rejected):
    """More than one item may be the one that was forgotten: a person decides."""

    state = LaunchState.UNDECIDED

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"several items carry its marker: {', '.join(self.ids)}")


@dataclass(frozen=True, slots=True)
class Creation:
    """A create that is sent once: its marker, its intent's row, the call, what follows from it."""

    connection: str
    marker: str
    intend: Callable[[AsyncConnection], Awaitable[bool]]
    """Write the intent down; False if it was ever intended before."""
    create: Callable[[], Awaitable[Outcome]]
    created: Callable[[AsyncConnection, str], Awaitable[None]]
    """What the id of the created item makes of the records."""
    undecided: Callable[[AsyncConnection, list[str]], Awaitable[None]] | None = None
    """What several items, of which a person keeps one, make of the records."""


async def launch(run: Run, operation: LaunchItem) -> Outcome:
    """Create the work item of a ticket's route, with the intent committed before the call."""
    hub, name = run.hub, operation.connection
    tracker = hub.tracker(name)
    intent = Launch(
        operation.ticket,
        operation.route,
        name,
        operation.marker,
        LaunchState.INTENDED,
        hub.now(),
    )

    async def intend(connection: AsyncConnection) -> bool:
        return await work.intend_launch(hub.db, connection, intent)

    async def create() -> Outcome:
        return await _find_or_create(tracker, operation)

    async def created(connection: AsyncConnection, item_id: str) -> None:
        await _launched(run, connection, name, operation.marker, item_id)

    return await send_once(
        run, operation, Creation(name, operation.marker, intend, create, created)
    )


async def send_once(run: Run, operation: LaunchItem | LaunchSignal, creation: Creation) -> Outcome:
    """Create an item under the launch limit, with the intent committed before the call."""
    hub, name, marker = run.hub, creation.connection, creation.marker

    async def before(connection: AsyncConnection) -> None:
        # Counted again under a lock: passes that planned at the same moment must not add up.
        await connections.hold(hub.db, connection, name)
        since = hub.now() - LIMIT_SPAN
        if (
            await work.launches_since(connection, name, since, most=hub.launch_limit)
            >= hub.launch_limit
        ):
            raise Stale("the launch limit was reached meanwhile")
        if not await creation.intend(connection):
            raise Stale("this launch was intended before")

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        item = WorkItemRef(name, str(outcome.target_id))
        await creation.created(connection, item.id)
        if outcome.observation is None:
            await queue.mark(hub.db, connection, [Mark(item, FOUND_AGAIN, read=True)])

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        if isinstance(error, NOTHING_HAPPENED):
            await work.retract_launch(connection, name, marker)
        elif isinstance(error, Rejected):
            if isinstance(error, _Several) and creation.undecided is not None:
                await creation.undecided(connection, error.ids)
            await _refused(connection, operation, error)

    return await carry_out(
        run, operation, name, creation.create,
        before=before, after=after, failed=failed, waking=True,
    )  # fmt: skip


async def _refused(
    connection: AsyncConnection, operation: LaunchItem | LaunchSignal, error: Rejected
) -> None:
    name = operation.connection
    if isinstance(operation, LaunchItem) and operation.phase:
        # A retry must not go to a phase that was deleted meanwhile, and not every refusal names
        # what it is about.
        await phases.forget(connection, name, operation.phase)
    state = error.state if isinstance(error, _Several) else LaunchState.REJECTED
    await work.settle_launch(connection, name, operation.marker, state, reason=str(error))


async def _find_or_create(tracker: Tracker, operation: LaunchItem) -> Outcome:
    forgotten = await _made_before(tracker, operation)
    if forgotten is not None:
        return Outcome(OutcomeKind.DONE, FOUND_AGAIN, target_id=forgotten)
    created = await tracker.create_item(operation)
    return Outcome(OutcomeKind.DONE, target_id=created.ref.id, observation=created)


async def _made_before(tracker: Tracker, operation: LaunchItem) -> str | None:
    """The item that the hub made for this ticket and has forgotten by a restore; None if none."""
    if operation.look_since is None:
        return None
    return await forgotten_item(tracker, operation.look_for, operation.look_since)


async def forgotten_item(tracker: Tracker, markers: Iterable[str], since: datetime) -> str | None:
    """The one item of our own account that carries one of the markers; None if there is none."""
    own: set[str] = set()
    for marker in markers:
        found = await tracker.find_marked(marker, since - CLOCK_SLACK)
        own |= {each.id for each in found if each.own}
    if len(own) > 1:
        raise _Several(own)
    return next(iter(own), None)


async def _launched(
    run: Run, connection: AsyncConnection, name: str, marker: str, item_id: str
) -> None:
    """Link the item to the ticket that the launch belongs to now, and wake the item."""
    hub = run.hub
    item = WorkItemRef(name, item_id)
    ticket = await work.launch_ticket(connection, name, marker)
    if ticket is None:
        return
    launch = next(
        each for each in await work.launches_of(connection, str(ticket)) if each.marker == marker
    )
    await work.settle_launch(connection, name, marker, LaunchState.CREATED, item_id=item_id)
    await queue.mark(
        hub.db,
        connection,
        [Mark(item, f"launched for {ticket}", ClaimClass.FRESH, trace=run.claim.trace)],
    )
    wish = await wishes.load(connection, str(ticket), launch.route)
    by = f"route {launch.route}" if wish is None else wish.asked_by
    link = await work.add_link(
        hub.db,
        connection,
        ticket=ticket,
        item=item,
        route=launch.route,
        by=by,
        now=hub.now(),
    )
    if link is not None:
        await history.add_transition(
            connection,
            str(ticket),
            "linked",
            before=None,
            after=str(item),
            cause=by,
            now=hub.now(),
        )
    if wish is not None and wish.ends is not None:
        await _replaced(run, connection, ticket, WorkItemRef(*split_ref(wish.ends)), by)
    if str(ticket) != run.claim.key:
        await queue.mark(
            hub.db, connection, [Mark(ticket, f"launched {item}", trace=run.claim.trace)]
        )


async def _replaced(
    run: Run, connection: AsyncConnection, ticket: TicketRef, item: WorkItemRef, by: str
) -> None:
    """End the link to the item in whose place a person asked for the new one."""
    hub = run.hub
    link = await work.find_link(connection, ticket, item)
    if link is None or not await work.end_link(connection, link.id, by, hub.now()):
        return
    await history.add_transition(
        connection,
        str(ticket),
        "unlinked",
        before=str(item),
        after=None,
        cause=by,
        now=hub.now(),
    )
    await queue.mark(hub.db, connection, [Mark(item, f"unlinked from {ticket}")])


async def probe(run: Run, operation: ProbeLaunch) -> Outcome:
    """Find the item of a ticket's launch whose answer never came, by its marker."""

    async def created(connection: AsyncConnection, item_id: str) -> None:
        await _launched(run, connection, operation.connection, operation.marker, item_id)

    return await look_for(run, operation, created)


async def look_for(
    run: Run,
    operation: ProbeLaunch | ProbeSignal,
    created: Callable[[AsyncConnection, str], Awaitable[None]],
    undecided: Callable[[AsyncConnection, list[str]], Awaitable[None]] | None = None,
) -> Outcome:
    """Find the item of a launch whose answer never came, and say what that makes of it.

    `undecided`: what several found items, of which a person keeps one, make of the records.
    """
    hub, name = run.hub, operation.connection
    tracker = hub.tracker(name)
    found: list[Found] = []

    async def call() -> Outcome:
        since = operation.intended_at - CLOCK_SLACK
        found.extend(await tracker.find_marked(operation.marker, since))
        return Outcome(OutcomeKind.DONE, f"{len(found)} found")

    async def after(connection: AsyncConnection, _outcome: Outcome) -> None:
        # People clone items, markers included: only our own account's creations count.
        own = [each for each in found if each.own]
        if len(own) == 1:
            await created(connection, own[0].id)
            await queue.mark(
                hub.db,
                connection,
                [
                    Mark(
                        WorkItemRef(name, own[0].id),
                        "adopted after a probe",
                        read=True,
                        trace=run.claim.trace,
                    )
                ],
            )
        elif own:
            if undecided is not None:
                await undecided(connection, [each.id for each in own])
            ids = ", ".join(each.id for each in own)
            await work.settle_launch(
                connection,
                name,
                operation.marker,
                LaunchState.UNDECIDED,
                reason=f"several items carry the marker: {ids}",
            )
        elif operation.probes + 1 >= PROBES_BEFORE_RESEND:
            # Looked twice, past the vendor's index lag: it never happened. Free to send again.
            await work.retract_launch(connection, name, operation.marker)
        else:
            await work.settle_launch(
                connection,
                name,
                operation.marker,
                LaunchState.INTENDED,
                probes=operation.probes + 1,
            )

    return await carry_out(run, operation, name, call, after=after, waking=True)
