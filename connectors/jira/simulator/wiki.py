"""Documents as wiki markup and back: how version 2 of the API and the webhooks show text."""

from __future__ import annotations

import re
from typing import Any

from connectors.jira.simulator.adf import document

_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_INLINE = re.compile(
    r"\[~accountid:(?P<mention>[^\]]+)\]"
    r"|\[(?:(?P<label>[^|\]\n]+)\|)?(?P<href>(?:https?|mailto):[^\]\s]+)\]"
    r"|\{\{(?P<code>[^}\n]+)\}\}"
    r"|(?<!\w)\*(?P<strong>\S(?:[^*\n]*\S)?)\*(?!\w)"
    r"|(?<!\w)_(?P<em>\S(?:[^_\n]*\S)?)_(?!\w)"
)
_FENCE = re.compile(r"\{(code|quote|noformat)(?::([\w#+-]+))?\}\n?(.*?)\n?\{\1\}", re.DOTALL)
_HEADING = re.compile(r"h([1-6])\.\s+(.*)")
_ITEM = re.compile(r"([*#])\s+(.*)")


def to_wiki(node: dict[str, Any]) -> str:
    """The markup of a document; nodes that it has no word for give what is inside them."""
    blocks = [_block(child) for child in node.get("content") or []]
    return "\n\n".join(block for block in blocks if block)


def _block(node: dict[str, Any], bullet: str = "") -> str:
    kind, attrs = node.get("type"), node.get("attrs") or {}
    content: list[dict[str, Any]] = node.get("content") or []
    if kind == "heading":
        return f"h{attrs.get('level', 1)}. {_inline(content)}"
    if kind in ("bulletList", "orderedList"):
        mark = bullet + ("*" if kind == "bulletList" else "#")
        return "\n".join(_item(item, mark) for item in content)
    if kind == "codeBlock":
        language = f":{attrs['language']}" if attrs.get("language") else ""
        return f"{{code{language}}}\n{_inline(content)}\n{{code}}"
    if kind in ("blockquote", "panel"):
        word = "quote" if kind == "blockquote" else "panel"
        return f"{{{word}}}" + to_wiki(node) + f"{{{word}}}"
    if kind == "rule":
        return "----"
    if kind == "table":
        return "\n".join(_row(row) for row in content)
    if kind in ("mediaSingle", "mediaGroup"):
        media = [child.get("attrs") or {} for child in content if child.get("type") == "media"]
        return "\n".join(f"!{m.get('url') or m.get('alt') or m.get('id', '')}!" for m in media)
    if kind in ("blockCard", "embedCard"):
        return f"[{attrs.get('url', '')}]"
    if content and content[0].get("type") in ("paragraph", "heading"):
        return to_wiki(node)
    return _inline(content)


def _item(item: dict[str, Any], mark: str) -> str:
    lines: list[str] = []
    for child in item.get("content") or []:
        nested = child.get("type") in ("bulletList", "orderedList")
        lines.append(_block(child, mark) if nested else f"{mark} {_block(child)}")
    return "\n".join(lines)


def _row(row: dict[str, Any]) -> str:
    cells = row.get("content") or []
    bars = ["||" if cell.get("type") == "tableHeader" else "|" for cell in cells]
    line = "".join(bar + to_wiki(cell) for bar, cell in zip(bars, cells, strict=True))
    return line + (bars[-1] if bars else "")


def _inline(nodes: list[dict[str, Any]]) -> str:
    return "".join(_piece(node) for node in nodes)


def _piece(node: dict[str, Any]) -> str:
    kind, attrs = node.get("type"), node.get("attrs") or {}
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attrs.get('id', '')}]"
    if kind == "inlineCard":
        return f"[{attrs.get('url', '')}]"
    if kind != "text":
        return str(attrs.get("text") or attrs.get("shortName") or "")
    text = str(node.get("text", ""))
    for mark in node.get("marks") or []:
        name = mark.get("type")
        if name == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        elif name == "code":
            text = f"{{{{{text}}}}}"
        elif name in _MARKS:
            text = f"{_MARKS[name]}{text}{_MARKS[name]}"
    return text


def from_wiki(text: str) -> dict[str, Any]:
    """The document that Jira stores for markup: headings, lists, code, quotes, links, emphasis.

    The document that Jira itself makes of `{quote}` is not confirmed.
    """
    blocks: list[dict[str, Any]] = []
    at = 0
    for fence in _FENCE.finditer(text):
        blocks += _plain_blocks(text[at : fence.start()])
        blocks.append(_fenced(fence[1], fence[2], fence[3]))
        at = fence.end()
    return document(*blocks, *_plain_blocks(text[at:]))


def _fenced(word: str, language: str | None, inside: str) -> dict[str, Any]:
    if word == "quote":
        return {"type": "blockquote", "content": _plain_blocks(inside) or [_paragraph("")]}
    content = [{"type": "text", "text": inside}] if inside else []
    attrs = {"language": language} if language else {}
    return {"type": "codeBlock", "attrs": attrs, "content": content}


def _plain_blocks(text: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")):
        lines = part.split("\n")
        if heading := _HEADING.fullmatch(lines[0]):
            level = {"level": int(heading[1])}
            blocks.append({"type": "heading", "attrs": level, "content": _pieces(heading[2])})
            lines = lines[1:]
        items = [_ITEM.fullmatch(line) for line in lines]
        found = [item for item in items if item is not None]
        if found and len(found) == len(lines):
            kind = "bulletList" if found[0][1] == "*" else "orderedList"
            content = [{"type": "listItem", "content": [_paragraph(m[2])]} for m in found]
            blocks.append({"type": kind, "content": content})
        elif "".join(lines).strip():
            blocks.append(_paragraph("\n".join(lines)))
    return blocks


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": _pieces(text)}


def _pieces(text: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    at = 0
    for found in _INLINE.finditer(text):
        content += _words(text[at : found.start()])
        content.append(_marked(found))
        at = found.end()
    return content + _words(text[at:])


def _marked(found: re.Match[str]) -> dict[str, Any]:
    if found["mention"]:
        return {"type": "mention", "attrs": {"id": found["mention"], "text": "@"}}
    if found["href"]:
        mark: dict[str, Any] = {"type": "link", "attrs": {"href": found["href"]}}
        return {"type": "text", "text": found["label"] or found["href"], "marks": [mark]}
    name = next(word for word in ("code", "strong", "em") if found[word])
    return {"type": "text", "text": found[name], "marks": [{"type": name}]}


def _words(text: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return content
