"""The end of a ticket: work done, customer told, ticket closed. Three things, never taken for one.

What is remembered of a ticket goes on from what was remembered before and from what is seen now,
so that a pass too many changes nothing. Nothing closes a ticket of which the customer was not told,
or whose work is not done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.fingerprints import is_blank
from bridge.core.guard import release_wording
from bridge.core.instants import FIRST, earliest, later, read_instant
from bridge.core.known_to_customer import is_told
from bridge.core.ledger import said_on
from bridge.core.releases import arrivals, without_release
from bridge.core.replies import replies_since, reply_that_reopened
from bridge.core.situation import LinkedItem, TicketSituation
from bridge.core.stages import is_broken, stage_of, told_name
from bridge.core.values import digest
from bridge.domain.closures import Closure, Standing
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_closing import Closing, StatusWrite
from bridge.domain.operations import TicketField
from bridge.domain.records import COMMENTS, STATUS, Reference

CLOSED_BEFORE_FIXED = "CLOSED_BEFORE_FIXED"
AS_WRITTEN = timedelta(minutes=5)
"""How far apart a status's own time and the hub's time of writing it may be."""
HELD_BACK = timedelta(minutes=10)
"""How long a write of a status that did not hold is left alone."""


@dataclass(frozen=True, slots=True)
class Work:
    """How far the work behind a ticket is. `known` is false where an item's status says nothing."""

    items: int
    open: tuple[str, ...] = ()
    """What people call the items that are not done."""
    known: bool = True

    @property
    def done(self) -> bool:
        """Whether there is work, and all of it is done."""
        return bool(self.items) and self.known and not self.open


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """What was decided about the end of a ticket."""

    closure: Closure | None = None
    findings: tuple[Finding, ...] = ()
    fields: tuple[TicketField, ...] = ()
    wake_at: datetime | None = None


def plan_closing(s: TicketSituation, now: datetime) -> ClosingStep:
    """What is remembered, what a person must see, and which status the hub writes, if any."""
    if not is_watched(s.mapping):
        return ClosingStep(s.closure)
    closure = remembered(s, now)
    spec = s.mapping.closing
    if spec is None:
        return ClosingStep(closure)
    findings, remind_at = _findings(s, spec, closure, now)
    write, act_at = _write(s, spec, closure, now)
    return ClosingStep(closure, findings, write, earliest(remind_at, act_at))


def is_watched(mapping: Mapping) -> bool:
    """Whether anything depends on how the mapping's tickets end."""
    return mapping.closing is not None or mapping.replies.item != "no" or needs_owner(mapping)


def needs_owner(mapping: Mapping) -> bool:
    """Whether it must be known who has a ticket."""
    return mapping.replies.owner is not None


# ------------------------------------------------------------------------------ what is remembered


def standing_of(s: TicketSituation) -> Standing:
    """How far the ticket is; a status that nobody knows counts as open."""
    status, spec = s.observation.text(STATUS), s.mapping.closing
    if spec is not None and names_status(spec.solved, status, s.reference):
        return Standing.SOLVED
    if spec is not None and names_status(spec.pending, status, s.reference):
        return Standing.PENDING
    info = s.reference.statuses.get(status)
    return Standing.CLOSED if info is not None and info.closed else Standing.OPEN


def names_status(names: list[str], status: str, reference: Reference) -> bool:
    """Whether one of the names is that status, by its id or its name."""
    info = reference.statuses.get(status)
    own = {status.casefold()} | ({info.label.casefold()} if info is not None else set())
    return any(each.casefold() in own for each in names)


def work_of(s: TicketSituation, now: datetime) -> Work:
    """How far the work behind the ticket is; an item that can't be seen leaves it open.

    So does one whose release the customer does not have yet.
    """
    waiting = without_release(s, now)
    known = [each for each in s.items if not is_broken(each) and _status(each)]
    undone = [
        each
        for each in known
        if str(each.link.work_item) in waiting
        or not is_done(
            s.mapping, each.link.work_item.connection, _status(each), each.tracker.reference
        )
    ]
    names = tuple(told_name(each) or "a work item" for each in undone)
    return Work(len(s.items), names, known=len(known) == len(s.items))


def _status(item: LinkedItem) -> str:
    return "" if item.observation is None else item.observation.text(STATUS)


def is_done(mapping: Mapping, connection: str, status: str, reference: Reference) -> bool:
    """Whether work in that status is done: by the tracker's word, or by the last stage."""
    info = reference.statuses.get(status)
    if info is not None and info.closed:
        return True
    stage = stage_of(mapping, connection, status, reference)
    way = [each for each in mapping.stages if not each.side]
    return stage is not None and stage in way[-1:]


def remembered(s: TicketSituation, now: datetime) -> Closure | None:
    """What is remembered from now on; None where there is nothing to remember yet."""
    standing, before = standing_of(s), s.closure
    since = s.observation.at(STATUS) or now
    done, owner = _done_since(s, now), _owner(s)
    if before is None:
        if standing is Standing.OPEN and done is None and not owner:
            return None
        return Closure(standing, since, done, owner)
    if before.standing is standing:
        since = before.since
    ended_at, reopened_at, reply = before.ended_at, before.reopened_at, before.reply
    if standing.ended:
        ended_at, reopened_at, reply = None, None, ""
    elif before.standing.ended:
        ended_at, reopened_at, reply = before.since, since, ""
    if ended_at is not None and reopened_at is not None and not reply:
        reply = reply_that_reopened(s, ended_at, reopened_at)
    asked_at = before.asked_at if before.standing is standing else None
    return Closure(
        standing, since, done, owner or before.owner, ended_at, reopened_at, reply, asked_at
    )


def _done_since(s: TicketSituation, now: datetime) -> datetime | None:
    if not work_of(s, now).done:
        return None
    if s.closure is not None and s.closure.done_since is not None:
        return s.closure.done_since
    return max((at for _, at in arrivals(s, now) if at is not None), default=now)


def _owner(s: TicketSituation) -> str:
    field = s.mapping.replies.owner
    return "" if field is None else s.observation.text(field)


# ----------------------------------------------------------------------- what people must see


def told_since(s: TicketSituation, since: datetime, *, by_person: bool = False) -> bool | None:
    """Whether the customer was told anything since then; None where messages can't be seen.

    Told is what a person wrote publicly, and what the hub said on approval or, unless it must have
    been `by_person`, by the mapping.
    """
    # Zendesk tells a comment's time in whole seconds, Jira a change's to the millisecond.
    since = since.replace(microsecond=0)
    if any(each.at >= since and (each.by or not by_person) for each in s.said):
        return True
    if not s.observation.knows(COMMENTS):
        return None
    spoken = (each for each in said_on(s.observation) if is_told(each))
    return any((at := read_instant(each.at)) is not None and at >= since for each in spoken)


def _findings(
    s: TicketSituation, spec: Closing, closure: Closure | None, now: datetime
) -> tuple[tuple[Finding, ...], datetime | None]:
    if closure is None or not s.items:
        return (), None
    work = work_of(s, now)
    info = s.reference.statuses.get(s.observation.text(STATUS))
    data = {"ref": str(s.ref), "status": info.label if info is not None else closure.standing}
    if closure.standing.ended and work.open:
        named = {"items": ", ".join(work.open), "count": str(len(work.open))}
        return (_finding(s, CLOSED_BEFORE_FIXED, data | named),), None
    if closure.done_since is None:
        return (), None
    data["since"] = closure.done_since.isoformat()
    told = told_since(s, closure.done_since)
    if closure.standing.ended:
        return ((_finding(s, "CLOSED_SILENTLY", data),) if told is False else ()), None
    due = later(closure.done_since, spec.remind_after)
    if now < due:
        return (), due
    if told is not None:
        data["told"] = "has been told" if told else "has not been told yet"
    return (_finding(s, "DONE_NOT_CLOSED", data),), None


def _finding(s: TicketSituation, code: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), "", data)


# ------------------------------------------------------------------------------ what the hub writes


def _write(
    s: TicketSituation, spec: Closing, closure: Closure | None, now: datetime
) -> tuple[tuple[TicketField, ...], datetime | None]:
    """The status that closes the ticket or opens it again, and when to look again."""
    if closure is None or closure.standing is Standing.OPEN:
        return (), None
    replies = replies_since(s, _unanswered_since(s, spec, closure))
    if closure.asked_at is not None or replies:
        # A ticket that has an answer waits for nobody, whatever its status says.
        at = read_instant(replies[-1].at) if replies else None
        asked = closure.asked_at is not None
        if not asked and not _is_news(s, at or closure.since, lambda e: e.reopen_to is not None):
            return (), None
        return _status_write(s, spec.reopen_to, closure, "a reply reopens", now)
    span = _patience(spec, closure.standing)
    if span is None or spec.to is None or not _may_close(s, closure, now):
        return (), None
    if not _is_news(s, closure.since, lambda e: _patience(e, closure.standing) is not None):
        return (), None
    due = later(closure.since, span)
    if now < due:
        return (), due
    return _status_write(s, spec.to, closure, "closing", now)


def _unanswered_since(s: TicketSituation, spec: Closing, closure: Closure) -> datetime:
    """Since when a reply has nobody's answer: where the hub itself closed, from before it did.

    It closed because there was none for so long: one that came as it closed was not seen then.
    """
    spans = [each for each in (spec.solved_after, spec.pending_after) if each is not None]
    pair = None if spec.to is None else s.fingerprints.get(spec.to.property)
    if spec.to is None or pair is None or not spans or closure.standing is not Standing.CLOSED:
        return closure.since
    by_hub = pair.sent == digest(_status_id(spec.to.value, s.reference))
    if not by_hub or abs(closure.since - pair.written_at) > AS_WRITTEN:
        return closure.since
    return min(closure.since, pair.written_at - min(spans))


def _patience(spec: Closing, standing: Standing) -> timedelta | None:
    """How long a ticket that stands so is left before the hub closes it; None: for ever."""
    waits = {Standing.SOLVED: spec.solved_after, Standing.PENDING: spec.pending_after}
    return waits.get(standing)


def _is_news(s: TicketSituation, at: datetime, writes: Callable[[Closing], bool]) -> bool:
    """Whether the mapping in force when it happened, and each since, has the hub write then.

    What was over before the hub looked after these tickets' ends is left as it is.
    """
    if s.start_mark is None or at < s.start_mark:
        return False
    since = s.telling.since
    if since is None or at >= since:
        return True
    for earlier in s.telling.earlier:
        spec = earlier.mapping.closing
        if spec is None or not writes(spec):
            return False
        if earlier.since is None or at >= earlier.since:
            return True
    return False


def _may_close(s: TicketSituation, closure: Closure, now: datetime) -> bool:
    """Whether it can end here: its work is done, if there is any, and a person told the customer.

    On what went out by itself the hub does not close: somebody has to have looked at the ticket.
    """
    work = work_of(s, now)
    if s.items and not work.done:
        return False
    return told_since(s, closure.done_since or FIRST, by_person=True) is True


def _status_write(
    s: TicketSituation, to: StatusWrite | None, closure: Closure, rule: str, now: datetime
) -> tuple[tuple[TicketField, ...], datetime | None]:
    if to is None:
        return (), None
    value = _status_id(to.value, s.reference)
    if value == s.observation.text(STATUS):
        return (), None
    pair = s.fingerprints.get(to.property)
    same = pair is not None and not is_blank(pair) and pair.sent == digest(value)
    if pair is not None and same and pair.written_at >= closure.since:
        # It was written and did not hold: what stands against it is not stronger for haste.
        again = later(pair.written_at, HELD_BACK)
        if now < again:
            return (), again
    return (TicketField(to.property, release_wording(value, rule)),), None


def _status_id(named: str, reference: Reference) -> str:
    """The status's id where the name is that of one; else the name as it stands."""
    wanted = named.casefold()
    found = (each.id for each in reference.statuses.values() if each.label.casefold() == wanted)
    return named if named in reference.statuses else next(found, named)
