"""HTML as rich text: total, linear in its length, and never an error.

Whatever stands in the source, nothing of it is handed on as markup: only words, and addresses of
the web and of mail, enter the model. So it does no harm where this reads a page other than a
browser would. https://html.spec.whatwg.org/multipage/parsing.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape

from bridge.kit.richtext.building import Builder, Frame
from bridge.kit.richtext.model import LINES_OF_A_LINK, Break, Mark, RichText, image, safe_address

# Possessive: a tag is tried one way only, so that no text can make it try very many.
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+'|[\"'])*+)>")
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"([^\s=>/\"'][^\s=>/]*+)(?:\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?"
)
_UNSEEN = {
    name: re.compile(rf"</{name}(?=[\s/>])[^>]*>?", re.IGNORECASE)
    for name in ("script", "style", "title", "iframe", "noembed", "noframes")
}
"""Elements whose content is no text of the page; one that never ends hides the rest."""

_MARKS: Mapping[str, Mark] = {
    "b": Mark.STRONG, "strong": Mark.STRONG, "i": Mark.EMPHASIS, "em": Mark.EMPHASIS,
    "cite": Mark.EMPHASIS, "var": Mark.EMPHASIS, "dfn": Mark.EMPHASIS, "u": Mark.UNDERLINE,
    "ins": Mark.UNDERLINE, "s": Mark.STRIKE, "del": Mark.STRIKE, "strike": Mark.STRIKE,
    "sub": Mark.SUB, "sup": Mark.SUPER, "code": Mark.CODE, "tt": Mark.CODE, "kbd": Mark.CODE,
    "samp": Mark.CODE,
}  # fmt: skip
_FRAMES: Mapping[str, Frame] = {
    "blockquote": Frame.QUOTE, "ul": Frame.BULLETS, "menu": Frame.BULLETS, "dir": Frame.BULLETS,
    "ol": Frame.NUMBERS, "li": Frame.ITEM, "table": Frame.TABLE, "tr": Frame.ROW,
    "td": Frame.CELL, "th": Frame.HEADER,
}  # fmt: skip
_LINES = frozenset(
    {
        "p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address",
        "figure", "figcaption", "form", "fieldset", "legend", "dl", "dt", "dd", "center", "body",
        "html", "details", "summary", "caption", "thead", "tbody", "tfoot", "option", "hgroup",
    }
)  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
KNOWN_TAGS = frozenset(
    {
        *_UNSEEN, *_MARKS, *_FRAMES, *_LINES, *_HEADINGS, "a", "br", "hr", "img", "pre", "span",
        "font", "small", "big", "mark", "abbr", "head", "input", "label", "col", "colgroup",
        "time", "wbr",
    }
)  # fmt: skip
"""What people mean as a tag where they write text with tags in it."""
_MENTIONS = ("data-vss-mention", "data-at-mention", "data-mention-id", "data-user-id")
"""By these a vendor knows a link that calls somebody; what is left of it is the name."""


def read_html(text: str) -> RichText:
    """The rich text of HTML, whatever the HTML is like."""
    reader = _Reader()
    reader.feed(text)
    return reader.finish()


def read_html_or_lines(text: str) -> RichText:
    """The same; a text without any tag keeps its lines."""
    return read_html(text if _NAME.search(text) else text.replace("\n", "<br>"))


def unescaped(text: str) -> str:
    """The text with its character references resolved, as far as they can be."""
    try:
        return unescape(text)
    except ValueError:
        # A number of thousands of digits is no character, and Python refuses to read it.
        return text


class _Reader:
    """Walks over the source once."""

    def __init__(self) -> None:
        self._to = Builder()
        self._marks: Counter[Mark] = Counter()
        self._look: frozenset[Mark] = frozenset()
        self._href = ""
        self._pieces = 0

    def finish(self) -> RichText:
        """What was read."""
        return self._to.finish()

    def feed(self, text: str) -> None:
        """Read the whole source."""
        at, last = 0, text.rfind(">")
        while at < len(text):
            start = text.find("<", at)
            if start < 0 or start > last:
                break
            if start > at:
                self._said(text[at:start])
            at = self._markup(text, start)
        if at < len(text):
            self._said(text[at:])

    def _said(self, text: str) -> None:
        self._pieces += 1
        href = self._href if self._pieces <= LINES_OF_A_LINK else ""
        self._to.words(unescaped(text), self._look, href)

    def _markup(self, text: str, start: int) -> int:
        """What begins with this angle bracket; where to go on."""
        if text.startswith("<!--", start):
            end = text.find("-->", start + 2)
            return len(text) if end < 0 else end + 3
        if text.startswith(("<!", "<?"), start):
            return text.index(">", start) + 1
        if _NAME.match(text, start) is None:
            self._said("<")
            return start + 1
        return self._tag(text, start)

    def _tag(self, text: str, start: int) -> int:
        found = _TAG.match(text, start)
        if found is None:
            self._said(text[start:])
            return len(text)
        name = found[2].lower()
        if found[1]:
            self._ended(name)
        else:
            self._begun(name, found[3])
            unseen = _UNSEEN.get(name)
            if unseen is not None:
                end = unseen.search(text, found.end())
                return len(text) if end is None else end.end()
        return found.end()

    def _begun(self, name: str, rest: str) -> None:
        if name in _MARKS:
            self._mark(_MARKS[name], 1)
        elif name in _FRAMES:
            self._to.open(_FRAMES[name])
        elif name in _LINES:
            self._to.begin_line()
        elif name in _HEADINGS:
            self._to.begin_line(_HEADINGS[name])
        elif name == "a":
            self._href, self._pieces = _address_of(_attributes(rest)), 0
        elif name == "br":
            self._to.put(Break())
        elif name == "hr":
            self._to.rule()
        elif name == "pre":
            self._to.begin_code()
        elif name == "img":
            self._picture(_attributes(rest))

    def _ended(self, name: str) -> None:
        if name in _MARKS:
            self._mark(_MARKS[name], -1)
        elif name in _FRAMES:
            self._to.close(_FRAMES[name])
        elif name in _LINES or name in _HEADINGS:
            self._to.end_line()
        elif name == "a":
            self._href = ""
        elif name == "pre":
            self._to.end_code()

    def _mark(self, mark: Mark, step: int) -> None:
        self._marks[mark] = max(0, self._marks[mark] + step)
        self._look = frozenset(each for each, open_ in self._marks.items() if open_)

    def _picture(self, attributes: Mapping[str, str]) -> None:
        if {attributes.get("width"), attributes.get("height")} & {"0", "1"}:
            return  # it counts readers and shows nothing
        name = attributes.get("alt") or attributes.get("title") or ""
        self._to.put(image(attributes.get("src", ""), name))


def _attributes(rest: str) -> dict[str, str]:
    """The attributes of a tag by their lower-case names, the first of each."""
    found: dict[str, str] = {}
    for each in _ATTRIBUTE.finditer(rest):
        value = each[2] or each[3] or each[4] or ""
        found.setdefault(each[1].lower(), unescaped(value))
    return found


def _address_of(attributes: Mapping[str, str]) -> str:
    if any(name in attributes for name in _MENTIONS):
        return ""
    return safe_address(attributes.get("href", ""))
