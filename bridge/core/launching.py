"""Launches: which work items are due for a ticket, each once for ever, and what they say.

A launch that was intended and not answered is never sent again: it is probed. Everything that
could make a second item (another category, unlinking, deletion, merging) leads here to the same
question: is there a row for this ticket and route? Then there is nothing to launch.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from datetime import datetime, timedelta

from bridge.core.facts import Facts
from bridge.core.instants import earliest, later, latest, read_instant
from bridge.core.launch_fields import Prepared, prepare
from bridge.core.launch_place import Placed, place
from bridge.core.restored import forgotten_until
from bridge.core.routing import RouteChoice
from bridge.core.situation import TicketSituation
from bridge.core.stages import name_of
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.links import Launch, LaunchState
from bridge.domain.mapping import LaunchSpec, Route
from bridge.domain.operations import LaunchItem, ProbeLaunch
from bridge.domain.phases import PhaseWanted
from bridge.domain.records import ALIASES, CREATED_AT, CUSTOMER, URL
from bridge.domain.refs import TicketRef, WorkItemRef

LONGEST_BACKOFF = timedelta(minutes=10)
SHORTEST_BACKOFF = timedelta(seconds=5)
LIMIT_PAUSE = timedelta(minutes=10)
UNREAD_PAUSE = timedelta(minutes=10)
"""Between two looks for a company that was not shown: a right that was given is told by nobody."""
PLACE_PAUSE = timedelta(minutes=10)
PHASE_WAIT = timedelta(seconds=30)
"""When a launch looks again whether its phase is settled; the run that settles it wakes it."""
WAITING = "WAITING_ITEM_CREATE"


@dataclass(frozen=True, slots=True)
class LaunchStep:
    """What launching decided; `verdict` is empty where launching stands in nobody's way."""

    operations: tuple[LaunchItem | ProbeLaunch, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake_at: datetime | None = None
    verdict: str = ""
    data: Table[str, str] = with_default(default_factory=dict)
    look_up: tuple[PhaseWanted, ...] = ()
    outdated: tuple[str, ...] = ()


def launch_marker(ticket: TicketRef, route: str) -> str:
    """The marker of the one launch of this route for this ticket; the same for ever."""
    return f"tb-{sha256(f'{ticket}|{route}')[:20]}"


def plan_launches(
    s: TicketSituation, facts: Facts, choice: RouteChoice, now: datetime
) -> LaunchStep:
    """The launches and probes that are due for an open ticket."""
    steps = [_pending(s, each, now) for each in s.launches]
    steps += [_recategorised(s, choice)]
    steps += [_launch(s, facts, each, now) for each in _due_routes(s, choice)]
    return _joined(steps)


def launch_refusal(
    s: TicketSituation, facts: Facts, route: Route, now: datetime
) -> tuple[str, Table[str, str]] | None:
    """Why a person's wish to launch the route for an open ticket can't be met, as a reason code.

    None: it can be, now or as soon as what is on its way has come.
    """
    step = launch_step(s, facts, route, now)
    if step.operations or step.verdict in ("", WAITING):
        return None
    return step.verdict, step.data


def launch_step(s: TicketSituation, facts: Facts, route: Route, now: datetime) -> LaunchStep:
    """What is decided if a person asks for the route's launch, which never was asked for before."""
    asked = replace(s, launch_by_hand=s.launch_by_hand | {route.id})
    return _launch(asked, facts, route, now)


def plan_probes(s: TicketSituation, now: datetime) -> LaunchStep:
    """What is due about launches without an answer, whatever became of the ticket meanwhile."""
    steps = [_pending(s, each, now) for each in s.launches if each.state is LaunchState.INTENDED]
    return _joined(steps)


def probe_due_at(launch: Launch, grace: timedelta) -> datetime:
    """When the next probe may say something: after the grace, then in growing steps."""
    return probe_delay_over(launch.intended_at, launch.probes, grace)


def probe_delay_over(intended_at: datetime, probes: int, grace: timedelta) -> datetime:
    """The same for any launch that was intended then and looked for so often."""
    due = later(intended_at, grace)
    step = max(grace, SHORTEST_BACKOFF)
    for _ in range(min(probes, 20)):
        due = later(due, min(step, LONGEST_BACKOFF))
        step = min(step * 2, LONGEST_BACKOFF)
    return later(due, LONGEST_BACKOFF * max(0, min(probes, 100_000) - 20))


def categorised_at(s: TicketSituation) -> datetime | None:
    """When the ticket got the category it has; None where it has none."""
    name = s.mapping.ticket.category.property
    return s.observation.at(name) if s.observation.value(name) not in (None, "", []) else None


def _pending(s: TicketSituation, launch: Launch, now: datetime) -> LaunchStep:
    data = {"route": launch.route, "connection": launch.connection, "reason": launch.reason}
    if launch.state in (LaunchState.REJECTED, LaunchState.UNDECIDED):
        code = f"LAUNCH_{launch.state.name}"
        return LaunchStep((), (_finding(s, code, launch.route, data),), None, code, data)
    if launch.state is not LaunchState.INTENDED:
        return LaunchStep()
    tracker = s.trackers.get(launch.connection)
    if tracker is None:
        return _no_connection(s, launch.route, launch.connection)
    data["attempt"] = str(launch.probes + 1)
    due = probe_due_at(launch, tracker.probe_grace)
    if now < due:
        return LaunchStep(wake_at=due, verdict=WAITING, data=data)
    probe = ProbeLaunch(
        s.ref, launch.route, launch.connection, launch.marker, launch.intended_at, launch.probes
    )
    return LaunchStep((probe,), (), None, WAITING, data)


def _launched(s: TicketSituation, route: str) -> bool:
    return any(each.route == route for each in s.launches)


def _others(s: TicketSituation, route: str) -> tuple[list[Launch], list[Launch]]:
    """Launches of other routes: those whose item is linked, those that may still become so."""
    linked = {each.link.work_item for each in s.items}
    made = [
        each
        for each in s.launches
        if each.route != route
        and each.work_item_id is not None
        and WorkItemRef(each.connection, each.work_item_id) in linked
    ]
    unclear = (LaunchState.INTENDED, LaunchState.UNDECIDED)
    open_ones = [each for each in s.launches if each.route != route and each.state in unclear]
    return made, open_ones


def _recategorised(s: TicketSituation, choice: RouteChoice) -> LaunchStep:
    route = choice.route
    if route is None or _launched(s, route.id) or route.id in s.launch_by_hand:
        return LaunchStep()
    others, _ = _others(s, route.id)
    # What a person launched beside the ticket's own route says nothing of its category.
    made = [each for each in others if each.route not in s.launch_by_hand]
    if not made:
        return LaunchStep()
    ref = WorkItemRef(made[0].connection, made[0].work_item_id or "")
    data = {
        **choice.data,
        "from": made[0].route,
        "to": route.id,
        "item": _called(s, ref),
        "ref": str(ref),
        "launches" if route.launch is not None else "stays": route.id,
    }
    return LaunchStep((), (_finding(s, "RECATEGORISED", route.id, data),), None, "", data)


def _called(s: TicketSituation, ref: WorkItemRef) -> str:
    return next((name_of(each) for each in s.items if each.link.work_item == ref), ref.id)


def _due_routes(s: TicketSituation, choice: RouteChoice) -> list[Route]:
    """Routes to launch: the ticket's own, if nothing else hangs on it, and those asked for."""
    by_hand = [each for each in s.mapping.routes if each.id in s.launch_by_hand]
    own = choice.route
    if own is not None and own not in by_hand and not any(_others(s, own.id)):
        by_hand.insert(0, own)
    return [each for each in by_hand if each.launch is not None and not _launched(s, each.id)]


def _launch(s: TicketSituation, facts: Facts, route: Route, now: datetime) -> LaunchStep:
    spec = route.launch
    if spec is None:
        return LaunchStep()
    if route.id not in s.launch_by_hand and not _after_start(s):
        start = s.start_mark.isoformat() if s.start_mark else ""
        return LaunchStep(verdict="BEFORE_START", data={"route": route.id, "start": start})
    tracker = s.trackers.get(spec.in_)
    if tracker is None:
        return _no_connection(s, route.id, spec.in_)
    if s.launches_last_hour >= s.launch_limit:
        data = {"route": route.id, "limit": str(s.launch_limit)}
        finding = _finding(s, "LAUNCH_LIMIT", route.id, data)
        return LaunchStep((), (finding,), later(now, LIMIT_PAUSE), "LAUNCH_LIMIT", data)
    forgotten = forgotten_until(s.observation, s.restored)
    if forgotten is not None and now < later(forgotten, tracker.probe_grace):
        # Made just before the restore, an item is not yet shown by the vendor's search.
        due = later(forgotten, tracker.probe_grace)
        return LaunchStep((), (), due, WAITING, {"route": route.id, "connection": spec.in_})
    placed = place(spec, tracker, facts, s.telling.people, now)
    prepared = _joined_with(prepare(spec, facts, tracker.reference), placed)
    blocked = _not_ready(s, spec, route, prepared, now)
    if blocked is not None:
        return _again(blocked, placed, now)
    if placed.look_up is not None:
        data = {"route": route.id, "connection": spec.in_, "missing": placed.look_up.name}
        return LaunchStep((), (), later(now, PHASE_WAIT), WAITING, data, (placed.look_up,))
    operation = _operation(s, route, spec, prepared, placed)
    return LaunchStep((operation,), (), None, WAITING, outdated=placed.outdated)


def _joined_with(prepared: Prepared, placed: Placed) -> Prepared:
    missing = tuple(dict.fromkeys((*prepared.missing, *placed.missing)))
    return replace(prepared, missing=missing, problems=(*prepared.problems, *placed.problems))


def _again(blocked: LaunchStep, placed: Placed, now: datetime) -> LaunchStep:
    """A project or phase may be made any moment, and nobody tells: look now and then."""
    pause = later(now, PLACE_PAUSE) if placed.problems else None
    return replace(
        blocked,
        wake_at=earliest(blocked.wake_at, pause),
        look_up=() if placed.look_up is None else (placed.look_up,),
        outdated=placed.outdated,
    )


def _not_ready(
    s: TicketSituation, spec: LaunchSpec, route: Route, prepared: Prepared, now: datetime
) -> LaunchStep | None:
    if prepared.problems:
        code, _, data = prepared.problems[0]
        found = tuple(_finding(s, c, t, {**d, "route": route.id}) for c, t, d in prepared.problems)
        return LaunchStep((), found, None, code, data)
    known = latest(read_instant(s.observation.text(CREATED_AT)), categorised_at(s))
    settled = later(known, spec.settle) if known is not None else now
    if now < settled and (prepared.missing or prepared.defaulted):
        missing = ", ".join((*prepared.missing, *prepared.defaulted))
        return LaunchStep((), (), settled, WAITING, {"route": route.id, "missing": missing})
    company = s.observation.text(CUSTOMER)
    if company and s.company is None and {"customer", "plan"} & {*prepared.missing}:
        # Nobody can fill it in at the ticket: it is there, and the hub may not see it.
        data = {"route": route.id, "missing": ", ".join(prepared.missing), "company": company}
        data["connection"] = s.ref.connection
        finding = _finding(s, "CUSTOMER_UNREADABLE", route.id, data)
        again = later(now, UNREAD_PAUSE)
        return LaunchStep((), (finding,), again, "CUSTOMER_UNREADABLE", data)
    if prepared.missing:
        data = {"route": route.id, "missing": ", ".join(prepared.missing)}
        finding = _finding(s, "INTAKE_INCOMPLETE", route.id, data)
        return LaunchStep((), (finding,), None, "INTAKE_INCOMPLETE", data)
    return None


def _operation(
    s: TicketSituation, route: Route, spec: LaunchSpec, prepared: Prepared, placed: Placed
) -> LaunchItem:
    restored = s.restored if forgotten_until(s.observation, s.restored) is not None else None
    since = None if restored is None else restored.known_until
    return LaunchItem(
        ticket=s.ref,
        route=route.id,
        connection=spec.in_,
        marker=launch_marker(s.ref, route.id),
        project=placed.project,
        type=spec.type,
        fields=prepared.fields,
        back_link=s.observation.text(URL),
        phase=placed.phase,
        assignees=placed.assignees,
        look_since=since,
        look_for=() if since is None else _markers(s),
    )


def _markers(s: TicketSituation) -> tuple[str, ...]:
    """Whatever the hub may have launched for the ticket, or for tickets merged into it."""
    ids = (s.ref.id, *s.observation.texts(ALIASES))
    refs = [TicketRef(s.ref.connection, each) for each in dict.fromkeys(ids)]
    routes = [each.id for each in s.mapping.routes if each.launch is not None]
    return tuple(launch_marker(ref, route) for ref in refs for route in routes)


def _after_start(s: TicketSituation) -> bool:
    """Without a mark nothing is known to be new: nothing launches by itself."""
    newest = latest(read_instant(s.observation.text(CREATED_AT)), categorised_at(s))
    return s.start_mark is not None and newest is not None and newest >= s.start_mark


def _no_connection(s: TicketSituation, route: str, connection: str) -> LaunchStep:
    data = {"route": route, "connection": connection}
    finding = _finding(s, "NO_CONNECTION", connection, data)
    return LaunchStep((), (finding,), None, "NO_CONNECTION", data)


def _finding(s: TicketSituation, code: str, topic: str, data: Table[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic, data)


def _joined(steps: list[LaunchStep]) -> LaunchStep:
    telling = next((each for each in steps if each.verdict), LaunchStep())
    return LaunchStep(
        operations=tuple(o for each in steps for o in each.operations),
        findings=tuple(f for each in steps for f in each.findings),
        wake_at=earliest(*(each.wake_at for each in steps)),
        verdict=telling.verdict,
        data=telling.data,
        look_up=tuple(w for each in steps for w in each.look_up),
        outdated=tuple(n for each in steps for n in each.outdated),
    )
