"""One gate: nobody else makes what may leave, and nobody writes to a helpdesk past it."""

from __future__ import annotations

import ast
import dataclasses
import tomllib
import typing
from collections.abc import Iterator

import pytest

from bridge.domain import mails, notices, operations
from bridge.domain.errors import PolicyViolation
from bridge.domain.refs import TicketRef
from bridge.domain.texts import Audience, Releasable, Text
from bridge.engine import egress
from bridge.engine.hub import Hub
from bridge.ports.mailing import Mailer
from bridge.ports.roles import Helpdesk, ReadableHelpdesk, RedactingHelpdesk
from bridge.ports.speaking import ContinuingHelpdesk, MailedHelpdesk, SpeakingHelpdesk
from tests.house.sources import PRODUCT, python_files, text, tree

GUARD, EGRESS = "bridge/core/guard.py", "bridge/engine/egress.py"
WRITES = frozenset(
    {"add_note", "follow_up", "redact_comment", "say", "send_letter", "set_fields", "show_letter"}
)
"""What the helpdesk's role can write, and what reaches its customers by mail."""

UNSEEN = {
    "release_wording": {
        "bridge/core/closing.py",
        "bridge/core/escalation_notices.py",
        # Titles, numbers and addresses of the hub's own; each entry is looked at.
        "bridge/core/digests.py",
        "bridge/core/leak_alarm.py",
        # The mapping's own subject line.
        "bridge/core/mailing.py",
        "bridge/core/mirror.py",
        "bridge/core/notice_content.py",
    },
    "release_keys": {"bridge/core/guide.py", "bridge/core/mirror.py"},
    "release_composed": {
        "bridge/core/digests.py",
        "bridge/core/guide.py",
        "bridge/core/notice_content.py",
    },
    "restore_release": {"bridge/store/notices.py"},
}
"""Ways through the gate that do not look at the text, and who may take them."""


def _calls(module: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call with the name that is called, and what it is called on."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, node.func.id, ""
            elif isinstance(node.func, ast.Attribute):
                yield node, node.func.attr, ast.unparse(node.func.value)


def forgeries(module: ast.Module) -> list[str]:
    """Where a module makes, or alters, something releasable."""
    names = {"Releasable"}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            names |= {a.asname for a in node.names if a.name == "Releasable" and a.asname}
    found = []
    for call, name, _ in _calls(module):
        altered = {each.arg for each in call.keywords} & {"value", "audience", "html", "release"}
        if name in names or name == "__setattr__" or (name == "replace" and altered):
            found.append(f"line {call.lineno}: {name}")
    return found


def bypasses(module: ast.Module) -> list[str]:
    """Where a module writes to a helpdesk."""
    return [
        f"line {call.lineno}: {owner}.{name}"
        for call, name, owner in _calls(module)
        if name in WRITES and owner != "egress" and ("desk" in owner or "speaking" in owner)
    ] + [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module)
        if isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "id", "") or getattr(node, "attr", "")) == "Helpdesk"
    ]


def unseen(module: ast.Module) -> set[str]:
    """The ways through the gate without a look that a module takes."""
    called = {name for _, name, _ in _calls(module)}
    named = {a.name for n in ast.walk(module) if isinstance(n, ast.ImportFrom) for a in n.names}
    return (called | named) & UNSEEN.keys()


@pytest.mark.parametrize(
    "source",
    [
        "Releasable('x', Audience.SUPPORT, 'r')",
        "texts.Releasable('x', Audience.SUPPORT, 'r')",
        "from bridge.domain.texts import Releasable as R\nR('x', a, 'r')",
        "replace(released, value='x')",
        "dataclasses.replace(released, audience=Audience.CUSTOMER)",
        "object.__setattr__(released, 'value', 'x')",
        "replace(operation, html=other)",
    ],
)
def test_rule_on_sample_finds_the_forgery(source: str) -> None:
    assert forgeries(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "hub.helpdesk(name).add_note(id, html)",
        "self.helpdesk.set_fields(id, values)",
        "hub.speaking(name).say(id, message)",
        "desk = cast('x', 1)\ndesk.add_note(id, html)",
        "def f(port: Helpdesk): ...",
        "def f(port: roles.Helpdesk): ...",
    ],
)
def test_rule_on_sample_finds_the_bypass(source: str) -> None:
    assert bypasses(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "def f(value: Releasable) -> Releasable: return value",
        "replace(pass_, held=())",
        "egress.add_note(hub, ticket, html)",
        "tracker.set_fields(id, fields, revision)",
    ],
)
def test_rule_on_sample_lets_the_lawful_pass(source: str) -> None:
    assert forgeries(ast.parse(source)) == []
    assert bypasses(ast.parse(source)) == []


def test_only_the_gate_makes_what_may_leave() -> None:
    found = {name: forgeries(tree(name)) for name in python_files(*PRODUCT) if name != GUARD}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_only_the_egress_writes_to_a_helpdesk() -> None:
    rooms = [n for n in python_files("bridge/") if not n.startswith(("bridge/ports/", EGRESS))]
    found = {name: bypasses(tree(name)) for name in rooms}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_ways_through_the_gate_without_a_look_are_taken_by_those_named_alone() -> None:
    for name in python_files(*PRODUCT):
        if name != GUARD:
            for way in unseen(tree(name)):
                assert name in UNSEEN[way], f"{name} takes {way}"


def test_types_hand_the_engine_a_helpdesk_that_it_can_not_write_to() -> None:
    """With this, a bypass does not pass the type check: mypy runs over everything, strictly."""
    assert typing.get_type_hints(Hub.helpdesk)["return"] is ReadableHelpdesk
    assert not {each for each in WRITES if hasattr(ReadableHelpdesk, each)}
    roles = (
        Helpdesk, RedactingHelpdesk, SpeakingHelpdesk, ContinuingHelpdesk, MailedHelpdesk, Mailer,
    )  # fmt: skip
    own = {name for role in roles for name in vars(role) if not name.startswith("_")}
    own -= {"find_said", "addressee", "letter_shown"}  # they only look
    # No file goes to a ticket: should one ever, it is a text with a label like any other.
    assert own == WRITES


@pytest.mark.parametrize(
    "text", ["raw", Text("x", Audience.CUSTOMER), Releasable("x", Audience.ENGINEERING, "r")]
)
async def test_what_types_did_not_stop_is_stopped_at_the_door(text: object) -> None:
    nowhere, ticket = typing.cast(Hub, None), TicketRef("hubspot", "812")
    wrong = typing.cast(Releasable, text)
    with pytest.raises(PolicyViolation):
        await egress.add_note(nowhere, ticket, wrong)
    with pytest.raises(PolicyViolation):
        await egress.set_fields(nowhere, ticket, {"work_stage": wrong}, None)


@pytest.mark.parametrize("audience", [Audience.SUPPORT, Audience.ENGINEERING])
async def test_what_is_not_for_customers_is_never_said_to_one(audience: Audience) -> None:
    html = Releasable("<p>x</p>", audience, "r")
    operation = operations.SayToCustomer(TicketRef("hubspot", "812"), "d", html, "d")
    with pytest.raises(PolicyViolation):
        await egress.say(typing.cast(Hub, None), operation)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (operations.TicketField, "value"),
        (operations.AddTicketNote, "html"),
        (operations.SayToCustomer, "html"),
        (notices.Content, "title"),
    ],
)
def test_operations_towards_readers_take_nothing_but_the_releasable(kind: type, field: str) -> None:
    assert typing.get_type_hints(kind)[field] is Releasable
    texts = {each.name for each in dataclasses.fields(kind)} - {field}
    # What else these hold are names of ours: fields, markers, hashes, labels.
    known = {"field", "restore", "ticket", "source", "content", "marker", "facts", "links", "held"}
    # A letter's way holds a subject line, and that only as something releasable.
    assert typing.get_type_hints(mails.MailWay)["subject"] is Releasable
    known |= {"draft", "revision", "recipients", "follow_up", "mail", "approved"}
    assert texts <= known


def test_imports_keep_the_rim_away_from_the_gate() -> None:
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [gate] = [each for each in contracts if each["id"] == "gate"]
    assert gate["forbidden_modules"] == ["*.core.guard"]
    assert {"connectors", "*.api", "*.cli", "*.engine"} <= set(gate["source_modules"])
