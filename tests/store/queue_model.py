"""The queue as plain Python: what each step of it promises, with no database in it.

One row for each record; times in ms. `test_laws_queue.py` compares the store with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.store.queue import MAX_DEBOUNCE_MS, ClaimClass


@dataclass
class Row:
    """A record in the queue."""

    connection: str
    dirty: int = 0
    done: int = 0
    since: int | None = None
    due: int | None = None
    not_before: int = 0
    claim_class: int = int(ClaimClass.FRESH)
    attempts: int = 0
    dead: bool = False
    owner: str | None = None
    token: int = 0
    lease_until: int = 0

    @property
    def pending(self) -> bool:
        return self.dirty > self.done

    def free(self) -> None:
        self.owner, self.lease_until = None, 0


@dataclass(frozen=True)
class Held:
    """What a worker remembers of a claim, whether or not its lease still holds."""

    key: str
    owner: str
    token: int
    generation: int


@dataclass
class Model:
    """All rows, the pauses and limits of connections, and the time."""

    now: int
    rows: dict[str, Row] = field(default_factory=dict)
    throttled: dict[str, int] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def mark(self, key: str, connection: str, claim_class: int, debounce_ms: int) -> None:
        row = self.rows.setdefault(key, Row(connection))
        since = self.now if row.since is None else row.since
        # A person's click is not pushed back by a machine's burst.
        if not (row.pending and row.claim_class < claim_class and row.due is not None):
            row.due = min(self.now + debounce_ms, since + MAX_DEBOUNCE_MS)
        self._woken(row, claim_class)

    def mark_where(self, key: str, claim_class: int) -> bool:
        row = self.rows.get(key)
        if row is None:
            return False
        row.due = self.now
        self._woken(row, claim_class)
        return True

    def _woken(self, row: Row, claim_class: int) -> None:
        row.since = self.now if row.since is None else row.since
        row.claim_class = min(row.claim_class, claim_class) if row.pending else claim_class
        row.dirty += 1
        if row.dead:
            row.dead, row.attempts = False, 0

    def claimable(self, busy: Sequence[str] = ()) -> list[tuple[int, int, str]]:
        """Class, due time and key of what may be taken now, the most urgent first."""
        now = self.now
        return sorted(
            (row.claim_class, row.due, key)
            for key, row in self.rows.items()
            if row.due is not None
            and row.due <= now
            and row.not_before <= now
            and row.lease_until < now
            and not row.dead
            and row.connection not in busy
            and row.connection not in self.paused
            and self.throttled.get(row.connection, 0) <= now
        )

    def take(self, key: str, owner: str, lease_ms: int) -> Held:
        row = self.rows[key]
        row.owner, row.lease_until = owner, self.now + lease_ms
        row.token += 1
        return Held(key, owner, row.token, row.dirty)

    def holds(self, held: Held) -> bool:
        row = self.rows[held.key]
        same = (row.owner, row.token) == (held.owner, held.token)
        return same and row.lease_until >= self.now

    def beat(self, owner: str, lease_ms: int) -> int:
        held = [r for r in self.rows.values() if r.owner == owner and r.lease_until >= self.now]
        for row in held:
            row.lease_until = self.now + lease_ms
        return len(held)

    def finish(self, held: Held, wake_at: int | None) -> None:
        row = self.rows[held.key]
        row.done = held.generation
        row.not_before = row.attempts = 0
        if row.pending:
            row.since = self.now
        else:
            row.since, row.due, row.claim_class = None, wake_at, int(ClaimClass.FRESH)
        row.free()

    def put_back(self, held: Held, not_before: int | None, *, counts: bool, dead: bool) -> None:
        row = self.rows[held.key]
        row.due, row.not_before = self.now, not_before or 0
        row.attempts += counts
        # A mark that came during the run wants one of its own.
        row.dead = dead and row.dirty == held.generation
        row.free()

    def release(self, owner: str | None) -> int:
        held = [r for r in self.rows.values() if r.owner is not None and owner in (None, r.owner)]
        for row in held:
            row.free()
        return len(held)
