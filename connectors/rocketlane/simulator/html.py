"""How the simulated vendor keeps rich text, where a test wants it to be another spelling."""

from __future__ import annotations


def kept(text: str, *, rewrite: bool) -> str:
    """A text as it comes back: a paragraph around plain words, quotation marks unescaped."""
    if not rewrite or not text:
        return text
    inside = text.replace("&quot;", '"').replace("&#x27;", "'")
    return inside if inside.startswith("<") else f"<p>{inside}</p>"
