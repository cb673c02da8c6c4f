"""The fields of a new work item: constants, wording, the ticket's own values, or what is amiss."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from bridge.core.facts import PROPERTY, Facts, Reading
from bridge.core.guide_words import without_named, without_references
from bridge.core.ledger import said_on
from bridge.core.wording import NAMES, WordingProblem, is_template, needed_values, render
from bridge.domain.mapping import FromSource, LaunchSpec, LaunchValue, Scalar
from bridge.domain.records import BODY, Reference, Value
from bridge.kit.richtext.cutting import fit_line
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.plain import write_plain

Problem = tuple[str, str, Table[str, str]]
"""A reason code, its topic and its data."""

LONGEST_TITLE = 255
_HTML_NAMES = frozenset(
    {"description", "reprosteps", "systeminfo", "acceptancecriteria", "history"}
)
_T = TypeVar("_T")
_TITLE_NAMES = frozenset({"title", "summary", "name"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """The fields as they would be sent, and why they can't be yet.

    `missing` are values that must come first; `defaulted` those that a default stands in for
    once there was time for the real one to arrive.
    """

    fields: Table[str, Value]
    missing: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def prepare(spec: LaunchSpec, facts: Facts, reference: Reference) -> Prepared:
    """The fields of the item that `spec` would launch for the ticket."""
    names = sorted(needed_names(spec))
    readings = {each: facts.read(each) for each in names}
    missing = tuple(n for n in names if _text(readings[n]) is None and not readings[n].unmapped)
    problems = [_unmapped(each, reading) for each, reading in readings.items() if reading.unmapped]
    fields: dict[str, Value] = {}
    if not missing and not problems:
        for field, value in spec.fields.items():
            made = _value(field, value, facts, is_html(field, reference))
            if isinstance(made, tuple):
                problems.append(made)
            elif made not in (None, ""):
                fields[field] = made
    defaulted = tuple(n for n in names if not readings[n].present and n not in missing)
    return Prepared(fields, missing, defaulted, tuple(problems))


def is_html(field: str, reference: Reference) -> bool:
    """Whether the field takes HTML: as the schema says, else by the names known to."""
    info = reference.fields.get(field)
    if info is not None and info.type:
        return info.type.casefold() == "html"
    return _last(field) in _HTML_NAMES


def _last(field: str) -> str:
    return field.rpartition(".")[2].casefold()


def needed_names(spec: LaunchSpec) -> set[str]:
    """What must be known of the ticket before the fields can be made."""
    needed: set[str] = set()
    for value in spec.fields.values():
        if isinstance(value, FromSource):
            needed |= set(value.names) - {"description"}
        elif isinstance(value, str) and is_template(value):
            needed |= needed_values(value)
    return needed


def _text(reading: Reading) -> str | None:
    word = reading.word
    return word if word is not None else ", ".join(reading.words) or None


def _worded(name: str, facts: Facts) -> str | None:
    """What a text says: of a plan the words that people see, of the rest those of the mapping."""
    reading = facts.read(name)
    return ", ".join(reading.labels) or None if name == "plan" else _text(reading)


def _unmapped(name: str, reading: Reading) -> Problem:
    value = ", ".join(reading.unmapped)
    return "VALUE_UNMAPPED", f"{name}:{value}"[:200], {"field": name, "value": value}


def _value(field: str, value: LaunchValue, facts: Facts, html: bool) -> Value | Problem:
    if isinstance(value, FromSource):
        return _from_source(field, value, facts, html)
    if not isinstance(value, str) or not is_template(value):
        return value
    ticket = {name: text for name in NAMES if (text := _worded(name, facts)) is not None}
    try:
        return _fitting(field, render(value, ticket, html=html))
    except WordingProblem as problem:
        return "FIELD_INVALID", field, {"field": field, "reason": str(problem)}


def _from_source(field: str, source: FromSource, facts: Facts, html: bool) -> Value | Problem:
    if source.from_ == "description":
        body = _description(facts)
        return body if html else _fitting(field, write_plain(read_html(body)))
    reading = facts.read(source.from_)
    if source.values is None:
        text = _text(reading) or ""
        if source.from_.startswith(PROPERTY):
            # What the customer wrote is his; a field is his staff's.
            text = "\n".join(without_references(text.splitlines(), facts.sentry))
        return _fitting(field, _lines(text) if html else text)
    found = _looked_up(source.values, reading)
    if isinstance(found, dict) and source.by is not None:
        return _known(source.by, facts, _looked_up(found, facts.read(source.by)))
    return _known(source.from_, facts, None if isinstance(found, dict) else found)


def _description(facts: Facts) -> str:
    """The ticket's description; where its staff wrote it, without what names error tracking."""
    body = facts.observation.text(BODY)
    if not any(each.opening for each in said_on(facts.observation)):
        return body
    said = read_html(body)
    kept = without_named(said, facts.sentry)
    return body if kept is said else write_html(kept, Shape())


def _lines(text: str) -> str:
    """Plain text as HTML: steps to reproduce stay one below the other."""
    return "<br>".join(escape(each) for each in text.strip().splitlines())


def _looked_up(table: Table[str, _T], reading: Reading) -> _T | None:
    """The entry for what the ticket says: by its value, else by what people see of it."""
    names = (_text(reading) or "", *(reading.labels if len(reading.labels) == 1 else ()))
    return next((table[each] for each in names if each in table), None)


def _known(name: str, facts: Facts, entry: Scalar | None) -> Value | Problem:
    """The entry, or the problem that there is none for what the ticket says."""
    if entry is not None:
        return entry
    text = _text(facts.read(name)) or ""
    return "VALUE_UNMAPPED", f"{name}:{text}"[:200], {"field": name, "value": text}


def _fitting(field: str, text: str) -> str:
    """Titles are one line of a length that every tracker takes."""
    if _last(field) not in _TITLE_NAMES:
        return text
    return fit_line(text, LONGEST_TITLE)
