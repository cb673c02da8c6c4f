"""Whether two texts are the same words, however they were quoted, cut or set."""

from __future__ import annotations

import re

from bridge.core.plain_text import text_of

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"https?://\S+")
_LONGEST = 20_000
"""Letters looked at: what is longer is compared by its beginning."""
_SPAN = 4
"""Words that stand in a row in both texts are no chance from this many on."""
_FEWEST = 4
"""Fewer words than this are said by everybody: "it works now"."""
_SHARE = 0.6
"""How much of the shorter text must stand in the longer one."""


def words_of(html: str) -> tuple[str, ...]:
    """The words that people read, in small letters, without addresses."""
    text = _ADDRESS.sub(" ", text_of(html[:_LONGEST]))
    return tuple(_WORD.findall(text.casefold()))


def same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the shorter of the texts stands, mostly, in the longer one."""
    if min(len(one), len(other)) < _FEWEST:
        return False
    if one == other:
        return True
    left, right = _rows(one), _rows(other)
    return len(left & right) >= _SHARE * min(len(left), len(right))


def _rows(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Every row of words that stands in the text."""
    return frozenset(words[at : at + _SPAN] for at in range(len(words) - _SPAN + 1))
