"""What the vendor makes of a comment's text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

LONGEST = 64 * 1024
"""Bytes of a comment; the rest is cut off without a word."""

_DROPPED = {"script", "style", "iframe", "object"}
_BREAKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote"}
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)


class _Reader(HTMLParser):
    """Keeps harmless markup, and the text apart from it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.text: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._silent += 1
            return
        if self._silent:
            return
        shown = "".join(
            f' {name}="{html.escape(value or "")}"'
            for name, value in attrs
            if not name.startswith("on")
        )
        self.kept.append(f"<{tag}{shown}>")
        if tag == "br":
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._silent = max(0, self._silent - 1)
        elif not self._silent:
            self.kept.append(f"</{tag}>")
            if tag in _BREAKS:
                self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.kept.append(html.escape(data, quote=False))
            self.text.append(data)


def from_html(given: str) -> tuple[str, str]:
    """(text, kept HTML) of an `html_body`."""
    reader = _Reader()
    reader.feed(given)
    reader.close()
    return "".join(reader.text).strip("\n"), _wrapped("".join(reader.kept))


def from_text(given: str) -> tuple[str, str]:
    """(text, HTML) of a `body`."""
    paragraphs = html.escape(given, quote=False).split("\n\n")
    inner = "".join("<p>" + part.replace("\n", "<br>") + "</p>" for part in paragraphs)
    return given, _wrapped(inner)


def rendered(text: str, value_of: Callable[[str], str]) -> str:
    """Text with its placeholders filled in, and statements of the template language gone."""
    return _PLACEHOLDER.sub(lambda found: value_of(found[1]), _STATEMENT.sub("", text))


def shortened(text: str) -> str:
    """What is left of a text after the vendor's cut."""
    raw = text.encode()
    return text if len(raw) <= LONGEST else raw[:LONGEST].decode(errors="ignore")


def _wrapped(inner: str) -> str:
    return f'<div class="zd-comment">{inner}</div>'
