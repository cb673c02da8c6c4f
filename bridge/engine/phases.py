"""Phases of projects, each looked for or created in a run of its own.

Several launches share a phase, creating one is not idempotent, and it carries no marker but its
name. So a phase is a row with a timer of its own: whoever holds its lease looks for it, and
creates it where it may, with the intent committed first. After silence the name is looked for,
twice and past the vendor's lag, before it is created again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bridge.core.situation import Plan
from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.findings import Finding
from bridge.domain.phases import KnownPhase, PhaseWanted
from bridge.domain.records import Reference
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import faultpoints
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.launching import NOTHING_HAPPENED, PROBES_BEFORE_RESEND
from bridge.engine.operation import Run, require_open
from bridge.kit.context import only_while
from bridge.ports.roles import Phase
from bridge.store import history, leases, phases, queue
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim

TIMER = phases.TIMER
FRESH = timedelta(seconds=30)
"""What was found within it need not be looked for again, however many launches ask."""


async def ask(hub: Hub, plan: Plan, ticket: str) -> None:
    """Have the phases looked for that the plan of a ticket waits for."""
    if not plan.look_up:
        return
    async with hub.db.write(durable=False) as connection:
        await phases.ask(hub.db, connection, plan.look_up, ticket, hub.now())
    hub.work_wake.set()


async def settle(hub: Hub, claim: Claim) -> None:
    """Find the phase whose timer is claimed, or create it where it may be."""
    name, _, key = claim.vendor_id.removeprefix(f"{TIMER}:").partition("/")
    async with hub.db.read() as connection:
        held = await phases.load(connection, name, key)
    if held is None or name not in hub.connections or not hub.connections[name].manifest.phases:
        await _end(Run(hub, claim), None)
        return
    wanted, known, now = held.wanted, held.known, hub.now()
    if known is not None and _is_fresh(known, wanted, now):
        await _end(Run(hub, claim), None, None, wanted, known)
        return
    await _Search(Run(hub, claim), wanted, known or KnownPhase(now)).go()


def _is_fresh(known: KnownPhase, wanted: PhaseWanted, now: datetime) -> bool:
    """Whether what was found a moment ago answers this wish too."""
    # That there is none is no answer to who may create it, unless a refusal says why.
    answers = bool(known.id or known.reason) or not wanted.create
    return answers and known.settled and now - known.looked_at <= FRESH


class _Search:
    """One look for one phase, and what follows from it."""

    def __init__(self, run: Run, wanted: PhaseWanted, known: KnownPhase) -> None:
        self._run, self._wanted, self._known = run, wanted, known
        self._hub = run.hub
        self._grace = self._hub.tracker_view(wanted.connection, Reference()).probe_grace

    async def go(self) -> None:
        """Look, decide, and store what came of it."""
        wanted = self._wanted
        async with self._hub.db.read() as connection:
            await require_open(self._run, connection, wanted.connection)
        tracker = self._hub.phased(wanted.connection)
        try:
            async with self._hub.calling(wanted.connection):
                found = await tracker.find_phases(wanted.project, wanted.name)
        except CallFailed as failed:
            if not isinstance(failed.cause, Rejected | RecordMissing):
                raise
            # The project is gone, or not for the hub to see: the launch says so.
            await self._keep(KnownPhase(self._hub.now(), reason=str(failed.cause)))
            return
        if found:
            await self._found(found)
        elif self._known.intended_at is not None:
            await self._still_unclear(self._known.intended_at)
        elif wanted.create:
            await self._create()
        else:
            await self._keep(KnownPhase(self._hub.now()))

    async def _found(self, found: list[Phase]) -> None:
        """The first that is not closed; more than one is told."""
        still_open = [each for each in found if not each.closed]
        chosen = (still_open or found)[0]
        several = len(still_open or found)
        findings = []
        if several > 1:
            data = {"phase": self._wanted.name, "project": self._wanted.project, "id": chosen.id}
            topic, name = self._wanted.key[:200], self._wanted.connection
            findings = [Finding("PHASE_AMBIGUOUS", name, self._run.claim.key, topic, data)]
        await self._keep(KnownPhase(self._hub.now(), chosen.id), findings)

    async def _still_unclear(self, intended_at: datetime) -> None:
        """A create without an answer that no look has found: free to be sent after the second."""
        due = intended_at + self._grace * (self._known.looks + 1)
        if self._hub.now() < due:
            await self._keep(self._known, wake_at=due)
            return
        looks = self._known.looks + 1
        if looks < PROBES_BEFORE_RESEND:
            known = replace(self._known, looks=looks)
            await self._keep(known, wake_at=intended_at + self._grace * (looks + 1))
        elif self._wanted.create:
            await self._create()
        else:
            # The mapping that asked for it is not the active one any more.
            await self._keep(KnownPhase(self._hub.now()))

    async def _create(self) -> None:
        """Create it once, the intent committed before."""
        hub, wanted, name = self._hub, self._wanted, self._wanted.connection
        begin = hub.now()
        async with hub.db.write(durable=True) as connection:
            await self._run.hold(connection)
            intent = KnownPhase(begin, intended_at=begin)
            await _store(hub, connection, wanted, intent)
        faultpoints.reach("apply.intended", "CreatePhase")
        await self._run.still_held()
        start, due = begin.date().isoformat(), (begin + wanted.lasts).date().isoformat()
        try:
            async with hub.calling(name):
                with only_while(self._run.still_held):
                    tracker = hub.phased(name)
                    id = await tracker.create_phase(wanted.project, wanted.name, start, due)
        except CallFailed as failed:
            if isinstance(failed.cause, Rejected):
                await self._keep(KnownPhase(hub.now(), reason=str(failed.cause)))
                return
            if isinstance(failed.cause, NOTHING_HAPPENED):
                async with hub.db.write(durable=False) as connection:
                    await self._run.hold(connection)
                    await _store(hub, connection, wanted, None)
            raise
        faultpoints.reach("apply.called", "CreatePhase")
        await self._keep(KnownPhase(hub.now(), id))

    async def _keep(
        self,
        known: KnownPhase,
        raised: Sequence[Finding] = (),
        *,
        wake_at: datetime | None = None,
    ) -> None:
        await _end(self._run, wake_at, raised, self._wanted, known)


async def _end(
    run: Run,
    wake_at: datetime | None,
    raised: Sequence[Finding] | None = (),
    wanted: PhaseWanted | None = None,
    known: KnownPhase | None = None,
) -> None:
    """Store what came of the run together with its end; `raised` None: it did not look."""
    hub, claim = run.hub, run.claim
    async with hub.db.write(durable=False) as connection:
        await run.hold(connection)
        waiting: tuple[str, ...] = ()
        if wanted is not None:
            waiting = await _store(hub, connection, wanted, known)
        if raised is not None:
            await history.close_findings(connection, ref=claim.key, still=raised)
            await history.raise_findings(hub.db, connection, raised, hub.now())
        await leases.finish(hub.db, connection, claim, hub.worker_id, wake_at=wake_at)
    if waiting:
        # Apart from the end of the run: a ticket's own pass may hold its row and ask meanwhile.
        marks = [queue.Mark(TicketRef(*split_ref(key)), "its phase is settled") for key in waiting]
        async with hub.db.write(durable=False) as connection:
            await queue.mark(hub.db, connection, marks)
    hub.work_wake.set()


async def _store(
    hub: Hub, connection: AsyncConnection, wanted: PhaseWanted, known: KnownPhase | None
) -> tuple[str, ...]:
    """Keep what is known; the tickets that need wait no longer, once it is settled."""
    held = await phases.load(connection, wanted.connection, wanted.key)
    waiting = () if held is None else held.waiting
    over = known is not None and known.settled
    asked = phases.Asked(wanted, known, () if over else waiting)
    await phases.store(hub.db, connection, asked, hub.now())
    return waiting if over else ()
