"""Rich text as HTML of a fixed, small list of tags: the only HTML that ever leaves the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby

from bridge.kit.richtext.degrading import Kinds, fitting
from bridge.kit.richtext.model import (
    Block,
    Break,
    Cell,
    Code,
    Heading,
    Image,
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

EVERYTHING: Kinds = frozenset({Heading, Code, Rule, Quote, Items, Table})
WITHOUT_TABLES: Kinds = EVERYTHING - {Table}
_ORDER = (
    Mark.STRONG, Mark.EMPHASIS, Mark.UNDERLINE, Mark.STRIKE, Mark.SUB, Mark.SUPER, Mark.CODE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What a target's HTML takes. `source_of`: an image's address there; empty: shown in words."""

    kinds: Kinds = EVERYTHING
    source_of: Callable[[Image], str] | None = None
    quiet: bool = True
    """Words by which a vendor would call somebody are made harmless; not in code."""


def _kept(picture: Image) -> str:
    return picture.source


KEPT = Shape(source_of=_kept, quiet=False)
"""As the hub itself keeps a text: nothing is lost but what can't be shown at all."""


def write_html(text: RichText, shape: Shape = KEPT) -> str:
    """The HTML of a text, in the one spelling that this makes of it."""
    return _Writer(shape).blocks(text.blocks)


class _Writer:
    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "".join(self._block(each) for each in fitting(blocks, self._shape.kinds))

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return f"<p>{self._line(block.content)}</p>"
            case Heading():
                return f"<h{block.level}>{self._line(block.content)}</h{block.level}>"
            case Code():
                return f"<pre><code>{escape(block.text, quote=False)}</code></pre>"
            case Rule():
                return "<hr>"
            case Quote():
                return f"<blockquote>{self.blocks(block.blocks)}</blockquote>"
            case Items():
                tag = "ol" if block.ordered else "ul"
                items = "".join(f"<li>{self._inside(each)}</li>" for each in block.items)
                return f"<{tag}>{items}</{tag}>"
            case Table():
                rows = ("".join(map(self._cell, row)) for row in block.rows)
                body = "".join(f"<tr>{row}</tr>" for row in rows)
                return f"<table><tbody>{body}</tbody></table>"

    def _cell(self, cell: Cell) -> str:
        tag = "th" if cell.header else "td"
        return f"<{tag}>{self._inside(cell.blocks)}</{tag}>"

    def _inside(self, blocks: tuple[Block, ...]) -> str:
        """What stands in an item or a cell; a paragraph that begins it needs no frame."""
        if blocks and isinstance(blocks[0], Paragraph):
            following = blocks[1:]
            if not any(isinstance(each, Paragraph) for each in following[:1]):
                return self._line(blocks[0].content) + self.blocks(following)
        return self.blocks(blocks)

    def _line(self, line: Line) -> str:
        parts = []
        for href, run in groupby(line, _address):
            inside = "".join(map(self._inline, run))
            safe = safe_address(href)
            parts.append(f'<a href="{escape(safe)}">{inside}</a>' if safe else inside)
        return "".join(parts)

    def _inline(self, each: Inline) -> str:
        match each:
            case Words():
                inside = self._escaped(each.text)
                for mark in reversed(_ORDER):
                    if mark in each.marks:
                        inside = f"<{mark}>{inside}</{mark}>"
                return inside
            case Break():
                return "<br>"
            case Image():
                return self._picture(each)
            case _:
                return self._escaped(f"@{each.name}")

    def _picture(self, each: Image) -> str:
        source = self._shape.source_of(each) if self._shape.source_of is not None else ""
        if source:
            return f'<img src="{escape(source)}" alt="{escape(each.name)}">'
        return self._escaped(each.label)

    def _escaped(self, text: str) -> str:
        return escape(quiet(text) if self._shape.quiet else text, quote=False)


def _address(each: Inline) -> str:
    return each.href if isinstance(each, Words) else ""
