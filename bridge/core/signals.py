"""One pass over one signal: its work item, made once, and what that is to be related to.

Nothing here sees a word of the signal. What an item for engineers is told is put together by
`item_fields` in the moment in which it is sent.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime

from bridge.core.instants import later
from bridge.core.launching import LIMIT_PAUSE, WAITING, probe_delay_over
from bridge.core.situation import TrackerView
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.links import SIGNAL_ROUTE, LaunchState, Relation, SignalLaunch
from bridge.domain.operations import LaunchSignal, ProbeSignal
from bridge.domain.records import Value
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.domain.texts import Text
from bridge.kit.richtext.cutting import fit_line


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the items of signals go."""

    connection: str
    project: str | None
    type: str


@dataclass(frozen=True, slots=True)
class SignalSituation:
    """All that `plan_signal` looks at."""

    ref: SignalRef
    destination: Destination
    tracker: TrackerView | None
    """None: the connection is not configured, or takes no items of signals."""
    asked: bool = False
    related: tuple[WorkItemRef, ...] = ()
    """What its item is to be related to, as people asked."""
    items: tuple[WorkItemRef, ...] = ()
    """Items born of it that are there and hang on no ticket, oldest first."""
    gone: tuple[WorkItemRef, ...] = ()
    """Items born of it that the tracker does not show any more."""
    on_tickets: tuple[WorkItemRef, ...] = ()
    """Items tied to it, by Sentry's own button, that a ticket hangs on."""
    launch: SignalLaunch | None = None
    launches_last_hour: int = 0
    launch_limit: int = 200


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """What one pass decided."""

    operations: tuple[LaunchSignal | ProbeSignal, ...] = ()
    relations: tuple[Relation, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake_at: datetime | None = None
    verdict: str = "IN_SYNC"


def signal_marker(signal: SignalRef) -> str:
    """The marker of the one launch of this signal; the same for ever."""
    return f"tb-{sha256(f'{signal}|signal')[:20]}"


def plan_signal(s: SignalSituation, now: datetime) -> SignalPlan:
    """The launch, probe or relations that are due for a signal."""
    exposed = tuple(
        _finding(s, "SENTRY_ON_TICKET", str(each), {"item": str(each)}) for each in s.on_tickets
    )
    if not s.asked and s.launch is None:
        return SignalPlan(findings=exposed)
    usable = [each for each in s.items if each not in s.related]
    pairs = tuple(Relation(usable[0], each) for each in s.related) if usable else ()
    step = _step(s, bool(usable), now)
    return SignalPlan(
        step.operations, pairs, (*exposed, *step.findings), step.wake_at, step.verdict
    )


def plan_probe(s: SignalSituation, now: datetime) -> SignalPlan:
    """The probe that is due for a signal which can't be read: what was made of it stays unsaid."""
    if s.launch is None or s.launch.state is not LaunchState.INTENDED:
        return SignalPlan()
    return _pending(s, s.launch, now)


def _step(s: SignalSituation, usable: bool, now: datetime) -> SignalPlan:
    state = None if s.launch is None else s.launch.state
    if s.launch is not None and (
        state in (LaunchState.INTENDED, LaunchState.UNDECIDED)
        or (state is LaunchState.REJECTED and not usable)
    ):
        # An item that is there takes no launch back: what the lost answer spoke of may be
        # there too, and without an origin it could be linked to a ticket.
        return _pending(s, s.launch, now)
    if usable:
        return SignalPlan()
    if s.gone:
        # Somebody took it away on purpose, or by mistake: no reason to make another one.
        found = tuple(
            _finding(s, "SIGNAL_ITEM_GONE", str(each), {"item": str(each)}) for each in s.gone
        )
        return SignalPlan(findings=found, verdict="SIGNAL_ITEM_GONE")
    return _launch(s, now) if s.launch is None else SignalPlan()


def _launch(s: SignalSituation, now: datetime) -> SignalPlan:
    to = s.destination
    if s.tracker is None:
        data = {"route": "Sentry", "connection": to.connection}
        found = _finding(s, "NO_CONNECTION", to.connection, data)
        return SignalPlan(findings=(found,), verdict="NO_CONNECTION")
    if s.launches_last_hour >= s.launch_limit:
        data = {"route": "Sentry", "limit": str(s.launch_limit), "tracker": to.connection}
        found = _finding(s, "LAUNCH_LIMIT", SIGNAL_ROUTE, data)
        wake = later(now, LIMIT_PAUSE)
        return SignalPlan(findings=(found,), wake_at=wake, verdict="LAUNCH_LIMIT")
    launch = LaunchSignal(s.ref, to.connection, signal_marker(s.ref), to.project, to.type)
    return SignalPlan(operations=(launch,), verdict=WAITING)


def _pending(s: SignalSituation, launch: SignalLaunch, now: datetime) -> SignalPlan:
    data = {"route": "Sentry", "connection": launch.connection, "reason": launch.reason}
    if launch.state in (LaunchState.REJECTED, LaunchState.UNDECIDED):
        code = f"LAUNCH_{launch.state.name}"
        return SignalPlan(findings=(_finding(s, code, SIGNAL_ROUTE, data),), verdict=code)
    if launch.state is not LaunchState.INTENDED:
        return SignalPlan()
    if s.tracker is None:
        found = _finding(s, "NO_CONNECTION", launch.connection, data)
        return SignalPlan(findings=(found,), verdict="NO_CONNECTION")
    due = probe_delay_over(launch.intended_at, launch.probes, s.tracker.probe_grace)
    if now < due:
        return SignalPlan(wake_at=due, verdict=WAITING)
    probe = ProbeSignal(s.ref, launch.connection, launch.marker, launch.intended_at, launch.probes)
    return SignalPlan(operations=(probe,), verdict=WAITING)


def _finding(s: SignalSituation, code: str, topic: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic, data)


def item_words(
    title: Text, key: str, url: str, *, subject_field: str, body_field: str, longest: int
) -> dict[str, Value]:
    """The fields of the item: for engineers, who are to find the way to Sentry by it."""
    fields: dict[str, Value] = {subject_field: fit_line(f"{key}: {title.content}", longest)}
    if body_field:
        shown = html.escape(url, quote=True)
        fields[body_field] = (
            f'<p>Launched from error tracking: <a href="{shown}">{html.escape(key)}</a></p>'
        )
    return fields
