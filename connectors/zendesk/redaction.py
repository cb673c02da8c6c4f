"""Blotting out what stands in a comment. Pure.

Text is wrapped in `<redact>`, and a link or picture gets the attribute `redact`:
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#redact-ticket-comment-in-agent-workspace
"""

from __future__ import annotations

from html.parser import HTMLParser

_WITH_ADDRESS = frozenset({"a", "img"})


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
        self._end_words()
        shown = self.get_starttag_text() or f"<{tag}>"
        if tag in _WITH_ADDRESS and "redact" not in dict(attrs):
            end = "/>" if shown.endswith("/>") else ">"
            shown = f"{shown[: -len(end)].rstrip()} redact{end}"
        self.parts.append(shown)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

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
