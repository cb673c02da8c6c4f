"""HTML as a document in the Atlassian Document Format that Jira takes.

Every node type is closed: what may stand in what is said by the schema that Atlassian publishes
(npm @atlaskit/adf-schema), against which the tests hold whatever is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from bridge.kit.richtext import clean_html, html_to_text

LONGEST = 30_000
"""Characters of the JSON: the vendor refuses 32,767, and does not say of what."""
_DEEPEST, _LAST_LINE = 40, 200

Node = dict[str, Any]

_MARKS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "u": "underline", "s": "strike",
    "code": "code", "sub": "sub", "sup": "sup", "a": "link",
}  # fmt: skip
_HEADINGS = ("h1", "h2", "h3", "h4")
_ROOT = frozenset({"heading", "blockquote", "rule", "table", "list", "code"})
"""What may stand in a document, and in a cell but for the table."""
_CELL = _ROOT - {"table"}
_QUOTE = frozenset({"list", "code"})
_ITEM = frozenset({"list", "code"})


@dataclass(slots=True)
class _Tag:
    """An element of the HTML; texts are its children too."""

    name: str
    href: str = ""
    children: list[_Tag | str] = field(default_factory=list)


class _Tree(HTMLParser):
    """The elements of clean HTML, of which every one that was opened is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Tag("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = _Tag(tag, dict(attrs).get("href") or "")
        self._open[-1].children.append(made)
        if tag not in ("br", "hr") and len(self._open) <= _DEEPEST:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].name == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def to_document(html: str) -> Node:
    """The document of that HTML; only its words, cut short, where it would be too long."""
    parser = _Tree()
    parser.feed(clean_html(html.replace("\x00", "")))
    parser.close()
    made = _document(_blocks(parser.root.children, _ROOT))
    if _size(made) <= LONGEST:
        return made
    *lines, last = html_to_text(html).split("\n")
    # The last line of a copy is its mark, by which it is known for good.
    end = last if len(last) <= _LAST_LINE else ""
    words = "\n".join(lines if end else [*lines, last])
    while _size(made) > LONGEST:
        words = words[: len(words) * 3 // 4]
        kept = [*f"{words}…".split("\n"), *([end] if end else [])]
        made = _document([_paragraph([_text(each, [])] if each else []) for each in kept])
    return made


def _document(content: list[Node]) -> Node:
    return {"type": "doc", "version": 1, "content": content}


def _size(node: Node) -> int:
    return len(json.dumps(node, ensure_ascii=False))


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content}


def _text(text: str, marks: Sequence[Node]) -> Node:
    node: Node = {"type": "text", "text": text}
    return node | {"marks": list(marks)} if marks else node


def _blocks(children: Iterable[_Tag | str], allowed: frozenset[str]) -> list[Node]:
    """The blocks of these children; what is none is gathered into paragraphs."""
    made: list[Node] = []
    inline: list[Node] = []

    def flush() -> None:
        content = _trimmed(inline)
        if content:
            made.append(_paragraph(content))
        inline.clear()

    for child in children:
        if isinstance(child, str) or child.name in _MARKS or child.name == "br":
            inline += _inline(child, [])
            continue
        flush()
        made += _block(child, allowed)
    flush()
    return made


def _block(tag: _Tag, allowed: frozenset[str]) -> list[Node]:
    name = tag.name
    if name in _HEADINGS:
        return _heading(tag, allowed)
    if name in ("ul", "ol"):
        return _list(tag)
    if name == "pre" and "code" in allowed:
        words = _words(tag).strip("\n")
        return [{"type": "codeBlock", "content": [_text(words, [])]}] if words else []
    if name == "blockquote" and "blockquote" in allowed:
        inside = _blocks(tag.children, _QUOTE)
        return [{"type": "blockquote", "content": inside}] if inside else []
    if name == "hr":
        return [{"type": "rule"}] if "rule" in allowed else []
    if name == "table" and "table" in allowed:
        return _table(tag)
    # What has no place here (a quote in a quote, a table in a cell) leaves its content.
    return _blocks(tag.children, allowed)


def _heading(tag: _Tag, allowed: frozenset[str]) -> list[Node]:
    marks = [] if "heading" in allowed else [{"type": "strong"}]
    content = _trimmed([node for child in tag.children for node in _inline(child, marks)])
    if not content:
        return []
    if "heading" not in allowed:
        return [_paragraph(content)]
    return [{"type": "heading", "attrs": {"level": int(tag.name[1])}, "content": content}]


def _list(tag: _Tag) -> list[Node]:
    items = [each for child in tag.children if (each := _item(child)) is not None]
    kind = "bulletList" if tag.name == "ul" else "orderedList"
    return [{"type": kind, "content": items}] if items else []


def _item(child: _Tag | str) -> Node | None:
    children = child.children if isinstance(child, _Tag) and child.name == "li" else [child]
    content = _blocks(children, _ITEM)
    if not content:
        return None
    if content[0]["type"] != "paragraph":
        content.insert(0, _paragraph([]))
    return {"type": "listItem", "content": content}


def _table(tag: _Tag) -> list[Node]:
    rows: list[Node] = []
    for row in _named(tag, "tr"):
        cells = [c for c in row.children if isinstance(c, _Tag) and c.name in ("th", "td")]
        made: list[Node] = [
            {
                "type": "tableHeader" if cell.name == "th" else "tableCell",
                "attrs": {},
                "content": _blocks(cell.children, _CELL) or [_paragraph([])],
            }
            for cell in cells
        ]
        rows += [{"type": "tableRow", "content": made}] if made else []
    return [{"type": "table", "content": rows}] if rows else []


def _named(tag: _Tag, name: str) -> list[_Tag]:
    """The elements of that name below, not those of a table within the table."""
    found: list[_Tag] = []
    for child in tag.children:
        if isinstance(child, _Tag) and child.name == name:
            found.append(child)
        elif isinstance(child, _Tag) and child.name in ("thead", "tbody"):
            found += _named(child, name)
    return found


def _words(tag: _Tag | str) -> str:
    if isinstance(tag, str):
        return tag
    return "\n" if tag.name == "br" else "".join(map(_words, tag.children))


def _inline(child: _Tag | str, marks: list[Node]) -> list[Node]:
    if isinstance(child, str):
        words = " ".join(child.split())
        before = " " if child[:1].isspace() else ""
        after = " " if child[-1:].isspace() and words else ""
        text = f"{before}{words}{after}"
        return [_text(text, marks)] if text else []
    if child.name == "br":
        return [{"type": "hardBreak"}]
    inner = _with_mark(marks, child)
    return [node for each in child.children for node in _inline(each, inner)]


def _with_mark(marks: list[Node], tag: _Tag) -> list[Node]:
    kind = _MARKS.get(tag.name)
    if kind is None or (kind == "link" and not tag.href):
        return marks
    if kind == "code":
        # Nothing but a link may stand with it.
        return [{"type": "code"}, *(each for each in marks if each["type"] == "link")]
    if any(each["type"] == "code" for each in marks) and kind != "link":
        return marks
    made: Node = {"type": kind}
    if kind == "link":
        made = {"type": "link", "attrs": {"href": tag.href}}
    elif kind in ("sub", "sup"):
        made = {"type": "subsup", "attrs": {"type": kind}}
    return [*(each for each in marks if each["type"] != made["type"]), made]


def _trimmed(nodes: Iterable[Node]) -> list[Node]:
    """Neighbours of one look joined, single spaces between words, none at the ends of a line."""
    joined: list[Node] = []
    for node in nodes:
        last = joined[-1] if joined else None
        if node["type"] == "text":
            at_start = last is None or last["type"] == "hardBreak" or _ends_in_space(last)
            text = node["text"].lstrip(" ") if at_start else node["text"]
            if not text:
                continue
            if last is not None and last["type"] == "text" and _look(last) == _look(node):
                joined[-1] = last | {"text": last["text"] + text}
                continue
            node = node | {"text": text}
        elif last is not None and _ends_in_space(last):
            _strip_end(joined)
        joined.append(node)
    while joined and (joined[-1]["type"] == "hardBreak" or _ends_in_space(joined[-1])):
        if joined[-1]["type"] == "hardBreak":
            joined.pop()
        else:
            _strip_end(joined)
    return joined


def _look(node: Node) -> Any:
    return node.get("marks") or []


def _ends_in_space(node: Node) -> bool:
    return node["type"] == "text" and bool(node["text"].endswith(" "))


def _strip_end(nodes: list[Node]) -> None:
    text = nodes[-1]["text"].rstrip(" ")
    if text:
        nodes[-1] = nodes[-1] | {"text": text}
    else:
        nodes.pop()
