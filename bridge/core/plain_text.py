"""What people read of a stored text, line by line."""

from __future__ import annotations

from html import escape
from itertools import groupby

from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.model import RichText
from bridge.kit.richtext.plain import linked_words_of


def lines_of(html: str) -> list[str]:
    """The lines of the text as people read them, without empty ones; never raises."""
    lines = (" ".join(each.split()) for each in linked_words_of(read_html(html)).splitlines())
    return [each for each in lines if each]


def text_of(html: str) -> str:
    """The text on one line."""
    return " ".join(lines_of(html))


def paragraphs(lines: list[str]) -> str:
    """The lines as escaped HTML paragraphs: no markup of theirs survives."""
    return "".join(f"<p>{escape(each)}</p>" for each in lines)


def said_paragraphs(text: str) -> str:
    """What people typed, as escaped HTML: an empty line begins a paragraph, others stay lines."""
    lines = [" ".join(each.split()) for each in text.splitlines()]
    groups = [list(group) for said, group in groupby(lines, key=bool) if said]
    return "".join(f"<p>{'<br>'.join(escape(each) for each in group)}</p>" for group in groups)


def as_typed(html: str) -> str:
    """The text in the form in which people type it: what `said_paragraphs` reads back."""
    text = read_html(html)
    typed = (linked_words_of(RichText((each,))) for each in text.blocks)
    return "\n\n".join(each for each in typed if each.strip())
