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
_CLOSED = ("category", "severity")
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
        yield from _condition(route.at("when"), words)
        for _, value in route.at("launch", "fields").entries():
            yield from _launch_value(value, words)
        for notify in route.at("notify").each():
            yield from _condition(notify.at("when"), words)


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


def _condition(condition: Cursor, words: TicketWords) -> Iterator[Complaint]:
    for key in ("all", "any", "in"):
        if condition.at(key).value == []:
            yield condition.at(key).complaint("must not be empty")
    for key in ("all", "any"):
        for each in condition.at(key).each():
            yield from _condition(each, words)
    if condition.at("not").is_there:
        yield from _condition(condition.at("not"), words)
    tested = condition.at("field")
    if tested.text is None:
        return
    yield from _ticket_name(tested, CONDITION_FIELDS, words)
    if tested.text in _CLOSED:
        for value in (condition.at("is"), *condition.at("in").each()):
            yield from _word(value, value.scalar, tested.text, words)


def _ticket_name(place: Cursor, known: tuple[str, ...], words: TicketWords) -> Iterator[Complaint]:
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
    source, table = value.at("from"), value.at("values")
    yield from _ticket_name(source, TICKET_SOURCES, words)
    if table.value == {}:
        yield table.complaint("the table is empty", "leave it out to take the value as it is")
    known = words.of_field.get(source.text or "")
    if known is None or not isinstance(table.value, dict) or not table.value:
        return
    for word, entry in table.entries():
        yield from _word(entry, word, source.text or "", words)
    for word in known:
        if word not in table.value:
            yield table.complaint(f'nothing for {source.text} "{word}"', "every word needs a value")
