"""What the vendor makes of marked HTML: text in `<redact>` and tags that bear `redact`.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#redact-ticket-comment-in-agent-workspace
"""

from __future__ import annotations

import html
import re

from connectors.zendesk.simulator.rich_text import from_html

BLOT = "\u2587"
_WORDS = re.compile(r"<redact>(.*?)</redact>", re.DOTALL)
_OPENING = re.compile(r"<(a|img)\b([^>]*?)\sredact(?:=\"[^\"]*\")?(\s*/?)>")
_LINK = re.compile(r"<a\b[^>]*?\sredact(?:=\"[^\"]*\")?\s*>(.*?)</a>", re.DOTALL)
_PICTURE = re.compile(r"<img\b[^>]*?\sredact(?:=\"[^\"]*\")?\s*/?>")


def unmarked(marked: str) -> str:
    """The HTML without the marks."""
    plain = marked.replace("<redact>", "").replace("</redact>", "")
    return _OPENING.sub(lambda found: f"<{found[1]}{found[2]}{found[3]}>", plain)


def redacted(marked: str) -> str:
    """The HTML with the marked words blotted out, and the marked tags gone.

    Of a tag that bears the attribute only the tag goes: what it holds stays, unless it is wrapped.
    """

    def blot(found: re.Match[str]) -> str:
        return BLOT * len(html.unescape(found[1]))

    return _PICTURE.sub("", _LINK.sub(r"\1", _WORDS.sub(blot, marked)))


def text_of(shown: str) -> str:
    """The text apart from the markup."""
    return from_html(shown)[0]
