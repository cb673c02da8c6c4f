"""Rich text as a document in the Atlassian Document Format that Jira takes.

Every node type is closed: what may stand in what is said by the schema that Atlassian publishes
(npm @atlaskit/adf-schema), against which the tests hold whatever is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bridge.kit.richtext.building import spoken
from bridge.kit.richtext.cutting import NOWHERE, Whole, fit
from bridge.kit.richtext.degrading import Kinds, fitting
from bridge.kit.richtext.html_reading import read_html_or_lines
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
)
from bridge.kit.richtext.quiet import quiet
from connectors.jira.manifest import LONGEST_DOCUMENT

Node = dict[str, Any]

_MARKS = (
    (Mark.STRONG, "strong"), (Mark.EMPHASIS, "em"), (Mark.UNDERLINE, "underline"),
    (Mark.STRIKE, "strike"),
)  # fmt: skip
_ROOT: Kinds = frozenset({Heading, Quote, Rule, Table, Items, Code})
"""What may stand in a document, and in a cell but for the table."""
_CELL: Kinds = _ROOT - {Table}
_QUOTE: Kinds = frozenset({Items, Code})
_ITEM: Kinds = frozenset({Items, Code})


def to_document(html: str, whole: Whole = NOWHERE) -> Node:
    """The document of that HTML; cut, with the way to the whole, where it would be too long."""
    return write_document(fit(read_html_or_lines(html), LONGEST_DOCUMENT, _size, whole))


def write_document(text: RichText) -> Node:
    """The document of a rich text."""
    return {"type": "doc", "version": 1, "content": _blocks(text.blocks, _ROOT)}


def _size(text: RichText) -> int:
    return len(json.dumps(write_document(text), ensure_ascii=False))


def _blocks(blocks: Iterable[Block], kinds: Kinds) -> list[Node]:
    # What has no place here (a quote in a quote, a heading in an item) leaves its words.
    return [_block(each) for each in fitting(blocks, kinds)]


def _block(block: Block) -> Node:
    match block:
        case Paragraph():
            return _node("paragraph", _line(block.content))
        case Heading():
            return _node("heading", _line(block.content), {"level": block.level})
        case Code():
            attrs = {"language": block.language} if block.language else None
            return _node("codeBlock", [{"type": "text", "text": block.text}], attrs)
        case Rule():
            return {"type": "rule"}
        case Quote():
            return _node("blockquote", _blocks(block.blocks, _QUOTE) or [_paragraph()])
        case Items():
            kind = "orderedList" if block.ordered else "bulletList"
            return _node(kind, [_item(each) for each in block.items])
        case Table():
            width = max(len(row) for row in block.rows)
            rows = [
                _node("tableRow", [_cell(each.blocks, header=each.header) for each in row]
                      + [_cell((), header=False)] * (width - len(row)))
                for row in block.rows
            ]  # fmt: skip
            return _node("table", rows)


def _node(kind: str, content: list[Node], attrs: Node | None = None) -> Node:
    made: Node = {"type": kind}
    return made | ({"attrs": attrs} if attrs else {}) | {"content": content}


def _paragraph() -> Node:
    return _node("paragraph", [])


def _item(blocks: tuple[Block, ...]) -> Node:
    content = _blocks(blocks, _ITEM)
    if not content or content[0]["type"] != "paragraph":
        content.insert(0, _paragraph())
    return _node("listItem", content)


def _cell(blocks: tuple[Block, ...], *, header: bool) -> Node:
    kind = "tableHeader" if header else "tableCell"
    return {"type": kind, "attrs": {}, "content": _blocks(blocks, _CELL) or [_paragraph()]}


def _line(line: Line) -> list[Node]:
    return [_inline(each) for each in line]


def _inline(each: Inline) -> Node:
    if isinstance(each, Break):
        return {"type": "hardBreak"}
    if not isinstance(each, Words):
        # A picture needs the id of Atlassian's media store, which no API tells of an attachment;
        # a mention would call somebody.
        return {"type": "text", "text": quiet(spoken(each))}
    marks = _marks(each)
    node: Node = {"type": "text", "text": quiet(each.text)}
    return node | {"marks": marks} if marks else node


def _marks(words: Words) -> list[Node]:
    link: list[Node] = [{"type": "link", "attrs": {"href": words.href}}] if words.href else []
    if Mark.CODE in words.marks:
        # Nothing but a link may stand with it.
        return [{"type": "code"}, *link]
    made: list[Node] = [{"type": kind} for mark, kind in _MARKS if mark in words.marks]
    made += [
        {"type": "subsup", "attrs": {"type": mark.value}}
        for mark in (Mark.SUB, Mark.SUPER)
        if mark in words.marks
    ][:1]
    return [*made, *link]
