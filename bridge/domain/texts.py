"""Texts carry who may read them and where they came from, up to the egress gate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

SIGNALS = "sentry:"
"""How a link of the chain begins that is error tracking's."""
BORN = f"{SIGNALS}origin"
"""The text stands on a work item that ever had a signal as its origin."""
PROVEN = f"{SIGNALS}proven"
"""The text is known to be error tracking's own: its account wrote it, or its note names it."""
BY_PROGRAM = "program"
"""No person wrote the text."""


class Audience(IntEnum):
    """Who may read a text; a greater number is more restrictive."""

    CUSTOMER = 0
    SUPPORT = 1
    ENGINEERING = 2

    @classmethod
    def parse(cls, name: str) -> Audience:
        """The audience of that lower-case name, as mapping files spell it."""
        return cls[name.upper()]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its label. `origin` is the chain it came along, oldest first.

    A text is neither joined, cut nor rewritten on its way: whole and with its label it comes to the
    egress gate, and only that makes something of it that others may read.
    """

    content: str
    audience: Audience
    origin: tuple[str, ...] = ()

    @property
    def of_signal(self) -> bool:
        """Whether error tracking is anywhere in the chain."""
        return any(each.casefold().startswith(SIGNALS) for each in self.origin)

    @property
    def is_proven(self) -> bool:
        """Whether it is known to be error tracking's own text."""
        return PROVEN in self.origin


@dataclass(frozen=True, slots=True)
class Releasable:
    """A value that passed the egress gate for `audience`; only `bridge.core.guard` makes one."""

    value: str
    audience: Audience
    rule: str
    """Why it may leave: the gate's rule, kept with the operation."""
