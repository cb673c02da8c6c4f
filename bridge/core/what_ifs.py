"""Changed inputs, each one step from what is: the candidates of `core.counterfactual`.

Each says in words what would be otherwise and carries the whole outlook with only that changed.
Whether anything comes of it is not known here: the plan decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from bridge.core.called import field_called, work_field_called
from bridge.core.changed import (
    PLACEHOLDER,
    WhatIf,
    with_fact,
    with_item,
    with_mapping,
    with_situation,
    without_item,
)
from bridge.core.guard import sayable
from bridge.core.outlook import Judged, Outlook
from bridge.core.releases import as_reached
from bridge.core.reviewing import born
from bridge.core.situation import FieldVerdict, LinkedItem, TicketSituation
from bridge.core.spoken import said_time
from bridge.core.stages import is_broken, name_of, stage_of, step_of
from bridge.core.values import plain
from bridge.core.what_ifs_launch import launch_changes
from bridge.domain.links import LinkState
from bridge.domain.mapping import FieldPair, Stage
from bridge.domain.records import STATUS, Presence, Value
from bridge.domain.texts import Audience

__all__ = ["PLACEHOLDER", "WhatIf", "what_ifs"]

_RESUMED = {
    "PAUSED": "{name} were resumed",
    "AUTH_EXPIRED": "the connection to {name} were renewed",
    "REMOTE_DOWN": "{name} answered again",
    "RATE_LIMITED": "the limit of {name} were over",
}


def what_ifs(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    """The candidates that fit what is in the way, the nearest first."""
    for each in (_stops, _waits, _unmapped, _rolled_up, _broken, _absent, _reopened):
        yield from each(o, judged, now)
    for row in judged.fields:
        change = _FIELD_CHANGES.get(row.verdict)
        if change is not None:
            yield from change(o, row, now)
    yield from launch_changes(o, judged, now)


def _stops(o: Outlook, _judged: Judged, now: datetime) -> Iterator[WhatIf]:
    names = [
        (n, _RESUMED.get(c.code, "{name} answered").format(name=n)) for n, c in o.stops.items()
    ]
    for name, words in names:
        rest = {key: cause for key, cause in o.stops.items() if key != name}
        yield WhatIf("stop", words, replace(o, stops=rest), now)
    if len(names) > 1:
        together = " and ".join(words for _, words in names)
        yield WhatIf("stops", together, replace(o, stops={}), now)


def _waits(o: Outlook, _judged: Judged, now: datetime) -> Iterator[WhatIf]:
    for ref in o.waits:
        rest = {key: cause for key, cause in o.waits.items() if key != ref}
        what = "the ticket" if ref == str(o.situation.ref) else _called(o.situation, ref)
        yield WhatIf("wait", f"the next try on {what} went well", replace(o, waits=rest), now)


def _called(s: TicketSituation, ref: str) -> str:
    return next((name_of(each) for each in s.items if str(each.link.work_item) == ref), ref)


def _nearest(s: TicketSituation) -> list[Stage]:
    """The stages, those nearest to what the ticket shows first, the later one before."""
    stages, shown = s.mapping.stages, s.mapping.show_on_ticket.stage
    text = "" if shown is None else s.observation.text(shown.property)
    at = next((i for i, each in enumerate(stages) if text in (each.label, each.id)), 0)
    order = sorted(range(len(stages)), key=lambda i: (stages[i].side, abs(i - at), -i))
    return [stages[i] for i in order]


def _unmapped(o: Outlook, _judged: Judged, now: datetime) -> Iterator[WhatIf]:
    s = o.situation
    for item in s.items:
        step = step_of(s.mapping, item)
        if step.code != "STATUS_UNMAPPED":
            continue
        name = item.link.work_item.connection
        for stage in _nearest(s):
            table = {**s.mapping.status.get(name, {}), step.status: stage.id}
            words = f'the mapping gave "{step.label}" the stage "{stage.label}"'
            changed = with_mapping(o, status={**s.mapping.status, name: table})
            yield WhatIf("mapped", words, changed, now)
        for status, label in _statuses(s, item, _nearest(s)):
            words = f'{name_of(item)} left "{step.label}" for "{label}"'
            yield WhatIf("moved", words, _moved(o, (item,), status, now), now)


def _statuses(
    s: TicketSituation, item: LinkedItem, stages: list[Stage]
) -> Iterator[tuple[str, str]]:
    """Ids and labels of the tracker's statuses that lead to these stages, in their order."""
    name, reference = item.link.work_item.connection, item.tracker.reference
    known = {each.id: each.label for each in reference.statuses.values()}
    known |= {each: each for each in s.mapping.status.get(name, {}) if not known}
    for stage in stages:
        for id, label in known.items():
            if stage_of(s.mapping, name, id, reference) is stage:
                yield id, label


def _moved(o: Outlook, items: tuple[LinkedItem, ...], status: str, now: datetime) -> Outlook:
    kept = tuple(
        replace(each, observation=with_fact(each.observation, STATUS, status, now))
        if each in items and each.observation is not None
        else each
        for each in o.situation.items
    )
    return with_situation(o, items=kept)


def _rolled_up(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    """The item that holds a roll-up back further on; or all that stand where it stands."""
    holding = [each for each in judged.fields if each.verdict == "ROLLUP_HOLDS"]
    s = o.situation
    for row in holding:
        item = next((i for i in s.items if str(i.link.work_item) == row.data.get("ref")), None)
        if item is None:
            continue
        stages = [each for each in s.mapping.stages if not each.side]
        at = step_of(s.mapping, item).stage
        behind = tuple(i for i in s.items if step_of(s.mapping, i).stage is at)
        names = ", ".join(name_of(each) for each in behind)
        further = stages[stages.index(at) + 1 :] if at in stages else []
        for status, label in _statuses(s, item, further):
            yield WhatIf("moved", f'{names} reached "{label}"', _moved(o, behind, status, now), now)
        yield WhatIf("unlinked", f"the link to {name_of(item)} ended", without_item(o, item), now)


def _broken(o: Outlook, _judged: Judged, now: datetime) -> Iterator[WhatIf]:
    s = o.situation
    for item in s.items:
        if not is_broken(item):
            continue
        if item.observation is not None:
            seen = replace(item.observation, presence=Presence.PRESENT)
            mended = replace(
                item, observation=seen, link=replace(item.link, state=LinkState.ACTIVE)
            )
            changed = with_situation(o, items=with_item(s, item, mended))
            yield WhatIf("mended", f"{name_of(item)} could be seen again", changed, now)
        yield WhatIf("unlinked", f"the link to {name_of(item)} ended", without_item(o, item), now)


def _absent(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    if judged.plan.verdict in ("RECORD_ABSENT", "RECORD_MISSING"):
        seen = replace(o.situation.observation, presence=Presence.PRESENT)
        yield WhatIf("seen", "the ticket could be seen again", _seen(o, seen), now)


def _seen(o: Outlook, seen: object) -> Outlook:
    return with_situation(o, observation=seen)


def _reopened(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    if judged.plan.verdict != "TICKET_CLOSED":
        return
    s = o.situation
    status = next((each for each in s.reference.statuses.values() if not each.closed), None)
    if status is not None:
        words = f'the ticket were open again ("{status.label}")'
        seen = with_fact(s.observation, STATUS, status.id, now)
        yield WhatIf("reopened", words, _seen(o, seen), now)


def _thawed(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    """A frozen field once its time is over; one that is not enforced, if it were."""
    pair = o.situation.fingerprints.get(row.field)
    if pair is not None and pair.frozen_until is not None and pair.frozen_until > now:
        until = pair.frozen_until
        yield WhatIf(
            "thawed",
            f"nobody changed {_called_field(o, row)} until {said_time(until, now)}",
            o,
            until,
        )
    found = _pair_of(o, row)
    if found is not None and not found[1].enforce:
        enforced = _with_pair(o, found[0], enforce=True)
        words = f"the mapping enforced {_called_field(o, row)}"
        yield WhatIf("enforced", words, enforced, now)


def _called_field(o: Outlook, row: FieldVerdict) -> str:
    return field_called(o.situation.reference, row.field, row.purpose)


def _agreed(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    found = _pair_of(o, row)
    if found is None:
        return
    field = found[1].work_item
    seen = [each for each in o.situation.items if each.observation is not None]
    values = {plain(e.observation.value(field)): e for e in seen if e.observation is not None}
    for text, told in values.items():
        if told.observation is None:
            continue
        origin = born(str(told.link.work_item), "", told.has_origin)
        audience, known = Audience.parse(found[1].audience), o.situation.sentry
        if sayable(text or "", audience, origin, known=known) != (text or ""):
            continue
        items = _all_saying(o, field, told.observation.value(field), now)
        words = f'all linked items said "{text}" in {work_field_called(o.situation, found[1])}'
        yield WhatIf("agreed", words, with_situation(o, items=items), now)


def _readable(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    found = _pair_of(o, row)
    if found is not None:
        words = f"the mapping let support read {work_field_called(o.situation, found[1])}"
        # Support reads this: the value itself stays out of the answer.
        items = _all_saying(o, found[1].work_item, PLACEHOLDER, now)
        told = with_situation(o, items=items)
        yield WhatIf("audience", words, _with_pair(told, found[0], audience="support"), now)


def _cleaned(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    found = _pair_of(o, row)
    if found is None:
        return
    field = found[1].work_item
    items = _all_saying(o, field, PLACEHOLDER, now)
    words = f"{work_field_called(o.situation, found[1])} held no trace of error tracking"
    yield WhatIf("cleaned", words, with_situation(o, items=items), now)


def _known_value(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    found, value = _pair_of(o, row), row.data.get("value")
    if found is not None and found[1].values is not None and value:
        table = {**found[1].values, value: PLACEHOLDER}
        called = work_field_called(o.situation, found[1])
        words = f'the mapping said what "{value}" of {called} means'
        yield WhatIf("value", words, _with_pair(o, found[0], values=table), now)


def _pair_of(o: Outlook, row: FieldVerdict) -> tuple[int, FieldPair] | None:
    kind, _, index = row.purpose.partition(":")
    pairs = o.situation.mapping.fields
    if kind != "pair" or not index.isdecimal() or int(index) >= len(pairs):
        return None
    return int(index), pairs[int(index)]


def _with_pair(o: Outlook, index: int, **changes: object) -> Outlook:
    pairs = list(o.situation.mapping.fields)
    pairs[index] = pairs[index].model_copy(update=changes)
    return with_mapping(o, fields=pairs)


def _all_saying(o: Outlook, field: str, value: Value, now: datetime) -> tuple[LinkedItem, ...]:
    """The ticket's items, with that value in a field of all that were seen."""
    return tuple(
        replace(e, observation=with_fact(e.observation, field, value, now))
        if e.observation is not None
        else e
        for e in o.situation.items
    )


def _released(o: Outlook, row: FieldVerdict, now: datetime) -> Iterator[WhatIf]:
    """The release that a done item waits for has reached the customer."""
    id = row.data.get("release_id")
    if id is not None:
        words = f"{row.data.get('release', 'the release')} had reached the customer"
        around = as_reached(o.situation, id, now)
        yield WhatIf("released", words, with_situation(o, releases=around), now)


_FIELD_CHANGES: dict[str, Callable[[Outlook, FieldVerdict, datetime], Iterator[WhatIf]]] = {
    "HUMAN_OVERRIDE": _thawed,
    "LOOP_BREAKER": _thawed,
    "CONFLICT": _agreed,
    "AUDIENCE_BLOCK": _readable,
    "LEAK_SUSPECT": _cleaned,
    "VALUE_UNMAPPED": _known_value,
    "RELEASE_PENDING": _released,
}
