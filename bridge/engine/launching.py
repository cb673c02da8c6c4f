"""Launching: the one effect that is not idempotent. Sent once, then only looked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
)
from bridge.domain.links import Launch, LaunchState
from bridge.domain.operations import LaunchItem, Outcome, OutcomeKind, ProbeLaunch
from bridge.domain.refs import WorkItemRef
from bridge.engine.operation import Run, carry_out
from bridge.ports.roles import Found
from bridge.store import connections, history, queue, work
from bridge.store.queue import ClaimClass, Mark

PROBES_BEFORE_RESEND = 2
"""Negative probes, each after the vendor's index lag, before a create may be sent again."""

CLOCK_SLACK = timedelta(minutes=5)
"""How far a vendor's clock may be off ours when a creation is held against an intent."""

LIMIT_SPAN = timedelta(hours=1)

NOTHING_HAPPENED = (Unavailable, Throttled, CredentialProblem)
"""After these a create is known not to have happened: its intent is taken back."""


async def launch(run: Run, operation: LaunchItem) -> Outcome:
    """Create the work item, with the intent committed before the call."""
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

    async def before(connection: AsyncConnection) -> None:
        # Counted again under a lock: passes that planned at the same moment must not add up.
        await connections.hold(hub.db, connection, name)
        since = intent.intended_at - LIMIT_SPAN
        if await work.launches_since(connection, name, since) >= hub.launch_limit:
            raise Stale("the launch limit was reached meanwhile")
        if not await work.intend_launch(hub.db, connection, intent):
            raise Stale("this launch was intended before")

    async def call() -> Outcome:
        created = await tracker.create_item(operation)
        return Outcome(OutcomeKind.DONE, target_id=created.ref.id, observation=created)

    async def after(connection: AsyncConnection, outcome: Outcome) -> None:
        await _launched(run, connection, name, operation.marker, str(outcome.target_id))

    async def failed(connection: AsyncConnection, error: BridgeError) -> None:
        if isinstance(error, NOTHING_HAPPENED):
            await work.retract_launch(connection, name, operation.marker)
        elif isinstance(error, Rejected):
            await work.settle_launch(
                connection, name, operation.marker, LaunchState.REJECTED, reason=str(error)
            )

    return await carry_out(run, operation, name, call, before=before, after=after, failed=failed)


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
    await queue.mark(hub.db, connection, [Mark(item, f"launched for {ticket}", ClaimClass.FRESH)])
    link = await work.add_link(
        hub.db,
        connection,
        ticket=ticket,
        item=item,
        route=launch.route,
        by=f"route {launch.route}",
        now=hub.now(),
    )
    if link is not None:
        await history.add_transition(
            connection,
            str(ticket),
            "linked",
            before=None,
            after=str(item),
            cause=f"route {launch.route}",
            now=hub.now(),
        )
    if str(ticket) != run.claim.key:
        await queue.mark(hub.db, connection, [Mark(ticket, f"launched {item}")])


async def probe(run: Run, operation: ProbeLaunch) -> Outcome:
    """Find the item of a launch whose answer never came, by its marker."""
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
            await _launched(run, connection, name, operation.marker, own[0].id)
            await queue.mark(
                hub.db,
                connection,
                [Mark(WorkItemRef(name, own[0].id), "adopted after a probe", read=True)],
            )
        elif own:
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

    return await carry_out(run, operation, name, call, after=after)
