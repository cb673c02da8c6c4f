"""Fields that the hub owns on a record: from what is desired to what is written, kept or left."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import datetime

from bridge.core.fingerprints import IN_SYNC, UPDATE_DUE, Decision, Move, Observed, decide
from bridge.core.instants import earliest
from bridge.core.situation import FieldVerdict
from bridge.core.values import canonical
from bridge.domain.findings import Finding
from bridge.domain.links import Fingerprint
from bridge.domain.records import FieldInfo, Observation, Value
from bridge.domain.texts import Releasable


@dataclass(frozen=True, slots=True)
class Wish:
    """What one field shall show. `held` is the reason code where nothing is desired now.

    `aside` is a code shown though the field is as desired (a roll-up that waits).
    """

    field: str
    purpose: str
    value: Value = None
    held: str = ""
    aside: str = ""
    data: Table[str, str] = with_default(default_factory=dict)
    rule: str = ""
    inputs: tuple[str, ...] = ()
    enforce: bool = True
    release: Releasable | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What became of the wishes: those to write, and what else is to be kept or told."""

    writes: tuple[tuple[Wish, bool], ...] = ()
    """A wish and whether it restores what somebody changed."""
    verdicts: tuple[FieldVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    wake_at: datetime | None = None


def observed_field(observation: Observation, name: str) -> Observed:
    """The field as last seen; a whole observation that lacks it shows it empty."""
    if observation.knows(name):
        return Observed(observation.value(name), True, observation.at(name))
    if observation.whole:
        return Observed(None, True, observation.seen_at)
    return Observed()


def weigh(
    wishes: Iterable[Wish],
    observation: Observation,
    pairs: Table[str, Fingerprint],
    now: datetime,
    schema: Table[str, FieldInfo],
) -> Weighed:
    """Decide every wish; a field wished for twice follows the first. `schema`: the live fields."""
    first: dict[str, Wish] = {}
    for wish in wishes:
        first.setdefault(wish.field, wish)
    rows = [_row(wish, observation, pairs, now, schema) for wish in first.values()]
    ref = observation.ref
    return Weighed(
        writes=tuple((w, d.move is Move.RESTORE) for w, d, _ in rows if d and d.writes),
        verdicts=tuple(verdict for _, _, verdict in rows),
        findings=tuple(
            Finding(d.verdict, ref.connection, str(ref), w.field, d.data)
            for w, d, _ in rows
            if d and d.finding
        ),
        fingerprints=tuple(d.fingerprint for _, d, _ in rows if d and d.fingerprint),
        wake_at=earliest(*(d.wake_at for _, d, _ in rows if d)),
    )


def _row(
    wish: Wish,
    observation: Observation,
    pairs: Table[str, Fingerprint],
    now: datetime,
    schema: Table[str, FieldInfo],
) -> tuple[Wish, Decision | None, FieldVerdict]:
    seen = observed_field(observation, wish.field)
    shown = canonical(seen.value) if seen.known else None
    if wish.held:
        return wish, None, _verdict(wish, None, shown, wish.held, wish.data)
    pair = pairs.get(wish.field)
    decision = decide(
        wish.field,
        pair,
        wish.value,
        seen,
        enforce=wish.enforce,
        now=now,
        info=schema.get(wish.field),
    )
    code, data = decision.verdict, {**wish.data, **decision.data}
    if code in (IN_SYNC, UPDATE_DUE) and wish.aside:
        code = wish.aside
    return wish, decision, _verdict(wish, canonical(wish.value), shown, code, data)


def _verdict(
    wish: Wish, desired: str | None, observed: str | None, code: str, data: Table[str, str]
) -> FieldVerdict:
    return FieldVerdict(
        wish.field, wish.purpose, desired, observed, code, data, wish.rule, wish.inputs
    )
