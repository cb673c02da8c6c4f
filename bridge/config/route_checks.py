"""Routes: what they test, what they launch, and whether a ticket ever gets to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, suggest
from bridge.config.ticket_words import TicketWords
from bridge.config.yaml_lines import Scalar
from bridge.core.wording import check_template, needed_values
from bridge.domain.mapping import CONDITION_FIELDS, TICKET_SOURCES

_PROPERTY = "property:"
_BY_SOURCES = tuple(each for each in TICKET_SOURCES if each != "description")
_CLOSED = ("category", "severity", "plan")
"""Fields whose words the mapping itself prescribes, if it has a table."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What the routes above have taken: each entry is the position of the first that did."""

    names: dict[str, int] = field(default_factory=dict)
    conditions: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)
    """A field and a value of it: every ticket with that value goes to the route."""


def check_routes(mapping: Cursor) -> Iterator[Complaint]:
    """What is wrong in the routes, apart from the connections that they name."""
    words = TicketWords.of(mapping)
    earlier = _Earlier()
    for position, route in enumerate(mapping.at("routes").each()):
        yield from _unique(route, position, earlier)
        yield from _reachable(route, position, earlier)
        yield from check_condition(route.at("when"), words)
        for _, value in route.at("launch", "fields").entries():
            yield from _launch_value(value, words)
        for notify in route.at("notify").each():
            yield from check_condition(notify.at("when"), words)


def _unique(route: Cursor, position: int, earlier: _Earlier) -> Iterator[Complaint]:
    name = route.at("id").text
    if name is None:
        return
    first = earlier.names.setdefault(name, position)
    if first != position:
        yield route.at("id").complaint(f'"{name}" is the id of routes[{first}] already')


def _reachable(route: Cursor, position: int, earlier: _Earlier) -> Iterator[Complaint]:
    when = route.at("when")
    if not isinstance(when.value, dict):
        return
    spelt = json.dumps(when.value, sort_keys=True)
    first = {earlier.conditions.setdefault(spelt, position)}
    asked = {earlier.values.setdefault(each, position) for each in _asked(when)}
    for taken in (first, asked):
        if taken and position not in taken:
            above = ", ".join(f"routes[{each}]" for each in sorted(taken))
            verb = "matches" if len(taken) == 1 else "match"
            message = f"the route is never reached: {above} {verb} the same tickets first"
            yield when.complaint(message)
            return


def _asked(when: Cursor) -> list[tuple[str, str]]:
    """The field and the values that a condition of `is` or `in` asks for, each with its kind."""
    name = when.at("field").text
    if name is None:
        return []
    values = [when.at("is"), *when.at("in").each()]
    return [(name, repr(each.value)) for each in values if each.is_there]


def check_condition(condition: Cursor, words: TicketWords) -> Iterator[Complaint]:
    """That a condition tests what tickets have, for what it may be."""
    for key in ("all", "any", "in"):
        if condition.at(key).value == []:
            yield condition.at(key).complaint("must not be empty")
    for key in ("all", "any"):
        for each in condition.at(key).each():
            yield from check_condition(each, words)
    if condition.at("not").is_there:
        yield from check_condition(condition.at("not"), words)
    tested = condition.at("field")
    if tested.text is None:
        return
    yield from check_ticket_name(tested, CONDITION_FIELDS, words)
    if tested.text in _CLOSED:
        for value in (condition.at("is"), *condition.at("in").each()):
            yield from _word(value, value.scalar, tested.text, words)


def check_ticket_name(
    place: Cursor, known: tuple[str, ...], words: TicketWords
) -> Iterator[Complaint]:
    """That the name is of a fact that tickets have here."""
    name = place.text
    if name is None:
        return
    if name.startswith(_PROPERTY) and len(name) > len(_PROPERTY):
        return
    if name not in known:
        own = [f"{_PROPERTY}{each}" for each in words.properties]
        hint = suggest(name, [*known, *own]) or f"a field of the helpdesk is {_PROPERTY}<name>"
        yield place.complaint(f'the ticket has no "{name}" here', hint)
    elif name in words.unset:
        yield place.complaint(f"always empty: the key {words.unset[name]} is not set")


def _word(place: Cursor, value: Scalar, fact: str, words: TicketWords) -> Iterator[Complaint]:
    known = words.of_field.get(fact)
    if value is None or known is None:
        return
    word = str(value).lower() if isinstance(value, bool) else str(value)
    if word not in known:
        yield place.complaint(f'{fact} is never "{word}"', suggest(word, known))


def _launch_value(value: Cursor, words: TicketWords) -> Iterator[Complaint]:
    if value.text is not None:
        for mistake in check_template(value.text):
            yield value.complaint(mistake)
        for name in sorted(needed_values(value.text) & words.unset.keys()):
            message = f"ticket.{name} is always empty: the key {words.unset[name]} is not set"
            yield value.complaint(message)
        return
    source, table, by = value.at("from"), value.at("values"), value.at("by")
    yield from check_ticket_name(source, TICKET_SOURCES, words)
    if table.value == {}:
        yield table.complaint("the table is empty", "leave it out to take the value as it is")
    yield from check_complete(table, source.text or "", words)
    yield from check_ticket_name(by, _BY_SOURCES, words)
    rows = [row for _, row in table.entries() if isinstance(row.value, dict)]
    if by.is_there and not rows:
        yield by.complaint("decides nothing: no entry of values is a table over it")
    for row in rows:
        if not by.is_there:
            yield row.complaint("a table in a table needs by:", "say which fact it is over")
        if row.value == {}:
            yield row.complaint("the table is empty", "give the value itself to take it always")
        yield from check_complete(row, by.text or "", words)


def check_complete(table: Cursor, fact: str, words: TicketWords) -> Iterator[Complaint]:
    """That a table over a fact whose words the mapping prescribes holds these and no others."""
    known = words.of_field.get(fact)
    if known is None or not isinstance(table.value, dict) or not table.value:
        return
    for word, entry in table.entries():
        yield from _word(entry, word, fact, words)
    for word in known:
        if word not in table.value:
            yield table.complaint(f'nothing for {fact} "{word}"', "every word needs a value")
