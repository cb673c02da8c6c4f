"""Texts of a ticket's staff on their way to its work item, without what names error tracking."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.core.detector import KnownSentry, references
from bridge.core.marked_text import all_said
from bridge.kit.richtext.model import (
    Block,
    Blocks,
    Break,
    Cell,
    Code,
    Heading,
    Inline,
    Items,
    Line,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
)

LEFT_OUT = "(A line that names error tracking is left out: it has a work item of its own.)"


def is_named(text: str, known: KnownSentry) -> bool:
    """Whether the text names something of Sentry's for sure."""
    return any(each.sure for each in references(text, known))


def without_references(lines: Iterable[str], known: KnownSentry) -> list[str]:
    """The lines, with a word of ours in the place of each that names something of Sentry's."""
    return [LEFT_OUT if is_named(each, known) else each for each in lines]


def without_named(text: RichText, known: KnownSentry) -> RichText:
    """The same of a text with structure: line by line, wherever the lines stand in it."""
    if not is_named(all_said(text), known):
        return text
    return RichText(_blocks(text.blocks, known))


def _blocks(blocks: Blocks, known: KnownSentry) -> Blocks:
    return tuple(_block(each, known) for each in blocks)


def _block(block: Block, known: KnownSentry) -> Block:
    match block:
        case Paragraph():
            return Paragraph(_line(block.content, known))
        case Heading():
            return Heading(block.level, _line(block.content, known))
        case Code():
            lines = without_references(block.text.splitlines(), known)
            return Code("\n".join(lines), block.language)
        case Quote():
            return Quote(_blocks(block.blocks, known))
        case Items():
            return Items(block.ordered, tuple(_blocks(each, known) for each in block.items))
        case Table():
            rows = ((Cell(_blocks(c.blocks, known), c.header) for c in row) for row in block.rows)
            return Table(tuple(tuple(row) for row in rows))
        case Rule():
            return block


def _line(line: Line, known: KnownSentry) -> Line:
    """The paragraph's lines, each looked at alone."""
    lines: list[list[Inline]] = [[]]
    for each in line:
        if isinstance(each, Break):
            lines.append([])
        else:
            lines[-1].append(each)
    kept: list[Line] = []
    for each_line in map(tuple, lines):
        named = is_named(all_said(RichText((Paragraph(each_line),))), known)
        kept.append((Words(LEFT_OUT),) if named else each_line)
    parted = [part for each_line in kept for part in (Break(), *each_line)]
    return tuple(parted[1:])
