"""A document in the Atlassian Document Format as safe HTML: total, and nothing hides in it.

Addresses stand in attributes as often as in texts (marks, cards, media): they all become links
that can be seen, because what looks for Sentry in a text looks at its HTML. A node that is not
known gives what is inside it.
https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from bridge.kit.richtext import clean_html, text_to_html

_DEEPEST = 60
"""Nesting that no person writes; below it only the words count."""
_BLOCKS = {
    "paragraph": "p", "blockquote": "blockquote", "bulletList": "ul", "orderedList": "ol",
    "listItem": "li", "taskList": "ul", "taskItem": "li", "decisionList": "ul",
    "decisionItem": "li", "tableRow": "tr", "tableHeader": "th", "tableCell": "td",
    "panel": "blockquote",
}  # fmt: skip
_MARKS = {"strong": "strong", "em": "em", "strike": "s", "underline": "u", "code": "code"}
_CARDS = frozenset({"inlineCard", "blockCard", "embedCard", "media", "mediaInline"})


def is_document(value: Any) -> bool:
    """Whether a value is rich text, as version 3 of the API shows it."""
    return isinstance(value, dict) and value.get("type") == "doc"


def to_html(document: Any) -> str:
    """Safe HTML of a document; of a text, which is none, its words; else nothing."""
    if isinstance(document, str):
        return text_to_html(plain(document))
    if not isinstance(document, dict):
        return ""
    return clean_html(_inside(document, 0))


def plain(text: str) -> str:
    """The text without what no store keeps: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _inside(node: dict[str, Any], depth: int) -> str:
    return "".join(_html(child, depth + 1) for child in _nodes(node.get("content")))


def _nodes(value: Any) -> Iterable[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _html(node: dict[str, Any], depth: int) -> str:
    if depth > _DEEPEST:
        return _strings(node)
    kind, attrs = node.get("type"), node.get("attrs")
    attrs = attrs if isinstance(attrs, dict) else {}
    if kind == "text":
        return _marked(_word(node.get("text")), node.get("marks"))
    if kind == "hardBreak":
        return "<br>"
    if kind == "rule":
        return "<hr>"
    if kind in _CARDS:
        return _card(attrs)
    if kind == "heading":
        level = attrs.get("level")
        tag = f"h{min(level, 4)}" if isinstance(level, int) and level > 0 else "h4"
        return f"<{tag}>{_inside(node, depth)}</{tag}>"
    if kind == "codeBlock":
        return f"<pre><code>{_inside(node, depth)}</code></pre>"
    if kind == "table":
        return f"<table><tbody>{_inside(node, depth)}</tbody></table>"
    tag = _BLOCKS.get(str(kind), "")
    inside = _inside(node, depth)
    return f"<{tag}>{inside}</{tag}>" if tag else _said(attrs) + inside


def _strings(node: dict[str, Any]) -> str:
    """Every word and address below, without an order that would mean something."""
    found: list[str] = []
    left: list[Any] = [node]
    while left:
        each = left.pop()
        if isinstance(each, str):
            found.append(_word(each))
        elif isinstance(each, dict):
            left += [value for name, value in each.items() if name != "type"]
        elif isinstance(each, list):
            left += each
    return f"<p>{' '.join(reversed(found))}</p>" if found else ""


def _word(value: Any) -> str:
    return escape(plain(value), quote=False) if isinstance(value, str) else ""


def _said(attrs: dict[str, Any]) -> str:
    """The words that a node holds itself: a mention, a status, an emoji, an extension's text."""
    return next((w for n in ("text", "shortName", "title") if (w := _word(attrs.get(n)))), "")


def _card(attrs: dict[str, Any]) -> str:
    """A card or picture as a link; data that came instead of an address is looked through."""
    data = attrs.get("data")
    url = attrs.get("url") or (data.get("url") if isinstance(data, dict) else None)
    if isinstance(url, str) and url:
        return _link(url, _word(url))
    return _word(json.dumps(data)) if data else _word(attrs.get("alt"))


def _link(url: str, words: str) -> str:
    return f'<a href="{escape(plain(url), quote=True)}">{words}</a>'


def _marked(words: str, marks: Any) -> str:
    for mark in _nodes(marks):
        kind, attrs = mark.get("type"), mark.get("attrs")
        attrs = attrs if isinstance(attrs, dict) else {}
        if kind == "link" and isinstance(attrs.get("href"), str):
            words = _link(attrs["href"], words)
        elif kind == "subsup":
            tag = "sub" if attrs.get("type") == "sub" else "sup"
            words = f"<{tag}>{words}</{tag}>"
        elif isinstance(kind, str) and kind in _MARKS:
            words = f"<{_MARKS[kind]}>{words}</{_MARKS[kind]}>"
    return words
