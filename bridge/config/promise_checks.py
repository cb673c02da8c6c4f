"""Promises of a mapping: that each can be kept, can be seen to be kept, and warns in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import ValidationError

from bridge.config.calendar_checks import calendar_names
from bridge.config.cursor import Cursor
from bridge.config.notice_checks import check_names
from bridge.config.problems import Complaint, suggest
from bridge.config.reference_checks import MappingContext, check_connection, launched_into
from bridge.config.route_checks import check_complete, check_condition, check_ticket_name
from bridge.config.ticket_words import TicketWords
from bridge.core.calendars import ROUND_THE_CLOCK, Calendar, add, compiled, next_opening, read_span
from bridge.domain.mapping import TICKET_SOURCES
from bridge.domain.mapping_promises import ALWAYS, NONE, CalendarSpec
from bridge.ports.manifest import Role

_SOURCES = tuple(each for each in TICKET_SOURCES if each != "description")
_SAMPLE = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday from which spans are compared."""


def check_promises(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What is wrong with scales and promises."""
    words = TicketWords.of(mapping)
    yield from _scale(mapping, "severities", "severity", words)
    yield from _scale(mapping, "plans", "plan", words)
    seen: dict[str, int] = {}
    for position, promise in enumerate(mapping.at("promises").each()):
        name = promise.at("id").text or ""
        if name in seen:
            yield promise.at("id").complaint(
                f'"{name}" is the id of promises[{seen[name]}] already'
            )
        seen.setdefault(name, position)
        yield from check_condition(promise.at("when"), words)
        yield from _calendar(promise, mapping, words)
        for key in ("within", "every"):
            yield from _span(promise.at(key), words)
        yield from _units(promise)
        yield from _keepable(promise, mapping)
        yield from _pauses(promise, mapping, known, words)
        yield from _warns(promise, mapping)
        yield from _tells(promise, mapping, known)


# ------------------------------------------------------------------------------------- scales


def _scale(mapping: Cursor, key: str, fact: str, words: TicketWords) -> Iterator[Complaint]:
    """That a scale's steps are unique, and the words of tickets are among them."""
    scale = mapping.at(key)
    seen: dict[str, int] = {}
    for position, step in enumerate(scale.each()):
        yield from check_condition(step.at("when"), words)
        name = step.at("id").text
        if name is None:
            continue
        if name in seen:
            yield step.at("id").complaint(f'"{name}" is the id of {key}[{seen[name]}] already')
        seen.setdefault(name, position)
    if not seen:
        return
    if fact in words.unset:
        yield scale.complaint(f"no ticket has one: the key {words.unset[fact]} is not set")
        return
    if fact == "severity":
        yield from _on_scale(mapping.at("ticket", "severity"), list(seen))


def _on_scale(source: Cursor, steps: list[str]) -> Iterator[Complaint]:
    for place in (*(each for _, each in source.at("values").entries()), source.at("default")):
        if place.text is not None and place.text not in steps:
            hint = suggest(place.text, steps, known="severities")
            yield place.complaint(f'"{place.text}" is no step of severities', hint)


# ------------------------------------------------------------------------------ spans and hours


def _span(place: Cursor, words: TicketWords) -> Iterator[Complaint]:
    if isinstance(place.value, list):
        yield from _cases(place, words, "use: none where nothing is promised")
    elif isinstance(place.value, dict):
        source, by, table = place.at("from"), place.at("by"), place.at("values")
        yield from check_ticket_name(source, _SOURCES, words)
        yield from check_ticket_name(by, _SOURCES, words)
        yield from check_complete(table, source.text or "", words)
        for _, row in table.entries():
            if not isinstance(row.value, dict):
                continue
            if not by.is_there:
                yield row.complaint("a table in a table needs by:", "say which fact it is over")
            yield from check_complete(row, by.text or "", words)


def _cases(place: Cursor, words: TicketWords, hint: str) -> Iterator[Complaint]:
    """That the cases of a list leave no ticket out, and each can be reached."""
    cases = list(place.each())
    for index, case in enumerate(cases):
        last = index == len(cases) - 1
        if case.at("when").is_there:
            yield from check_condition(case.at("when"), words)
        elif not last:
            yield case.complaint("takes every ticket: what follows is never reached")
            return
        if last and case.at("when").is_there:
            yield place.complaint(
                "a ticket that none of these conditions fits has no entry",
                f"end with an entry without when: ({hint})",
            )


def _calendar(promise: Cursor, mapping: Cursor, words: TicketWords) -> Iterator[Complaint]:
    place = promise.at("calendar")
    names = [place] if place.text is not None else [each.at("use") for each in place.each()]
    if isinstance(place.value, list):
        yield from _cases(place, words, "use: always, or the usual calendar")
    for each in names:
        yield from _known_calendar(each, mapping)


def _known_calendar(place: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    known = calendar_names(mapping)
    if place.text is not None and place.text not in known:
        yield place.complaint(
            f'no calendar "{place.text}"', suggest(place.text, known, known="calendars")
        )


def _calendars_of(promise: Cursor) -> list[str]:
    place = promise.at("calendar")
    if not place.is_there:
        return [ALWAYS]
    named = [place] if place.text is not None else [each.at("use") for each in place.each()]
    return [each.text for each in named if each.text is not None]


def _spans_of(promise: Cursor) -> list[Cursor]:
    """Every span that the promise may have."""
    place = promise.at("within") if promise.at("within").is_there else promise.at("every")
    if place.text is not None:
        return [place]
    if isinstance(place.value, list):
        return [case.at("use") for case in place.each()]
    found: list[Cursor] = []
    for _, row in place.at("values").entries():
        found += [row] if row.text is not None else [each for _, each in row.entries()]
    return found


def _units(promise: Cursor) -> Iterator[Complaint]:
    """That business time is counted by business hours, and whole days by none."""
    calendars = _calendars_of(promise)
    for place in (*_spans_of(promise), promise.at("warn_after"), promise.at("warn_before")):
        text = place.text or ""
        if text.endswith(("bd", "bh")) and ALWAYS in calendars:
            yield place.complaint(
                f'"{text}" is business time, and this promise has no business hours',
                "add calendar:, or say it in d and h",
            )
        elif text.endswith("d") and not text.endswith("bd") and calendars != [ALWAYS]:
            yield place.complaint(
                f'"{text}" is whole days, and this promise counts by business hours',
                f'"{text[:-1]}bd" for business days',
            )


# ------------------------------------------------------------------------- can it be kept at all


def _keepable(promise: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    kept = promise.at("kept_by")
    name = kept.text or ""
    trackers = launched_into(mapping)
    if name == "triaged" and not mapping.at("ticket", "severity").is_there:
        yield kept.complaint("can't be seen: the key ticket.severity is not set")
    if name in ("linked", "eta_set") and not trackers:
        yield kept.complaint("can't be kept: no route launches a work item")
    if name == "acknowledged" and not _asks(mapping):
        yield kept.complaint(
            "can't be kept: no route asks anybody to acknowledge",
            "give a notify until_acknowledged: true",
        )
    if name.startswith("stage:"):
        yield from _stage(kept, name.removeprefix("stage:"), mapping)
    says = promise.at("must_say")
    if says.is_there and name != "told_customer":
        yield says.complaint("nothing is said by that", "it goes with kept_by: told_customer")
    elif says.is_there and not trackers:
        yield says.complaint(
            "no date is ever known: no route launches a work item", "leave must_say out"
        )
    if promise.at("every").is_there and name not in ("told_customer", ""):
        yield promise.at("every").complaint(
            f'"{name}" happens once', "say within:, or kept_by: told_customer"
        )


def _asks(mapping: Cursor) -> bool:
    return any(
        notify.at("until_acknowledged").value is True
        for route in mapping.at("routes").each()
        for notify in route.at("notify").each()
    )


def _stage(kept: Cursor, id: str, mapping: Cursor) -> Iterator[Complaint]:
    stages = [each.at("id").text or "" for each in mapping.at("stages").each()]
    if id not in stages:
        hint = suggest(id, stages, known="stages")
        yield kept.complaint(f'no stage "{id}"', hint)
        return
    shown = {
        each.text for _, table in mapping.at("status").entries() for _, each in table.entries()
    }
    if not any(each in shown for each in stages[stages.index(id) :]):
        yield kept.complaint(
            f'can\'t be kept: no status leads to "{id}" or a later stage',
            "add it to a table under status:",
        )


def _pauses(
    promise: Cursor, mapping: Cursor, known: MappingContext, words: TicketWords
) -> Iterator[Complaint]:
    place = promise.at("pause_while")
    if isinstance(place.value, dict):
        yield from check_condition(place, words)
        when = promise.at("when")
        if _spelt(place) == _spelt(when):
            yield place.complaint(
                "its clock would never run: it rests exactly while the promise is made"
            )
    elif place.text == "waiting_on_customer":
        helpdesk = mapping.at("helpdesk").text or ""
        if helpdesk in known.unwaiting and helpdesk in known.having(Role.HELPDESK):
            yield place.complaint(
                f'"{helpdesk}" does not say which of its statuses wait for the customer',
                'name them: pause_while: {field: "property:<status field>", in: [<ids>]}',
            )


def _spelt(place: Cursor) -> str:
    return json.dumps(place.value, sort_keys=True, default=str)


# ---------------------------------------------------------------------------- warnings, tellings


def _warns(promise: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    """That the warning comes after the start and before the end, by every span and calendar."""
    calendars = [found for name in _calendars_of(promise) if (found := _built(name, mapping))]
    for key, says in (
        ("warn_after", "the warning would come when it is due already"),
        ("warn_before", "the warning would come before it is made"),
    ):
        place = promise.at(key)
        try:
            warning = read_span(place.text or "")
            spans = [read_span(e.text) for e in _spans_of(promise) if e.text not in (None, NONE)]
        except (ValueError, TypeError):
            continue
        for calendar in calendars:
            start = next_opening(calendar, _SAMPLE)
            if any(add(calendar, start, warning) >= add(calendar, start, e) for e in spans):
                yield place.complaint(says, "it must be shorter than every span of the promise")
                break


def _built(name: str, mapping: Cursor) -> Calendar | None:
    if name == ALWAYS:
        return ROUND_THE_CLOCK
    try:
        return compiled(name, CalendarSpec.model_validate(mapping.at("calendars", name).value))
    except ValidationError:
        return None


def _tells(promise: Cursor, mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    roles = {name for name, _ in mapping.at("roles").entries()}
    place = promise.at("tell")
    warned = promise.at("warn_after").is_there or promise.at("warn_before").is_there
    for tell in [place] if isinstance(place.value, dict) else place.each():
        yield from check_names(tell.at("to"), roles, known)
        via = tell.at("via")
        for each in [via] if via.text is not None else via.each():
            yield from check_connection(each, Role.NOTIFIER, known)
            if each.text in known.addressed and not tell.at("to").is_there:
                yield each.complaint(f'"{each.text}" needs to know whom to write to', "add to:")
        for key in ("during", "outside"):
            yield from _known_calendar(tell.at(key), mapping)
        if tell.at("at").text == "warning" and not warned:
            yield tell.at("at").complaint(
                "nothing warns of this promise", "add warn_before: or warn_after:"
            )
        if tell.at("resend").is_there and tell.at("until_acknowledged").value is not True:
            message = "nothing is told again without until_acknowledged: true"
            yield tell.at("resend").complaint(message)
        for key in ("during", "outside"):
            if tell.at(key).text == ALWAYS:
                yield tell.at(key).complaint('"always" has no other hours', "leave it out")
