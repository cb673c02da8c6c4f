"""HTML as it comes back from the vendor: same meaning, other spelling.

A client that compares text with text sees a change after each of its own writes.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_VOID = {"br", "hr", "img"}
_DROPPED = {"script", "style"}
_BLOCKS = re.compile(r"^\s*<(p|div|ul|ol|h[1-6]|table|blockquote|pre)\b", re.IGNORECASE)


class _Respelling(HTMLParser):
    """Writes every tag again, attributes from z to a, without comments."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropping += 1
            return
        written = "".join(
            f' {name}="{html.escape(value or "")}"'
            for name, value in sorted(attrs, key=lambda attr: attr[0], reverse=True)
        )
        self.out.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(0, self._dropping - 1)
        elif tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.out.append(html.escape(data, quote=False).replace("  ", " &nbsp;"))


def rewritten(text: str) -> str:
    """The HTML in one fixed spelling: sorted attributes, `<p>` around bare text, `&nbsp;`."""
    parser = _Respelling()
    parser.feed(text)
    parser.close()
    out = "".join(parser.out).replace("\u00a0", "&nbsp;")
    return out if _BLOCKS.match(out) else f"<p>{out}</p>"
