"""Markdown as rich text: CommonMark with tables, and what of HTML people write into it."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from bridge.kit.richtext.html_reading import KNOWN_TAGS, read_html
from bridge.kit.richtext.model import RichText
from bridge.kit.richtext.plain import read_plain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_DEEPEST = 50
"""Deeper frames the parser leaves out with all that is in them."""
_MENTION = re.compile(r"@<([0-9a-fA-F-]{36})>")
"""Azure DevOps' form: the id of somebody, which is no tag."""
_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*+)[^>]*+>")


def read_markdown(text: str) -> RichText:
    """The rich text of Markdown; one that is nested beyond all reason is read as plain text."""
    parser = _parser()
    tokens = parser.parse(_MENTION.sub(r"@\1", text))
    if any(each.level >= _DEEPEST - 1 for each in tokens):
        return read_plain(text)
    for each in tokens:
        for token in (each, *(each.children or ())):
            if token.type in ("html_inline", "html_block"):
                token.content = _TAG.sub(_tag_or_words, token.content)
    return read_html(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> MarkdownIt:
    """Few installations ever read Markdown: what reads it is loaded when the first one does."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST})
    return parser.enable(["table", "strikethrough"])


def _tag_or_words(found: re.Match[str]) -> str:
    """The tag; one that nobody knows (`List<String>`) was meant as words."""
    return found[0] if found[1].lower() in KNOWN_TAGS else escape(found[0], quote=False)
