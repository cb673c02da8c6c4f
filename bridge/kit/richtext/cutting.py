"""A text over a target's limit, cut where a person would cut it, with a mark and the way on.

No vendor's limit refuses a text as a whole: what fits is sent. The last block of a copy is its
signature, by which it is known for good: it stays.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

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
from bridge.kit.richtext.plain import line_of

CUT = "… cut here"
_SIGNATURE = 300
"""Characters of a last paragraph that may be a signature."""
_NEAR_ENOUGH = 100
"""A hundredth of the limit may stay unused: each closer look means to write the whole again."""
_LOOK_BACK = 40
"""How far back a word may begin that is left out rather than cut."""
_JOINER = "\u200d"
_JOINED = frozenset({_JOINER, "\ufe0f", "\ufe0e"})


@dataclass(frozen=True, slots=True)
class Whole:
    """Where the whole of a text can be read, and what people call the place."""

    url: str
    name: str = ""


NOWHERE = Whole("")


def fit(
    text: RichText, longest: int, size: Callable[[RichText], int], whole: Whole = NOWHERE
) -> RichText:
    """The text, cut where it is longer than `longest` by the target's own `size`.

    A size grows with its text, and every character counts for one at least. Where no place for
    the `whole` is given, the text is a copy with a signature, whose link leads there.
    """
    full = size(text)
    if full <= longest:
        return text
    body, signature = (text.blocks, ()) if whole.url else _parted(text.blocks)
    end = (_mark(whole if whole.url else _linked(signature)), *signature)
    weight = _weight(body)
    low, high = 0, min(weight, longest)
    middle = min(high, weight * longest // full)
    while high - low > longest // _NEAR_ENOUGH:
        if size(_cut(body, middle, end)) <= longest:
            low = middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
    return _cut(body, low, end)


def fit_line(text: str, longest: int) -> str:
    """One line of at most so many characters; a longer one ends in `…`."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: _whole_signs(line, longest - 1)].rstrip() + "…"


def fit_plain(text: str, longest: int) -> str:
    """Plain text of at most so many characters, its lines kept; a longer one ends in a mark."""
    if len(text) <= longest:
        return text
    end = f" {CUT}"
    return text[: _place(text, longest - len(end))].rstrip() + end


def _cut(body: Blocks, count: int, end: Blocks) -> RichText:
    return RichText((*_Scissors(count).blocks(body), *end))


def _parted(blocks: Blocks) -> tuple[Blocks, Blocks]:
    """The body, and the signature where the last block is a short paragraph."""
    last = blocks[-1] if len(blocks) > 1 else None
    if isinstance(last, Paragraph) and _weight((last,)) <= _SIGNATURE:
        return blocks[:-1], (last,)
    return blocks, ()


def _mark(whole: Whole) -> Paragraph:
    if not whole.url:
        return Paragraph((Words(f"{CUT}."),))
    words = f"{CUT}, the rest is in "
    return Paragraph((Words(words), Words(whole.name or whole.url, frozenset(), whole.url)))


def _linked(signature: Blocks) -> Whole:
    for block in signature:
        for each in line_of(block):
            if isinstance(each, Words) and each.href:
                return Whole(each.href, each.text)
    return NOWHERE


def _weight(blocks: Blocks) -> int:
    counting = _Scissors(None)
    counting.blocks(blocks)
    return counting.taken


class _Scissors:
    """Copies blocks until so many characters are taken; the frames that were open are closed."""

    def __init__(self, count: int | None) -> None:
        self._count = count
        self.taken = 0

    def _room(self) -> int:
        return 1 << 60 if self._count is None else self._count - self.taken

    def blocks(self, blocks: Blocks) -> Blocks:
        made: list[Block] = []
        for block in blocks:
            if self._room() <= 0:
                break
            kept = self._block(block)
            if kept is not None:
                made.append(kept)
        return tuple(made)

    def _block(self, block: Block) -> Block | None:
        self.taken += 1
        match block:
            case Paragraph():
                line = self._line(block.content)
                return Paragraph(line) if line else None
            case Heading():
                line = self._line(block.content)
                return Heading(block.level, line) if line else None
            case Code():
                text = self._text(block.text)
                return Code(text, block.language) if text.strip() else None
            case Rule():
                return block
            case Quote():
                inside = self.blocks(block.blocks)
                return Quote(inside) if inside else None
            case Items():
                items = [kept for each in block.items if (kept := self.blocks(each))]
                return Items(block.ordered, tuple(items)) if items else None
            case Table():
                rows = [cells for each in block.rows if (cells := self._row(each))]
                return Table(tuple(rows)) if rows else None

    def _row(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """A row is kept with all its cells, those beyond the cut empty."""
        if self._room() <= 0:
            return ()
        self.taken += len(row)
        return tuple(Cell(self.blocks(each.blocks), each.header) for each in row)

    def _line(self, line: Line) -> Line:
        made: list[Inline] = []
        for each in line:
            if self._room() <= 0:
                break
            if isinstance(each, Words):
                text = self._text(each.text)
                if text:
                    made.append(Words(text, each.marks, each.href))
            else:
                self.taken += 1
                made.append(each)
        while made and isinstance(made[-1], Break):
            made.pop()
        return tuple(made)

    def _text(self, text: str) -> str:
        room = self._room()
        if len(text) <= room:
            self.taken += len(text)
            return text
        self.taken += room
        return text[: _place(text, room)].rstrip()


def _place(text: str, room: int) -> int:
    """Where to cut a text that is longer than the room: between words, else between signs."""
    if room <= 0:
        return 0
    for back in range(room, max(0, room - _LOOK_BACK), -1):
        if text[back].isspace():
            return back
    return _whole_signs(text, room)


def _whole_signs(text: str, place: int) -> int:
    """The place, moved back so that no sign is parted from what belongs to it."""
    while 0 < place < len(text) and (
        unicodedata.combining(text[place]) or text[place] in _JOINED or text[place - 1] == _JOINER
    ):
        place -= 1
    return max(0, place)
