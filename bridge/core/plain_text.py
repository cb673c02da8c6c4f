"""HTML as the lines people read, and lines as the simplest HTML: what lets a comment travel."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_BREAKS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "h1", "h2", "h3",
     "h4", "h5", "h6", "hr", "section", "article"}
)  # fmt: skip
_SILENT = frozenset({"script", "style", "head", "template"})
_TAG = re.compile(r"<[^<>]*>")
_MOST_LOOSE = 50
"""Tags that are begun and never ended. At each of them the standard parser goes over all that
follows: a text of nothing else would keep it busy for minutes."""


class _Lines(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._href = ""
        self._link_from = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "a":
            self._href = dict(attrs).get("href") or ""
            self._link_from = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BREAKS:
            self.parts.append("\n")
        if tag == "a" and self._href:
            shown = "".join(self.parts[self._link_from :])
            if self._href.startswith(("http://", "https://")) and self._href not in shown:
                self.parts.append(f" ({self._href})")
            self._href = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def lines_of(html: str) -> list[str]:
    """The lines of the text as people read them, without empty ones; never raises."""
    parser = _Lines()
    try:
        if _is_loose(html):
            raise ValueError("no HTML")
        parser.feed(html)
        parser.close()
        text = "".join(parser.parts)
    except (AssertionError, ValueError):
        # The standard parser gives up on some malformed declarations, too.
        text = _TAG.sub("\n", html)
    lines = (re.sub(r"\s+", " ", each).strip() for each in text.splitlines())
    return [each for each in lines if each]


def _is_loose(html: str) -> bool:
    """Whether far more tags are begun than ended."""
    begun = html.count("<")
    return begun > _MOST_LOOSE and begun - len(_TAG.findall(html)) > _MOST_LOOSE


def text_of(html: str) -> str:
    """The text on one line."""
    return " ".join(lines_of(html))


def paragraphs(lines: list[str]) -> str:
    """The lines as escaped HTML paragraphs: no markup of theirs survives."""
    return "".join(f"<p>{escape(each)}</p>" for each in lines)


def after_mark(lines: list[str], mark: str) -> list[str] | None:
    """What follows the mark that the first line begins with; None where it does not."""
    if not lines:
        return None
    first, _, rest = lines[0].partition(" ")
    if first.casefold() != mark:
        return None
    return [each for each in (rest.strip(), *lines[1:]) if each]
