"""The query language: text into a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.jira.simulator import errors
from connectors.jira.simulator.errors import JiraProblem

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign>!=|!~|>=|<=|[=~<>(),])"
    r"|(?P<word>cf\[\d+\]|[^\s\"'=!~<>(),]+))"
)
_RESERVED = {"and", "or", "not", "in", "is", "order", "empty", "null", "was", "changed"}
_SIGNS = {"=", "!=", "~", "!~", ">", ">=", "<", "<="}
_ORDER_LIMIT = 7


@dataclass(frozen=True, slots=True)
class Value:
    """A value; `arguments` are None unless it is a call of a function."""

    text: str
    arguments: tuple[str, ...] | None = None
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A field, an operator in capitals, and values."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts joined by AND, OR or NOT."""

    word: str
    parts: tuple[Node, ...]


Node = Clause | Group


@dataclass(frozen=True, slots=True)
class Query:
    """What to find, and in which order."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = field(default=())
    """Fields, and whether from the highest down."""


def clauses(node: Node | None) -> list[Clause]:
    """Every clause of a tree."""
    if node is None:
        return []
    if isinstance(node, Clause):
        return [node]
    return [found for part in node.parts for found in clauses(part)]


def parse(text: str) -> Query:
    """The tree; 400 with the place for text that is no query."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _fault(text[at:])
            kind = str(found.lastgroup)
            said = found[kind]
            bare = re.sub(r"\\(.)", r"\1", said[1:-1]) if kind == "quoted" else said
            self._tokens.append((kind, bare))
            at = found.end()
        self._at = 0

    def query(self) -> Query:
        where = None if self._word() in ("", "order") else self._or()
        order = self._order() if self._word() == "order" else ()
        if self._at < len(self._tokens):
            raise _fault(self._tokens[self._at][1])
        return Query(where, order)

    def _word(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, said = self._tokens[self._at]
        return said.casefold() if kind != "quoted" else '"'

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _fault("")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, *words: str) -> str:
        said = self._word()
        if said not in words:
            raise _fault(said)
        self._take()
        return said

    def _or(self) -> Node:
        parts = [self._and()]
        while self._word() == "or":
            self._take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._word() == "and":
            self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _not(self) -> Node:
        if self._word() == "not":
            self._take()
            return Group("NOT", (self._not(),))
        if self._word() == "(":
            self._take()
            inside = self._or()
            self._expect(")")
            return inside
        return self._clause()

    def _clause(self) -> Clause:
        kind, name = self._take()
        if kind == "sign" or (kind == "word" and name.casefold() in _RESERVED):
            raise _fault(name)
        operator = self._operator()
        if operator.endswith("IN") and self._word() == "(":
            return Clause(name, operator, self._list())
        return Clause(name, operator, (self._value(),))

    def _operator(self) -> str:
        said = self._expect(*_SIGNS, "in", "not", "is")
        if said == "not":
            self._expect("in")
            return "NOT IN"
        if said == "is" and self._word() == "not":
            self._take()
            return "IS NOT"
        return said.upper()

    def _list(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value()]
        while self._word() == ",":
            self._take()
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Value:
        kind, said = self._take()
        if kind == "sign":
            raise _fault(said)
        if kind == "word" and said.casefold() in ("empty", "null"):
            return Value("", empty=True)
        if kind == "word" and self._word() == "(":
            self._take()
            arguments: list[str] = []
            while self._word() != ")":
                arguments.append(self._take()[1])
                if self._word() == ",":
                    self._take()
            self._expect(")")
            return Value(said, tuple(arguments))
        return Value(said)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("order")
        self._expect("by")
        named: list[tuple[str, bool]] = []
        while True:
            name = self._take()[1]
            down = self._word() in ("asc", "desc") and self._expect("asc", "desc") == "desc"
            named.append((name, down))
            if self._word() != ",":
                break
            self._take()
        if len(named) > _ORDER_LIMIT:
            raise JiraProblem(400, "The query orders by more than 7 fields.")
        return tuple(named)


def _fault(near: str) -> JiraProblem:
    told = f"Error in the JQL Query: near '{near}'." if near else errors.UNBOUNDED
    return JiraProblem(400, told)
