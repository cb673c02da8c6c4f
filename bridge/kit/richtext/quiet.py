"""Words by which some vendor would call somebody: made so that they only look like it."""

from __future__ import annotations

JOINER = "\u2060"
"""Takes no room on the screen."""
_CALLS = ("@<", "[~")
"""Azure DevOps' mention in Markdown, and Jira's in wiki text."""


def quiet(text: str) -> str:
    """The text with a joiner in every such mark: read as before, and nobody is told."""
    for call in _CALLS:
        text = text.replace(call, f"{call[0]}{JOINER}{call[1]}")
    return text
