"""Why a ticket shows what it shows: the plan, and what stands in its way outside of it.

A plan knows records and rules. Whether its connections may be called, and whether the record's
row waits its turn, is known to the shell; here both come together into one first reason, and the
further ones behind it.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from datetime import datetime

from bridge.core.instants import latest, read_instant
from bridge.core.plan import plan_ticket
from bridge.core.situation import FieldVerdict, LinkedItem, Plan, TicketSituation
from bridge.core.stages import name_of
from bridge.domain.mapping import Route
from bridge.domain.operations import SetTicketFields
from bridge.domain.records import AUTHOR, CHANGED_AT, Presence

IN_SYNC, UPDATE_DUE, WAITING_ITEM_CREATE = "IN_SYNC", "UPDATE_DUE", "WAITING_ITEM_CREATE"
FOLLOWING = frozenset({IN_SYNC, WAITING_ITEM_CREATE, "WAITING_ITEM_READ", "ROLLUP_HOLDS"})
"""Verdicts that rest on the trackers being heard: where one is silent, that comes first."""
REFUSALS = frozenset({"FIELD_INVALID", "TRANSITION_BLOCKED"})


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason code with the data that fills its sentences."""

    code: str
    data: Table[str, str] = with_default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that an explanation looks at."""

    situation: TicketSituation
    stops: Table[str, Cause] = with_default(default_factory=dict)
    """By connection: what keeps the hub from calling it."""
    waits: Table[str, Cause] = with_default(default_factory=dict)
    """By ref, of the ticket and its items: why the row does not get its turn."""
    refused: Table[str, Cause] = with_default(default_factory=dict)
    """By the ticket's field: what the helpdesk said to the last write."""
    open: tuple[Cause, ...] = ()
    """Open findings on the ticket and its items that no plan of the ticket raises."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The first reason, and those behind it. `stopped`: nothing of the plan is carried out."""

    plan: Plan
    verdict: Cause
    fields: tuple[FieldVerdict, ...]
    also: tuple[Cause, ...]
    stopped: bool


def judge(o: Outlook, now: datetime) -> Judged:
    """The pure plan, run now, with all that is in its way."""
    s = o.situation
    plan = plan_ticket(s, now)
    fields = tuple(_as_refused(o, each) for each in plan.verdicts)
    blocking, waiting = _in_the_way(o, plan)
    verdict = next(iter(blocking), None) or _verdict(plan, fields, now)
    behind = [*blocking, *waiting, *_found(plan), *o.open, *_unreadable(s), *_told_later(plan)]
    if verdict.code == IN_SYNC:
        behind += [Cause(each.verdict, each.data) for each in fields if each.verdict != IN_SYNC]
        behind += _not_shown(s)
    return Judged(plan, verdict, fields, _others(verdict, behind), bool(blocking))


def launch_route(s: TicketSituation, plan: Plan, data: Table[str, str]) -> Route | None:
    """The route whose launch the plan speaks of."""
    found = s.mapping.route(data.get("route") or plan.route or "")
    return found if found is not None and found.launch is not None else None


def _in_the_way(o: Outlook, plan: Plan) -> tuple[list[Cause], list[Cause]]:
    """What keeps the plan from being carried out or believed, and what is only worth saying."""
    s = o.situation
    trackers = [each.link.work_item.connection for each in s.items]
    route = launch_route(s, plan, plan.verdict_data)
    if plan.verdict == WAITING_ITEM_CREATE and route is not None and route.launch is not None:
        trackers.append(route.launch.in_)
    own = [o.stops[s.ref.connection]] if s.ref.connection in o.stops else []
    own += [o.waits[str(s.ref)]] if str(s.ref) in o.waits else []
    silent = [o.stops[name] for name in dict.fromkeys(trackers) if name in o.stops]
    items = (str(each.link.work_item) for each in s.items)
    silent += [o.waits[ref] for ref in items if ref in o.waits]
    goes_on = any(isinstance(each, SetTicketFields) for each in plan.operations)
    unready = bool(plan.verdict_data.get("missing"))
    rests_on_them = plan.verdict in FOLLOWING and not (goes_on or unready)
    return ([*own, *silent], []) if rests_on_them else (own, silent)


def _verdict(plan: Plan, fields: tuple[FieldVerdict, ...], now: datetime) -> Cause:
    """The plan's own verdict, but that what is still to be written is not called done."""
    if plan.verdict == WAITING_ITEM_CREATE and plan.wake_at is not None and plan.wake_at > now:
        return Cause(plan.verdict, {"until": plan.wake_at.isoformat(), **plan.verdict_data})
    if plan.verdict != IN_SYNC:
        return Cause(plan.verdict, plan.verdict_data)
    refused = next((each for each in fields if each.verdict in REFUSALS), None)
    due = refused or next((each for each in fields if each.verdict == UPDATE_DUE), None)
    return Cause(IN_SYNC, plan.verdict_data) if due is None else Cause(due.verdict, due.data)


def _as_refused(o: Outlook, row: FieldVerdict) -> FieldVerdict:
    """A field that the helpdesk refused is not about to be updated."""
    refused = o.refused.get(row.field)
    if refused is None or row.verdict != UPDATE_DUE:
        return row
    return replace(row, verdict=refused.code, data={**row.data, **refused.data})


def _found(plan: Plan) -> list[Cause]:
    return [Cause(each.code, each.data) for each in plan.findings]


def _told_later(plan: Plan) -> list[Cause]:
    """Who is told of a promise only when their hours begin; of what waits otherwise nothing."""
    return [
        Cause(
            "OUTSIDE_HOURS",
            {"promise": each.promise, "until": each.at.isoformat(), "hours": each.hours},
        )
        for each in plan.told_later
        if each.hours
    ]


def _unreadable(s: TicketSituation) -> list[Cause]:
    """Items that were not found just now: what was last seen of them still counts."""
    return [
        Cause("ITEM_UNREADABLE", {"item": name_of(each), "ref": str(each.link.work_item)})
        for each in s.items
        if each.observation is not None and each.observation.presence is Presence.ABSENT
    ]


def _not_shown(s: TicketSituation) -> list[Cause]:
    """Changes of items later than our last write, while every field agrees: none is shown."""
    written = latest(*(each.written_at for each in s.fingerprints.values()))
    causes = []
    for item in s.items:
        at = _changed_by_people(item)
        if at is not None and written is not None and at > written:
            data = {"item": name_of(item), "ref": str(item.link.work_item), "at": at.isoformat()}
            causes.append(Cause("NOT_CUSTOMER_RELEVANT", data))
    return causes


def _changed_by_people(item: LinkedItem) -> datetime | None:
    seen = item.observation
    if seen is None or seen.text(AUTHOR) in item.tracker.reference.account_ids:
        return None
    return read_instant(seen.text(CHANGED_AT))


def _others(first: Cause, behind: list[Cause]) -> tuple[Cause, ...]:
    """Each further reason once, without the first."""
    seen = {(first.code, tuple(sorted(first.data.items()))), (first.code, _place(first))}
    kept = []
    for each in behind:
        key = (each.code, _place(each))
        if key not in seen:
            seen.add(key)
            kept.append(each)
    return tuple(kept)


def _place(cause: Cause) -> tuple[tuple[str, str], ...]:
    """What a reason is about, whatever else it says."""
    names = ("field", "source", "file", "record", "item", "ref", "promise")
    found = [(name, str(cause.data[name])) for name in names if cause.data.get(name)]
    return tuple(found[:1]) or (("connection", str(cause.data.get("connection", ""))),)
