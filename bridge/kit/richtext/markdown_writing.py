"""Rich text as Markdown (CommonMark with tables) in which no word means anything by chance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from bridge.kit.richtext.building import spoken
from bridge.kit.richtext.degrading import Kinds, fitting, one_line
from bridge.kit.richtext.model import (
    Block,
    Break,
    Code,
    Heading,
    Inline,
    Items,
    Line,
    Mark,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
    safe_address,
)
from bridge.kit.richtext.quiet import quiet

_KINDS: Kinds = frozenset({Heading, Code, Rule, Quote, Items, Table})
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|#!$@:])")
_AMPERSAND = re.compile(r"&(?=[#\w])")
_AT_START = re.compile(r"^([+=-]+|\d+(?=[.)]))")
_FENCES = re.compile(r"`{3,}")
_SIGNS = ((Mark.STRIKE, "~~"), (Mark.EMPHASIS, "*"), (Mark.STRONG, "**"))


def write_markdown(text: RichText) -> str:
    """The Markdown of a text."""
    return "\n\n".join(_block(each) for each in fitting(text.blocks, _KINDS))


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _line(block.content)
        case Heading():
            return f"{'#' * block.level} {_line(block.content, breaks=' ')}"
        case Code():
            longest = max((len(each) for each in _FENCES.findall(block.text)), default=2)
            fence = "`" * (longest + 1)
            return f"{fence}{_escaped(block.language)}\n{block.text}\n{fence}"
        case Rule():
            return "---"
        case Quote():
            return _indented(_blocks(block.blocks), "> ", "> ")
        case Items():
            marks = (f"{n}. " if block.ordered else "- " for n in range(1, len(block.items) + 1))
            items = zip(marks, block.items, strict=True)
            return "\n".join(_indented(_blocks(each), m, " " * len(m)) for m, each in items)
        case Table():
            return _table(block)


def _blocks(blocks: Iterable[Block]) -> str:
    return "\n\n".join(_block(each) for each in blocks)


def _indented(text: str, first: str, other: str) -> str:
    lines = text.split("\n")
    return "\n".join((other if place else first) + line for place, line in enumerate(lines))


def _table(block: Table) -> str:
    """The rows under a head; one without a head gets an empty one, which a table must have."""
    width = max(len(row) for row in block.rows)
    rows = [[_line(tuple(one_line(cell.blocks)), breaks=" ") for cell in r] for r in block.rows]
    headed = all(cell.header for cell in block.rows[0])
    head, body = (rows[0], rows[1:]) if headed else ([], rows)
    lines = [head, ["---"] * width, *body]
    return "\n".join("| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in lines)


def _line(line: Line, *, breaks: str = "\\\n") -> str:
    parts: list[str] = []
    fresh = True
    for href, run in groupby(line, _address):
        inside = "".join(_inline(each, breaks, fresh=fresh and not parts) for each in run)
        fresh = False
        safe = safe_address(href)
        parts.append(f"[{inside}](<{safe}>)" if safe else inside)
    return "".join(parts).strip()


def _address(each: Inline) -> str:
    return each.href if isinstance(each, Words) else ""


def _inline(each: Inline, breaks: str, *, fresh: bool) -> str:
    if isinstance(each, Break):
        return breaks
    text = _escaped(spoken(each))
    if fresh:
        text = _AT_START.sub(lambda found: _behind_dash(found[1]), text)
    if not isinstance(each, Words):
        return text
    body = text.strip()
    if not body:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    for mark, sign in _SIGNS:
        if mark in each.marks:
            body = f"{sign}{body}{sign}"
    return f"{before}{body}{after}"


def _behind_dash(start: str) -> str:
    """The beginning of a line that would begin a list or a rule, as words."""
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"


def _escaped(text: str) -> str:
    return _AMPERSAND.sub("&amp;", _SPECIAL.sub(r"\\\1", quiet(text)))
