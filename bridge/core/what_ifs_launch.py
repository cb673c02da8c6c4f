"""What would have to be otherwise for a ticket's work item to be created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bridge.core.changed import (
    PLACEHOLDER,
    WhatIf,
    with_situation,
    with_ticket_fact,
    without_item,
)
from bridge.core.outlook import WAITING_ITEM_CREATE, Judged, Outlook
from bridge.core.situation import TrackerView
from bridge.core.spoken import said_time
from bridge.core.stages import name_of
from bridge.domain.links import LaunchState
from bridge.domain.mapping import Condition, Mapping
from bridge.domain.records import SUBJECT, Company, Reference

_NO_ROUTE = frozenset({"NO_CATEGORY", "NEEDS_DECISION", "NOT_ROUTED", "VALUE_UNMAPPED", "NO_LINK"})


def launch_changes(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    """The candidates that fit what is in the launch's way."""
    code, data = judged.plan.verdict, judged.plan.verdict_data
    if code in _NO_ROUTE and not o.situation.items:
        yield from _categories(o, now)
    if code == "BEFORE_START":
        by_hand = o.situation.launch_by_hand | {data.get("route", "")}
        words = "somebody launched it by hand"
        yield WhatIf("by hand", words, with_situation(o, launch_by_hand=by_hand), now)
    if code == "LAUNCH_LIMIT":
        words = f"fewer than {o.situation.launch_limit} items had been created within the hour"
        yield WhatIf("limit", words, with_situation(o, launches_last_hour=0), now)
    if code == "NO_CONNECTION":
        name = data.get("connection", "")
        trackers = {**o.situation.trackers, name: TrackerView(name, Reference())}
        words = f"{name} were connected"
        yield WhatIf("connected", words, with_situation(o, trackers=trackers), now)
    if code in ("LAUNCH_REJECTED", "LAUNCH_UNDECIDED"):
        yield from _tried_again(o, now)
    if code in ("INTAKE_INCOMPLETE", WAITING_ITEM_CREATE):
        yield from _filled_in(o, judged, now)
    if code == "CUSTOMER_UNREADABLE":
        yield WhatIf("readable", "the hub could see its company", _with_company(o), now)
    if any(each.code == "RECATEGORISED" for each in judged.plan.findings):
        for item in o.situation.items:
            words = f"the link to {name_of(item)} ended"
            yield WhatIf("unlinked", words, without_item(o, item), now)


def _tried_again(o: Outlook, now: datetime) -> Iterator[WhatIf]:
    unclear = (LaunchState.REJECTED, LaunchState.UNDECIDED)
    kept = tuple(each for each in o.situation.launches if each.state not in unclear)
    yield WhatIf("again", "it were tried again", with_situation(o, launches=kept), now)


def _categories(o: Outlook, now: datetime) -> Iterator[WhatIf]:
    mapping = o.situation.mapping
    for route in mapping.routes:
        if route.launch is None:
            continue
        for word in _words(route.when):
            value = _raw(mapping, word)
            changed = with_ticket_fact(o, mapping.ticket.category.property, value, now)
            yield WhatIf("category", f'its category were "{word}"', changed, now)


def _words(condition: Condition) -> Iterator[str]:
    """The categories that a condition asks for, wherever in it."""
    if condition.field == "category":
        given = condition.in_ if condition.in_ is not None else [condition.is_]
        yield from (str(each) for each in (*given, condition.contains) if each is not None)
    for each in (*(condition.all or ()), *(condition.any or ())):
        yield from _words(each)


def _raw(mapping: Mapping, word: str) -> str:
    """What the helpdesk's field holds where the mapping reads that word."""
    table = mapping.ticket.category.values or {}
    return next((raw for raw, meant in table.items() if meant == word), word)


def _filled_in(o: Outlook, judged: Judged, now: datetime) -> Iterator[WhatIf]:
    """The values that a launch waits for, filled in; or the time over in which they may come."""
    missing = [each for each in judged.plan.verdict_data.get("missing", "").split(", ") if each]
    if not missing:
        return
    changed = o
    for name in missing:
        changed = _with_value(changed, name, now)
    verb = "was" if len(missing) == 1 else "were"
    yield WhatIf("filled in", f"{' and '.join(missing)} {verb} filled in", changed, now)
    due = judged.plan.wake_at
    if due is not None and due > now:
        yield WhatIf("settled", f"nothing more came until {said_time(due, now)}", o, due)


def _with_company(o: Outlook) -> Outlook:
    """The same with a company that says everything that a launch may ask of it."""
    source = o.situation.mapping.ticket.customer
    names = () if source is None else (source.name, source.plan)
    said = dict.fromkeys((each for each in names if each), PLACEHOLDER)
    return with_situation(o, company=Company(PLACEHOLDER, PLACEHOLDER, said))


def _with_value(o: Outlook, name: str, now: datetime) -> Outlook:
    ticket = o.situation.mapping.ticket
    if name.startswith("property:"):
        return with_ticket_fact(o, name.removeprefix("property:"), PLACEHOLDER, now)
    if name == "category":
        return with_ticket_fact(o, ticket.category.property, PLACEHOLDER, now)
    if name == "severity" and ticket.severity is not None:
        value = next(iter(ticket.severity.values or {}), PLACEHOLDER)
        return with_ticket_fact(o, ticket.severity.property, value, now)
    if name in ("customer", "plan") and ticket.customer is not None:
        held = o.situation.company or Company(PLACEHOLDER, "", {})
        field = ticket.customer.name if name == "customer" else ticket.customer.plan
        properties = {**held.properties, field or name: PLACEHOLDER}
        return with_situation(o, company=replace(held, properties=properties))
    return with_ticket_fact(o, SUBJECT, PLACEHOLDER, now) if name == "subject" else o
