"""How each promise of a ticket stands, reckoned from its timeline, the mapping and the time. Pure.

No timer can be missed: whatever the hub slept through, the next look says the same as if it had
been awake, and the ticket's row is woken when only time changes something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from bridge.core.calendars import (
    ROUND_THE_CLOCK,
    Calendar,
    Span,
    add,
    between,
    compiled,
    read_span,
    take,
)
from bridge.core.facts import Facts
from bridge.core.instants import LAST, earliest, later
from bridge.core.routing import match
from bridge.core.situation import TicketSituation
from bridge.core.timelines import folded, hides_messages, is_closed, tested_at
from bridge.domain.findings import Finding
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_promises import ALWAYS, NONE, CalendarCase, Promise, SpanTable
from bridge.domain.promises import (
    CLOSED,
    CUSTOMER,
    PromiseState,
    Standing,
    Timeline,
    Wait,
    Word,
)
from bridge.domain.records import COMMENTS

MOMENT = timedelta(seconds=1)
"""Due at noon is kept at noon: broken is what is later than that."""
MOST = 999
"""So many misses of one silence are counted: nobody needs to know how many more there were."""
TOLD = "told_customer"
PROMISE_BROKEN = "PROMISE_BROKEN"


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a look at the promises came to."""

    timeline: Timeline
    standings: tuple[Standing, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake_at: datetime | None = None
    read_self: bool = False
    """Something looks broken by what was seen before it was due: look once more, then say so."""


def reckon(
    s: TicketSituation, facts: Facts, *, stage: str | None, eta: date | None, now: datetime
) -> Reckoned:
    """The ticket's timeline and promises as of now."""
    timeline = folded(s, facts, stage=stage, eta=eta, now=now)
    made = [
        found
        for each in s.mapping.promises
        if (found := standing(each, timeline, s, facts, now)) is not None
    ]
    return Reckoned(
        timeline,
        tuple(made),
        tuple(_broken(s, each) for each in made if _is_broken(each)),
        _next_change(made, now),
        any(_is_broken(each) and _unsure(s, each) for each in made),
    )


def standing(
    promise: Promise, timeline: Timeline, s: TicketSituation, facts: Facts, now: datetime
) -> Standing | None:
    """How the promise stands; None where it is not made, or is no longer and was never decided."""
    since = timeline.since.get(promise.id)
    span = chosen_span(promise, facts)
    if since is None or span is None:
        return None
    calendar = chosen_calendar(promise, facts)
    begins, kept_at, earlier = _progress(promise, timeline, since)
    waits = _waits_of(promise, timeline, kept_at)
    due, resting = reaches(calendar, begins, span, waits)
    before, missed = _told_each_time(calendar, span, waits, [*earlier, begins])
    warns = _warns_at(promise, calendar, begins, waits, due)
    found = Standing(
        promise=promise.id,
        title=promise.title,
        state=PromiseState.RUNNING,
        kept_by=promise.kept_by,
        started_at=begins,
        due_at=due,
        warn_at=warns,
        ended_at=kept_at,
        kept_before=before,
        missed=missed,
        zone="" if calendar.zone is None else calendar.zone.key,
    )
    judged = _judged(promise, found, s, facts, resting, now)
    if judged is None or judged.state is not PromiseState.BREACHED:
        return judged
    if promise.every is None:
        return replace(judged, silent=1)
    lifted = None if _is_made(promise, facts) else tested_at(s, promise.when)
    silent, further = misses(calendar, span, waits, begins, lifted or now)
    going = None if judged.lapsed else further
    silent = max(silent, 1)
    return replace(judged, missed=missed + silent, silent=silent, next_miss_at=going)


def _judged(
    promise: Promise,
    found: Standing,
    s: TicketSituation,
    facts: Facts,
    resting: Wait | None,
    now: datetime,
) -> Standing | None:
    due, kept_at = found.due_at, found.ended_at
    if kept_at is not None:
        in_time = due is None or kept_at <= due
        return replace(found, state=PromiseState.KEPT if in_time else PromiseState.BREACHED)
    over = due is not None and now > due
    lapsed = is_closed(s) or not _is_made(promise, facts)
    if promise.kept_by == TOLD and lapsed and not s.observation.knows(COMMENTS):
        # What was said on a ticket that is long over is not read, and nothing claimed of it.
        return None
    if promise.kept_by == TOLD and hides_messages(s):
        hidden = replace(found, state=PromiseState.UNOBSERVABLE, warn_at=None)
        return None if lapsed else hidden
    if over:
        # What ended the ticket, or lifted the promise, came too late to matter.
        return replace(found, state=PromiseState.BREACHED, lapsed=lapsed)
    if lapsed:
        return None
    if resting is not None:
        return replace(
            found,
            state=PromiseState.PAUSED,
            paused_since=resting.begin,
            paused_for=resting.why,
        )
    at_risk = found.warn_at is not None and now >= found.warn_at
    return replace(found, state=PromiseState.AT_RISK) if at_risk else found


def _is_made(promise: Promise, facts: Facts) -> bool:
    return promise.when is None or match(promise.when, facts)


def _progress(
    promise: Promise, timeline: Timeline, since: datetime
) -> tuple[datetime, datetime | None, list[datetime]]:
    """When the clock started, when what it asks for happened, and the starts before that one."""
    if promise.kept_by != TOLD:
        reached = timeline.reached.get(promise.kept_by)
        return since, None if reached is None else max(reached, since), []
    counted = [each.at for each in timeline.words if _counts(promise, each) and each.at >= since]
    if promise.every is None:
        return since, min(counted, default=None), []
    starts = [since, *sorted(counted)]
    return starts[-1], None, starts[:-1]


def _told_each_time(
    calendar: Calendar, span: Span, waits: list[Wait], starts: list[datetime]
) -> tuple[int, int]:
    """How often a word came in time, and how often one was due and none came, up to the last."""
    kept = missed = 0
    for start, word in pairwise(starts):
        silent, _ = misses(calendar, span, waits, start, word)
        missed += silent
        kept += not silent
    return kept, missed


def misses(
    calendar: Calendar, span: Span, waits: Iterable[Wait], begins: datetime, until: datetime
) -> tuple[int, datetime | None]:
    """How often one silence missed what was due, and when it misses once more, if it does."""
    rests = list(waits)
    for number in range(MOST):
        due, _ = reaches(calendar, begins, span, rests)
        if due is None or due == LAST:
            return number, None
        if due >= until:
            return number, later(due, MOMENT)
        begins = due
    return MOST, None


def _counts(promise: Promise, word: Word) -> bool:
    return promise.must_say is None or word.day is not None


def _waits_of(promise: Promise, timeline: Timeline, until: datetime | None) -> list[Wait]:
    """The times in which the promise's clock rests, without overlaps, oldest first."""
    own = {CLOSED, f"promise:{promise.id}"}
    if promise.pause_while == "waiting_on_customer":
        own.add(CUSTOMER)
    rests = sorted((e for e in timeline.waits if e.why in own), key=lambda each: each.begin)
    made: list[Wait] = []
    for each in rests:
        if until is not None and each.begin >= until:
            break
        last = made[-1] if made else None
        if last is None or (last.end is not None and last.end < each.begin):
            made.append(each)
        elif last.end is not None and (each.end is None or each.end > last.end):
            made[-1] = replace(last, end=each.end)
    return made


def reaches(
    calendar: Calendar, begins: datetime, span: Span, waits: Iterable[Wait]
) -> tuple[datetime | None, Wait | None]:
    """When the span is over, the rests left out; None, with the rest, while one goes on."""
    due = add(calendar, begins, span)
    for each in waits:
        if each.begin >= due:
            break
        if each.end is None:
            return None, each
        rested = between(calendar, max(each.begin, begins), each.end)
        if rested:
            due = add(calendar, due, Span(rested))
    return due, None


def _warns_at(
    promise: Promise,
    calendar: Calendar,
    begins: datetime,
    waits: list[Wait],
    due: datetime | None,
) -> datetime | None:
    if promise.warn_after is not None:
        return reaches(calendar, begins, read_span(promise.warn_after), waits)[0]
    if promise.warn_before is None or due is None:
        return None
    return max(begins, take(calendar, due, read_span(promise.warn_before)))


# ----------------------------------------------------------------------- chosen by the ticket


def chosen_span(promise: Promise, facts: Facts) -> Span | None:
    """The span for this ticket; None where the mapping promises it nothing."""
    said = promise.span
    if isinstance(said, str):
        return _read(said)
    if isinstance(said, SpanTable):
        return _read(_from_table(said, facts))
    found = next((e.use for e in said if e.when is None or match(e.when, facts)), None)
    return _read(found)


def _from_table(table: SpanTable, facts: Facts) -> str | None:
    word = facts.read(table.from_).word
    row = None if word is None else table.values.get(word)
    if row is None or isinstance(row, str):
        return row
    reading = facts.read(table.by or "")
    names = [each for each in (reading.word, *reading.labels) if each is not None]
    return next((row[each] for each in names if each in row), None)


def _read(said: str | None) -> Span | None:
    return None if said is None or said == NONE else read_span(said)


def chosen_calendar(promise: Promise, facts: Facts) -> Calendar:
    """The calendar for this ticket; round the clock where nothing else is said."""
    said: str | list[CalendarCase] = promise.calendar
    if not isinstance(said, str):
        cases = (e.use for e in said if e.when is None or match(e.when, facts))
        said = next(cases, ALWAYS)
    return calendar_of(facts.mapping, said)


def calendar_of(mapping: Mapping, name: str) -> Calendar:
    """The calendar of that name."""
    spec = mapping.calendars.get(name)
    return ROUND_THE_CLOCK if spec is None else compiled(name, spec)


# -------------------------------------------------------------------------- what follows of it


def _is_broken(each: Standing) -> bool:
    return each.state is PromiseState.BREACHED and each.is_pressing


def _unsure(s: TicketSituation, each: Standing) -> bool:
    """Whether what would have kept it may have happened since the ticket was last read."""
    by_ticket = each.kept_by in (TOLD, "triaged")
    return by_ticket and each.due_at is not None and s.observation.seen_at <= each.due_at


def _broken(s: TicketSituation, each: Standing) -> Finding:
    data = {
        "promise": each.title,
        "due": "" if each.due_at is None else each.due_at.isoformat(timespec="minutes"),
        "kept_by": each.kept_by,
        "act": act_of(each.kept_by),
        "missed": str(each.missed) if each.missed > 1 else "",
        "ref": str(s.ref),
    }
    return Finding(PROMISE_BROKEN, s.ref.connection, str(s.ref), each.promise, data)


_ACTS = {
    "triaged": "set its severity and who is responsible",
    TOLD: "write to the customer",
    "linked": "link or launch its work item",
    "eta_set": "have a date set on its work item",
    "acknowledged": "acknowledge its notice",
}


def act_of(kept_by: str) -> str:
    """What somebody has to do to keep the promise."""
    stage = kept_by.removeprefix("stage:")
    return _ACTS.get(kept_by, f'bring its work to the stage "{stage}"')


def _next_change(made: Iterable[Standing], now: datetime) -> datetime | None:
    """When time alone changes how something stands."""
    moments = [
        moment
        for each in made
        if each.ended_at is None and each.state in (PromiseState.RUNNING, PromiseState.AT_RISK)
        for moment in (each.warn_at, None if each.due_at is None else later(each.due_at, MOMENT))
        if moment is not None and moment > now
    ]
    # Of one that is silent for longer what else it misses is counted, and told to nobody.
    further = (each.next_miss_at for each in made)
    return earliest(*moments, *(each for each in further if each is not None and each > now))
