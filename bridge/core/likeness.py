"""What somebody may have meant: the known word that is most like an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

COMPARED_AT_MOST = 1000
LISTED_AT_MOST = 12
_NEAR = 0.6


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option most like `word`, letter case ignored; None if nothing comes near.

    Of options that differ in letter case alone, the first.
    """
    by_folded: dict[str, str] = {}
    for option in islice(options, COMPARED_AT_MOST):
        by_folded.setdefault(option.casefold(), option)
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=_NEAR)
    return by_folded[found[0]] if found else None


def meant(word: str, options: Iterable[str]) -> str:
    """A sentence: the nearest option, else the options if they are few; else empty."""
    known = list(dict.fromkeys(options))
    close = nearest(word, known)
    if close is not None:
        return f'Did you mean "{close}"?'
    return f"It has: {', '.join(known)}." if 0 < len(known) <= LISTED_AT_MOST else ""


def listed(words: Iterable[str]) -> str:
    """The words for reading, the rest of very many as a number."""
    every = list(dict.fromkeys(words))
    rest = len(every) - LISTED_AT_MOST
    shown = ", ".join(every[:LISTED_AT_MOST])
    return f"{shown} and {rest} more" if rest > 0 else shown
