"""Weight, hygiene and digests: whom they name, by which way they go, and on which days."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.notice_checks import check_names
from bridge.config.problems import Complaint, render_path, suggest
from bridge.config.reference_checks import MappingContext, check_connection, launched_into
from bridge.core.workdays import NAMED_DAYS
from bridge.domain.mapping_hygiene import WEEKDAYS
from bridge.ports.manifest import Role

_PLACELESS = "a digest is about many tickets, and a role is played for one"


def check_hygiene(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What is wrong about weight, hygiene and digests."""
    yield from _impact(mapping, known)
    first: dict[str, Cursor] = {}
    for digest in mapping.at("digests").each():
        id = digest.at("id")
        if id.text is not None:
            other = first.setdefault(id.text, id)
            if other is not id:
                where = render_path(other.path[:-1])
                yield id.complaint(f'"{id.text}" is the id of {where} already')
        yield from _whom(digest, mapping, known)
        yield from _days(digest.at("when", "days"), mapping)
        yield from _routes(digest.at("routes"), mapping)
        if digest.at("what").text == "hygiene" and mapping.at("hygiene").value is None:
            message = "there is nothing to tell: the key hygiene is not set"
            yield digest.at("what").complaint(message, 'add hygiene: {at: "02:00"}')


def _impact(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    show = mapping.at("show_on_work_item")
    impact, plans = show.at("impact"), show.at("plans")
    yield from check_connection(impact.at("connection"), Role.TRACKER, known)
    trackers = list(launched_into(mapping))
    unsaid = impact.at("property").is_there and not impact.at("connection").is_there
    if unsaid and len(trackers) > 1:
        message = f"is missing: routes launch into {', '.join(trackers)}"
        hint = "say which of them has the field, or show a link: impact: true"
        yield impact.at("connection").complaint(message, hint)
    if plans.is_there and not mapping.at("ticket", "customer", "plan").is_there:
        message = "no ticket has a plan: the key ticket.customer.plan is not set"
        yield plans.complaint(message, "name the company's property that holds it")
    seen: set[str] = set()
    for each in plans.each():
        name = (each.text or "").casefold()
        if name and name in seen:
            yield each.complaint(f'"{each.text}" stands in the order already')
        seen.add(name)


def _whom(digest: Cursor, mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    to, via = digest.at("to"), digest.at("via")
    roles = {name for name, _ in mapping.at("roles").entries()} - {*known.people}
    for each in [to] if to.text is not None else to.each():
        if each.text in roles:
            yield each.complaint(f'"{each.text}" is a role: {_PLACELESS}', "name a group")
    yield from check_names(to, roles, known)
    for each in [via] if via.text is not None else via.each():
        yield from check_connection(each, Role.NOTIFIER, known)
        if each.text in known.addressed and not to.is_there:
            yield each.complaint(f'"{each.text}" needs to know whom to write to', "add to:")


def _days(days: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    if days.value == []:
        yield days.complaint("it would never go out", f"right: mon-fri, or of {_listed(WEEKDAYS)}")
    name = days.text
    if name is None or name in NAMED_DAYS:
        return
    calendars = [each for each, _ in mapping.at("calendars").entries()]
    if name not in calendars:
        hint = suggest(name, [*NAMED_DAYS, *calendars], known="right")
        yield days.complaint(f'"{name}" names no days', hint or "right: mon-fri or daily")


def _routes(routes: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    launching = {
        id: route.at("launch").is_there
        for route in mapping.at("routes").each()
        if (id := route.at("id").text) is not None
    }
    for each in routes.each():
        if each.text is None:
            continue
        if each.text not in launching:
            yield each.complaint(f'no route "{each.text}"', suggest(each.text, launching))
        elif not launching[each.text]:
            message = f'route "{each.text}" launches nothing, so there is nothing to review'
            yield each.complaint(message)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)
