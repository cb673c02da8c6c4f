"""What a target can't show, in words that it can: tables as rows of text, headings as strong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from bridge.kit.richtext.building import tidied
from bridge.kit.richtext.model import (
    Block,
    Blocks,
    Break,
    Code,
    Heading,
    Inline,
    Items,
    Line,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Table,
    Words,
)

Kinds: TypeAlias = frozenset[type[Block]]
"""The kinds of blocks that a place takes; paragraphs stand everywhere."""

BETWEEN_CELLS = " | "


def fitting(blocks: Iterable[Block], kinds: Kinds) -> Blocks:
    """The blocks with everything of another kind put into the kinds that a place takes."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Paragraph) or type(block) in kinds:
            made.append(block)
        else:
            made += _instead(block, kinds)
    return tuple(made)


def _instead(block: Block, kinds: Kinds) -> Blocks:
    match block:
        case Heading():
            return (Paragraph(_strong(block.content)),)
        case Code():
            return (Paragraph(code_line(block.text)),)
        case Rule():
            return ()
        case Quote():
            return fitting(block.blocks, kinds)
        case Items():
            return _listed(block, kinds)
        case Table():
            lines = (row_line([cell.blocks for cell in row]) for row in block.rows)
            return tuple(Paragraph(line) for line in lines if line)
        case _:
            return (block,)


def _listed(block: Items, kinds: Kinds) -> Blocks:
    made: list[Block] = []
    for number, item in enumerate(block.items, 1):
        content = fitting(item, kinds)
        bullet = f"{number}. " if block.ordered else "• "
        first = content[0] if content else None
        if isinstance(first, Paragraph):
            made.append(Paragraph(tidied([Words(bullet), *first.content])))
            content = content[1:]
        elif content:
            made.append(Paragraph((Words(bullet.strip()),)))
        made += content
    return tuple(made)


def _strong(line: Line) -> Line:
    return tuple(
        Words(each.text, each.marks | {Mark.STRONG}, each.href) if isinstance(each, Words) else each
        for each in line
    )


def code_line(text: str) -> Line:
    """Code as lines of one paragraph."""
    made: list[Inline] = []
    for line in text.split("\n"):
        made += [Break(), Words(line, frozenset({Mark.CODE}))] if line.strip() else [Break()]
    return tidied(made)


def row_line(cells: Iterable[Blocks]) -> Line:
    """A row of a table on one line, its cells side by side."""
    made: list[Inline] = []
    for number, blocks in enumerate(cells):
        made += [Words(BETWEEN_CELLS)] if number else []
        made += one_line(blocks)
    return tidied(made)


def one_line(blocks: Iterable[Block]) -> list[Inline]:
    """All that blocks say, one after the other."""
    made: list[Inline] = []
    for block in fitting(blocks, frozenset()):
        content = block.content if isinstance(block, Paragraph) else ()
        made += [Words(" ")] if made else []
        made += [Words(" ") if isinstance(each, Break) else each for each in content]
    return made
