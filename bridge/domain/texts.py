"""Texts carry who may read them and where they came from; joining keeps the most restrictive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Audience(IntEnum):
    """Who may read a text; a greater number is more restrictive."""

    CUSTOMER = 0
    SUPPORT = 1
    ENGINEERING = 2

    @classmethod
    def parse(cls, name: str) -> Audience:
        """The audience of that lower-case name, as mapping files spell it."""
        return cls[name.upper()]


PROVEN = "sentry:proven"
"""First in the chain of a text that Sentry itself says it wrote: never released by anybody."""
BY_PROGRAM = "program"
"""First in the chain of a text that no person wrote."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its label. `origin` is the chain it came along, oldest first."""

    content: str
    audience: Audience
    origin: tuple[str, ...] = ()

    def __add__(self, other: Text) -> Text:
        return Text(
            self.content + other.content,
            max(self.audience, other.audience),
            self.origin + tuple(each for each in other.origin if each not in self.origin),
        )


@dataclass(frozen=True, slots=True)
class Releasable:
    """A value that passed the egress gate for `audience`; only `bridge.core.guard` makes one."""

    value: str
    audience: Audience
    rule: str
    """Why it may leave: the gate's rule, kept with the operation."""
