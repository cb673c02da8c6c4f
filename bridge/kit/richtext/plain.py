"""Rich text as lines of plain text, and lines as rich text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.kit.richtext.building import Builder, spoken
from bridge.kit.richtext.degrading import BETWEEN_CELLS, one_line
from bridge.kit.richtext.model import (
    Block,
    Break,
    Code,
    Heading,
    Image,
    Items,
    Line,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
)

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def read_plain(text: str) -> RichText:
    """Plain text: blank lines part paragraphs, and no sign means anything."""
    to = Builder()
    for part in _BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        to.begin_line()
        for number, line in enumerate(part.split("\n")):
            if number:
                to.put(Break())
            to.words(line)
    return to.finish()


def write_plain(text: RichText) -> str:
    """The text for readers of plain text: a line a block, bullets, addresses beside their words."""
    return "\n".join(_lines(text.blocks, _FULL))


def words_of(text: RichText) -> str:
    """What a reader sees, a line a block: words alone."""
    return "\n".join(_lines(text.blocks, _WORDS))


def linked_words_of(text: RichText) -> str:
    """The same, with addresses beside their words."""
    return "\n".join(_lines(text.blocks, _LINKED))


def addresses_of(text: RichText) -> list[str]:
    """Every address in the text: of links, and of images."""
    found: list[str] = []
    left: list[Block] = [*reversed(text.blocks)]
    while left:
        block = left.pop()
        for each in line_of(block):
            if isinstance(each, Words) and each.href:
                found.append(each.href)
            elif isinstance(each, Image) and each.source:
                found.append(each.source)
        left += reversed(inside(block))
    return found


def line_of(block: Block) -> Line:
    """The words of a paragraph or heading."""
    return block.content if isinstance(block, Paragraph | Heading) else ()


def inside(block: Block) -> list[Block]:
    """The blocks within a block."""
    match block:
        case Quote():
            return [*block.blocks]
        case Items():
            return [each for item in block.items for each in item]
        case Table():
            return [each for row in block.rows for cell in row for each in cell.blocks]
        case _:
            return []


@dataclass(frozen=True, slots=True)
class _Style:
    addresses: bool = False
    frames: bool = False


_WORDS, _LINKED, _FULL = _Style(), _Style(addresses=True), _Style(addresses=True, frames=True)


def _lines(blocks: Iterable[Block], style: _Style) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines += _of_block(block, style)
    return lines


def _of_block(block: Block, style: _Style) -> list[str]:
    match block:
        case Paragraph() | Heading():
            return _said(block.content, style).split("\n")
        case Code():
            return block.text.split("\n")
        case Rule():
            return [""]
        case Quote():
            before = "> " if style.frames else ""
            return [before + each for each in _lines(block.blocks, style)]
        case Items():
            return _items(block, style)
        case Table():
            rows = ([_said(tuple(one_line(c.blocks)), style) for c in row] for row in block.rows)
            return [BETWEEN_CELLS.join(each.strip() for each in cells) for cells in rows]


def _items(block: Items, style: _Style) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(block.items, 1):
        bullet = (f"{number}. " if block.ordered else "- ") if style.frames else ""
        for place, line in enumerate(_lines(item, style)):
            lines.append(bullet + line if place == 0 else " " * len(bullet) + line)
    return lines


def _said(line: Line, style: _Style) -> str:
    parts: list[str] = []
    for place, each in enumerate(line):
        parts.append(spoken(each))
        if not style.addresses or not isinstance(each, Words) or not each.href:
            continue
        following = line[place + 1] if place + 1 < len(line) else None
        ends = not isinstance(following, Words) or following.href != each.href
        if ends and each.href not in each.text:
            parts.append(f" ({each.href})")
    return "".join(parts)
