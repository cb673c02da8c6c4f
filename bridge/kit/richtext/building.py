"""Puts a rich text together from whatever a reader meets, in whatever order it comes.

Readers are told of openings and endings that need not match; here they are made to fit. Nothing
recurses, every step is short, and words are never dropped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto

from bridge.kit.richtext.model import (
    DEEPEST,
    Block,
    Blocks,
    Break,
    Cell,
    Code,
    Heading,
    Image,
    Inline,
    Items,
    Line,
    Mark,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Table,
    Words,
    storable,
)

_TAB = "    "


class Frame(Enum):
    """What can hold blocks."""

    ROOT = auto()
    QUOTE = auto()
    BULLETS = auto()
    NUMBERS = auto()
    ITEM = auto()
    TABLE = auto()
    ROW = auto()
    CELL = auto()
    HEADER = auto()


_LISTS = (Frame.BULLETS, Frame.NUMBERS)
_CELLS = (Frame.CELL, Frame.HEADER)
_INSIDE = {
    Frame.ITEM: _LISTS,
    Frame.ROW: (Frame.TABLE,),
    Frame.CELL: (Frame.ROW,),
    Frame.HEADER: (Frame.ROW,),
}
"""Frames that stand directly in another one only."""


@dataclass(slots=True)
class _Open:
    kind: Frame
    blocks: list[Block] = field(default_factory=list)
    parts: list[Blocks] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    rows: list[tuple[Cell, ...]] = field(default_factory=list)


class Builder:
    """Takes what a reader meets and makes the text of it."""

    def __init__(self) -> None:
        self._open = [_Open(Frame.ROOT)]
        self._without: Counter[Frame] = Counter()
        self._line: list[Inline] = []
        self._level = 0
        self._code: list[str] | None = None
        self._language = ""

    # ---------------------------------------------------------------------------------- blocks

    def open(self, kind: Frame) -> None:
        """A container begins. Where it has no place, its content goes on in what is open."""
        self.end_line()
        if self._code is not None:
            return
        within = _INSIDE.get(kind)
        if within is not None:
            self._end_siblings(kind)
        place = self._open[-1].kind
        fits = place in within if within is not None else place not in (*_LISTS, Frame.ROW)
        if within is None and place in _LISTS:
            self._push(Frame.ITEM)  # a list within a list, without the item that should hold it
            fits = True
        elif within == (Frame.ROW,) and place is Frame.TABLE:
            self._push(Frame.ROW)
            fits = True
        if fits and len(self._open) <= DEEPEST:
            self._push(kind)
        else:
            self._without[kind] += 1

    def close(self, kind: Frame) -> None:
        """A container ends, and whatever is still open in it."""
        self.end_line()
        if self._code is not None:
            return
        if self._without[kind]:
            self._without[kind] -= 1
            return
        for place in range(len(self._open) - 1, 0, -1):
            held = self._open[place].kind
            if held is kind or (held in _CELLS and kind in _CELLS):
                self._pop_to(place)
                return

    def begin_line(self, level: int = 0) -> None:
        """A paragraph begins, or a heading where a level is given."""
        self.end_line()
        self._level = max(0, min(6, level))

    def end_line(self) -> None:
        """The paragraph or heading ends; an empty one leaves nothing."""
        if self._code is not None:
            if self._code and not self._code[-1].endswith("\n"):
                self._code.append("\n")
            return
        line, level, self._level = tidied(self._line), self._level, 0
        self._line = []
        if line:
            self._add(Heading(level, line) if level else Paragraph(line))

    def begin_code(self, language: str = "") -> None:
        """Everything until the end of the code is kept as it is typed."""
        self.end_line()
        if self._code is None:
            self._code, self._language = [], "".join(language.split())[:40]

    def end_code(self) -> None:
        """The code ends."""
        if self._code is None:
            return
        lines = "".join(self._code).replace("\r\n", "\n").replace("\r", "\n")
        text = "\n".join(each.rstrip() for each in lines.split("\n")).strip("\n")
        self._code = None
        if text.strip():
            self._add(Code(text, self._language))

    @property
    def in_code(self) -> bool:
        """Whether what comes is code."""
        return self._code is not None

    def rule(self) -> None:
        """A line across."""
        self.end_line()
        if self._code is None:
            self._add(Rule())

    # ------------------------------------------------------------------------------------ words

    def words(self, text: str, marks: frozenset[Mark] = frozenset(), href: str = "") -> None:
        """Words of one look."""
        kept = storable(text)
        if self._code is not None:
            self._code.append(kept.replace("\t", _TAB))
        elif kept:
            self._line.append(Words(kept, marks, href))

    def put(self, each: Inline) -> None:
        """A break, a mention or an image; in code what stands for it."""
        if self._code is None:
            self._line.append(each)
        else:
            self._code.append("\n" if isinstance(each, Break) else spoken(each))

    def finish(self) -> RichText:
        """The whole text."""
        self.end_code()
        self.end_line()
        self._pop_to(1)
        return RichText(tuple(self._open[0].blocks))

    # ----------------------------------------------------------------------------------- frames

    def _end_siblings(self, kind: Frame) -> None:
        """An item ends the one before it, a row and a cell too, up to the list or table."""
        stops = (*_LISTS, *_CELLS, Frame.QUOTE) if kind is Frame.ITEM else (Frame.TABLE,)
        ends = _CELLS if kind in _CELLS else (kind,)
        for place in range(len(self._open) - 1, 0, -1):
            held = self._open[place].kind
            if held in ends:
                self._pop_to(place)
                return
            if held in stops:
                return

    def _push(self, kind: Frame) -> None:
        self._open.append(_Open(kind))

    def _pop_to(self, place: int) -> None:
        while len(self._open) > place:
            self._ended(self._open.pop())

    def _ended(self, done: _Open) -> None:
        above = self._open[-1]
        match done.kind:
            case Frame.ITEM:
                if done.blocks:
                    above.parts.append(tuple(done.blocks))
            case Frame.CELL | Frame.HEADER:
                above.cells.append(Cell(tuple(done.blocks), done.kind is Frame.HEADER))
            case Frame.ROW:
                if done.cells:
                    above.rows.append(tuple(done.cells))
            case _:
                for block in _made(done):
                    self._add(block)

    def _add(self, block: Block) -> None:
        """The block where it belongs: loose content of a list is an item, of a table a row."""
        top = self._open[-1]
        if top.kind in _LISTS:
            top.parts.append((block,))
        elif top.kind is Frame.ROW:
            top.cells.append(Cell((block,)))
        elif top.kind is Frame.TABLE:
            top.rows.append((Cell((block,)),))
        else:
            top.blocks.append(block)


def _made(done: _Open) -> Blocks:
    """The blocks of a list, a quote or a table; an empty one is none."""
    if done.kind in _LISTS:
        items = Items(done.kind is Frame.NUMBERS, tuple(done.parts))
        return (items,) if done.parts else ()
    if done.kind is Frame.QUOTE:
        return (Quote(tuple(done.blocks)),) if done.blocks else ()
    return _table(done.rows)


def _table(rows: list[tuple[Cell, ...]]) -> Blocks:
    """The table; one that only arranges a page (a single cell, tables in cells) is taken apart."""
    cells = [cell for row in rows for cell in row]
    if not any(cell.blocks for cell in cells):
        return ()
    nested = any(isinstance(block, Table) for cell in cells for block in cell.blocks)
    if nested or len(cells) == 1:
        return tuple(block for cell in cells for block in cell.blocks)
    return (Table(tuple(rows)),)


def spoken(each: Inline) -> str:
    """What of it can be read aloud."""
    match each:
        case Words():
            return each.text
        case Mention():
            return f"@{each.name}"
        case Image():
            return each.label
        case Break():
            return "\n"


def tidied(line: list[Inline]) -> Line:
    """Single spaces, none at the ends of a line; neighbours of one look are one run."""
    made: list[Inline] = []
    texts: list[str] = []
    look: Words | None = None
    blank = True  # the line's beginning, or a space before

    for each in line:
        if not isinstance(each, Words):
            if isinstance(each, Break):
                _strip_end(made, texts)
            _join(made, texts, look)
            look, blank = None, isinstance(each, Break)
            made.append(each)
            continue
        text = _spaced(each.text, blank=blank)
        if not text:
            continue
        if look is None or (look.marks, look.href) != (each.marks, each.href):
            _join(made, texts, look)
            look = each
        texts.append(text)
        blank = text.endswith(" ")
    _strip_end(made, texts)
    _join(made, texts, look)
    return _without_outer_breaks(made)


def _spaced(text: str, *, blank: bool) -> str:
    """The text with single spaces; none at its beginning where one stands before (`blank`)."""
    parts = text.split()
    before = " " if text[:1].isspace() and not blank else ""
    after = " " if parts and text[-1:].isspace() else ""
    return f"{before}{' '.join(parts)}{after}"


def _join(made: list[Inline], texts: list[str], look: Words | None) -> None:
    if look is not None and texts:
        made.append(Words("".join(texts), look.marks, look.href))
    texts.clear()


def _strip_end(made: list[Inline], texts: list[str]) -> None:
    """No space at the end of the line, in whatever run it stands."""
    while texts and not texts[-1].strip():
        texts.pop()
    if texts:
        texts[-1] = texts[-1].rstrip()
        return
    while made:
        last = made[-1]
        if not isinstance(last, Words):
            return
        made.pop()
        text = last.text.rstrip()
        if text:
            made.append(Words(text, last.marks, last.href))
            return


def _without_outer_breaks(made: list[Inline]) -> Line:
    start, end = 0, len(made)
    while start < end and isinstance(made[start], Break):
        start += 1
    while end > start and isinstance(made[end - 1], Break):
        end -= 1
    return tuple(made[start:end])
