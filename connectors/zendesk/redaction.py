"""Blotting out what stands in a comment. Pure.

Text is wrapped in `<redact>`, and a link or picture gets the attribute `redact`:
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#redact-ticket-comment-in-agent-workspace
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_WITH_ADDRESS = frozenset({"a", "img"})
_BARE_END = re.compile(r"=\s*[^\s\"'=<>`]+(?:=[^\s\"'<>`]*)?/>$")
"""A tag that ends with an unquoted value."""


class _Blotter(HTMLParser):
    """Writes the markup back as it came, with all that people read of it marked."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._words: list[str] = []

    def _say(self, text: str) -> None:
        self._words.append(text)

    def _end_words(self) -> None:
        words, self._words = "".join(self._words), []
        if words:
            self.parts.append(f"<redact>{words}</redact>" if words.strip() else words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs, ">")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In `<a href=https://x/1/>` the stroke is the end of the address: an unquoted value goes
        # on to the bracket, https://html.spec.whatwg.org/multipage/syntax.html#unquoted
        shown = self.get_starttag_text() or ""
        self._open(tag, attrs, ">" if _BARE_END.search(shown) else "/>")

    def _open(self, tag: str, attrs: list[tuple[str, str | None]], end: str) -> None:
        self._end_words()
        shown = self.get_starttag_text() or f"<{tag}>"
        if tag in _WITH_ADDRESS and "redact" not in dict(attrs):
            shown = f"{shown[: -len(end)].rstrip()} redact{end}"
        self.parts.append(shown)

    def handle_comment(self, data: str) -> None:
        # Nobody reads it, and the vendor takes no HTML but the comment's own.
        self._end_words()
        self.parts.append(f"<!--{data}-->")

    def handle_endtag(self, tag: str) -> None:
        self._end_words()
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")

    def result(self) -> str:
        """The marked text."""
        self.close()
        self._end_words()
        return "".join(self.parts)


def blotted(html_body: str) -> str:
    """The comment's HTML with every word, link and picture in it marked to be blotted out."""
    blotter = _Blotter()
    blotter.feed(html_body)
    return blotter.result()
