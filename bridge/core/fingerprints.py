"""When an owned field is written: by what was sent and what came back, never text with text.

Vendors rewrite what they store, so the hub keeps a pair for each field it owns: the hash of what
it sent and the hash of what the vendor then showed. While both stay as they are, the field is as
we left it. Anything else on the vendor's side is somebody's edit.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.core.instants import later
from bridge.core.values import digest
from bridge.domain.links import Fingerprint, Refusal
from bridge.domain.records import FieldInfo, Value

HUMAN_OVERRIDE = "HUMAN_OVERRIDE"
LOOP_BREAKER = "LOOP_BREAKER"
FIELD_INVALID = "FIELD_INVALID"
IN_SYNC = "IN_SYNC"
UPDATE_DUE = "UPDATE_DUE"

OVERRIDE_SPAN = timedelta(hours=24)
LOOP_SPAN = timedelta(hours=1)
MOST_REASON = 300
"""Characters that are kept of what a vendor said."""
MOST_WRITES = 10
"""Within `LOOP_SPAN`; a field that wants more is flapping."""


class Move(StrEnum):
    """What is done about a field."""

    KEEP = "keep"
    WRITE = "write"
    RESTORE = "restore"
    """Write the same again, once, over somebody's edit."""
    LEAVE = "leave"
    """Somebody's edit stands."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The field as last seen. `known` false: never seen, which is not the same as empty."""

    value: Value = None
    known: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a field, and why. `fingerprint` is a pair that changes without a write."""

    move: Move
    verdict: str
    fingerprint: Fingerprint | None = None
    finding: bool = False
    wake_at: datetime | None = None
    data: Table[str, str] = with_default(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether the field is written."""
        return self.move in (Move.WRITE, Move.RESTORE)


def decide(
    field: str,
    pair: Fingerprint | None,
    desired: Value,
    observed: Observed,
    *,
    enforce: bool,
    now: datetime,
    info: FieldInfo | None = None,
) -> Decision:
    """What to do about a field whose value shall be `desired`. `info`: what the vendor says of it.

    A value that the vendor refused is not sent again as long as the field is what it was then.
    """
    decision = _decided(field, pair, desired, observed, enforce=enforce, now=now)
    refused = None if pair is None else pair.refused
    if not decision.writes or refused is None:
        return decision
    if (refused.value, refused.schema) != (digest(desired), _schema(info)):
        return decision
    data = {"field": field, "reason": refused.reason}
    return Decision(Move.LEAVE, FIELD_INVALID, finding=True, data=data)


def _decided(
    field: str,
    pair: Fingerprint | None,
    desired: Value,
    observed: Observed,
    *,
    enforce: bool,
    now: datetime,
) -> Decision:
    sent = digest(desired)
    if pair is None or not pair.sent:
        return _first(field, sent, observed, now)
    shows_it = observed.known and digest(observed.value) == sent and _after(pair, observed)
    if pair.sent != sent:
        if shows_it:
            kept = replace(pair, sent=sent, came_back=sent)
            return Decision(Move.KEEP, IN_SYNC, kept)
        return _frozen(pair, now) or _write(pair, now)
    if shows_it or not observed.known:
        whole = replace(pair, came_back=sent) if shows_it and pair.came_back is None else None
        return Decision(Move.KEEP, IN_SYNC, whole)
    if pair.came_back is None:
        seen = digest(observed.value)
        whole = replace(pair, came_back=seen) if _after(pair, observed) else None
        return Decision(Move.KEEP, IN_SYNC, whole)
    if pair.came_back == digest(observed.value):
        return Decision(Move.KEEP, IN_SYNC)
    return _frozen(pair, now) or _foreign(pair, enforce, now)


def after_write(
    field: str,
    pair: Fingerprint | None,
    desired: Value,
    answer: Observed,
    *,
    now: datetime,
    restore: bool = False,
) -> Fingerprint:
    """The pair after a successful write; half where the answer did not show the field."""
    writes = _recent(pair.writes, LOOP_SPAN, now) if pair else ()
    edits = _recent(pair.foreign_edits, OVERRIDE_SPAN, now) if pair else ()
    return Fingerprint(
        field=field,
        sent=digest(desired),
        came_back=digest(answer.value) if answer.known else None,
        written_at=now,
        writes=(*writes, now),
        foreign_edits=(*edits, now) if restore else edits,
    )


def after_refusal(
    field: str,
    pair: Fingerprint | None,
    desired: Value,
    *,
    info: FieldInfo | None,
    reason: str,
    now: datetime,
) -> Fingerprint:
    """The pair after the vendor refused this value: what was taken before is still what counts."""
    held = Fingerprint(field, "", None, now) if pair is None else pair
    return replace(held, refused=Refusal(digest(desired), _schema(info), reason[:MOST_REASON]))


def is_blank(pair: Fingerprint) -> bool:
    """Whether the last thing sent was nothing."""
    return pair.sent in ("", digest(""))


def _schema(info: FieldInfo | None) -> str:
    """The hash of what decides whether a field takes a value; a label does not."""
    if info is None:
        return ""
    return digest([info.type, info.read_only, [value for value, _ in info.options]])


def _first(field: str, sent: str, observed: Observed, now: datetime) -> Decision:
    if observed.known and digest(observed.value) == sent:
        return Decision(Move.KEEP, IN_SYNC, Fingerprint(field, sent, sent, now))
    if sent != digest(""):
        return Decision(Move.WRITE, UPDATE_DUE)
    # Nothing is desired and the hub never wrote here: what stands there is not ours to blank.
    return Decision(Move.LEAVE, HUMAN_OVERRIDE if observed.known else IN_SYNC, data={"until": ""})


def _after(pair: Fingerprint, observed: Observed) -> bool:
    """Whether the observation can show the last write; an older one can only be older news."""
    if pair.came_back is not None:
        return True
    return observed.at is not None and observed.at >= pair.written_at


def _frozen(pair: Fingerprint, now: datetime) -> Decision | None:
    until = pair.frozen_until
    if until is None or until <= now:
        return None
    code = pair.frozen_code or HUMAN_OVERRIDE
    data = {"field": pair.field, "until": until.isoformat()}
    return Decision(Move.LEAVE, code, finding=True, wake_at=until, data=data)


def _write(pair: Fingerprint, now: datetime) -> Decision:
    writes = _recent(pair.writes, LOOP_SPAN, now)
    if len(writes) < MOST_WRITES:
        return Decision(Move.WRITE, UPDATE_DUE)
    return _freeze(replace(pair, writes=writes), LOOP_BREAKER, LOOP_SPAN, now)


def _foreign(pair: Fingerprint, enforce: bool, now: datetime) -> Decision:
    if not enforce:
        return Decision(Move.LEAVE, HUMAN_OVERRIDE, data={"field": pair.field, "until": ""})
    edits = _recent(pair.foreign_edits, OVERRIDE_SPAN, now)
    if edits:
        pair = replace(pair, foreign_edits=(*edits, now))
        return _freeze(pair, HUMAN_OVERRIDE, OVERRIDE_SPAN, now)
    decision = _write(pair, now)
    return replace(decision, move=Move.RESTORE) if decision.writes else decision


def _freeze(pair: Fingerprint, code: str, span: timedelta, now: datetime) -> Decision:
    frozen = replace(pair, frozen_until=later(now, span), frozen_code=code)
    decision = _frozen(frozen, now)
    if decision is None:
        return Decision(Move.LEAVE, code, frozen, finding=True)
    return replace(decision, fingerprint=frozen)


def _recent(moments: tuple[datetime, ...], span: timedelta, now: datetime) -> tuple[datetime, ...]:
    return tuple(each for each in moments if now - each < span)
