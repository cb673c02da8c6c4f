"""Documents as HTML, for `renderedFields` and `renderedBody`."""

from __future__ import annotations

from html import escape
from typing import Any

_BLOCKS = {
    "paragraph": "p", "bulletList": "ul", "orderedList": "ol", "listItem": "li",
    "blockquote": "blockquote", "codeBlock": "pre", "table": "table", "tableRow": "tr",
    "tableHeader": "th", "tableCell": "td", "panel": "div",
}  # fmt: skip
_MARKS = {"strong": "b", "em": "em", "strike": "del", "underline": "ins", "code": "tt"}


def to_html(node: dict[str, Any]) -> str:
    """The HTML of a node and what is inside it."""
    kind, attrs = str(node.get("type")), node.get("attrs") or {}
    if kind == "text":
        return _text(node)
    if kind in ("hardBreak", "rule"):
        return "<br/>" if kind == "hardBreak" else "<hr />"
    if kind in ("inlineCard", "blockCard", "embedCard"):
        url = escape(str(attrs.get("url", "")))
        return f'<a href="{url}">{url}</a>'
    inside = "".join(to_html(child) for child in node.get("content") or [])
    if kind == "heading":
        return f"<h{attrs.get('level', 1)}>{inside}</h{attrs.get('level', 1)}>"
    tag = _BLOCKS.get(kind)
    if tag is None:
        return escape(str(attrs.get("text", ""))) + inside
    return f"<{tag}>{inside}</{tag}>"


def _text(node: dict[str, Any]) -> str:
    told = escape(str(node.get("text", "")), quote=False)
    for mark in node.get("marks") or []:
        if mark.get("type") == "link":
            told = f'<a href="{escape(mark["attrs"]["href"])}">{told}</a>'
        elif mark.get("type") in _MARKS:
            tag = _MARKS[mark["type"]]
            told = f"<{tag}>{told}</{tag}>"
    return told
