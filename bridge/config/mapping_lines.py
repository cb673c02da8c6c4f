"""Entries of a mapping's text that go, move or come in by whole lines, their comments with them.

A comment right above an entry, as deep as it, is the entry's own; one below that stands deeper
as well. One that a blank line separates from the entry belongs to the list, and stays. Whoever
asks holds what comes out against what was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.config.mapping_places import (
    CantEdit,
    Lines,
    Spot,
    comments_end,
    indent_of_comment,
    line_at,
    lines_of,
    spots_of,
)
from bridge.config.problems import Path


def without(text: str, path: Path) -> tuple[str, str] | None:
    """The text without this entry, and what was taken out; None where that can't be done so."""
    parent, place = _entry(text, path)
    if parent.in_line:
        return _without_words(text, parent, place)
    lines, entry = text.split("\n"), lines_of(text, parent, place)
    if entry is None:
        return None
    cut = lines[entry.above : entry.last + 1]
    if len(parent.below) == 1:
        left = _without_the_only(text, path, entry)
        return None if left is None else (left, "\n".join(cut))
    if entry.dash is None:
        return "\n".join(lines[: entry.above] + lines[entry.last + 1 :]), "\n".join(cut)
    following = lines_of(text, parent, 1)
    if following is None:
        return None
    # The next key comes onto the dash's line, and what was said above it above the dash.
    said = lines[entry.last + 1 : following.first]
    said = [" " * entry.dash + each.lstrip(" ") if each.strip() else each for each in said]
    key = lines[entry.first][: entry.column] + lines[following.first][entry.column :]
    made = lines[: entry.first] + said + [key] + lines[following.first + 1 :]
    return "\n".join(made), "\n".join(cut)


def _without_the_only(text: str, path: Path, entry: Lines) -> str | None:
    """Without the only entry: what is empty then stands in the line of its key."""
    around = spots_of(text).at(path[:-2]) if len(path) > 1 else None
    place = None if around is None else around.place_of(path[-2])
    if around is None or place is None or around.kind is not dict or around.in_line:
        return None
    key, parent = around.keys[place], around.below[place]
    if parent.anchor or not text.startswith(":", key.end):
        return None
    empty = " []" if parent.kind is list else " {}"
    lines = (text[: key.end + 1] + empty + text[key.end + 1 :]).split("\n")
    return "\n".join(lines[: entry.above] + lines[entry.last + 1 :])


def _without_words(text: str, parent: Spot, place: int) -> tuple[str, str] | None:
    """Without an entry that stands within a line."""
    begin, end = parent.begin_of(place), parent.below[place].end
    if place:
        begin = parent.below[place - 1].end
    elif len(parent.below) > 1:
        end = parent.begin_of(1)
    cut = text[begin:end]
    return None if "\n" in cut else (text[:begin] + text[end:], "")


def moved(text: str, path: Path, to: int) -> str:
    """The text with this entry of a list at another position."""
    parent, place = _entry(text, path)
    to = min(to, len(parent.below) - 1)
    entry, there = lines_of(text, parent, place), lines_of(text, parent, to)
    if entry is None or there is None:
        raise CantEdit("what shall move does not stand on lines of its own")
    lines = text.split("\n")
    cut = lines[entry.above : entry.last + 1]
    if to < place:
        made = lines[: there.above] + cut + lines[there.above : entry.above]
        made += lines[entry.last + 1 :]
    else:
        behind = _behind(lines, parent, to, there.last, there.column)
        made = lines[: entry.above] + lines[entry.last + 1 : behind] + cut + lines[behind:]
    return "\n".join(made)


def anew(text: str, path: Path, entry: str) -> str | None:
    """The text with this entry, in lines of its own, in place of what stands there in lines."""
    if spots_of(text).at(path) is None:
        return None
    parent, place = _entry(text, path)
    there, spot = lines_of(text, parent, place), parent.below[place]
    if there is None or any(each.anchor for each in spot.all()):
        return None
    lines = text.split("\n")
    new = _as_deep(entry, there.column)
    new[0] = lines[there.first][: there.column] + new[0].lstrip(" ")
    return "\n".join(lines[: there.first] + new + lines[line_at(text, spot.end) + 1 :])


def _as_deep(entry: str, column: int) -> list[str]:
    return [" " * column + each if each else each for each in entry.rstrip("\n").split("\n")]


@dataclass(frozen=True, slots=True)
class Entry:
    """What comes in, as it is written in lines of its own and within a line."""

    lines: str
    words: str


def put(text: str, path: Path, entry: Entry) -> str | None:
    """The text with this entry before what stands there, or at the end; None if it can't be so."""
    parent = spots_of(text).at(path[:-1])
    if parent is None or not parent.below:
        return None
    place = parent.place_of(path[-1])
    if parent.in_line:
        return _with_words(text, parent, place, entry.words)
    beside = lines_of(text, parent, -1 if place is None else place)
    if beside is None or (place is not None and beside.dash is not None):
        return None
    lines = text.split("\n")
    at = beside.above
    if place is None:
        at = _behind(lines, parent, len(parent.below) - 1, beside.last, beside.column)
    new = _as_deep(entry.lines, beside.column)
    return "\n".join(lines[:at] + new + lines[at:])


def _with_words(text: str, parent: Spot, place: int | None, words: str) -> str | None:
    if "\n" in words:
        return None
    if place is not None:
        begin = parent.begin_of(place)
        return f"{text[:begin]}{words}, {text[begin:]}"
    close = parent.end - 1
    return f"{text[:close].rstrip()}, {words}{text[close:]}"


def _behind(lines: list[str], parent: Spot, place: int, last: int, column: int) -> int:
    """The line behind an entry; behind what is said at the end of a list, if it is the last."""
    if place == len(parent.below) - 1:
        last = comments_end(lines, last, max(column, _depth_below(lines, last) + 1))
    return last + 1


def _depth_below(lines: list[str], last: int) -> int:
    """How deep the next line stands that is no comment; -1 where there is none."""
    for each in lines[last + 1 :]:
        if each.strip() and indent_of_comment(each) is None:
            return len(each) - len(each.lstrip(" "))
    return -1


def tangled(text: str, path: Path) -> str | None:
    """The anchor by which this entry and the rest of the file hang together, if there is one."""
    root = spots_of(text)
    entry = root.at(path)
    if entry is None:
        return None
    anchors = {each.anchor for each in entry.all() if each.anchor}
    aliases = {each.alias for each in entry.all() if each.alias}
    others = [each for each in root.all() if not entry.begin <= each.begin <= entry.end]
    elsewhere = {each.alias for each in others if each.alias}
    return min((anchors & elsewhere) | (aliases - anchors), default=None)


def _entry(text: str, path: Path) -> tuple[Spot, int]:
    parent = spots_of(text).at(path[:-1])
    place = None if parent is None else parent.place_of(path[-1])
    if parent is None or place is None:
        raise CantEdit("there is no such place in the file")
    return parent, place
