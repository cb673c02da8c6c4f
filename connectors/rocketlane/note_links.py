"""Links out of a task: lines of its private note, because Rocketlane has no links of its own.

The note is read by the team alone. A line of the hub is a paragraph with one link and, behind
it, the comment that carries the hub's marker; what people write around it stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape

from bridge.domain.operations import ItemLink
from bridge.domain.records import Value

_LINK = re.compile(
    r"<a\b[^>]*?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>.*?</a>([^<]*)",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK = re.compile(
    r"<(p|div|li)\b[^>]*>(?:(?!<(?:p|div|li)\b).)*?</\1\s*>", re.IGNORECASE | re.DOTALL
)


def links_in(note: str) -> list[ItemLink]:
    """The links of a note, each with the words behind it."""
    return [
        ItemLink(unescape(found[1] or found[2] or ""), unescape(found[3]).strip())
        for found in _LINK.finditer(note)
    ]


def as_value(links: Sequence[ItemLink]) -> list[Value]:
    """The links as a fact holds them."""
    return [{"url": each.url, "comment": each.comment} for each in links]


def line(link: ItemLink) -> str:
    """A link as a paragraph of its own."""
    url = escape(link.url)
    return f'<p><a href="{url}">{url}</a> {escape(link.comment)}</p>'


def changed(note: str, add: Sequence[ItemLink], remove: Sequence[ItemLink]) -> str:
    """The note with these lines added, where they are not there yet, and those taken away."""
    gone = set(remove)
    kept = _BLOCK.sub(
        lambda block: "" if (found := links_in(block[0])) and set(found) <= gone else block[0],
        note,
    )
    present = set(links_in(kept))
    return kept + "".join(line(each) for each in add if each not in present)
