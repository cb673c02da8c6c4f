"""Texts of a mapping: `{{ ticket.subject }}` and a few filters, nothing that runs or decides.

Jinja2's sandbox is the second lock. The first is an allow-list of what may stand in a template
at all, checked on its syntax tree, so that a template is refused before it ever runs.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

NAMES = ("customer", "subject", "key", "url", "id", "category", "severity", "plan")
TOLD = ("stage", "eta", "when", "release", "contact", "support", "policy")
"""What a message to the customer may name besides: only there are these known."""
ENGINEERING = (
    "work_item",
    "item",
    "issue",
    "task",
    "bug",
    "comment",
    "comments",
    "signal",
    "sentry",
)
"""What people may try to name and no template may: the words of these are engineering's."""
_WHY = "is in engineering's words, which no template can name"
LONGEST_TEMPLATE = 4_000
LONGEST_TEXT = 100_000


class WordingProblem(ValueError):
    """The template can't be used; the text says why, for the person who wrote it."""


def is_template(text: str) -> bool:
    """Whether the text is a template rather than a constant."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


def check_template(text: str, *, told: bool = False) -> list[str]:
    """What is wrong with the template, a sentence each; empty where it can be used.

    `told`: it is a message to the customer, which may name more.
    """
    if len(text) > LONGEST_TEMPLATE:
        return [f"The text has {len(text)} characters; {LONGEST_TEMPLATE} are the most."]
    try:
        tree = _PLAIN.parse(text)
    except TemplateError as error:
        return [f"The text can't be read: {error.message}."]
    except RecursionError:
        return ["The text is nested too deeply."]
    return list(dict.fromkeys(_problems(tree, TOLD if told else ())))


def compile_template(
    text: str, *, html: bool = False, told: bool = False
) -> Template | WordingProblem:
    """The template ready to render, or what is wrong with it."""
    problems = check_template(text, told=told)
    if problems:
        return WordingProblem(" ".join(problems))
    return (_HTML if html else _PLAIN).from_string(text)


@lru_cache(maxsize=1024)
def needed_values(text: str, told: bool = False) -> frozenset[str]:
    """The names of `ticket` and those of a message without which the text can't be rendered."""
    if check_template(text, told=told):
        return frozenset()
    return frozenset(_needed(_PLAIN.parse(text)))


def render(text: str, ticket: Mapping[str, str], *, html: bool = False) -> str:
    """The text with the ticket's values in it, escaped where `html`; WordingProblem if it can't be.

    A value that is not in `ticket` is empty, which `default` and `or` see; one without which the
    text makes no sense (`needed_values`) must be there.
    """
    missing = sorted(needed_values(text) - {name for name, value in ticket.items() if value})
    if missing:
        raise WordingProblem(f"The ticket has no {' and no '.join(missing)}.")
    return _rendered(_cached(text, html, False), ticket, {})


def lacking(text: str, ticket: Mapping[str, str], told: Mapping[str, str]) -> list[str]:
    """What a message can't be said without and nobody knows, by name."""
    known = {name for name, value in (*ticket.items(), *told.items()) if value}
    return sorted(needed_values(text, True) - known)


def render_told(text: str, ticket: Mapping[str, str], told: Mapping[str, str]) -> str:
    """A message to the customer, as plain text; WordingProblem if it can't be made.

    Whether something is `lacking` is for the caller to ask.
    """
    return _rendered(_cached(text, False, True), ticket, dict.fromkeys(TOLD, "") | dict(told))


def _rendered(
    template: Template | WordingProblem, ticket: Mapping[str, str], more: Mapping[str, str]
) -> str:
    if isinstance(template, WordingProblem):
        raise template
    try:
        rendered = template.render(ticket=dict.fromkeys(NAMES, "") | dict(ticket), **more)
    except (TemplateError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise WordingProblem(f"The text can't be made: {error}") from error
    return _bounded(rendered).strip()


@lru_cache(maxsize=1024)
def _cached(text: str, html: bool, told: bool) -> Template | WordingProblem:
    return compile_template(text, html=html, told=told)


def _bounded(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise WordingProblem(f"The text would be longer than {LONGEST_TEXT} characters.")
    return text


def _default(value: object, word: object = "", *_: object) -> object:
    return word if value in ("", None) else value


def _truncate(value: object, length: int = 255, end: str = "…") -> str:
    text = str(value)
    return text if len(text) <= length else text[: max(0, length - len(end))] + end


def _replace(value: object, old: str, new: str) -> str:
    text = str(value)
    if len(text) + text.count(old) * len(new) > LONGEST_TEXT:
        raise WordingProblem(f"The text would be longer than {LONGEST_TEXT} characters.")
    return text.replace(old, new)


def _join(value: object, by: str = ", ") -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    return _bounded(str(by).join(str(each) for each in value))


def _escape(value: object) -> Markup:
    return escape(str(value))


FILTERS: dict[str, Callable[..., object]] = {
    "default": _default,
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "title": lambda value: str(value).title(),
    "trim": lambda value: str(value).strip(),
    "truncate": _truncate,
    "replace": _replace,
    "join": _join,
    "escape": _escape,
}


def _environment(html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=html)
    environment.filters.clear()
    environment.filters.update(FILTERS)
    environment.globals.clear()
    environment.tests.clear()
    return environment


_PLAIN = _environment(False)
_HTML = _environment(True)

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.List, nodes.Tuple,
    nodes.Or, nodes.And, nodes.Not, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Concat,
    nodes.Filter, nodes.Keyword, nodes.Getattr, nodes.Name,
)  # fmt: skip


def _problems(node: nodes.Node, more: tuple[str, ...]) -> Iterable[str]:
    if isinstance(node, nodes.Getattr) and _is_ticket(node.node):
        if node.attr not in NAMES:
            yield _of_name(f"ticket.{node.attr}")
        return
    named = _engineerings(node)
    if named is not None:
        yield (
            f"{named} {_WHY}: a title or comment may quote error tracking, and nothing of it "
            "reaches a customer by itself. Name a value of the ticket (ticket.subject), or opt a "
            "field of the work item in under fields:, with its audience."
        )
        return
    if isinstance(node, nodes.Name):
        if node.name not in more:
            yield _of_name(node.name, more)
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"The filter {node.name} is not known{_nearest(node.name, FILTERS)}"
    elif isinstance(node, nodes.Getattr):
        yield f"Nothing can be taken from inside a value (.{node.attr})."
    elif not isinstance(node, _ALLOWED):
        yield _of_node(node)
        return
    for child in node.iter_child_nodes():
        yield from _problems(child, more)


def _of_name(name: str, more: tuple[str, ...] = ()) -> str:
    if name == "ticket":
        return "ticket alone is no text: write ticket.subject, for example."
    if name in NAMES:
        return f"{name} is not known. Did you mean ticket.{name}?"
    if name in TOLD:
        return f"{name} is known only in messages to the customer (tell: wording)."
    known = [*more, *(f"ticket.{each}" for each in NAMES)]
    asked = name if name.startswith("ticket.") else f"ticket.{name}"
    return f"{name} is not known{_nearest(asked, known)}"


def _of_node(node: nodes.Node) -> str:
    if isinstance(node, nodes.Call):
        return "A text can't call anything; use a filter, such as | upper."
    if isinstance(node, nodes.Stmt):
        return "A text has no statements: {% … %} is not allowed, {{ … }} is."
    return f"A text can't hold this kind of expression ({type(node).__name__})."


def _engineerings(node: nodes.Node) -> str | None:
    """The name, in dots, if it begins with something of engineering's."""
    path: list[str] = []
    while isinstance(node, nodes.Getattr):
        path.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name) or node.name not in ENGINEERING:
        return None
    return ".".join([node.name, *reversed(path)])


def of_engineering(problem: str) -> bool:
    """Whether the problem is that a text names what is engineering's."""
    return _WHY in problem


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f". Did you mean {found[0]}?" if found else f". Known are: {', '.join(known)}."


def _is_ticket(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "ticket"


def _needed(node: nodes.Node) -> Iterable[str]:
    if isinstance(node, nodes.Or | nodes.And | nodes.CondExpr | nodes.Compare | nodes.Not):
        return
    if isinstance(node, nodes.Filter) and node.name == "default":
        return
    if isinstance(node, nodes.Getattr) and _is_ticket(node.node):
        yield node.attr
    if isinstance(node, nodes.Name) and node.name in TOLD:
        yield node.name
    for child in node.iter_child_nodes():
        yield from _needed(child)
