"""Escalations: asked for by those who look after customers, decided by those who launch work."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.escalating import Intake, Point, intake_of, may_be_escalated
from bridge.core.facts import Facts
from bridge.core.plan import is_ticket_open
from bridge.core.routing import choose_route
from bridge.core.situation import TicketSituation
from bridge.domain.errors import BridgeError, RecordMissing
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine.explain import stored_situation
from bridge.engine.hub import Hub
from bridge.engine.wishes import LaunchRefused, launch_by_hand
from bridge.kit.ids import new_id
from bridge.store import escalations, history, queue, records, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.queue import ClaimClass, Mark


class EscalationRefused(BridgeError):
    """It can't be asked for or decided so: `code` is the problem's, the message the way out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Standing:
    """How a ticket stands to escalation: what is known of it, what was asked, who carries it."""

    ref: TicketRef
    intake: Intake
    allowed: bool
    open: bool
    route: str
    """The route that accepting would launch; empty where nothing would be launched."""
    requests: tuple[EscalationRequest, ...] = ()
    linked: bool = False
    """Work hangs on it already."""

    @property
    def checklist(self) -> tuple[Point, ...]:
        """What must be known before it is escalated, as long as that is still to come."""
        coming = self.open and self.allowed and (not self.linked or self.waiting is not None)
        return self.intake.points if coming else ()

    @property
    def waiting(self) -> EscalationRequest | None:
        """The request that waits for a decision."""
        found = [each for each in self.requests if each.state is EscalationState.OPEN]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decides. `anyway`: though points of the checklist are not known."""

    state: EscalationState
    by: str
    note: str
    owner: str = ""
    route: str = ""
    anyway: bool = False


async def standing_of(hub: Hub, ref: TicketRef) -> Standing | None:
    """How the ticket stands to escalation; None where it was never read, or has no mapping."""
    situation = await situation_of(hub, ref)
    return None if situation is None else standing_in(situation)


async def situation_of(hub: Hub, ref: TicketRef) -> TicketSituation | None:
    """The ticket as it is stored; None where it was never read, or has no mapping."""
    async with hub.db.read() as connection:
        stored = await records.load(connection, str(ref))
    active = hub.mappings.get(ref.connection)
    if stored is None or stored.observation is None or active is None:
        return None
    return await stored_situation(hub, ref, stored.observation, active)


async def questions_to(hub: Hub, ref: TicketRef) -> str:
    """What the customer is to be asked before an escalation, one question a line."""
    standing = await standing_of(hub, ref)
    return "" if standing is None else "\n".join(standing.intake.questions)


def standing_in(s: TicketSituation) -> Standing:
    """How the ticket of that situation stands to escalation."""
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry)
    route = choose_route(facts).route
    launches = route is not None and route.launch is not None and not s.items
    return Standing(
        ref=s.ref,
        intake=intake_of(facts),
        allowed=may_be_escalated(facts),
        open=is_ticket_open(s),
        route=route.id if launches and route is not None else "",
        requests=s.escalations,
        linked=bool(s.items),
    )


async def ask(hub: Hub, ref: TicketRef, *, reason: str, contact: str, by: str) -> EscalationRequest:
    """Keep that somebody asks to escalate the ticket, and have those who decide told.

    What the ticket does not say yet keeps nobody from asking; it stands in the request.
    """
    found = await _known(hub, ref)
    if not found.open:
        raise EscalationRefused(
            "ticket_closed", f"Ticket {ref} is closed; open it again in the helpdesk first"
        )
    if not found.allowed:
        raise EscalationRefused(
            "not_for_escalation",
            f"The mapping does not let ticket {ref} be escalated: see open_to in its escalation",
        )
    request = EscalationRequest(
        id=f"es-{new_id()}",
        ticket=str(ref),
        state=EscalationState.OPEN,
        reason=reason,
        contact=contact,
        asked_by=by,
        asked_at=hub.now(),
        missing=found.intake.missing,
    )
    async with hub.db.write() as connection:
        # Two that ask at once wait for each other here.
        await queue.lock(hub.db, connection, [str(ref)])
        before = (await escalations.of_tickets(connection, [str(ref)])).get(str(ref), [])
        waiting = [each for each in before if each.state is EscalationState.OPEN]
        if waiting:
            raise EscalationRefused(
                "escalation_open",
                f"{waiting[0].asked_by} asked already ({waiting[0].id}); it waits for a decision",
            )
        await escalations.add(hub.db, connection, [request])
        await _tell(hub, connection, request, by, "escalation.asked", "asked for")
    hub.work_wake.set()
    return request


async def _known(hub: Hub, ref: TicketRef) -> Standing:
    found = await standing_of(hub, ref)
    if found is None:
        if ref.connection not in hub.mappings:
            raise EscalationRefused(
                "not_configured", f"No mapping is in force for {ref.connection}: activate one first"
            )
        raise RecordMissing(f"ticket {ref} was never read; POST …/check reads it now")
    return found


async def decide(
    hub: Hub, id: str, verdict: Verdict, *, wait_s: float
) -> tuple[EscalationRequest, Link | None] | None:
    """Accept or decline a request; None if there is none of that id.

    Accepting launches the ticket's route, where it has one that launches and no work is linked
    yet. The decision and the wish to launch are kept together or not at all: a launch that can't
    be leaves the request waiting, and LaunchRefused says what is missing. What the tracker refuses
    later is a finding of the ticket.
    """
    async with hub.db.read() as connection:
        request = await escalations.load(connection, id)
    if request is None:
        return None
    _require_open(request)
    decision, link = _Decision(hub, request, verdict), None
    if verdict.state is EscalationState.ACCEPTED:
        ref = TicketRef(*split_ref(request.ticket))
        found = await _known(hub, ref)
        _require_known(found.intake, verdict)
        decision.route = verdict.route or found.route
        if decision.route:
            link = await _launched(hub, ref, decision, wait_s)
    if not decision.kept:
        # Nothing is launched, or the route's item is there already.
        async with hub.db.write() as connection:
            await decision.keep(connection)
    hub.work_wake.set()
    async with hub.db.read() as connection:
        after = await escalations.load(connection, id)
    return None if after is None else (after, link)


async def _launched(hub: Hub, ref: TicketRef, decision: _Decision, wait_s: float) -> Link | None:
    """The link, if it was made by then; the decision is kept as soon as the launch is asked for."""
    try:
        wished = await launch_by_hand(
            hub,
            ref,
            decision.route,
            by=decision.verdict.by,
            wait_s=wait_s,
            with_it=decision.keep,
        )
    except LaunchRefused:
        if not decision.kept:
            raise
        return None
    return wished.link


@dataclass(slots=True)
class _Decision:
    """What somebody decides about a request, until it is kept."""

    hub: Hub
    request: EscalationRequest
    verdict: Verdict
    route: str = ""
    kept: bool = False

    async def keep(self, connection: AsyncConnection) -> None:
        """Keep it in this transaction; EscalationRefused if somebody else has decided."""
        request, verdict = self.request, self.verdict
        await queue.lock(self.hub.db, connection, [request.ticket])
        accepted = verdict.state is EscalationState.ACCEPTED
        first = await escalations.decide(
            connection,
            request.id,
            verdict.state,
            by=verdict.by,
            now=self.hub.now(),
            note=verdict.note,
            owner=(verdict.owner or verdict.by) if accepted else "",
            route=self.route,
        )
        if not first:
            before = await escalations.load(connection, request.id)
            raise _decided_already(before or request)
        await _tell(
            self.hub, connection, request, verdict.by,
            f"escalation.{verdict.state.value}", verdict.state.value, route=self.route,
        )  # fmt: skip
        self.kept = True


def _require_open(request: EscalationRequest) -> None:
    if request.state is not EscalationState.OPEN:
        raise _decided_already(request)


def _decided_already(request: EscalationRequest) -> EscalationRefused:
    return EscalationRefused(
        "escalation_decided", f"{request.decided_by} has decided already: {request.state.value}"
    )


def _require_known(intake: Intake, verdict: Verdict) -> None:
    lacking = intake.blocking if verdict.anyway else intake.missing
    if lacking:
        way = "" if intake.blocking else ", or accept it all the same (anyway)"
        raise EscalationRefused(
            "escalation_incomplete",
            f"The ticket does not say: {', '.join(lacking)}. Fill it in at the ticket{way}",
        )


async def _tell(
    hub: Hub,
    connection: AsyncConnection,
    request: EscalationRequest,
    by: str,
    action: str,
    word: str,
    *,
    route: str = "",
) -> None:
    """Audit it, write it to the ticket's timeline, and wake the ticket."""
    now = hub.now()
    detail = {"ticket": request.ticket} | ({"route": route} if route else {})
    await tokens.audit(
        connection, actor=by, action=action, target=f"escalation {request.id}",
        detail=detail, now=now,
    )  # fmt: skip
    await history.add_transition(
        connection, request.ticket, "escalation", before=None, after=word, cause=by, now=now
    )
    ref = TicketRef(*split_ref(request.ticket))
    cause = f"escalation {word} by {by}"
    await queue.mark(hub.db, connection, [Mark(ref, cause, ClaimClass.PERSON)])
