"""Texts that wait for a person: where they stand, what was seen of them, what was decided.

The text itself is never part of it. It is read again from the work item's observation wherever it
is shown or sent, so that whoever erases or edits it there has dealt with it here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HeldState(StrEnum):
    """How a held text stands."""

    OPEN = "open"
    RELEASED = "released"
    REWRITTEN = "rewritten"
    REJECTED = "rejected"
    """It stays internal."""
    WITHDRAWN = "withdrawn"
    """Its reason to leave is gone: comment deleted, mark taken off, link ended, ticket closed."""


@dataclass(frozen=True, slots=True)
class HeldText:
    """A text that the gate did not let pass, and the decision about exactly that text.

    `source` names it as the ledger does (`boards:7#comment/9`, `boards:7#field/Custom.Note>note`),
    `content` is the hash of what was seen: a decision holds for that text and for no other.
    """

    source: str
    content: str
    code: str
    """The finding that stands for it."""
    rule: str
    """What held it: the shape found, or what else is known of it."""
    state: HeldState = HeldState.OPEN
    words: str = ""
    """A person's own words in its place, where it was rewritten."""

    @property
    def item(self) -> str:
        """The ref of the work item whose text it is."""
        return self.source.partition("#")[0]

    def decided(self, content: str) -> HeldState | None:
        """What a person decided about the text with that hash; None if nobody did."""
        if self.content != content or self.state in (HeldState.OPEN, HeldState.WITHDRAWN):
            return None
        return self.state


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides about a held text: what becomes of it, who says so and why."""

    state: HeldState
    seen: str
    """The hash of the text that the person looked at."""
    by: str
    reason: str
    at: datetime
    words: str = ""
