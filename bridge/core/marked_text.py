"""Texts that people mark to travel: the mark found, and taken off, with the structure kept."""

from __future__ import annotations

from bridge.kit.richtext.building import tidied
from bridge.kit.richtext.model import (
    Block,
    Blocks,
    Cell,
    Code,
    Heading,
    Items,
    Line,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
)
from bridge.kit.richtext.plain import addresses_of, linked_words_of, words_of, write_plain


def after_mark(text: RichText, mark: str) -> RichText | None:
    """The text without the mark that its first line begins with; None where it does not."""
    kept = _of_blocks(text.blocks, mark)
    return None if kept is None else RichText(kept)


def all_said(text: RichText) -> str:
    """Everything that the text says or leads to, for whoever looks for what must not leave."""
    said = (words_of(text), linked_words_of(text), write_plain(text), *addresses_of(text))
    return "\n".join(said)


def is_blank(text: RichText) -> bool:
    """Whether there is nothing to read in it."""
    return not words_of(text).strip()


def with_last(text: RichText, *lines: Line) -> RichText:
    """The text with paragraphs at its end."""
    return RichText((*text.blocks, *(Paragraph(each) for each in lines)))


def _of_blocks(blocks: Blocks, mark: str) -> Blocks | None:
    for place, block in enumerate(blocks):
        if isinstance(block, Rule):
            continue
        kept = _of_block(block, mark)
        return None if kept is None else (*kept, *blocks[place + 1 :])
    return None


def _of_block(block: Block, mark: str) -> Blocks | None:
    match block:
        case Paragraph() | Heading():
            line = _of_line(block.content, mark)
            return None if line is None else _line_block(block, line)
        case Code():
            return _of_code(block, mark)
        case Quote():
            inside = _of_blocks(block.blocks, mark)
            return None if inside is None else ((Quote(inside),) if inside else ())
        case Items():
            first = _of_blocks(block.items[0], mark)
            if first is None:
                return None
            items = (*((first,) if first else ()), *block.items[1:])
            return (Items(block.ordered, items),) if items else ()
        case _:
            return _of_table(block, mark)


def _line_block(block: Paragraph | Heading, line: Line) -> Blocks:
    if not line:
        return ()
    return (Heading(block.level, line) if isinstance(block, Heading) else Paragraph(line),)


def _of_code(block: Code, mark: str) -> Blocks | None:
    first, _, rest = block.text.lstrip().partition("\n")
    word, _, more = first.strip().partition(" ")
    if word.casefold() != mark:
        return None
    text = "\n".join([*filter(None, [more.strip()]), *filter(None, [rest])])
    return (Code(text, block.language),) if text.strip() else ()


def _of_table(block: Block, mark: str) -> Blocks | None:
    rows = block.rows if isinstance(block, Table) else ()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if not cell.blocks:
                continue
            kept = _of_blocks(cell.blocks, mark)
            if kept is None:
                return None
            changed = (*row[:place], Cell(kept, cell.header), *row[place + 1 :])
            return (Table((*rows[:number], changed, *rows[number + 1 :])),)
    return None


def _of_line(line: Line, mark: str) -> Line | None:
    """The line without its first word, if that is the mark, however it is marked up."""
    word = ""
    rest: Line = ()
    for place, each in enumerate(line):
        if not isinstance(each, Words):
            rest = line[place:]
            break
        head, space, tail = each.text.partition(" ")
        word += head
        if space:
            rest = (Words(tail, each.marks, each.href), *line[place + 1 :])
            break
    return tidied([*rest]) if word.casefold() == mark else None
