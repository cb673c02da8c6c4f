"""The worker: claims due records, runs passes, and knows what to do when one fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    Paused,
    PolicyViolation,
    RecordMissing,
    ScopeMissing,
    Stale,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.findings import Finding
from bridge.engine import sweep
from bridge.engine.claimed import Loaded, load_claimed
from bridge.engine.converge import converge_item, converge_ticket
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.places import CONCURRENCY, places_of, room_in
from bridge.engine.signals import converge_signal
from bridge.engine.timers import run_timer
from bridge.engine.traces import passing
from bridge.kit.clock import rfc3339, to_ms
from bridge.store import connections, history, leases, queue
from bridge.store.connection import AsyncConnection
from bridge.store.leases import Claim, LeaseLost

log = structlog.get_logger(__name__)

LEASE_MS = 15_000
POLL_S = 0.5
MAX_ATTEMPTS = 8
CUT_S = 3.0
"""How long passes that are cut off get to give their connections to the store back."""
LONGEST_WAIT_S = 300.0
DOWN_IS_A_FINDING = timedelta(minutes=5)


class Worker:
    """Claims and runs until told to stop; passes under way are let finish."""

    def __init__(self, hub: Hub, *, lease_ms: int = LEASE_MS) -> None:
        self._hub = hub
        self._lease_ms = lease_ms
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._stopping = False
        self._claiming = asyncio.Lock()
        """Held from a claim until its passes have begun."""
        self._full = False
        self._busy: set[str] = set()
        self._jitter = random.Random()

    async def run(self) -> None:
        """Claim and start passes until stopped."""
        while not self._stopping:
            self._hub.work_wake.clear()
            try:
                if not await self._begin():
                    await self._rest()
            except (SQLAlchemyError, OSError) as error:
                log.error("store not reached", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _begin(self) -> bool:
        """Start a pass over what is due; whether there may be more."""
        async with self._claiming:
            taken, loaded, more = await self._claim()
            # A pass begun now would outlive the process' connections to its store.
            for claim in () if self._stopping else taken:
                task = asyncio.create_task(self._one(claim, loaded), name=claim.key)
                self._running[task] = claim
                task.add_done_callback(self._ended)
        return more

    def _ended(self, task: asyncio.Task[None]) -> None:
        ended = self._running.pop(task)
        name = ended.connection
        if self._full or (name in self._busy and self._room(name) > 0):
            # Something may be due that there was no place for.
            self._hub.work_wake.set()

    def _room(self, name: str) -> int:
        taken = sum(each.connection == name for each in self._running.values())
        return room_in(places_of(self._hub, name), taken)

    async def _claim(self) -> tuple[list[Claim], Loaded | None, bool]:
        """What is due and free, with what its passes begin with (None: each must load its own).

        The third is whether there may be more to claim at once.
        """
        free = CONCURRENCY - len(self._running)
        running = {each.connection for each in self._running.values() if each.connection}
        room = {name: self._room(name) for name in running | self._hub.connections.keys()}
        self._busy = {name for name, left in room.items() if left == 0}
        self._full = free <= 0
        if free <= 0:
            return [], None, False
        # All that is taken may be of one connection: so many at most as the fullest has left.
        limit = min([free, *(left for left in room.values() if left > 0)])
        async with self._hub.db.write(durable=False) as connection:
            taken = await leases.claim(
                self._hub.db,
                connection,
                owner=self._hub.worker_id,
                lease_ms=self._lease_ms,
                limit=limit,
                busy=sorted(self._busy),
            )
            return taken, await self._load(connection, taken), len(taken) == limit

    async def _load(self, connection: AsyncConnection, taken: list[Claim]) -> Loaded | None:
        try:
            return await load_claimed(self._hub, connection, taken)
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever one record's row holds
            # Only the pass over that record may fail by it, and say so.
            log.error("not loaded together", records=len(taken), error=type(error).__name__)
            return None

    async def _rest(self) -> None:
        """Sleep until something is due or somebody wakes us."""
        wait = POLL_S
        if len(self._running) < CONCURRENCY:
            async with self._hub.db.read() as connection:
                due = await leases.next_due(self._hub.db, connection)
            if due is not None:
                wait = min(wait, max(0.005, (due - to_ms(self._hub.now())) / 1000))
        try:
            await asyncio.wait_for(self._hub.work_wake.wait(), wait)
        except TimeoutError:
            return

    async def heartbeat(self) -> None:
        """Prolong the leases of what runs, every third of a lease."""
        while not await self._hub.stops_within(self._lease_ms / 3000):
            if not self._running:
                continue
            try:
                async with self._hub.db.write(durable=False) as connection:
                    await leases.heartbeat(
                        self._hub.db,
                        connection,
                        owner=self._hub.worker_id,
                        lease_ms=self._lease_ms,
                    )
            except (SQLAlchemyError, OSError) as error:
                log.error("heartbeat failed", error=type(error).__name__)

    async def stop(self, grace_s: float = 20.0) -> None:
        """Start no more passes, let those under way finish, give all leases back."""
        self._stopping = True
        self._hub.work_wake.set()
        async with self._claiming:
            under_way = [*self._running]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=grace_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CUT_S)
        async with self._hub.db.write(durable=False) as connection:
            await leases.release_all(connection, owner=self._hub.worker_id)

    async def _one(self, claim: Claim, loaded: Loaded | None) -> None:
        hub = self._hub
        with passing(hub, claim) as shown, hub.metrics.run_seconds.labels(claim.kind).time():
            end = await self._guarded(claim, loaded)
            shown.ended(end)
        hub.metrics.runs.labels(claim.kind, end).inc()

    async def _guarded(self, claim: Claim, loaded: Loaded | None) -> str:
        try:
            await self._pass(claim, loaded)
        except LeaseLost:
            log.warning("lease lost", record=claim.key)
            return "lease_lost"
        except CallFailed as failure:
            return await self._failed(claim, failure.cause, failure.connection)
        except BridgeError as error:
            return await self._failed(claim, error, claim.connection)
        except SQLAlchemyError as error:
            # A deadlock or a database that went away: nothing of the transaction was stored.
            cause = getattr(error, "orig", None) or error
            log.error("store failed", record=claim.key, error=type(cause).__name__)
            await asyncio.sleep(0.2)
            return await self._stored(claim, self._again(claim, "the database failed"))
        except Exception as error:
            log.exception("pass failed", record=claim.key)
            return await self._stored(claim, self._broken(claim, error))
        return "done"

    async def _pass(self, claim: Claim, loaded: Loaded | None) -> None:
        match claim.kind:
            case "ticket":
                if loaded is None:
                    async with self._hub.db.read() as connection:
                        loaded = await load_claimed(self._hub, connection, [claim])
                await converge_ticket(self._hub, claim, loaded)
            case "work_item":
                await converge_item(self._hub, claim)
            case "signal":
                await converge_signal(self._hub, claim)
            case "timer":
                await run_timer(self._hub, claim)

    async def _stored(self, claim: Claim, storing: Awaitable[str]) -> str:
        """Store how a pass failed; if even that fails, the lease runs out by itself."""
        try:
            return await storing
        except (SQLAlchemyError, OSError) as error:
            log.error("outcome not stored", record=claim.key, error=type(error).__name__)
            return "unstored"

    async def _failed(self, claim: Claim, error: BridgeError, name: str) -> str:
        log.info("pass put back", record=claim.key, why=type(error).__name__, error=str(error))
        match error:
            case Paused():
                wait = self._hub.now() + sweep.PROBE_FIRST
                await self._put_back(claim, str(error), wait, counts=False)
                return "paused"
            case Throttled():
                storing = self._throttled(claim, error, name)
            case ScopeMissing() if claim.kind != "timer":
                storing = self._forbidden(claim, error, name)
            case CredentialProblem():
                storing = self._credential(claim, error, name)
            case Unavailable():
                storing = self._unavailable(claim, error, name)
            case Stale() | RecordMissing():
                storing = self._stale(claim, error)
            case UnknownOutcome():
                storing = self._unknown(claim, error)
            case PolicyViolation():
                log.critical("policy violation", record=claim.key, error=str(error))
                storing = self._broken(claim, error, dead=True)
            case _:
                storing = self._refused(claim, error)
        return await self._stored(claim, storing)

    def _backoff(self, claim: Claim, longest_s: float = LONGEST_WAIT_S) -> datetime:
        spread = self._jitter.uniform(0.75, 1.25)
        seconds = min(2.0 ** min(claim.attempts, 10), longest_s) * spread
        return self._hub.now() + timedelta(seconds=seconds)

    async def _put_back(
        self,
        claim: Claim,
        error: str,
        not_before: datetime | None,
        *,
        counts: bool = True,
        dead: bool = False,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        async with self._hub.db.write(durable=False) as connection:
            await leases.put_back(
                self._hub.db,
                connection,
                claim,
                self._hub.worker_id,
                not_before=not_before,
                error=error,
                counts=counts,
                dead=dead,
            )
            await history.raise_findings(self._hub.db, connection, findings, self._hub.now())
        self._hub.work_wake.set()

    async def _throttled(self, claim: Claim, error: Throttled, name: str) -> str:
        if error.scope != OF_RECORD:
            async with self._hub.db.write(durable=False) as connection:
                await connections.throttle(self._hub.db, connection, name, error.until)
        await self._put_back(claim, str(error), error.until, counts=False)
        return "throttled"

    async def _credential(self, claim: Claim, error: CredentialProblem, name: str) -> str:
        """Pause the connection and tell a person; the sweep's timer probes it (1 to 30 min)."""
        hub, now = self._hub, self._hub.now()
        async with hub.db.write(durable=False) as connection:
            state = await connections.load(connection, name)
            probes = 0 if state is None else state.probes
            await connections.pause(connection, name, by="credential", reason=str(error), now=now)
            if claim.kind == "timer":
                await connections.change(connection, name, probes=probes + 1)
            else:
                # The sweep's timer is the probe; its usual time may be far off.
                probe_at = now + sweep.probe_after(probes)
                await queue.wake_timer(hub.db, connection, f"sweep:{name}", at=probe_at)
            said = {"connection": name, "reason": str(error)}
            finding = Finding("AUTH_EXPIRED", name, data=said)
            await history.raise_findings(hub.db, connection, [finding], now)
        # The claim keeps records of a paused connection back; one of another must wait itself.
        own = claim.kind != "timer" and name == claim.connection
        await self._put_back(claim, str(error), None if own else now + sweep.probe_after(probes))
        return "credential"

    async def _forbidden(self, claim: Claim, error: ScopeMissing, name: str) -> str:
        """A right that this record's pass needs: the connection's others go on without it."""
        said = {"connection": name, "reason": str(error).rstrip("."), "ref": claim.key}
        finding = Finding("RECORD_FORBIDDEN", name, claim.key, data=said)
        # Ever more slowly: should all need it, asking must not spend the vendor's limit.
        wait = self._hub.now() + timedelta(seconds=LONGEST_WAIT_S * min(claim.attempts + 1, 12))
        await self._put_back(claim, str(error), wait, findings=(finding,))
        return "forbidden"

    async def _unavailable(self, claim: Claim, error: Unavailable, name: str) -> str:
        hub, now = self._hub, self._hub.now()
        findings: tuple[Finding, ...] = ()
        async with hub.db.write(durable=False) as connection:
            state = await connections.load(connection, name)
            if state is not None and state.down_since is None:
                await connections.change(connection, name, down_since=now)
            elif state is not None and state.down_since is not None:
                since = state.down_since
                if now - since >= DOWN_IS_A_FINDING:
                    said = {"connection": name, "since": rfc3339(since), "reason": str(error)}
                    findings = (Finding("REMOTE_DOWN", name, data=said),)
        await self._put_back(claim, str(error), self._backoff(claim, 60.0), findings=findings)
        return "unavailable"

    async def _stale(self, claim: Claim, error: Stale | RecordMissing) -> str:
        """Somebody was faster: read again at once, and only slow down when it goes on."""
        async with self._hub.db.write(durable=False) as connection:
            await queue.require_read(self._hub.db, connection, claim.key)
        wait = self._backoff(claim) if claim.attempts > 3 else None
        await self._put_back(claim, str(error), wait)
        return "stale"

    async def _unknown(self, claim: Claim, error: UnknownOutcome) -> str:
        """It may have happened: the next pass probes or looks, it never simply sends again."""
        async with self._hub.db.write(durable=False) as connection:
            await queue.require_read(self._hub.db, connection, claim.key)
        await self._put_back(claim, str(error), self._hub.now() + timedelta(seconds=1))
        return "unknown"

    async def _refused(self, claim: Claim, error: BridgeError) -> str:
        name = claim.connection or claim.vendor_id.partition(":")[2]
        data = {"reason": str(error), "field": getattr(error, "field", None) or ""}
        finding = Finding("FIELD_INVALID", name, claim.key, data=data)
        wait = self._hub.now() + timedelta(seconds=LONGEST_WAIT_S)
        await self._put_back(claim, str(error), wait, findings=(finding,))
        return "refused"

    async def _again(self, claim: Claim, why: str) -> str:
        await self._put_back(claim, why, self._backoff(claim), counts=True)
        return "again"

    async def _broken(self, claim: Claim, error: Exception, *, dead: bool = False) -> str:
        """Our own fault: try a few times, then leave it for a person as a dead letter."""
        gives_up = dead or (claim.attempts + 1 >= MAX_ATTEMPTS and claim.kind != "timer")
        findings: tuple[Finding, ...] = ()
        if gives_up or claim.kind == "timer":
            findings = (
                Finding(
                    "RUN_FAILED",
                    claim.connection or claim.vendor_id.partition(":")[2],
                    claim.key,
                    data={"reason": type(error).__name__, "record": claim.key},
                ),
            )
        await self._put_back(
            claim,
            f"{type(error).__name__}: {error}",
            self._backoff(claim),
            dead=gives_up,
            findings=findings,
        )
        return "dead" if gives_up else "failed"
