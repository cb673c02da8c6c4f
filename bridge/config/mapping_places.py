"""Where in a mapping's text each table, list and word stands, and which lines are whose.

Unlike a tree of values, an alias is a word of its own here: it stands where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bridge.config.problems import Path

WHAT_THE_WRITER_RAISES = (
    YAMLError, AttributeError, TypeError, ValueError, IndexError, KeyError,
)  # fmt: skip
_NOTHING_MORE = re.compile(r"\s*(#.*)?\s*")
_KEEPS_BLANK_LINES = re.compile(r"[|>][0-9]*\+")


class CantEdit(Exception):
    """The text can't be changed at this place without losing something; the text says what."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A word, table or list: from where to where it stands, and what it is called."""

    begin: int
    end: int
    """Behind its last character; blank lines and comments that follow are not part of it."""
    kind: type
    """dict, list or str; an alias is a str whatever it repeats."""
    in_line: bool = False
    """Whether a table or list stands in braces or brackets."""
    style: str | None = None
    anchor: str | None = None
    alias: str | None = None
    keys: list[Spot] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)

    def place_of(self, part: str | int) -> int | None:
        """Which of those below is meant by a key or position; None where there is none."""
        if self.alias is not None:
            raise CantEdit(f"“*{self.alias}” only repeats here what stands at “&{self.alias}”")
        if isinstance(part, str):
            return self.names.index(part) if part in self.names else None
        return part if self.kind is list and part < len(self.below) else None

    def at(self, path: Path) -> Spot | None:
        """What stands at the path; CantEdit where an alias stands on the way."""
        spot = self
        for part in path:
            place = spot.place_of(part)
            if place is None:
                return None
            spot = spot.below[place]
        return spot

    def begin_of(self, place: int) -> int:
        """Where an entry begins: with its key, if it has one."""
        return (self.keys if self.keys else self.below)[place].begin

    def all(self) -> Iterator[Spot]:
        """This one and everything below."""
        yield self
        for each in self.below:
            yield from each.all()


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an entry: of a list's, or of a table's with its key. Each counts from 0."""

    above: int
    """The first of the comments right above that stand as deep as the entry."""
    first: int
    last: int
    """With the comments below that stand deeper than the entry."""
    column: int
    dash: int | None
    """Where the dash stands on whose line a table's first key is."""


@lru_cache(maxsize=8)
def spots_of(text: str) -> Spot:
    """Where everything stands; CantEdit where the text can't be read."""
    try:
        events = iter(YAML(typ="safe", pure=True).parse(text))
        for event in events:
            if isinstance(event, MappingStartEvent):
                return _spot(text, event, events)
    except WHAT_THE_WRITER_RAISES as error:
        raise CantEdit(f"a form can't change this file ({type(error).__name__})") from error
    raise CantEdit("the file holds no table")


def _spot(text: str, event: Any, events: Iterator[Any]) -> Spot:
    begin, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, AliasEvent):
        return Spot(begin, end, str, alias=event.anchor)
    if isinstance(event, ScalarEvent):
        return Spot(begin, _end(text, event), str, style=event.style, anchor=event.anchor)
    keys, below = [], []
    names = []
    while not isinstance(following := next(events), MappingEndEvent | SequenceEndEvent):
        if isinstance(event, MappingStartEvent):
            keys.append(_spot(text, following, events))
            names.append(following.value)
            following = next(events)
        below.append(_spot(text, following, events))
    end = following.end_mark.index if event.flow_style or not below else below[-1].end
    kind = list if isinstance(event, SequenceStartEvent) else dict
    return Spot(
        begin, end, kind, bool(event.flow_style), None, event.anchor, None, keys, names, below
    )


def _end(text: str, event: Any) -> int:
    """Behind the last line of a scalar; the mark of one in lines is behind the blank ones."""
    begin, end = int(event.start_mark.index), int(event.end_mark.index)
    if event.style not in ("|", ">"):
        return end
    if _KEEPS_BLANK_LINES.search(text[begin:end].split("\n", 1)[0]):
        return end - 1 if text[end - 1] == "\n" else end
    return begin + len(text[begin:end].rstrip())


def line_at(text: str, index: int) -> int:
    """The line, counted from 0."""
    return text.count("\n", 0, index)


def lines_of(text: str, parent: Spot, place: int) -> Lines | None:
    """The lines of an entry; None where it shares one with something else."""
    begin, end = parent.begin_of(place), parent.below[place].end
    start = text.rfind("\n", 0, begin) + 1
    stop = text.find("\n", end)
    before, behind = text[start:begin], text[end : stop if stop >= 0 else len(text)]
    is_entry = parent.kind is list
    lead = before.rstrip(" ")
    dashed = lead.strip(" ") == "-"
    alone = dashed or (not lead and not is_entry)
    if parent.in_line or not alone or not _NOTHING_MORE.fullmatch(behind):
        return None
    column = before.index("-") if is_entry else len(before)
    lines = text.split("\n")
    first, last = line_at(text, begin), line_at(text, end)
    on_a_dash = dashed and not is_entry
    return Lines(
        first if on_a_dash else _above(lines, first, column),
        first,
        comments_end(lines, last, column + 1),
        column,
        before.index("-") if on_a_dash else None,
    )


def _above(lines: list[str], first: int, column: int) -> int:
    above = first
    while above and indent_of_comment(lines[above - 1]) == column:
        above -= 1
    # What the file begins with is about the file.
    return above or first


def comments_end(lines: list[str], last: int, column: int) -> int:
    """The last line of the comments below that stand at least so deep."""
    for at in range(last + 1, len(lines)):
        indent = indent_of_comment(lines[at])
        if indent is not None and indent >= column:
            last = at
        elif lines[at].strip():
            break
    return last


def indent_of_comment(line: str) -> int | None:
    """How deep a comment stands that has the line to itself; None for any other line."""
    words = line.lstrip(" ")
    return len(line) - len(words) if words.startswith("#") else None
