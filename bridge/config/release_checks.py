"""Dates and releases: do the stages stand in order, can every day and every group be reached?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import available_timezones

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, suggest
from bridge.config.reference_checks import MappingContext, check_connection
from bridge.domain.mapping_base import parse_span
from bridge.ports.manifest import Role


def check_releases(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """All that is wrong with `eta` and `releases`."""
    for name, names in mapping.at("eta").entries():
        yield from check_connection(names, Role.TRACKER, known, name=name)
    spec = mapping.at("releases")
    if not isinstance(spec.value, dict):
        return
    for name, source in spec.at("sources").entries():
        yield from check_connection(source, Role.TRACKER, known, name=name)
    yield from _stages(mapping, spec)
    yield from _groups(spec)
    yield from _days(spec)


def _stages(mapping: Cursor, spec: Cursor) -> Iterator[Complaint]:
    stages = [each.at("id").text or "" for each in mapping.at("stages").each()]
    side = {
        each.at("id").text for each in mapping.at("stages").each() if each.at("side").value is True
    }
    available, until = spec.at("available").text or "available", spec.at("until_then").text
    for place, name in ((spec.at("available"), available), (spec.at("until_then"), until)):
        if name is None:
            continue
        if name not in stages:
            yield place.complaint(f'no stage "{name}"', suggest(name, stages))
        elif name in side:
            hint = "name a stage of the main path"
            yield place.complaint(f'"{name}" is a side stage: nothing is released into it', hint)
    if until in stages and available in stages and stages.index(until) >= stages.index(available):
        message = f'"{until}" does not come before "{available}"'
        hint = f'what waits for its release waits at a stage that stands before "{available}"'
        yield spec.at("until_then").complaint(message, hint)


def _groups(spec: Cursor) -> Iterator[Complaint]:
    groups = list(spec.at("groups").entries())
    left = [name for name, group in groups if not group.at("when").is_there]
    for name, group in groups:
        if name in left[1:]:
            message = f'"{left[0]}" takes whoever is left, and nobody is left for {name}'
            yield group.complaint(message, "give one of them a `when`")
        yield from _after(group.at("after"))
    if groups and not left:
        name, group = groups[-1]
        message = f'who is in none of these groups would never get a release: "{name}" is last'
        yield group.complaint(message, "end with a group without `when`: everyone: {}")


def _after(place: Cursor) -> Iterator[Complaint]:
    try:
        span = parse_span(place.value) if place.is_there else None
    except ValueError:
        return
    if span is not None and span.seconds:
        yield place.complaint("is not a number of days", "write 0d, 1d or 7d")


def _days(spec: Cursor) -> Iterator[Complaint]:
    zone = spec.at("time_zone")
    if zone.text is not None and zone.text not in available_timezones():
        near = (e for e in sorted(available_timezones()) if _area(e) == _area(zone.text))
        hint = suggest(zone.text, near) or "such as Europe/Paris"
        yield zone.complaint(f'no time zone "{zone.text}"', hint)
    never = {day for each in spec.at("never_on").each() if (day := _day(each)) is not None}
    for each in spec.at("rollout_dates").each():
        if _day(each) in never:
            message = f'"{each.text}" stands in never_on too'
            yield each.complaint(message, "a day is one of the two")
    days = [each.text for each in spec.at("rollout_days").each()]
    for index, each in enumerate(spec.at("rollout_days").each()):
        if each.text in days[:index]:
            yield each.complaint(f'"{each.text}" stands there twice', "name each day once")
    notes = spec.at("notes_url").text
    if notes is not None and not notes.startswith(("https://", "http://")):
        yield spec.at("notes_url").complaint("is no address", "begin it with https://")


def _area(zone: str) -> str:
    return zone.partition("/")[0].casefold()


def _day(place: Cursor) -> date | None:
    try:
        return date.fromisoformat(place.text or "")
    except ValueError:
        return None
