"""Texts of a ticket's staff on their way to its work item, without what names error tracking."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.core.detector import KnownSentry, references

LEFT_OUT = "(A line that names error tracking is left out: it has a work item of its own.)"


def is_named(text: str, known: KnownSentry) -> bool:
    """Whether the text names something of Sentry's for sure."""
    return any(each.sure for each in references(text, known))


def without_references(lines: Iterable[str], known: KnownSentry) -> list[str]:
    """The lines, with a word of ours in the place of each that names something of Sentry's."""
    return [LEFT_OUT if is_named(each, known) else each for each in lines]
