"""A document in the Atlassian Document Format as rich text: total, and nothing hides in it.

Addresses stand in attributes as often as in texts (marks, cards, media): they all become links
that can be seen, because what looks for Sentry in a text looks at what was read. A node that is
not known gives what is inside it.
https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.kit.richtext import write_html
from bridge.kit.richtext.building import Builder, Frame
from bridge.kit.richtext.model import (
    Break,
    Mark,
    Mention,
    RichText,
    image,
    safe_address,
    storable,
)
from connectors.jira.wiki_reading import read_wiki

_FRAMES: Mapping[str, Frame] = {
    "blockquote": Frame.QUOTE, "panel": Frame.QUOTE, "bulletList": Frame.BULLETS,
    "orderedList": Frame.NUMBERS, "listItem": Frame.ITEM, "taskList": Frame.BULLETS,
    "taskItem": Frame.ITEM, "decisionList": Frame.BULLETS, "decisionItem": Frame.ITEM,
    "table": Frame.TABLE, "tableRow": Frame.ROW, "tableHeader": Frame.HEADER,
    "tableCell": Frame.CELL,
}  # fmt: skip
_MARKS: Mapping[str, Mark] = {
    "strong": Mark.STRONG, "em": Mark.EMPHASIS, "strike": Mark.STRIKE,
    "underline": Mark.UNDERLINE, "code": Mark.CODE,
}  # fmt: skip
_CARDS = frozenset({"inlineCard", "blockCard", "embedCard"})
_MEDIA = frozenset({"media", "mediaInline"})
_INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "status", "date", "placeholder"})


def is_document(value: Any) -> bool:
    """Whether a value is rich text, as version 3 of the API shows it."""
    return isinstance(value, dict) and value.get("type") == "doc"


def to_html(document: Any) -> str:
    """A document as the hub keeps a text; a text of version 2 is wiki markup; else nothing."""
    if isinstance(document, str):
        return write_html(read_wiki(document))
    return write_html(read_document(document)) if isinstance(document, dict) else ""


def read_document(document: Mapping[str, Any]) -> RichText:
    """The rich text of a document."""
    reader = _Reader()
    reader.read(document)
    return reader.to.finish()


def plain(text: str) -> str:
    """The text without what no store keeps: NUL and lone surrogates."""
    return storable(text)


class _Reader:
    """Walks through the nodes in their order, without recursion: nesting has no limit."""

    def __init__(self) -> None:
        self.to = Builder()

    def read(self, document: Mapping[str, Any]) -> None:
        left: list[Any] = [*reversed(_nodes(document.get("content")))]
        while left:
            node = left.pop()
            if isinstance(node, _End):
                self._end(node.kind)
                continue
            kind, attrs = str(node.get("type")), _dict(node.get("attrs"))
            self._begin(kind, attrs, node)
            left.append(_End(kind))
            left += reversed(_nodes(node.get("content")))

    def _begin(self, kind: str, attrs: dict[str, Any], node: dict[str, Any]) -> None:
        if kind in _FRAMES:
            self.to.open(_FRAMES[kind])
        elif kind == "text":
            marks, href = _look(node.get("marks"))
            self.to.words(_text(node.get("text")), marks, href)
        elif kind == "hardBreak":
            self.to.put(Break())
        elif kind == "mention":
            self.to.put(Mention(_text(attrs.get("text")).removeprefix("@") or "somebody"))
        elif kind in _CARDS:
            self._card(attrs)
        elif kind in _MEDIA:
            self._media(attrs)
        elif kind == "rule":
            self.to.rule()
        elif kind == "codeBlock":
            self.to.begin_code(_text(attrs.get("language")))
        else:
            level = attrs.get("level") if kind == "heading" else 0
            if kind not in _INLINE:
                self.to.begin_line(level if isinstance(level, int) else 4)
            self.to.words(_said(attrs))

    def _end(self, kind: str) -> None:
        if kind in _FRAMES:
            self.to.close(_FRAMES[kind])
        elif kind == "codeBlock":
            self.to.end_code()
        elif kind not in _INLINE and kind not in _CARDS | _MEDIA:
            self.to.end_line()

    def _card(self, attrs: dict[str, Any]) -> None:
        """A card as a link; data that came instead of an address is shown as it is."""
        data = attrs.get("data")
        url = attrs.get("url") or (data.get("url") if isinstance(data, dict) else None)
        if isinstance(url, str) and url:
            self.to.words(url, href=safe_address(url))
        elif data:
            self.to.words(json.dumps(data, ensure_ascii=False))

    def _media(self, attrs: dict[str, Any]) -> None:
        """A picture; one of another site is a link, and everything it is called is said."""
        url = _text(attrs.get("url"))
        if url:
            self.to.words(url, href=safe_address(url))
        elif attrs:
            self.to.put(image("", _text(attrs.get("alt"))))


class _End:
    """Stands on the way where a node ends."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def _nodes(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _said(attrs: dict[str, Any]) -> str:
    """The words that a node holds itself: a status, an emoji, an extension's text."""
    return next((w for n in ("text", "shortName", "title") if (w := _text(attrs.get(n)))), "")


def _look(marks: Any) -> tuple[frozenset[Mark], str]:
    found: set[Mark] = set()
    href = ""
    for mark in _nodes(marks):
        kind, attrs = mark.get("type"), _dict(mark.get("attrs"))
        if kind == "link":
            href = safe_address(_text(attrs.get("href")))
        elif kind == "subsup":
            found.add(Mark.SUB if attrs.get("type") == "sub" else Mark.SUPER)
        elif isinstance(kind, str) and kind in _MARKS:
            found.add(_MARKS[kind])
    return frozenset(found), href
