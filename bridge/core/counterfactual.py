"""What would have to be otherwise for a ticket to be updated: the plan, with one thing changed.

Nothing here is a canned hint. Each candidate of `core.what_ifs` is a changed input; the pure plan
runs on it, and only what really comes of it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.core.called import fields_called
from bridge.core.outlook import (
    IN_SYNC,
    UPDATE_DUE,
    WAITING_ITEM_CREATE,
    Judged,
    Outlook,
    judge,
    launch_route,
)
from bridge.core.what_ifs import PLACEHOLDER, what_ifs
from bridge.domain.operations import LaunchItem, SetTicketFields

MOST = 6
"""Alternatives that are said; people read no more."""
SAME_CHANGE = 2
"""Of the alternatives of one kind (other stages, other categories) the nearest are said."""


@dataclass(frozen=True, slots=True)
class Would:
    """One thing that would have to be otherwise, and what the ticket would do then."""

    change: str
    effect: str

    @property
    def sentence(self) -> str:
        """Both as one sentence."""
        return f"Would {self.effect} if {self.change}."


def would_update_if(o: Outlook, now: datetime) -> tuple[Would, ...]:
    """The smallest changes by which the ticket would be updated; none if nothing is in its way."""
    as_it_is = judge(o, now)
    if as_it_is.verdict.code in (IN_SYNC, UPDATE_DUE):
        return ()
    found: list[Would] = []
    said: dict[str, set[str]] = {}
    for each in what_ifs(o, as_it_is, now):
        effects = said.setdefault(each.kind, set())
        if len(effects) >= SAME_CHANGE:
            continue
        effect = _effect(as_it_is, judge(each.outlook, each.now), each.outlook)
        if effect and effect not in effects:
            effects.add(effect)
            found.append(Would(each.change, effect))
        if len(found) == MOST:
            break
    return tuple(found)


def _effect(before: Judged, after: Judged, o: Outlook) -> str:
    """What the changed input leads to that the present one does not; empty where nothing does."""
    if after.stopped:
        return ""
    launched = _launch(o, after)
    if launched and (before.stopped or not _launch(o, before)):
        return launched
    words = _writes(before, after, o)
    if words:
        return words
    return "follow the work again" if before.stopped else ""


def _launch(o: Outlook, judged: Judged) -> str:
    """The launch that is under way by the plan, in words."""
    plan, waits = judged.plan, judged.plan.verdict == WAITING_ITEM_CREATE
    sent = next((each for each in plan.operations if isinstance(each, LaunchItem)), None)
    data = {"route": sent.route} if sent is not None else plan.verdict_data
    if sent is None and (not waits or data.get("missing")):
        return ""
    route = launch_route(o.situation, plan, data)
    if route is None or route.launch is None:
        return ""
    return f"create a {route.launch.type} in {route.launch.in_}"


def _written(judged: Judged) -> dict[str, str]:
    return {
        field.field: field.value.value
        for each in judged.plan.operations
        if isinstance(each, SetTicketFields)
        for field in each.fields
    }


def _writes(before: Judged, after: Judged, o: Outlook) -> str:
    """What would be written that is not about to be written anyway; the stage goes first."""
    held = {} if before.stopped else _written(before)
    purposes = {each.field: each.purpose for each in after.fields}
    new = [(f, v) for f, v in _written(after).items() if held.get(f) != v]
    new.sort(key=lambda each: purposes.get(each[0]) != "stage")
    called = fields_called(o.situation)
    words = [
        _shown(called.get(field, field), value, purposes.get(field, "")) for field, value in new[:2]
    ]
    return " and ".join(words)


def _shown(field: str, value: str, purpose: str) -> str:
    if not value:
        return f"empty {field}"
    if PLACEHOLDER in value:
        return f"fill {field}"
    return f'show "{value}"' if purpose == "stage" else f'set {field} to "{value}"'
