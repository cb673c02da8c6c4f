"""Single values of a mapping's file: how forms show them, and what is meant by what is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.config.yaml_lines import plain_scalar
from bridge.core.mapping_rows import spelt
from bridge.domain.mapping import Scalar

PROPERTY = "property:"


def typed(text: str) -> Scalar:
    """What the file would say: 1 is a number there, true is a yes; what means nothing is text."""
    value = plain_scalar(text)
    return text if value is None else value


def meant(fact: str, word: str) -> Scalar:
    """A value that a condition asks of the fact: only fields hold more than words."""
    return typed(word) if fact.startswith(PROPERTY) else word


def kept(fact: str, words: Iterable[str], there: Iterable[Scalar]) -> list[Scalar]:
    """The values of these words; those that are there already stay what they are."""
    held: Mapping[str, Scalar] = {spelt(each): each for each in there}
    return [held[each] if each in held else meant(fact, each) for each in words]
