"""Launching by hand: a person's wish, checked before it is kept, and met by the ticket's own run.

The wish is a row. Whoever asked may leave, and the process may die: the next pass over the ticket
finds the wish and launches as it always does, once for ever, with its intent committed first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from bridge.core import reasons
from bridge.core.facts import Facts
from bridge.core.launching import WAITING, launch_refusal
from bridge.core.merge import merge_observation
from bridge.core.plan import is_ticket_open
from bridge.core.situation import TicketSituation
from bridge.core.wanted import ticket_want
from bridge.domain import records as facts
from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.links import Launch, LaunchState, Link
from bridge.domain.mapping import Route
from bridge.domain.records import Observation, Presence
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.engine import faultpoints
from bridge.engine.check import POLL_S
from bridge.engine.explain import explain_ticket
from bridge.engine.hub import ActiveMapping, CallFailed, Hub
from bridge.engine.linking import require_running
from bridge.engine.references import company_of, reference_for
from bridge.engine.situations import ticket_situation
from bridge.engine.taking_in import take_in
from bridge.ports.roles import Want
from bridge.store import queue, records, retries, tokens, views, wishes, work
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark


class LaunchRefused(BridgeError):
    """The launch can't be: `code` is the problem's stable code, the message the way out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wished:
    """How a wish stands. `link` None: not met yet; `verdict` and `data` say what it waits for."""

    link: Link | None
    first: bool = False
    """This call was the first to ask for it."""
    verdict: str = WAITING
    data: Table[str, str] = field(default_factory=dict)


PROBLEM_OF = {
    "LAUNCH_LIMIT": "launch_limit",
    "NO_CONNECTION": "not_configured",
    "LAUNCH_UNDECIDED": "launch_undecided",
    "LAUNCH_REJECTED": "vendor_refused",
}
"""Reason codes that stop a launch, as problem codes; any other means that values are missing."""


async def launch_by_hand(
    hub: Hub,
    ref: TicketRef,
    route_id: str,
    *,
    by: str,
    wait_s: float,
    ends: WorkItemRef | None = None,
    with_it: Callable[[AsyncConnection], Awaitable[None]] | None = None,
) -> Wished:
    """Have the route launched for the ticket, before all else; waits that long for the item.

    `ends`: an item whose link ends in the very moment in which the new one is linked. `with_it`
    stores what is true only together with the wish; where it raises, neither is kept. Raises
    LaunchRefused, Paused, RecordMissing, or what the vendor's calls raise; nothing is kept then,
    but for what the tracker refuses while this waits.
    """
    active, route = _route(hub, ref, route_id)
    made = await _made(hub, ref, route_id)
    if made is not None:
        return Wished(made)
    await require_running(hub, ref.connection, _tracker_of(route))
    try:
        seen, situation = await _look(hub, ref, active)
    except CallFailed as failure:
        raise failure.cause from failure
    _require_possible(situation, route, hub)
    async with hub.db.write() as connection:
        if with_it is not None:
            await with_it(connection)
        again = await records.load(connection, str(ref))
        if again is not None and again.merged_into is not None:
            raise RecordMissing(f"ticket {ref} was merged a moment ago; see {again.merged_into}")
        await take_in(hub, connection, seen)
        first = await ask(hub, connection, ref, route_id, by=by, ends=ends)
        await retries.release(connection, str(ref))
        goal = await queue.progress(connection, str(ref))
    faultpoints.reach("wish.stored")
    hub.work_wake.set()
    return await _met(hub, ref, route_id, 0 if goal is None else goal.dirty, first, wait_s)


async def ask(
    hub: Hub,
    connection: AsyncConnection,
    ref: TicketRef,
    route_id: str,
    *,
    by: str,
    ends: WorkItemRef | None = None,
    claim_class: ClaimClass = ClaimClass.PERSON,
) -> bool:
    """Keep the wish and wake the ticket; False if it is asked for already. Checks nothing.

    A launch that the tracker refused is taken back by that: it is sent once more.
    """
    await queue.mark(hub.db, connection, [Mark(ref, f"launch by {by}", claim_class)])
    now, item = hub.now(), None if ends is None else str(ends)
    anew = await wishes.take_back_rejected(connection, str(ref), route_id)
    first = await wishes.ask(
        hub.db, connection, str(ref), route_id, by=by, now=now, ends=item, anew=anew
    )
    if first:
        await tokens.audit(
            connection,
            actor=by,
            action="launch",
            target=str(ref),
            detail={"route": route_id} | ({} if item is None else {"instead of": item}),
            now=now,
        )
    return first


def _route(hub: Hub, ref: TicketRef, route_id: str) -> tuple[ActiveMapping, Route]:
    active = hub.mappings.get(ref.connection)
    if active is None:
        raise LaunchRefused(
            "not_configured", f"No mapping is in force for {ref.connection}: activate one first"
        )
    name = active.data.mapping
    route = next((each for each in active.data.routes if each.id == route_id), None)
    can = ", ".join(each.id for each in active.data.routes if each.launch is not None)
    if route is None:
        raise LaunchRefused(
            "unknown_route", f"The mapping {name} has no route {route_id!r}; it launches: {can}"
        )
    if route.launch is None:
        raise LaunchRefused(
            "route_stays",
            f"Tickets of route {route_id} stay with support; the mapping {name} launches: {can}",
        )
    return active, route


def _tracker_of(route: Route) -> str:
    return "" if route.launch is None else route.launch.in_


async def _look(
    hub: Hub, ref: TicketRef, active: ActiveMapping
) -> tuple[Observation, TicketSituation]:
    """The ticket as the helpdesk has it this moment, and all that a plan for it looks at."""
    wanted = ticket_want(active.data)
    async with hub.calling(ref.connection):
        seen = await hub.helpdesk(ref.connection).fetch_ticket(
            ref.id, Want(wanted.fields, wanted.timed)
        )
    if seen.presence is not Presence.PRESENT or seen.ref != ref:
        raise RecordMissing(f"ticket {ref} is deleted or merged; it lives on as {seen.ref}")
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
    known = merge_observation(None if stored is None else stored.observation, seen)
    company = None
    if known.text(facts.CUSTOMER) and active.data.ticket.customer is not None:
        company = await company_of(hub, ref.connection, known.text(facts.CUSTOMER), active.data)
    situation = await ticket_situation(
        hub,
        ref,
        known,
        reference=await reference_for(hub, known),
        mapping=active.data,
        company=company,
    )
    return seen, situation


def _require_possible(s: TicketSituation, route: Route, hub: Hub) -> None:
    if not is_ticket_open(s):
        status = s.reference.statuses.get(s.observation.text(facts.STATUS))
        said = "" if status is None else f" ({status.label})"
        raise LaunchRefused(
            "ticket_closed", f"Ticket {s.ref} is closed{said}; reopen it in the helpdesk first"
        )
    held = _launch_of(s.launches, route.id)
    if held is not None and held.state is LaunchState.UNDECIDED:
        raise _refused("LAUNCH_UNDECIDED", held.route, held.connection, held.reason)
    if held is not None and held.state is LaunchState.INTENDED:
        return
    reading = Facts(s.ref, s.observation, s.mapping, s.reference, s.company)
    refusal = launch_refusal(s, reading, route, hub.now())
    if refusal is not None:
        code, data = refusal
        raise LaunchRefused(PROBLEM_OF.get(code, "launch_incomplete"), _said(code, data))


def _refused(code: str, route: str, name: str, why: str) -> LaunchRefused:
    """For whoever asked, who may launch: the vendor's reason, too."""
    data = {"route": route, "connection": name, "reason": why.rstrip(".")}
    parts = (f(code, data) for f in (reasons.sentence, reasons.detail, reasons.what_to_do))
    return LaunchRefused(PROBLEM_OF[code], " ".join(part for part in parts if part))


def _said(code: str, data: Table[str, str]) -> str:
    return f"{reasons.sentence(code, data)} {reasons.what_to_do(code, data)}".strip()


def _launch_of(launches: tuple[Launch, ...] | list[Launch], route_id: str) -> Launch | None:
    return next((each for each in launches if each.route == route_id), None)


async def _made(hub: Hub, ref: TicketRef, route_id: str) -> Link | None:
    """The link of the launch that was made; None as long as there is none."""
    async with hub.db.read() as connection:
        launch = _launch_of(await work.launches_of(connection, str(ref)), route_id)
        if launch is None or launch.state is not LaunchState.CREATED:
            return None
        item = WorkItemRef(launch.connection, launch.work_item_id or "")
        live = await work.find_link(connection, ref, item)
        if live is not None:
            return live
        ended = await views.page_links(
            connection, cursor=None, limit=1, ticket=str(ref), work_item=str(item), state=None
        )
    return work.link_of(ended[0]) if ended else None


async def _met(
    hub: Hub, ref: TicketRef, route_id: str, goal: int, first: bool, wait_s: float
) -> Wished:
    """Wait until the wish is met, refused by the tracker, or known to need something else."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    looked = False
    while True:
        made = await _made(hub, ref, route_id)
        if made is not None:
            return Wished(made, first)
        async with hub.db.read() as connection:
            launch = _launch_of(await work.launches_of(connection, str(ref)), route_id)
            now = await queue.progress(connection, str(ref))
        if launch is not None and launch.state in (LaunchState.REJECTED, LaunchState.UNDECIDED):
            code = f"LAUNCH_{launch.state.name}"
            raise _refused(code, launch.route, launch.connection, launch.reason)
        over = now is None or now.dead or now.done >= goal
        late = loop.time() >= deadline
        if late or (over and not looked):
            looked = looked or over
            found = await explain_ticket(hub, ref)
            verdict = WAITING if found is None else found.verdict
            if late or not verdict.startswith("WAITING"):
                # It may have been made since the first question of this round.
                made = await _made(hub, ref, route_id)
                return Wished(made, first, verdict, {} if found is None else found.data)
        await asyncio.sleep(POLL_S)
