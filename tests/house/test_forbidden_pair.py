"""No type holds a ticket and a signal: what can't be written down can't be shown to a customer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa

from bridge.store.tables import metadata
from tests.house.sources import PRODUCT, python_files, tree

_TICKET, _SIGNAL = "TicketRef", "SignalRef"


def _mentions(annotation: ast.AST) -> set[str]:
    """The names in an annotation, quoted ones too."""
    names: set[str] = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= _mentions(_parsed(node.value))
    return names


def _parsed(quoted: str) -> ast.AST:
    try:
        return ast.parse(quoted, mode="eval")
    except SyntaxError:  # a text inside Literal or Annotated, not a type
        return ast.Constant(None)


def _pair(annotations: Iterable[ast.AST]) -> bool:
    """Whether one of these mentions a ticket and *another* a signal."""
    mentioned = [_mentions(annotation) for annotation in annotations]
    return any(
        _TICKET in one and _SIGNAL in other
        for i, one in enumerate(mentioned)
        for k, other in enumerate(mentioned)
        if i != k
    )


def _holds_pair(annotation: ast.AST) -> bool:
    """Whether one annotation holds both at once: tuple[TicketRef, SignalRef], not a union."""
    return any(
        isinstance(node, ast.Tuple) and _pair(node.elts) for node in ast.walk(annotation)
    ) and not _is_union(annotation)


def _is_union(annotation: ast.AST) -> bool:
    if not isinstance(annotation, ast.Subscript):
        return False
    outer = annotation.value
    return (isinstance(outer, ast.Name) and outer.id == "Union") or (
        isinstance(outer, ast.Attribute) and outer.attr == "Union"
    )


def _own_fields(node: ast.ClassDef) -> Iterator[ast.AST]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            yield statement.annotation
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            arguments = statement.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            yield from (a.annotation for a in every if a.annotation is not None)


def _fields(node: ast.ClassDef, known: dict[str, ast.ClassDef]) -> list[ast.AST]:
    """The annotations of a class's fields, those of its known bases included."""
    bases = [known[b.id] for b in node.bases if isinstance(b, ast.Name) and b.id in known]
    inherited = [field for base in bases if base is not node for field in _fields(base, known)]
    return [*inherited, *_own_fields(node)]


def breaches(modules: Iterable[ast.Module]) -> list[str]:
    """The classes whose fields can hold a ticket and a signal side by side."""
    classes = [n for module in modules for n in ast.walk(module) if isinstance(n, ast.ClassDef)]
    known = {node.name: node for node in classes}
    return [
        node.name
        for node in classes
        if _pair(fields := _fields(node, known)) or any(_holds_pair(field) for field in fields)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    ticket: TicketRef\n    signal: SignalRef",
        "class A:\n    ticket: TicketRef | None\n    signals: tuple[refs.SignalRef, ...] = ()",
        "class A:\n    ticket: 'TicketRef'\n    signal: 'list[SignalRef]'",
        "class A:\n    pair: tuple[TicketRef, SignalRef]",
        "class A:\n    pairs: dict[TicketRef, list[SignalRef]]",
        "class A:\n    def __init__(self, ticket: TicketRef, signal: SignalRef): ...",
        "class B:\n    ticket: TicketRef\nclass A(B):\n    signal: SignalRef",
    ],
)
def test_rule_on_sample_finds_the_pair(source: str) -> None:
    assert breaches([ast.parse(source)]) == ["A"]


@pytest.mark.parametrize(
    "source",
    [
        "class Link:\n    ticket: TicketRef\n    work_item: WorkItemRef",
        "class Origin:\n    signal: SignalRef\n    work_item: WorkItemRef",
        "class Event:\n    record: TicketRef | WorkItemRef | SignalRef",
        "class Event:\n    record: Union[TicketRef, SignalRef]\n    kind: Literal['a b']",
    ],
)
def test_rule_on_sample_lets_lawful_types_pass(source: str) -> None:
    assert breaches([ast.parse(source)]) == []


def test_no_class_holds_a_ticket_and_a_signal() -> None:
    assert breaches(tree(name) for name in python_files(*PRODUCT)) == []


def _words(name: str) -> set[str]:
    return {each.removesuffix("s") for each in name.split("_")}


_HOLD_NO_RECORD = frozenset({"int", "bool", "KnownSentry"})
"""Counts, switches, and by what Sentry is known: none of them names a record."""


def _fields_by_name(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and ast.unparse(statement.annotation) not in _HOLD_NO_RECORD
        ):
            yield statement.target.id


def named_pairs(module: ast.Module) -> list[str]:
    """The classes with a field named for a ticket and another named for a signal.

    Where refs are texts, or shapes of the API, types alone would not tell the two apart.
    """
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            words = [_words(each) for each in _fields_by_name(node)]
            tickets = [each for each in words if "ticket" in each]
            signals = [each for each in words if each & {"signal", "sentry"}]
            if tickets and signals:
                found.append(node.name)
    return found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class A:\n    ticket: Ref\n    signal: Ref", ["A"]),
        ("class A(BaseModel):\n    tickets: list[str]\n    sentry_issue: str", ["A"]),
        ("class A:\n    ticket_key: str\n    signal_ids: list[str] = []", ["A"]),
        ("class A:\n    ticket: Ref\n    work_item: Ref", []),
        ("class A:\n    signal: Ref\n    work_item: Ref", []),
        ("class A:\n    tickets: int\n    signals: int", []),
        ("class A:\n    tickets: list[Ref]\n    sentry: KnownSentry", []),
    ],
)
def test_rule_on_sample_finds_the_pair_by_its_names(source: str, found: list[str]) -> None:
    assert named_pairs(ast.parse(source)) == found


def test_no_class_has_fields_for_a_ticket_and_a_signal() -> None:
    found = {name: named_pairs(tree(name)) for name in python_files(*PRODUCT)}
    assert {name: classes for name, classes in found.items() if classes} == {}


def _kinds(table: sa.Table) -> set[str]:
    """The kinds of record that a table's rows join: by its CHECKs, and by its columns' names."""
    checks = [str(c.sqltext) for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    held = {kind for text in checks for kind in re.findall(r"\w+_kind = '(\w+)'", text)}
    words = {word for column in table.columns for word in _words(column.name)}
    return held | (words & {"ticket", "signal"})


def test_rule_on_sample_finds_the_table_of_the_pair() -> None:
    one = sa.Table("one", sa.MetaData(), sa.Column("ticket_key"), sa.Column("signal_key"))
    check = sa.CheckConstraint("b_kind = 'signal'")
    other = sa.Table("b", sa.MetaData(), sa.Column("ticket_id"), sa.Column("b_kind"), check)
    assert _kinds(one) == _kinds(other) == {"ticket", "signal"}


def test_no_table_joins_a_ticket_and_a_signal() -> None:
    joins = {name: _kinds(table) for name, table in metadata.tables.items()}
    assert joins["links"] == {"ticket", "work_item"}
    assert joins["origins"] == {"signal", "work_item"}
    assert [name for name, kinds in joins.items() if {"ticket", "signal"} <= kinds] == []
