"""Rich text between vendors: read from any markup, kept as HTML, written as a target takes it."""

from __future__ import annotations

from bridge.kit.richtext.html_reading import read_html, read_html_or_lines
from bridge.kit.richtext.html_writing import write_html
from bridge.kit.richtext.plain import read_plain, words_of

__all__ = ["clean_html", "html_to_text", "read_html", "read_plain", "text_to_html", "write_html"]


def clean_html(text: str) -> str:
    """Any HTML as the hub keeps it: its words, structure, links and images, and nothing else."""
    return write_html(read_html_or_lines(text))


def text_to_html(text: str) -> str:
    """Plain text as HTML: escaped, blank lines part paragraphs."""
    return write_html(read_plain(text))


def html_to_text(text: str) -> str:
    """The words of the HTML, a line a block; never raises."""
    return words_of(read_html(text))
