"""The Atlassian Document Format: what Jira takes, and what it makes of it.

Rules from the schema that Atlassian publishes (npm `@atlaskit/adf-schema`, `json-schema/v1/full`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LONGEST = 32_767
_INLINE = {
    "text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status", "mediaInline",
    "placeholder", "inlineExtension",
}  # fmt: skip
_LISTS = {"bulletList", "orderedList"}
_MEDIA = {"mediaSingle", "mediaGroup"}
_BLOCKS = _LISTS | _MEDIA | {
    "paragraph", "heading", "taskList", "codeBlock", "blockquote", "panel", "table", "rule",
    "blockCard", "embedCard", "expand", "decisionList", "extension", "bodiedExtension",
    "layoutSection", "syncBlock",
}  # fmt: skip
_CELL = (_BLOCKS - {"table", "expand", "layoutSection", "bodiedExtension", "syncBlock"}) | {
    "nestedExpand"
}
_CHILDREN: dict[str, set[str]] = {
    "doc": _BLOCKS,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "bulletList": {"listItem"},
    "orderedList": {"listItem"},
    "listItem": _LISTS | {"paragraph", "taskList", "codeBlock", "mediaSingle", "extension"},
    "taskList": {"taskItem", "taskList", "blockTaskItem"},
    "taskItem": _INLINE,
    "codeBlock": {"text"},
    "blockquote": _LISTS | _MEDIA | {"paragraph", "codeBlock", "extension"},
    "panel": _LISTS | _MEDIA | {
        "paragraph", "heading", "taskList", "codeBlock", "rule", "blockCard", "decisionList",
        "extension",
    },
    "table": {"tableRow"},
    "tableRow": {"tableHeader", "tableCell"},
    "tableHeader": _CELL,
    "tableCell": _CELL,
    "mediaSingle": {"media", "caption"},
    "mediaGroup": {"media"},
}  # fmt: skip
_NEEDS: dict[str, tuple[str, ...]] = {
    "heading": ("level",),
    "panel": ("panelType",),
    "mention": ("id",),
    "emoji": ("shortName",),
    "status": ("text", "color"),
    "date": ("timestamp",),
    "taskList": ("localId",),
    "taskItem": ("localId", "state"),
    "expand": (),
}
_LEAVES = _INLINE | {
    "media", "rule", "blockCard", "embedCard", "caption", "expand", "nestedExpand",
    "decisionList", "extension", "bodiedExtension", "layoutSection", "syncBlock",
    "blockTaskItem",
}  # fmt: skip
_NEVER_EMPTY = {"bulletList", "orderedList", "listItem", "table", "tableRow", "blockquote"}
_MARKS = {
    "strong", "em", "strike", "underline", "code", "link", "textColor", "backgroundColor",
    "subsup", "annotation", "border",
}  # fmt: skip
_BESIDE_CODE = {"code", "link", "annotation"}


def is_document(value: object) -> bool:
    """Whether something is the root of a document at all."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
    )


def breaches(document: dict[str, Any]) -> list[str]:
    """What in a document contradicts the schema; empty when Jira would take it."""
    return list(_breaches(document, "doc"))


def _breaches(node: dict[str, Any], where: str) -> Iterator[str]:
    kind = str(node.get("type"))
    allowed = _CHILDREN.get(kind, _INLINE | _BLOCKS | {"media"})
    if kind == "text":
        yield from _text_breaches(node, where)
    attrs = node.get("attrs") or {}
    yield from (f"{where}: no {name}" for name in _NEEDS.get(kind, ()) if not attrs.get(name))
    if kind in _NEVER_EMPTY and not node.get("content"):
        yield f"{where}: empty"
    for place, child in enumerate(node.get("content") or []):
        if not isinstance(child, dict):
            yield f"{where}[{place}]: no node"
            continue
        type_name = str(child.get("type"))
        inside = f"{where}[{place}].{type_name}"
        if type_name not in allowed or type_name not in (_CHILDREN.keys() | _LEAVES):
            yield f"{inside}: not allowed here"
        elif kind == "codeBlock" and child.get("marks"):
            yield f"{inside}: marks in code"
        else:
            yield from _breaches(child, inside)


def _text_breaches(node: dict[str, Any], where: str) -> Iterator[str]:
    if not isinstance(node.get("text"), str) or not node["text"]:
        yield f"{where}: empty text"
    marks = {str(mark.get("type")) for mark in node.get("marks") or []}
    if marks - _MARKS:
        yield f"{where}: unknown mark"
    if "code" in marks and marks - _BESIDE_CODE:
        yield f"{where}: code with other marks"
    for mark in node.get("marks") or []:
        if mark.get("type") == "link" and not (mark.get("attrs") or {}).get("href"):
            yield f"{where}: link to nowhere"


def plain(node: dict[str, Any]) -> str:
    """The words of a document, for searching."""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    inside = "".join(plain(child) for child in node.get("content") or [])
    told = (node.get("attrs") or {}).get("text") or ""
    block = node.get("type") in ("paragraph", "heading", "codeBlock", "tableRow")
    return f"{told}{inside}\n" if block else f"{told}{inside}"


def rewritten(node: dict[str, Any]) -> dict[str, Any]:
    """The document with neighbouring texts of equal marks joined: same look, other JSON."""
    told = dict(node)
    if "content" not in node:
        return told
    joined: list[dict[str, Any]] = []
    for child in (rewritten(entry) for entry in node["content"]):
        last = joined[-1] if joined else {}
        texts = child.get("type") == "text" == last.get("type")
        if texts and (child.get("marks") or []) == (last.get("marks") or []):
            joined[-1] = last | {"text": last["text"] + child["text"]}
        else:
            joined.append(child)
    return told | {"content": joined}


def document(*blocks: dict[str, Any]) -> dict[str, Any]:
    """The root around blocks."""
    return {"type": "doc", "version": 1, "content": list(blocks)}


def paragraph(text: str) -> dict[str, Any]:
    """A paragraph of plain text."""
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "paragraph", "content": content}
