"""The laws of the queue over random histories, on both engines, against a model in plain Python.

No mark is lost; no record is held by two; a lease that has passed finishes nothing; an event never
cuts a wait short; the most urgent goes first; a dead record rests until it is marked; a clock that
is set back loses no work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge.domain.refs import TicketRef
from bridge.kit.clock import ManualClock, from_ms
from bridge.store import connections, leases, queue
from bridge.store.database import Database
from bridge.store.leases import Claim, LeaseLost
from bridge.store.queue import ClaimClass, Mark
from bridge.store.tables import connection_state, metadata
from bridge.store.tables import records as record_table
from tests.store.kit import LEASE_MS, START, Store
from tests.store.queue_model import Held, Model

T = TypeVar("T")

NAMES = ("desk", "boards")
REFS = [TicketRef(name, id) for name in NAMES for id in ("1", "2")]
OWNERS = ("worker-a", "worker-b")
FAR_MS = 10 * 24 * 3_600_000

refs = st.sampled_from(REFS)
owners = st.sampled_from(OWNERS)
classes = st.sampled_from(ClaimClass)
names = st.sampled_from(NAMES)
HOUR_MS = 3_600_000
forwards = st.sampled_from([1, 1, 300, 2_000, LEASE_MS, LEASE_MS + 1, HOUR_MS])
backwards = st.sampled_from([300, LEASE_MS, HOUR_MS])
waits = st.sampled_from([None, None, 300, 60_000])


class QueueHistory(RuleBasedStateMachine):
    """People, vendors and two workers, step by step, in the store and in the model."""

    def __init__(self, url: str, loop: asyncio.Runner) -> None:
        super().__init__()
        self.loop = loop
        clock = ManualClock(START)
        self.store = Store(Database(url, clock=clock), clock)
        self.model = Model(self.store.now_ms)
        self.claims: dict[Held, Claim] = {}
        self.run(self._emptied())

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(doing)

    async def _emptied(self) -> None:
        async with self.store.db.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if table in (record_table, connection_state):
                    await connection.execute(sa.delete(table))
        await self.store.connected(*NAMES)

    @initialize()
    def everything_is_new(self) -> None:
        for ref in REFS:
            self.mark([ref], ClaimClass.FRESH, 0, False)

    # --- what happens outside ----------------------------------------------------------------

    @rule(
        marked=st.lists(refs, min_size=1, max_size=3, unique=True),
        claim_class=classes,
        debounce_ms=st.sampled_from([0, 300, 2_000]),
        read=st.booleans(),
    )
    def mark(
        self, marked: list[TicketRef], claim_class: ClaimClass, debounce_ms: int, read: bool
    ) -> None:
        self.run(
            self.store.mark(*marked, claim_class=claim_class, debounce_ms=debounce_ms, read=read)
        )
        for ref in marked:
            self.model.mark(str(ref), ref.connection, claim_class, debounce_ms)

    @rule(ref=refs, first=classes, second=classes)
    def mark_twice_at_once(self, ref: TicketRef, first: ClaimClass, second: ClaimClass) -> None:
        async def both() -> int:
            async with self.store.db.write() as connection:
                marks = [Mark(ref, "one", first), Mark(ref, "other", second)]
                return await queue.mark(self.store.db, connection, marks)

        assert self.run(both()) == 1
        self.model.mark(str(ref), ref.connection, min(first, second), 0)

    @rule(marked=st.lists(refs, unique=True), claim_class=classes)
    def mark_where(self, marked: list[TicketRef], claim_class: ClaimClass) -> None:
        count = self.run(self.store.mark_where(*marked, claim_class=claim_class))
        assert count == sum([self.model.mark_where(str(ref), claim_class) for ref in marked])

    @rule(ms=st.one_of(forwards, forwards, backwards.map(lambda ms: -ms)))
    def time_passes(self, ms: int) -> None:
        self.store.later(milliseconds=ms)
        self.model.now = self.store.now_ms

    @rule(name=names, wait=st.sampled_from([300, 60_000]))
    def throttle(self, name: str, wait: int) -> None:
        until = self.model.now + wait

        async def limit() -> None:
            async with self.store.db.write() as connection:
                await connections.throttle(self.store.db, connection, name, from_ms(until))

        self.run(limit())
        # A later limit is not cut short by an earlier one.
        self.model.throttled[name] = max(self.model.throttled.get(name, 0), until)

    @precondition(lambda self: not self.model.paused)
    @rule(name=names)
    def pause(self, name: str) -> None:
        self._turn(name)

    @precondition(lambda self: self.model.paused)
    @rule()
    def resume(self) -> None:
        for name in list(self.model.paused):
            self._turn(name)

    def _turn(self, name: str) -> None:
        paused = name in self.model.paused

        async def turn() -> None:
            async with self.store.db.write() as connection:
                if paused:
                    await connections.resume(connection, name)
                else:
                    now = self.store.clock.now()
                    await connections.pause(connection, name, by="person", reason="", now=now)

        self.run(turn())
        self.model.paused ^= {name}

    # --- what workers do ---------------------------------------------------------------------

    @rule(
        owner=owners,
        limit=st.integers(1, 5),
        busy=st.sampled_from([[], [], [], [NAMES[0]], [*NAMES]]),
    )
    def claim(self, owner: str, limit: int, busy: list[str]) -> None:
        ready = self.model.claimable(busy)
        taken = self.run(self.store.claim(limit, owner=owner, busy=busy))
        urgency = [(each.claim_class, each.due_at) for each in taken]
        assert urgency == [each[:2] for each in ready[:limit]]
        assert {each.key for each in taken} <= {key for *_, key in ready}
        for each in taken:
            assert each.attempts == self.model.rows[each.key].attempts
            held = self.model.take(each.key, owner, LEASE_MS)
            assert (held.token, held.generation) == (each.token, each.generation)
            self.claims[held] = each

    @rule(owner=owners)
    def heartbeat(self, owner: str) -> None:
        assert self.run(self.store.heartbeat(owner)) == self.model.beat(owner, LEASE_MS)

    @rule(owner=st.one_of(st.none(), owners))
    def release_all(self, owner: str | None) -> None:
        async def release() -> int:
            async with self.store.db.write() as connection:
                return await leases.release_all(connection, owner=owner)

        assert self.run(release()) == self.model.release(owner)

    def _some_claim(self, data: st.DataObject) -> Held:
        """One whose lease holds, or any that was ever made: that it has passed is of interest."""
        holding = [each for each in self.claims if self.model.holds(each)]
        return data.draw(st.sampled_from([*holding, *reversed(self.claims)]))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        self._hold(self._some_claim(data))

    def _hold(self, held: Held) -> None:
        holding = self.store.hold(self.claims[held], held.owner)
        if self.model.holds(held):
            self.run(holding)
        else:
            with pytest.raises(LeaseLost):
                self.run(holding)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def finish_some(self, data: st.DataObject) -> None:
        self._finish(self._some_claim(data), data.draw(waits))

    def _finish(self, held: Held, wake_in: int | None) -> None:
        wake = None if wake_in is None else self.model.now + wake_in
        wake_at = None if wake is None else from_ms(wake)
        finishing = self.store.finish(self.claims[held], owner=held.owner, wake_at=wake_at)
        if self.model.holds(held):
            self.run(finishing)
            self.model.finish(held, wake)
        else:
            with pytest.raises(LeaseLost):
                self.run(finishing)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def put_back_some(self, data: st.DataObject) -> None:
        held, wait = self._some_claim(data), data.draw(waits)
        self._put_back(held, wait, counts=data.draw(st.booleans()), dead=data.draw(st.booleans()))

    def _put_back(self, held: Held, wait: int | None, *, counts: bool, dead: bool) -> None:
        until = None if wait is None else self.model.now + wait
        not_before = None if until is None else from_ms(until)
        self.run(
            self.store.put_back(
                self.claims[held],
                owner=held.owner,
                not_before=not_before,
                counts=counts,
                dead=dead,
            )
        )
        if self.model.holds(held):
            self.model.put_back(held, until, counts=counts, dead=dead)

    @rule(owner=owners, data=st.data())
    def work(self, owner: str, data: st.DataObject) -> None:
        """A claim with what comes of it: what a worker does all day."""
        self.claim(owner, 2, [])
        if self.claims:
            how = data.draw(st.sampled_from([self.finish_some, self.put_back_some, self.hold]))
            how(data)

    @precondition(lambda self: any(self.model.holds(each) for each in self.claims))
    @rule(data=st.data(), taken_again=st.booleans(), how=st.sampled_from(["hold", "end", "back"]))
    def come_too_late(self, data: st.DataObject, taken_again: bool, how: str) -> None:
        """A worker that was frozen until its lease had passed; its next claim may be the same."""
        held = data.draw(st.sampled_from([e for e in self.claims if self.model.holds(e)]))
        self.time_passes(LEASE_MS + 1)
        if taken_again:
            self.claim(held.owner, 5, [])
        match how:
            case "hold":
                self._hold(held)
            case "end":
                self._finish(held, None)
            case "back":
                self._put_back(held, None, counts=True, dead=True)

    # --- what is true after every step -------------------------------------------------------

    @invariant()
    def store_is_as_far_as_the_model(self) -> None:
        async def look() -> dict[str, queue.Progress | None]:
            async with self.store.db.read() as connection:
                return {key: await queue.progress(connection, key) for key in self.model.rows}

        for key, found in self.run(look()).items():
            row = self.model.rows[key]
            assert found is not None
            assert (found.dirty, found.done, found.dead) == (row.dirty, row.done, row.dead), key

    @invariant()
    def next_look_is_to_come_and_not_after_the_next_that_is_due(self) -> None:
        async def look() -> int | None:
            async with self.store.db.read() as connection:
                return await leases.next_due(self.store.db, connection)

        ready = [
            max(row.due, row.not_before)
            for row in self.model.rows.values()
            if row.due is not None and not row.dead
        ]
        later = [each for each in ready if each > self.model.now]
        found = self.run(look())
        assert found is None or found > self.model.now
        assert not later or (found is not None and found <= min(later))

    def teardown(self) -> None:
        """Whatever has happened: in the end every mark of a living record is worked off."""
        try:
            self._drained()
        finally:
            self.run(self.store.db.aclose())

    def _drained(self) -> None:
        if self.model.paused:
            self.resume()
        self.time_passes(FAR_MS)
        while self.model.claimable():
            self.claims.clear()
            self.claim(OWNERS[0], 5, [])
            for held, each in self.claims.items():
                self.run(self.store.finish(each, owner=held.owner))
                self.model.finish(held, None)
        self.store_is_as_far_as_the_model()
        alive = [row for row in self.model.rows.values() if not row.dead]
        assert not [row for row in alive if row.pending]
        self.store.later(seconds=timedelta(days=1).total_seconds())
        assert self.run(self.store.claim()) == []


def test_any_history_of_the_queue_keeps_its_laws(store_url: str) -> None:
    postgres = store_url.startswith("postgresql")
    with asyncio.Runner() as loop:

        class Here(QueueHistory):
            def __init__(self) -> None:
                super().__init__(store_url, loop)

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=15 if postgres else 50,
                stateful_step_count=80,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
