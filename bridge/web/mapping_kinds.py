"""Blanks that are more than a word: conditions, tables, the hours of a week, ticks of days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from pydantic import ValidationError

from bridge.config.problems import Path
from bridge.config.reference_checks import MappingContext
from bridge.config.yaml_lines import Plain, at
from bridge.core.calendars import weekdays_of
from bridge.core.mapping_choices import Choice
from bridge.core.mapping_rows import spelt as worded
from bridge.core.mapping_told import condition_told
from bridge.domain.mapping import CONDITION_FIELDS, Condition, Scalar
from bridge.domain.mapping import Mapping as MappingData
from bridge.web.mapping_blanks import (
    CHOICE,
    DAYS,
    YES,
    Blank,
    Kind,
    Unfit,
    blank,
    chosen,
    is_word,
    offered,
    spelt,
    words_of,
)
from bridge.web.mapping_scalars import PROPERTY, kept

_DAYS = re.compile(rf"({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
HOURS_SAY = "hours are written 09:00-17:00, several with commas; empty: closed"


@dataclass(frozen=True, slots=True)
class Known:
    """What the forms know besides the file: the mapping it says, and what may be named."""

    raw: Plain
    mapping: MappingData
    context: MappingContext
    today: date
    fields: tuple[Choice, ...] = ()
    """The helpdesk's fields."""
    form: Mapping[str, str] = field(default_factory=dict)
    """What was typed, where somebody looks at what it would come to."""

    @property
    def people(self) -> tuple[Choice, ...]:
        """Who may be told."""
        return offered(dict.fromkeys([*self.context.people, *self.mapping.roles]))

    def calendars(self) -> tuple[Choice, ...]:
        """The calendars that may be named."""
        return (Choice("always", "at any hour"), *offered(self.mapping.calendars))

    def blank(self, name: str, label: str, path: Path, kind: Kind, **more: object) -> Blank:
        """A blank with what the file says there."""
        return blank(self.raw, Blank(name, label, path, kind, **more))  # type: ignore[arg-type]  # the fields of a blank, by name

    def property(self, name: str, label: str, path: Path, **more: object) -> Blank:
        """A blank for one of the helpdesk's fields."""
        return self.blank(name, label, path, FIELD, offers=self.fields, **more)


# --------------------------------------------------------------------------------- conditions


def _condition(value: Plain) -> str | None:
    if not isinstance(value, dict):
        return None
    field, keys = value.get("field"), set(value) - {"field"}
    if not isinstance(field, str) or keys not in ({"is"}, {"in"}) or not _is_one_line(field):
        return None
    tested = value.get("is") if "is" in value else value.get("in")
    found, words = tested if isinstance(tested, list) else [tested], _tested(value)
    if len(words) != len(found) or not all(is_word(each) for each in map(worded, words)):
        return None
    return f"{field}\n{', '.join(map(worded, words))}"


def _is_one_line(text: str) -> bool:
    """Whether the text comes back as it is from a line of a form."""
    return text.isprintable() and text == text.strip()


def _tested(value: Plain) -> list[Scalar]:
    """The values that a condition of one level asks for."""
    tested = (value.get("is"), value.get("in")) if isinstance(value, dict) else ()
    found = (one for each in tested for one in (each if isinstance(each, list) else [each]))
    return [each for each in found if isinstance(each, str | int | float)]


def _condition_typed(text: str, there: Plain = None) -> Plain:
    """`there`: the condition as it stands; its values stay what they are."""
    field, _, said = text.partition("\n")
    words = words_of(said)
    if not field:
        raise Unfit("choose what these words are of, or empty them: then it is for every ticket")
    if not words:
        raise Unfit("say which words it must be, with commas between them")
    same = isinstance(there, dict) and there.get("field") == field
    found: list[Plain] = [*kept(field, words, _tested(there) if same else ())]
    return {"field": field, "is": found[0]} if len(found) == 1 else {"field": field, "in": found}


CONDITION = Kind("condition", _condition, _condition_typed, ("field", "words"))


def condition_blank(known: Known, name: str, label: str, path: Path, every: str) -> Blank:
    """For whom something is: every ticket, or those whose fact is one of some words."""
    there = at(known.raw, path)
    own = there.get("field") if isinstance(there, dict) else None
    names = [*CONDITION_FIELDS, *([own] if isinstance(own, str) else [])]
    labels = ((each, each.removeprefix(PROPERTY)) for each in dict.fromkeys(names))
    offers = chosen(("", every), *labels)
    kind = replace(CONDITION, write=lambda text: _condition_typed(text, there))
    made = known.blank(name, label, path, kind, offers=offers, default="\n")
    return replace(made, in_file=said_condition(there)) if made.in_file else made


def said_condition(raw: Plain) -> str:
    """A condition of the file in words."""
    try:
        condition = Condition.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError:
        return spelt(raw)
    return f"where {condition_told(condition)}"


# -------------------------------------------------------------------------------------- tables


def _table(value: Plain) -> str | None:
    if not isinstance(value, dict):
        return None
    rows = []
    for key, each in value.items():
        sound = isinstance(each, str) and key and each and _is_one_line(key) and _is_one_line(each)
        if not sound or ":" in key:
            return None
        rows.append(f"{key}: {each}")
    return "\n".join(rows)


def _table_typed(text: str) -> Plain:
    found: dict[str, Plain] = {}
    for line in text.splitlines():
        key, colon, word = (each.strip() for each in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not key or not word:
            raise Unfit(f"“{line.strip()[:60]}” is not written as value: word")
        found[key] = word
    return found


TABLE = Kind("area", _table, _table_typed)


def _own_hours(value: Plain) -> str | None:
    if not isinstance(value, dict):
        return None
    rows = []
    for day, hours in value.items():
        said = hours if isinstance(hours, list) else [hours]
        if not all(isinstance(each, str) for each in said):
            return None
        rows.append(f"{day} {', '.join(str(each) for each in said)}")
    return "\n".join(rows)


def _own_hours_typed(text: str) -> Plain:
    found: dict[str, Plain] = {}
    for line in text.splitlines():
        day, _, hours = line.strip().partition(" ")
        if not day:
            continue
        spans = [each.replace(" ", "") for each in hours.split(",") if each.strip()]
        if not spans:
            raise Unfit(f"say the hours of {day} behind it: {day} 09:00-12:00")
        found[day] = _one_or_list(spans)
    return found


OWN_HOURS = Kind("area", _own_hours, _own_hours_typed)


def _one_or_list(words: list[str]) -> Plain:
    listed: list[Plain] = [*words]
    return listed[0] if len(listed) == 1 else listed


# ------------------------------------------------------------------------------------ the week


def _week(value: Plain) -> str | None:
    if not isinstance(value, dict):
        return None
    hours: list[list[str]] = [[] for _ in DAYS]
    for days, said in value.items():
        spans = said if isinstance(said, list) else [said]
        if not _DAYS.fullmatch(days) or not all(isinstance(each, str) for each in spans):
            return None
        for index in weekdays_of(days):
            hours[index] += [str(each) for each in spans]
    return "\n".join(", ".join(sorted(each)) for each in hours)


def _week_typed(text: str) -> Plain:
    days = [[e.replace(" ", "") for e in line.split(",") if e.strip()] for line in text.split("\n")]
    for name, spans in zip(DAYS, days, strict=True):
        wrong = next((each for each in spans if not _HOURS.fullmatch(each)), None)
        if wrong is not None:
            raise Unfit(f"{name}: “{wrong[:20]}”; {HOURS_SAY}")
    found: dict[str, Plain] = {}
    first = 0
    while first < len(DAYS):
        last = first
        while last + 1 < len(DAYS) and days[last + 1] == days[first]:
            last += 1
        if days[first]:
            name = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
            found[name] = _one_or_list(days[first])
        first = last + 1
    if not found:
        raise Unfit("at least one day must have hours")
    return found


WEEK = Kind("week", _week, _week_typed, DAYS)


def _days(value: Plain) -> str | None:
    if not isinstance(value, list) or not all(each in DAYS for each in value):
        return None
    return "\n".join(YES if day in value else "" for day in DAYS)


def _days_typed(text: str) -> Plain:
    return [day for day, tick in zip(DAYS, text.split("\n"), strict=True) if tick]


DAY_TICKS = Kind("ticks", _days, _days_typed, DAYS)
NO_DAYS = "\n" * (len(DAYS) - 1)

FIELD = Kind("line", CHOICE.read, CHOICE.write)
