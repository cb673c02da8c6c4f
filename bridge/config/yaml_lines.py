"""YAML as people expect it, with the line of every key; total on any text or bytes.

Values follow YAML 1.2's core schema (`on`, `yes` and dates are text) and keys are always text.
The reader works on the parser's events, not on its constructors: nothing is ever instantiated
from a tag, and aliases are counted before they are expanded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from bridge.config.problems import Complaint, Path, Problem, problem_at
from bridge.config.yaml_mistakes import explain_syntax

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
"""Values in a file once its aliases are expanded: a short file can unfold to billions."""
MAX_DEPTH = 40

Scalar: TypeAlias = bool | int | float | str | None
Plain: TypeAlias = Scalar | list["Plain"] | dict[str, "Plain"]

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
"""`0012` stays text: it is an id or a phone number, never a count."""
_WHOLE = r"(?:0|[1-9][0-9]*)"
_FLOAT = re.compile(
    rf"[-+]?(?:{_WHOLE}\.[0-9]*|\.[0-9]+|{_WHOLE}(?=[eE]))(?:[eE][-+]?[0-9]{{1,3}})?"
)

_WHAT_THE_PARSER_RAISES = (YAMLError, ValueError, TypeError, IndexError, KeyError, AttributeError)
"""ruamel.yaml promises YAMLError only, yet `"\\U00119999"` ends in a ValueError of `chr`."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where its key, or its place in a list, stands (lines count from 1)."""

    value: Scalar | list[Node] | dict[str, Node]
    line: int
    column: int
    weight: int = 1
    height: int = 1

    def plain(self) -> Plain:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, part: str | int) -> Node | None:
        """The node at a key or position below this one."""
        if isinstance(self.value, dict) and isinstance(part, str):
            return self.value.get(part)
        if isinstance(self.value, list) and isinstance(part, int) and part < len(self.value):
            return self.value[part]
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: its tree if there is one, and what is wrong with its YAML."""

    file: str
    root: Node | None
    problems: list[Problem]

    def mapping(self) -> dict[str, Plain]:
        """The values of the file; empty where it is no mapping (then there are problems)."""
        plain = None if self.root is None else self.root.plain()
        return plain if isinstance(plain, dict) else {}

    def problem(self, complaint: Complaint) -> Problem:
        """The complaint with its line: of the path, or of as much of it as the file has."""
        node = self.root
        line, column = (1, 1) if node is None else (node.line, node.column)
        for part in complaint.path:
            node = None if node is None else node.child(part)
            if node is None:
                break
            line, column = node.line, node.column
        return problem_at(self.file, (line, column), complaint)


def read_yaml(source: str | bytes, file: str) -> Document:
    """The document in `source`; never raises, whatever the bytes."""
    root, problems = _read(source)
    return Document(file, root, [replace(each, file=file) for each in problems])


@lru_cache(maxsize=16)
def _read(source: str | bytes) -> tuple[Node | None, tuple[Problem, ...]]:
    """The tree and what is wrong. A page reads the same text again with every step."""
    problems: list[Problem] = []
    root: Node | None = None
    try:
        root = _Builder(_events(_decode(source)), problems).build()
    except _Refused as refused:
        problems.append(problem_at("", refused.place, Complaint((), str(refused), refused.hint)))
    if root is not None and not isinstance(root.value, dict):
        message = "the file is empty" if root.value is None else "must be a mapping (key: value)"
        problems.append(problem_at("", (root.line, root.column), Complaint((), message)))
        root = None
    return root, tuple(problems)


class _Refused(Exception):
    """The file can't be read any further."""

    def __init__(self, message: str, place: tuple[int, int] = (1, 1), hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.hint = hint


def _decode(source: str | bytes) -> str:
    if len(source) > MAX_BYTES:
        raise _Refused("the file is larger than 1 MB")
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        place = (before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        raise _Refused("the file is not UTF-8 text", place, "save it as UTF-8") from None


def _events(text: str) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except _WHAT_THE_PARSER_RAISES as error:
        message, place, hint = explain_syntax(error, text)
        raise _Refused(message, place, hint) from None


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


@dataclass(slots=True)
class _Builder:
    """Turns the parser's events into a tree of nodes."""

    events: Iterator[Any]
    problems: list[Problem]
    anchors: dict[str, Node | None] = field(default_factory=dict)
    """None while the anchored value is still being read."""
    nodes: int = 0

    def build(self) -> Node:
        """The tree of the only document."""
        event = next(self.events)
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = next(self.events)
        if isinstance(event, StreamEndEvent):
            return Node(None, 1, 1)
        root = self._node(event, (), 1)
        for rest in self.events:
            if isinstance(rest, DocumentStartEvent):
                raise _Refused("a second document begins here", _place(rest), "remove the ---")
        return root

    def _node(self, event: Any, path: Path, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._aliased(event, depth)
        if event.tag is not None:
            self._complain(event, path, f"tags such as {event.tag} are not used here")
        self._count(event, 1, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, MappingStartEvent):
            node = self._mapping(event, path, depth)
        elif isinstance(event, SequenceStartEvent):
            node = self._sequence(event, path, depth)
        else:
            node = Node(_scalar(event), *_place(event))
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _aliased(self, event: Any, depth: int) -> Node:
        if event.anchor not in self.anchors:
            raise _Refused(f"nothing above is named &{event.anchor}", _place(event))
        node = self.anchors[event.anchor]
        if node is None:
            raise _Refused(f"*{event.anchor} stands inside itself", _place(event))
        self._count(event, node.weight, depth + node.height - 1)
        return node

    def _count(self, event: Any, weight: int, depth: int) -> None:
        self.nodes += weight
        if self.nodes > MAX_NODES:
            raise _Refused(f"the file unfolds to more than {MAX_NODES} values", _place(event))
        if depth > MAX_DEPTH:
            raise _Refused(f"nested more than {MAX_DEPTH} deep", _place(event))

    def _mapping(self, start: Any, path: Path, depth: int) -> Node:
        children: dict[str, Node] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                _refuse_key(event)
            key, place = _whole(event), _place(event)
            child = self._node(next(self.events), (*path, key), depth + 1)
            if key in children:
                first = children[key].line
                self._complain(event, (*path, key), f"the key is already there, at line {first}")
                continue
            if key == "<<":
                hint = "write the keys out"
                self._complain(event, (*path, key), "merge keys are not YAML 1.2", hint)
                continue
            children[key] = replace(child, line=place[0], column=place[1])
        return _branch(children, _place(start))

    def _sequence(self, start: Any, path: Path, depth: int) -> Node:
        children: list[Node] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            place = _place(event)
            child = self._node(event, (*path, len(children)), depth + 1)
            children.append(replace(child, line=place[0], column=place[1]))
        return _branch(children, _place(start))

    def _complain(self, event: Any, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(problem_at("", _place(event), Complaint(path, message, hint)))


def _branch(children: list[Node] | dict[str, Node], place: tuple[int, int]) -> Node:
    below = list(children.values()) if isinstance(children, dict) else children
    weight = 1 + sum(child.weight for child in below)
    height = 1 + max((child.height for child in below), default=0)
    return Node(children, *place, weight=weight, height=height)


def _refuse_key(event: Any) -> NoReturn:
    is_template = isinstance(event, MappingStartEvent) and event.flow_style
    hint = 'text with {{ }} must stand in quotes: "{{ ticket.subject }}"' if is_template else ""
    raise _Refused("a key must be plain text", _place(event), hint)


def _whole(event: Any) -> str:
    """The text with pairs of escapes joined (JSON writes one emoji as two of them)."""
    text: str = event.value
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _Refused("an escape is half of a character", _place(event)) from None


def _scalar(event: Any) -> Scalar:
    text = _whole(event)
    return text if event.style is not None else plain_scalar(text)


def plain_scalar(text: str) -> Scalar:
    """What the word means where it stands without quotes."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def at(data: Plain, path: Path) -> Plain:
    """What the file says there; None where it says nothing."""
    for part in path:
        if isinstance(data, dict) and isinstance(part, str):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data
