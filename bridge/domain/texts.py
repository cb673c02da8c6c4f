"""Texts carry who may read them and where they came from; joining keeps the most restrictive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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

    Whatever is made of texts is for no more readers than each of them was, and came by all their
    ways. Nothing here lowers a label; only the egress gate makes something of a text that others
    may read.
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

    def __add__(self, other: Text) -> Text:
        return self.held_to(other.audience, *other.origin).made(
            lambda content: content + other.content
        )

    def held_to(self, audience: Audience, *origin: str) -> Text:
        """The same text under a label that is at least as restrictive."""
        further = tuple(dict.fromkeys(each for each in origin if each not in self.origin))
        return Text(self.content, max(self.audience, audience), (*self.origin, *further))

    def made(self, into: Callable[[str], str]) -> Text:
        """Other words made of this text (markup read or written, a part of it): the label stays."""
        return replace(self, content=into(self.content))

    def cut(self, longest: int, end: str = "…") -> Text:
        """At most that many characters; a cut text ends with `end`."""
        if len(self.content) <= longest:
            return self
        return self.made(lambda content: (content[: max(0, longest - len(end))] + end)[:longest])


def joined(parts: Iterable[Text], by: str = "") -> Text:
    """The texts one behind another; nothing at all is for everybody."""
    listed = list(parts)
    whole = Text(by.join(each.content for each in listed), Audience.CUSTOMER)
    for each in listed:
        whole = whole.held_to(each.audience, *each.origin)
    return whole


@dataclass(frozen=True, slots=True)
class Releasable:
    """A value that passed the egress gate for `audience`; only `bridge.core.guard` makes one."""

    value: str
    audience: Audience
    rule: str
    """Why it may leave: the gate's rule, kept with the operation."""
